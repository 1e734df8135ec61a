"""Forgetting a person: what may go goes in one transaction; what the accounts need stays, nameless.

A conversation that orders refer to stays as a stone without a name: on a channel that does not
exist, under a key that leads nowhere.
"""

from dataclasses import dataclass
from typing import Literal

from boxoffice.rules import DAY_MS
from storage import chats, people, waiting
from storage.chats import FORGOTTEN
from storage.database import Tx

LINES_MAX = 200
"""Waiting lists left at once: nobody stands in so many."""

FAREWELL_KEPT_MS = DAY_MS
"""Time enough for a last message to be delivered."""

Hindrance = Literal["hold", "money", "organiser", "contested"]


@dataclass(frozen=True, slots=True)
class Count:
    """What is there to forget, and what will not go."""

    orders_paid: int
    tickets_to_come: int


async def hindrance(tx: Tx, person_id: int) -> Hindrance | None:
    """Say what must end first: unpaid seats, money on its way, an organiser's post, a dispute."""
    row = await tx.row(
        "SELECT EXISTS (SELECT 1 FROM orders WHERE buyer_id = :id AND status = 'held') AS hold,"
        " EXISTS (SELECT 1 FROM orders JOIN payments ON payments.order_id = orders.id"
        "  LEFT JOIN refunds ON refunds.payment_id = payments.id"
        "  LEFT JOIN reviews ON reviews.payment_id = payments.id WHERE buyer_id = :id"
        "  AND (refunds.status IN ('asked', 'accepted') OR reviews.status = 'open'))"
        "  OR EXISTS (SELECT 1 FROM waiting WHERE person_id = :id AND payment_id IS NOT NULL"
        "   AND status IN ('waiting', 'offered')) AS money,"
        " EXISTS (SELECT 1 FROM memberships WHERE person_id = :id AND revoked_ms IS NULL)"
        "  OR EXISTS (SELECT 1 FROM sellers WHERE person_id = :id AND revoked_ms IS NULL)"
        "  AS organiser,"
        " EXISTS (SELECT 1 FROM recoveries JOIN chats"
        "  ON chats.id IN (recoveries.chat_id, recoveries.old_chat_id)"
        "  WHERE chats.person_id = :id AND status = 'contested') AS contested",
        id=person_id,
    )
    assert row is not None  # noqa: S101 (a SELECT without FROM has one row)
    names: tuple[Hindrance, ...] = ("hold", "money", "organiser", "contested")
    return next((name for name in names if row[name]), None)


async def count(tx: Tx, person_id: int, now_ms: int) -> Count:
    """Count what stays in the accounts, and the tickets that could still open a gate."""
    row = await tx.row(
        "SELECT (SELECT COUNT(*) FROM orders WHERE buyer_id = :id"
        "  AND status IN ('paid', 'refunded')) AS orders,"
        " (SELECT COUNT(*) FROM tickets JOIN events ON events.id = tickets.event_id"
        "  WHERE owner_id = :id AND tickets.status = 'valid' AND valid_until_ms > :now_ms"
        "  AND events.status <> 'cancelled'"
        "  AND (scanned_at_ms IS NULL OR tickets.entry <> 'once')) AS tickets",
        id=person_id,
        now_ms=now_ms,
    )
    assert row is not None  # noqa: S101 (a SELECT without FROM has one row)
    return Count(row["orders"], row["tickets"])


async def forget(tx: Tx, person_id: int, now_ms: int) -> list[int]:
    """Forget a person. Answers the conversations opened to say goodbye in, one an account.

    Whoever writes there again is a stranger.
    """
    await people.lock_chats(tx, person_id)
    mine = await tx.rows("SELECT * FROM chats WHERE person_id = :id ORDER BY id", id=person_id)
    for chat in mine:
        await _forget_chat(tx, chat["id"], chat["channel"], chat["talk"], chat["ref"])
    await _forget_person(tx, person_id, now_ms)
    await forget_holders(tx, now_ms)
    farewells = []
    for chat in mine:
        if chat["talk"] != "seller" or chat["channel"] == FORGOTTEN:
            continue
        last = await chats.expect_chat(
            tx,
            channel=chat["channel"],
            talk="seller",
            ref=chat["ref"],
            language=chat["language"],
            name="",
            now_ms=now_ms,
        )
        await tx.run(
            "INSERT INTO farewells (chat_id, made_ms) VALUES (:chat_id, :now_ms)",
            chat_id=last.id,
            now_ms=now_ms,
        )
        farewells.append(last.id)
    return farewells


NAMELESS = "—"
"""What stands in an agreement where somebody is forgotten: the accounts know that there was one."""


_GONE = "(SELECT id FROM people WHERE forgotten_ms IS NOT NULL)"
"""The forgotten, who are few: what is looked for begins with them, not with all that is over."""

_OVER = "EXISTS (SELECT 1 FROM events WHERE events.id = {event_id} AND events.ends_ms <= :now_ms)"


async def forget_holders(tx: Tx, now_ms: int) -> None:
    """Take the names and birth dates of the forgotten away, once their event is over.

    Until then the door needs them, and who gave or received a ticket has an agreement with them.
    """
    await _forget_agreements(tx, now_ms)
    await tx.run(
        "UPDATE tickets SET holder = NULL, birth_date = NULL"
        " WHERE (holder IS NOT NULL OR birth_date IS NOT NULL)"
        f" AND owner_id IN {_GONE} AND {_OVER.format(event_id='tickets.event_id')}",
        now_ms=now_ms,
    )
    await tx.run(
        "UPDATE seats SET holder = NULL, birth_date = NULL"
        " WHERE (holder IS NOT NULL OR birth_date IS NOT NULL)"
        f" AND order_id IN (SELECT orders.id FROM orders WHERE orders.buyer_id IN {_GONE}"
        f"  AND {_OVER.format(event_id='orders.event_id')})",
        now_ms=now_ms,
    )


async def _forget_agreements(tx: Tx, now_ms: int) -> None:
    """Leave of agreements that a ticket changed hands and when, and the digest of what was read.

    The words themselves name both; so do the conditions of an order with named tickets.
    """
    await tx.run(
        "UPDATE condition_texts SET body = '' WHERE body <> ''"
        f" AND {_OVER.format(event_id='condition_texts.event_id')}"
        " AND (digest IN (SELECT digest FROM transfers"
        f"  WHERE digest IS NOT NULL AND (from_id IN {_GONE} OR to_id IN {_GONE}))"
        " OR digest IN (SELECT acceptances.digest FROM acceptances"
        "  JOIN orders ON orders.id = acceptances.order_id"
        f"  WHERE orders.buyer_id IN {_GONE} AND EXISTS (SELECT 1 FROM seats"
        "   WHERE seats.order_id = orders.id AND seats.holder IS NOT NULL)))",
        now_ms=now_ms,
    )
    for who, name in (("from_id", "from_name"), ("to_id", "to_name")):
        await tx.run(
            f"UPDATE transfers SET {name} = :nameless WHERE {name} <> :nameless"
            f" AND {who} IN {_GONE} AND EXISTS (SELECT 1 FROM tickets"
            f"  WHERE tickets.id = transfers.ticket_id"
            f"  AND {_OVER.format(event_id='tickets.event_id')})",
            nameless=NAMELESS,
            now_ms=now_ms,
        )


async def end_farewells(tx: Tx, now_ms: int) -> int:
    """Drop the conversations in which goodbye was said, with the account's key; answers how many.

    One in which somebody has written since stays: it is a stranger's.
    """
    rows = await tx.rows(
        "SELECT farewells.chat_id, chats.person_id, chats.ref, chats.turn FROM farewells"
        " JOIN chats ON chats.id = farewells.chat_id WHERE farewells.made_ms <= :until_ms"
        " AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.chat_id = farewells.chat_id"
        "  AND outbox.state = 'new') ORDER BY farewells.chat_id",
        until_ms=now_ms - FAREWELL_KEPT_MS,
    )
    for row in rows:
        await tx.run("DELETE FROM farewells WHERE chat_id = :id", id=row["chat_id"])
        if row["turn"] > 0:
            continue
        await tx.run("DELETE FROM outbox WHERE chat_id = :id", id=row["chat_id"])
        await tx.run("DELETE FROM whatsapp_people WHERE ref = :ref", ref=row["ref"])
        await tx.run("DELETE FROM chats WHERE id = :id AND turn = 0", id=row["chat_id"])
        await tx.run(
            "DELETE FROM people WHERE id = :id"
            " AND NOT EXISTS (SELECT 1 FROM chats WHERE chats.person_id = people.id)",
            id=row["person_id"],
        )
    return len(rows)


async def _forget_chat(tx: Tx, chat_id: int, channel: str, talk: str, ref: str) -> None:
    """Empty a conversation and turn it into a stone."""
    stone = f"{FORGOTTEN}:{chat_id}"
    await tx.run(
        "UPDATE inbox SET payload = NULL, ref = :stone WHERE channel = :channel"
        " AND talk = :talk AND ref = :ref AND state <> 'new'",
        stone=stone,
        channel=channel,
        talk=talk,
        ref=ref,
    )
    await tx.run(
        "DELETE FROM outbox WHERE chat_id = :id AND kind = 'say' AND state <> 'failed'", id=chat_id
    )
    await tx.run(
        "UPDATE outbox SET payload = '{}' WHERE chat_id = :id AND kind = 'say'", id=chat_id
    )
    await tx.run("UPDATE questions SET body = '' WHERE chat_id = :id", id=chat_id)
    await tx.run("DELETE FROM link_codes WHERE chat_id = :id", id=chat_id)
    await tx.run("UPDATE papers SET photo_ref = NULL WHERE from_chat_id = :id", id=chat_id)
    if channel == "web":
        await tx.run("DELETE FROM web_messages WHERE ref = :ref", ref=ref)
    await tx.run(
        "UPDATE chats SET channel = :channel, ref = :stone, step = '', memory = '{}',"
        " offered = '[]', offered_before = '[]' WHERE id = :id",
        id=chat_id,
        channel=FORGOTTEN,
        stone=stone,
    )


async def _forget_person(tx: Tx, person_id: int, now_ms: int) -> None:
    facts = {"id": person_id, "now_ms": now_ms}
    await tx.run(
        "UPDATE people SET name = '', forgotten_ms = COALESCE(forgotten_ms, :now_ms)"
        " WHERE id = :id OR id IN (SELECT joined_id FROM links WHERE kept_id = :id)",
        **facts,
    )
    linked = "SELECT id FROM links WHERE kept_id = :id OR joined_id = :id"
    await tx.run(f"DELETE FROM link_moves WHERE link_id IN ({linked})", id=person_id)
    await tx.run("DELETE FROM links WHERE kept_id = :id OR joined_id = :id", id=person_id)
    await tx.run(
        "UPDATE staff SET name = '', revoked_ms = COALESCE(revoked_ms, :now_ms)"
        " WHERE person_id = :id",
        **facts,
    )
    await tx.run(
        "UPDATE terminals SET closed_ms = COALESCE(closed_ms, :now_ms) WHERE person_id = :id",
        **facts,
    )
    await tx.run(
        "UPDATE transfers SET status = 'withdrawn', ended_ms = :now_ms"
        " WHERE from_id = :id AND status = 'offered'",
        **facts,
    )
    # What nobody accepted is nobody's agreement.
    await tx.run(
        "UPDATE transfers SET from_name = :nameless WHERE from_id = :id AND status <> 'accepted'",
        id=person_id,
        nameless=NAMELESS,
    )
    # Whose ticket had not arrived will not be sent it any more.
    await tx.run(
        "UPDATE tickets SET delivery = 'failed' WHERE owner_id = :id AND delivery = 'queued'",
        id=person_id,
    )
    await tx.run(
        "UPDATE payments SET payer_phone = ''"
        " WHERE order_id IN (SELECT id FROM orders WHERE buyer_id = :id)",
        id=person_id,
    )
    # Money that waits is a debt to them, which comes back by itself; a mere place is given up.
    for place in await waiting.places_of(tx, person_id, LINES_MAX):
        if place.payment_id is None:
            await waiting.leave(tx, place.id, now_ms)
    for table in ("consents", "reminders", "typing_failures", "rescue_contacts"):
        await tx.run(f"DELETE FROM {table} WHERE person_id = :id", id=person_id)
    await tx.run("DELETE FROM attempts WHERE key LIKE :mine", mine=f"%:{person_id}")

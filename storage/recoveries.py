"""What is asked for from another conversation after a phone was lost: an order, or a part given."""

from dataclasses import dataclass, replace

from boxoffice.codes import Keyring
from storage import people
from storage.database import Row, Tx
from storage.ids import new_id
from storage.reissuing import Hands, reissue

CONTESTED = "recovery_contested"
"""Why tickets are blocked whose recovery the old chat denies; their money is not in question."""

NOTE = "recovered"
"""Why an old code of a recovered order is revoked."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """A request, with the chat that made it and the order it is about, if there is one.

    Who asks for what they had received of the order, and not bought, is its `holder_id`.
    """

    id: int
    chat_id: int
    order_id: int | None
    old_chat_id: int | None
    status: str
    tries: int
    expires_ms: int
    holder_id: int | None = None


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment that bought an order: who took the money may know how to reach who paid."""

    payment_id: int
    provider: str
    provider_ref: str


@dataclass(frozen=True, slots=True)
class Received:
    """A living ticket that somebody other than the buyer has of an order."""

    owner_id: int
    name: str
    """Under which the last agreement about its seat was signed; empty where there is none."""


@dataclass(frozen=True, slots=True)
class Parties:
    """Who has what is asked for, in which conversation, and who is to have it."""

    from_id: int
    from_chat_id: int
    to_id: int


async def begin(
    tx: Tx,
    *,
    chat_id: int,
    order_id: int | None,
    expires_ms: int,
    now_ms: int,
    holder_id: int | None = None,
) -> int:
    """Keep a request; one about nothing is kept too, and answered alike."""
    recovery_id = new_id(now_ms)
    await tx.run(
        "INSERT INTO recoveries (id, chat_id, order_id, holder_id, status, tries, made_ms,"
        " expires_ms)"
        " VALUES (:id, :chat_id, :order_id, :holder_id, 'open', 0, :now_ms, :expires_ms)",
        id=recovery_id,
        chat_id=chat_id,
        order_id=order_id,
        holder_id=holder_id,
        now_ms=now_ms,
        expires_ms=expires_ms,
    )
    return recovery_id


async def recovery_by_id(tx: Tx, recovery_id: int) -> Recovery | None:
    """Read one request."""
    row = await tx.row("SELECT * FROM recoveries WHERE id = :id", id=recovery_id)
    return _recovery(row) if row else None


async def payments_of(tx: Tx, order_id: int) -> list[Paid]:
    """Read the payments whose money came in for an order, newest first."""
    rows = await tx.rows(
        "SELECT id, provider, provider_ref FROM payments WHERE order_id = :order_id"
        " AND paid_ms IS NOT NULL AND provider_ref IS NOT NULL ORDER BY id DESC",
        order_id=order_id,
    )
    return [Paid(row["id"], row["provider"], row["provider_ref"]) for row in rows]


async def received_of(tx: Tx, order_id: int) -> list[Received]:
    """Read who else than its buyer has living tickets of an order, a row a ticket."""
    rows = await tx.rows(
        "SELECT tickets.owner_id, (SELECT transfers.to_name FROM transfers"
        "  JOIN tickets AS old ON old.id = transfers.ticket_id"
        "  WHERE transfers.status = 'accepted' AND old.order_id = tickets.order_id"
        "  AND old.number = tickets.number"
        "  ORDER BY transfers.ended_ms DESC, transfers.id DESC LIMIT 1) AS name"
        " FROM tickets JOIN orders ON orders.id = tickets.order_id"
        " WHERE tickets.order_id = :order_id AND tickets.status IN ('valid', 'blocked')"
        " AND tickets.owner_id <> orders.buyer_id ORDER BY tickets.number",
        order_id=order_id,
    )
    return [Received(row["owner_id"], row["name"] or "") for row in rows]


async def mark_sent(tx: Tx, recovery_id: int, now_ms: int) -> bool:
    """Note that its code went out; true the first time."""
    row = await tx.row(
        "UPDATE recoveries SET sent_ms = :now_ms WHERE id = :id AND sent_ms IS NULL RETURNING id",
        id=recovery_id,
        now_ms=now_ms,
    )
    return row is not None


async def try_code(
    tx: Tx, recovery_id: int, chat_id: int, *, most: int, now_ms: int
) -> Recovery | None:
    """Count a try at its code; None when there is none left, or its time is over."""
    row = await tx.row(
        "UPDATE recoveries SET tries = tries + 1 WHERE id = :id AND chat_id = :chat_id"
        " AND status IN ('open', 'asked') AND tries < :most AND expires_ms > :now_ms RETURNING *",
        id=recovery_id,
        chat_id=chat_id,
        most=most,
        now_ms=now_ms,
    )
    return _recovery(row) if row else None


async def ask_organiser(tx: Tx, recovery_id: int) -> Recovery | None:
    """Let the organiser decide too: once, and only about an order; else None."""
    row = await tx.row(
        "UPDATE recoveries SET status = 'asked' WHERE id = :id AND status = 'open'"
        " AND order_id IS NOT NULL RETURNING *",
        id=recovery_id,
    )
    return _recovery(row) if row else None


async def refuse(tx: Tx, recovery_id: int, now_ms: int) -> bool:
    """Take the organiser's no; true once."""
    row = await tx.row(
        "UPDATE recoveries SET status = 'refused', closed_ms = :now_ms"
        " WHERE id = :id AND status = 'asked' RETURNING id",
        id=recovery_id,
        now_ms=now_ms,
    )
    return row is not None


async def hand_over(
    tx: Tx, recovery: Recovery, *, keyring: Keyring, now_ms: int
) -> list[int] | None:
    """Give what is asked for to the asking chat's person, under new codes; once.

    Of a buyer that is the order with what they have of it, of a holder the tickets they received.
    Answers the new tickets; None if it was decided before, or there is nothing to give any more.
    The chats of both are locked: what either does at this moment comes before or after.
    """
    parties = await _parties(tx, recovery, recovery.chat_id)
    if parties is None:
        return None
    await people.lock_chats(tx, parties.from_id, parties.to_id)
    row = await tx.row(
        "UPDATE recoveries SET status = 'done', closed_ms = :now_ms, old_chat_id = :old_chat_id"
        " WHERE id = :id AND status IN ('open', 'asked')"
        " AND EXISTS (SELECT 1 FROM orders WHERE orders.id = recoveries.order_id"
        "  AND orders.status = 'paid'"
        "  AND (recoveries.holder_id = :from_id OR orders.buyer_id = :from_id)) RETURNING id",
        id=recovery.id,
        old_chat_id=parties.from_chat_id,
        from_id=parties.from_id,
        now_ms=now_ms,
    )
    if row is None or parties.from_id == parties.to_id:
        return None
    return await _give(tx, recovery, parties, recovery.chat_id, keyring, now_ms)


async def contest(tx: Tx, recovery_id: int, person_id: int, now_ms: int) -> Recovery | None:
    """Take the old chat's no: what was handed over is blocked until the organiser decides."""
    row = await tx.row(
        "UPDATE recoveries SET status = 'contested' WHERE id = :id AND status = 'done'"
        " AND EXISTS (SELECT 1 FROM chats WHERE chats.id = recoveries.old_chat_id"
        "  AND chats.person_id = :person_id) RETURNING *",
        id=recovery_id,
        person_id=person_id,
    )
    if row is None:
        return None
    # What others hold of the order by now is theirs.
    await tx.run(
        "UPDATE tickets SET status = 'blocked', status_ms = :now_ms, status_note = :note"
        " WHERE order_id = :order_id AND status = 'valid' AND owner_id ="
        " (SELECT person_id FROM chats WHERE chats.id = :chat_id)",
        order_id=row["order_id"],
        chat_id=row["chat_id"],
        note=CONTESTED,
        now_ms=now_ms,
    )
    return _recovery(row)


async def keep(tx: Tx, recovery_id: int, now_ms: int) -> bool:
    """Leave what is contested where it is; its tickets open gates again. True once."""
    row = await tx.row(
        "UPDATE recoveries SET status = 'kept', closed_ms = :now_ms"
        " WHERE id = :id AND status = 'contested' RETURNING order_id, chat_id",
        id=recovery_id,
        now_ms=now_ms,
    )
    if row is None:
        return False
    await _unblock(tx, row["order_id"], row["chat_id"], now_ms)
    return True


async def give_back(tx: Tx, recovery_id: int, *, keyring: Keyring, now_ms: int) -> list[int] | None:
    """Give what is contested back to the old chat's person, under new codes; once."""
    row = await tx.row(
        "UPDATE recoveries SET status = 'returned', closed_ms = :now_ms"
        " WHERE id = :id AND status = 'contested' RETURNING *",
        id=recovery_id,
        now_ms=now_ms,
    )
    if row is None:
        return None
    recovery = _recovery(row)
    if recovery.holder_id is not None:
        # Whoever recovered it is its holder now.
        asked = await tx.row("SELECT person_id FROM chats WHERE id = :id", id=recovery.chat_id)
        recovery = replace(recovery, holder_id=asked["person_id"] if asked else None)
    parties = await _parties(tx, recovery, row["old_chat_id"])
    if parties is None:
        return None
    await people.lock_chats(tx, parties.from_id, parties.to_id)
    await _unblock(tx, row["order_id"], row["chat_id"], now_ms)
    return await _give(tx, recovery, parties, row["old_chat_id"], keyring, now_ms)


async def forget_old(tx: Tx, *, before_ms: int, limit: int) -> int:
    """Drop requests made before a time."""
    return await tx.run(
        "DELETE FROM recoveries WHERE id IN"
        " (SELECT id FROM recoveries WHERE made_ms < :before_ms LIMIT :limit)",
        before_ms=before_ms,
        limit=limit,
    )


async def _unblock(tx: Tx, order_id: int, chat_id: int, now_ms: int) -> None:
    """Undo what `contest` did, to the same tickets: another part may be contested too."""
    await tx.run(
        "UPDATE tickets SET status = 'valid', status_ms = :now_ms, status_note = NULL"
        " WHERE order_id = :order_id AND status = 'blocked' AND status_note = :note"
        " AND owner_id = (SELECT person_id FROM chats WHERE chats.id = :chat_id)",
        order_id=order_id,
        chat_id=chat_id,
        note=CONTESTED,
        now_ms=now_ms,
    )


async def _parties(tx: Tx, recovery: Recovery, to_chat_id: int) -> Parties | None:
    """Read who has a part of a paid order, in which chat, and who is to have it."""
    row = await tx.row(
        "SELECT orders.buyer_id, orders.chat_id, chats.person_id,"
        " (SELECT theirs.id FROM chats AS theirs WHERE theirs.person_id = :holder_id"
        "  AND theirs.talk = 'seller' AND theirs.channel <> 'forgotten'"
        "  ORDER BY theirs.heard_ms DESC, theirs.id LIMIT 1) AS holder_chat_id"
        " FROM orders JOIN chats ON chats.id = :to_chat_id"
        " WHERE orders.id = :order_id AND orders.status = 'paid'",
        order_id=recovery.order_id or 0,
        holder_id=recovery.holder_id or 0,
        to_chat_id=to_chat_id,
    )
    if row is None:
        return None
    if recovery.holder_id is None:
        return Parties(row["buyer_id"], row["chat_id"], row["person_id"])
    if row["holder_chat_id"] is None:
        return None
    return Parties(recovery.holder_id, row["holder_chat_id"], row["person_id"])


async def _give(
    tx: Tx, recovery: Recovery, parties: Parties, chat_id: int, keyring: Keyring, now_ms: int
) -> list[int]:
    order_id = recovery.order_id or 0
    if recovery.holder_id is None:
        await tx.run(
            "UPDATE orders SET buyer_id = :to_id, chat_id = :chat_id WHERE id = :order_id",
            order_id=order_id,
            to_id=parties.to_id,
            chat_id=chat_id,
        )
        await tx.run(
            "UPDATE acceptances SET person_id = :to_id WHERE order_id = :order_id",
            order_id=order_id,
            to_id=parties.to_id,
        )
    hands = Hands(parties.from_id, parties.to_id, NOTE)
    return await reissue(tx, order_id, hands, keyring=keyring, now_ms=now_ms)


def _recovery(row: Row) -> Recovery:
    return Recovery(
        id=row["id"],
        chat_id=row["chat_id"],
        order_id=row["order_id"],
        old_chat_id=row["old_chat_id"],
        status=row["status"],
        tries=row["tries"],
        expires_ms=row["expires_ms"],
        holder_id=row["holder_id"],
    )

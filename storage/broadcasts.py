"""Messages to many: made once, queued a few people at a time, stopped, counted.

Each message is a lane of its own in the outbox, behind everything people wait for. Who is taken is
marked in the transaction that queues them, so a process that dies says nothing twice to anybody.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from storage.database import Row, Tx
from storage.ids import new_id, to_text
from storage.outbox import SENDER

Audience = Literal["holders", "past"]

Handled = Literal["sold", "given"]
"""How somebody came to tickets meant for others: sold for cash, or an invitation not opened."""

Instead = Literal["used", "sold", "given"]
"""Who may be told something else: whose tickets are all used, or all meant for others."""

PRIORITY = 40
"""Behind gates, tickets, dialogue and reminders: news to many waits for everybody."""

PACE_MS = 100
"""Ten a second: a third of what Telegram lets a bot send, the rest is for people who talk."""

BATCH_MAX = 50
"""People queued in one transaction: a few milliseconds of the writer, so a scan never waits."""

LATEST_MAX = 5
"""Messages listed: what somebody looks for is among the last few."""

_HOLDERS = (
    "SELECT DISTINCT tickets.owner_id AS person_id FROM tickets"
    " WHERE tickets.event_id = :event_id AND tickets.status IN ('valid', 'blocked')"
)
_PAST = (
    "SELECT consents.person_id FROM consents WHERE consents.organiser_id = :organiser_id"
    " AND consents.agreed = 1"
)


@dataclass(frozen=True, slots=True)
class Broadcast:
    """One message to many, and how far it has come."""

    id: int
    organiser_id: int
    event_id: int | None
    audience: Audience
    say: str
    offered: str
    state: str
    made_ms: int
    after_id: int
    due_ms: int
    people: int
    queued: int
    sent: int
    failed: int
    withdrawn: int
    used_say: str | None = None
    used_offered: str | None = None
    """What is told instead to whose tickets have all been used, if that differs."""
    sold_say: str | None = None
    sold_offered: str | None = None
    """What is told instead to who sold all of theirs to others, if that differs."""
    given_say: str | None = None
    given_offered: str | None = None
    """What is told instead to who has only invitations nobody opened, if that differs."""

    @property
    def waiting(self) -> int:
        """How many are queued and not sent yet."""
        return self.queued - self.sent - self.failed - self.withdrawn


@dataclass(frozen=True, slots=True)
class Message:
    """What goes out, and the choices it offers, each as JSON."""

    say: str
    offered: str


async def make(
    tx: Tx,
    message: Message,
    *,
    organiser_id: int,
    event_id: int | None,
    audience: Audience,
    person_id: int,
    now_ms: int,
    instead: Mapping[Instead, Message],
) -> int:
    """Keep a message to many, and what some are told instead; it goes out once it is begun."""
    broadcast_id = new_id(now_ms)
    others = {
        f"{who}_{part}": getattr(instead[who], part) if who in instead else None
        for who in get_args(Instead)
        for part in ("say", "offered")
    }
    await tx.run(
        "INSERT INTO broadcasts (id, organiser_id, event_id, audience, say, offered, state,"
        " made_by, made_ms, after_id, due_ms, people, queued, sent, failed, withdrawn,"
        " used_say, used_offered, sold_say, sold_offered, given_say, given_offered)"
        " VALUES (:id, :organiser_id, :event_id, :audience, :say, :offered, 'asked', :person_id,"
        " :now_ms, 0, :now_ms, 0, 0, 0, 0, 0, :used_say, :used_offered,"
        " :sold_say, :sold_offered, :given_say, :given_offered)",
        id=broadcast_id,
        organiser_id=organiser_id,
        event_id=event_id,
        audience=audience,
        say=message.say,
        offered=message.offered,
        person_id=person_id,
        now_ms=now_ms,
        **others,
    )
    return broadcast_id


async def begin(tx: Tx, broadcast_id: int, people: int, now_ms: int, *, rest_ms: int = 0) -> bool:
    """Send a message that was asked for, from so long on; true once."""
    row = await tx.row(
        "UPDATE broadcasts SET state = 'running', people = :people, due_ms = :now_ms"
        " WHERE id = :id AND state = 'asked' RETURNING id",
        id=broadcast_id,
        people=people,
        now_ms=now_ms + rest_ms,
    )
    return row is not None


async def stop(tx: Tx, broadcast_id: int, now_ms: int) -> int | None:
    """Stop a message: nobody more is queued, what waits is withdrawn; None if it was over.

    What a worker is sending right now still goes out, and is counted when it is marked.
    """
    row = await tx.row(
        "UPDATE broadcasts SET state = 'stopped' WHERE id = :id"
        " AND (state = 'running' OR (state = 'queued' AND sent + failed < queued)) RETURNING id",
        id=broadcast_id,
    )
    if row is None:
        return None
    withdrawn = await tx.run(
        "DELETE FROM outbox WHERE about = :about AND state = 'new' AND lease_until_ms <= :now_ms",
        about=about(broadcast_id),
        now_ms=now_ms,
    )
    await tx.run(
        "UPDATE broadcasts SET withdrawn = withdrawn + :withdrawn WHERE id = :id",
        id=broadcast_id,
        withdrawn=withdrawn,
    )
    return withdrawn


async def count_people(tx: Tx, audience: Audience, organiser_id: int, event_id: int | None) -> int:
    """Count whom a message would reach: people with a chat."""
    row = await tx.row(
        f"SELECT COUNT(*) AS people FROM ({_whom(audience)}) AS whom"
        " WHERE EXISTS (SELECT 1 FROM chats WHERE chats.person_id = whom.person_id"
        "  AND chats.talk = 'seller' AND chats.channel <> 'forgotten')",
        **_facts(audience, organiser_id, event_id),
    )
    return int(row["people"]) if row else 0


async def running(tx: Tx, now_ms: int) -> list[Broadcast]:
    """Read the messages that still have people to queue, and may, oldest first."""
    rows = await tx.rows(
        "SELECT * FROM broadcasts WHERE state = 'running'"
        " AND (queued > 0 OR due_ms <= :now_ms) ORDER BY id",
        now_ms=now_ms,
    )
    return [_broadcast(row) for row in rows]


async def queue_some(tx: Tx, broadcast_id: int, now_ms: int) -> int:
    """Queue the next people of a message, at a pace; answers how many, 0 when nobody is left."""
    row = await tx.row(
        "UPDATE broadcasts SET due_ms = CASE WHEN due_ms < :now_ms THEN :now_ms ELSE due_ms END"
        " WHERE id = :id AND state = 'running' RETURNING *",
        id=broadcast_id,
        now_ms=now_ms,
    )
    if row is None:
        return 0
    cast = _broadcast(row)
    people = await tx.rows(
        "SELECT whom.person_id, (SELECT chats.id FROM chats"
        "  WHERE chats.person_id = whom.person_id AND chats.talk = 'seller'"
        "  AND chats.channel <> 'forgotten'"
        "  ORDER BY chats.heard_ms DESC LIMIT 1) AS chat_id"
        f" FROM ({_whom(cast.audience)}) AS whom WHERE whom.person_id > :after_id"
        " ORDER BY whom.person_id LIMIT :limit",
        after_id=cast.after_id,
        limit=BATCH_MAX,
        **_facts(cast.audience, cast.organiser_id, cast.event_id),
    )
    reached = [one for one in people if one["chat_id"] is not None]
    last_id = people[-1]["person_id"] if people else cast.after_id
    bound = await _with_unused(tx, cast, last_id)
    handlers = await _for_others(tx, cast.event_id, cast.after_id, last_id)
    due_ms = cast.due_ms
    for one in reached:
        told = cast if one["person_id"] in bound else _for_used(cast)
        if told is cast and (how := handlers.get(one["person_id"])) is not None:
            told = _for_handler(cast, how)
        await _queue_one(tx, told, one["chat_id"], due_ms, now_ms)
        due_ms += PACE_MS
    await tx.run(
        "UPDATE broadcasts SET after_id = :after_id, due_ms = :due_ms, queued = queued + :queued,"
        " state = :state WHERE id = :id",
        id=cast.id,
        after_id=last_id,
        due_ms=due_ms,
        queued=len(reached),
        state="running" if len(people) == BATCH_MAX else "queued",
    )
    return len(people)


async def _with_unused(tx: Tx, cast: Broadcast, last_id: int) -> set[int]:
    """Who among the next people, up to this one, has a ticket that was not used at the door."""
    rows = await tx.rows(
        "SELECT DISTINCT owner_id FROM tickets WHERE event_id = :event_id"
        " AND owner_id > :after_id AND owner_id <= :last_id"
        " AND status = 'valid' AND entries = 0 AND scanned_at_ms IS NULL",
        event_id=cast.event_id,
        after_id=cast.after_id,
        last_id=last_id,
    )
    return {row["owner_id"] for row in rows}


def _for_used(cast: Broadcast) -> Broadcast:
    """What this message says to whose tickets have all been used."""
    if cast.used_say is None or cast.used_offered is None:
        return cast
    return replace(cast, say=cast.used_say, offered=cast.used_offered)


async def _for_others(
    tx: Tx, event_id: int | None, after_id: int, last_id: int
) -> dict[int, Handled]:
    """Who among people with these ids, the first left out, has only tickets meant for others.

    They sold them for cash, or gave invitations that nobody has opened.
    """
    rows = await tx.rows(
        "SELECT tickets.owner_id,"
        " MAX(CASE WHEN orders.source = 'counter' THEN 1 ELSE 0 END) AS sold"
        " FROM tickets JOIN orders ON orders.id = tickets.order_id"
        " WHERE tickets.event_id = :event_id AND tickets.owner_id > :after_id"
        " AND tickets.owner_id <= :last_id AND tickets.status IN ('valid', 'blocked')"
        " GROUP BY tickets.owner_id HAVING SUM(CASE"
        "  WHEN orders.source IN ('counter', 'invitation')"
        "  AND orders.handed IN ('waiting', 'shown') THEN 0 ELSE 1 END) = 0",
        event_id=event_id,
        after_id=after_id,
        last_id=last_id,
    )
    return {row["owner_id"]: "sold" if row["sold"] else "given" for row in rows}


def _for_handler(cast: Broadcast, how: Handled) -> Broadcast:
    """What this message says to who has tickets for others alone."""
    say, offered = (
        (cast.sold_say, cast.sold_offered)
        if how == "sold"
        else (cast.given_say, cast.given_offered)
    )
    return cast if say is None or offered is None else replace(cast, say=say, offered=offered)


async def handled_for_others(tx: Tx, event_id: int, person_id: int) -> Handled | None:
    """Say how somebody came to tickets that are all others', if all are."""
    return (await _for_others(tx, event_id, person_id - 1, person_id)).get(person_id)


async def has_unused(tx: Tx, event_id: int, person_id: int) -> bool:
    """Say whether somebody has a ticket of an event that was not used at the door."""
    row = await tx.row(
        "SELECT 1 AS yes FROM tickets WHERE event_id = :event_id AND owner_id = :person_id"
        " AND status = 'valid' AND entries = 0 AND scanned_at_ms IS NULL LIMIT 1",
        event_id=event_id,
        person_id=person_id,
    )
    return row is not None


async def _queue_one(tx: Tx, cast: Broadcast, chat_id: int, due_ms: int, now_ms: int) -> None:
    await tx.run(
        "INSERT INTO outbox (id, lane, chat_id, sender, kind, payload, about, priority, state,"
        " attempts, due_ms, lease_until_ms, queued_ms, offers, unasked)"
        f" VALUES (:id, :id, :chat_id, {SENDER},"
        " 'say', :payload, :about, :priority, 'new', 0, :due_ms, 0, :now_ms, :offers, 1)",
        id=new_id(now_ms),
        chat_id=chat_id,
        payload=cast.say,
        about=about(cast.id),
        priority=PRIORITY,
        due_ms=due_ms,
        now_ms=now_ms,
        offers=cast.offered,
    )


async def count_delivery(tx: Tx, broadcast_id: int, state: str) -> None:
    """Count a message that arrived, or never will, in the transaction that marks its row."""
    column = "failed" if state == "failed" else "sent"
    await tx.run(f"UPDATE broadcasts SET {column} = {column} + 1 WHERE id = :id", id=broadcast_id)


async def broadcast_by_id(tx: Tx, broadcast_id: int) -> Broadcast | None:
    """Read one message and its tally."""
    row = await tx.row("SELECT * FROM broadcasts WHERE id = :id", id=broadcast_id)
    return _broadcast(row) if row else None


async def latest_of(tx: Tx, event_id: int) -> Sequence[Broadcast]:
    """Read the last messages to many about an event, newest first."""
    rows = await tx.rows(
        "SELECT * FROM broadcasts WHERE event_id = :event_id AND state <> 'asked'"
        " ORDER BY id DESC LIMIT :limit",
        event_id=event_id,
        limit=LATEST_MAX,
    )
    return [_broadcast(row) for row in rows]


def about(broadcast_id: int) -> str:
    """What the rows of a message are about in the outbox."""
    return f"cast:{to_text(broadcast_id)}"


def _whom(audience: Audience) -> str:
    return _HOLDERS if audience == "holders" else _PAST


def _facts(audience: Audience, organiser_id: int, event_id: int | None) -> dict[str, int | None]:
    return {"event_id": event_id} if audience == "holders" else {"organiser_id": organiser_id}


def _broadcast(row: Row) -> Broadcast:
    return Broadcast(
        row["id"],
        row["organiser_id"],
        row["event_id"],
        row["audience"],
        row["say"],
        row["offered"],
        row["state"],
        row["made_ms"],
        row["after_id"],
        row["due_ms"],
        row["people"],
        row["queued"],
        row["sent"],
        row["failed"],
        row["withdrawn"],
        row["used_say"],
        row["used_offered"],
        row["sold_say"],
        row["sold_offered"],
        row["given_say"],
        row["given_offered"],
    )

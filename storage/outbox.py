"""What must go out: queued, and kept until it is done; storage/leasing.py is who sends it when."""

from enum import Enum

from boxoffice.values import value
from storage.database import Row, Tx
from storage.ids import first_id, new_id

SAY = "say"
"""The kind of a row that carries words to a chat; every other kind is far work."""

SENDER = "(SELECT channel || ':' || talk FROM chats WHERE chats.id = :chat_id)"
"""Who sends the words of a row: a bot or a number, as `sender_of` writes it."""

ORDINARY = 20
"""The priority of an answer in a conversation: less is sent before it, more after it."""


class Lane(Enum):
    """What a message waits for: the words said before it in its chat, or nothing."""

    CHAT = "chat"
    OWN = "own"


FAR = ""
"""The sender of far work: nobody, no app counts it."""


@value
class Pace:
    """How fast an app lets one of its senders send, and how much at once after a rest."""

    per_s: int
    burst: int


def sender_of(channel: str, talk: str) -> str:
    """The name of a bot or a number, under which it is paced."""
    return f"{channel}:{talk}"


@value
class OutboxRow:
    """One leased row, with the chat it goes to."""

    id: int
    chat_id: int
    kind: str
    payload: str
    about: str | None
    attempts: int
    queued_ms: int
    channel: str
    talk: str
    ref: str
    language: str
    offers: str | None = None
    """The choices it shows, as JSON: from now on a number typed in its chat means these."""
    unasked: bool = False
    """Whether it answers nobody in its chat."""


_QUEUE = (
    "INSERT INTO outbox (id, lane, chat_id, sender, kind, payload, about, priority, state,"
    " attempts, due_ms, lease_until_ms, queued_ms, offers, unasked)"
    " VALUES (:id, :lane, :chat_id, {sender}, :kind, :payload, :about,"
    " :priority, 'new', 0, :due_ms, 0, :now_ms, :offers, :unasked)"
)
_QUEUE_WORDS, _QUEUE_WORK = (_QUEUE.format(sender=sender) for sender in (SENDER, repr(FAR)))


async def queue(
    tx: Tx,
    *,
    chat_id: int,
    kind: str,
    payload: str,
    priority: int,
    now_ms: int,
    about: str | None = None,
    due_ms: int = 0,
    lane: Lane = Lane.CHAT,
    offers: str | None = None,
    unasked: int = 0,
) -> int:
    """Queue words for a chat (in its order), or far work (in no order), from `due_ms` on.

    What is more urgent than what waits before it in its chat takes that along: a ticket does not
    wait at the end of everybody's dialogue because its buyer was being answered.
    """
    row_id = new_id(now_ms)
    is_ordered = kind == SAY and lane is Lane.CHAT
    if is_ordered and priority < ORDINARY:
        await _take_along(tx, chat_id, priority)
    await tx.run(
        _QUEUE_WORDS if kind == SAY else _QUEUE_WORK,
        id=row_id,
        lane=chat_id if is_ordered else row_id,
        chat_id=chat_id,
        kind=kind,
        payload=payload,
        about=about,
        priority=priority,
        due_ms=max(due_ms, now_ms),
        now_ms=now_ms,
        offers=offers,
        unasked=unasked,
    )
    return row_id


async def _take_along(tx: Tx, chat_id: int, priority: int) -> None:
    """Raise what waits in a chat to the urgency of what comes behind it.

    Urgent words leave nothing less urgent before them, so the last that waits says whether anything
    is to be raised: a gate whose answers pile up does not look at each of them again.
    """
    last = await tx.row(
        "SELECT priority FROM outbox WHERE lane = :chat_id AND state = 'new'"
        " ORDER BY id DESC LIMIT 1",
        chat_id=chat_id,
    )
    if last is None or last["priority"] <= priority:
        return
    await tx.run(
        "UPDATE outbox SET priority = :priority"
        " WHERE lane = :chat_id AND state = 'new' AND priority > :priority",
        priority=priority,
        chat_id=chat_id,
    )


async def is_said_already(tx: Tx, chat_id: int, payload: str, queued_before_ms: int) -> bool:
    """Whether the last words that wait for a chat are these, unsent for a while: once will do."""
    row = await tx.row(
        "SELECT payload, queued_ms, attempts FROM outbox WHERE lane = :chat_id AND state = 'new'"
        " ORDER BY id DESC LIMIT 1",
        chat_id=chat_id,
    )
    return (
        row is not None
        and row["attempts"] == 0
        and row["queued_ms"] < queued_before_ms
        and row["payload"] == payload
    )


async def waiting_by_sender(tx: Tx, now_ms: int) -> dict[str, int]:
    """Count what each sender could send now and has not, reminders and the like left out."""
    rows = await tx.rows(
        "SELECT sender, COUNT(*) AS waiting FROM outbox WHERE state = 'new'"
        " AND priority <= :ordinary AND due_ms <= :now_ms AND lease_until_ms <= :now_ms"
        " GROUP BY sender",
        ordinary=ORDINARY,
        now_ms=now_ms,
    )
    return {row["sender"]: int(row["waiting"]) for row in rows}


async def done(tx: Tx, row_id: int, now_ms: int) -> bool:
    """Mark a row done; false if it was already, or given up."""
    changed = await tx.run(
        "UPDATE outbox SET state = 'done', done_ms = :now_ms, lease_until_ms = 0"
        " WHERE id = :id AND state = 'new'",
        id=row_id,
        now_ms=now_ms,
    )
    return changed == 1


async def drop(tx: Tx, row_id: int, now_ms: int) -> None:
    """End a row unsent: what it says is not true any more, and whoever made it so has said so."""
    await tx.run(
        "UPDATE outbox SET state = 'done', done_ms = :now_ms, lease_until_ms = 0,"
        " fault = 'outdated' WHERE id = :id AND state = 'new'",
        id=row_id,
        now_ms=now_ms,
    )


async def later(tx: Tx, row_id: int, *, due_ms: int, fault: str, counts: bool) -> None:
    """Give a lease back until `due_ms`; waiting because one is asked to is no try that `counts`."""
    await tx.run(
        "UPDATE outbox SET due_ms = :due_ms, lease_until_ms = 0, fault = :fault,"
        " attempts = attempts - :uncounted WHERE id = :id AND state = 'new'",
        id=row_id,
        uncounted=0 if counts else 1,
        due_ms=due_ms,
        fault=fault,
    )


async def fail(tx: Tx, row_id: int, *, fault: str, now_ms: int) -> bool:
    """Give a row up; true the first time, and then whoever calls must alert."""
    row = await tx.row(
        "UPDATE outbox SET state = 'failed', done_ms = :now_ms, lease_until_ms = 0, fault = :fault"
        " WHERE id = :id AND state = 'new' RETURNING id",
        id=row_id,
        fault=fault,
        now_ms=now_ms,
    )
    return row is not None


async def take_back(tx: Tx, row_id: int, *, fault: str) -> OutboxRow | None:
    """Mark a row failed that was sent and did not arrive; None if that was done before.

    The news may be faster than the mark of the sending: then that mark finds nothing to do.
    """
    row = await tx.row(
        "UPDATE outbox SET state = 'failed', fault = :fault,"
        " done_ms = COALESCE(done_ms, queued_ms),"
        " lease_until_ms = 0 WHERE id = :id AND state <> 'failed'"
        " RETURNING *, (SELECT channel FROM chats WHERE chats.id = outbox.chat_id) AS channel,"
        " (SELECT talk FROM chats WHERE chats.id = outbox.chat_id) AS talk,"
        " (SELECT ref FROM chats WHERE chats.id = outbox.chat_id) AS ref,"
        " (SELECT language FROM chats WHERE chats.id = outbox.chat_id) AS language",
        id=row_id,
        fault=fault,
    )
    return outbox_of(row) if row else None


async def count_failed(tx: Tx, row: OutboxRow) -> int:
    """Count how often the same words to the same chat failed."""
    found = await tx.row(
        "SELECT COUNT(*) AS failed FROM outbox"
        " WHERE chat_id = :chat_id AND payload = :payload AND state = 'failed'",
        chat_id=row.chat_id,
        payload=row.payload,
    )
    return int(found["failed"]) if found else 0


async def failed_chats(tx: Tx, about: str) -> frozenset[int]:
    """Read the chats where what delivers `about` failed."""
    rows = await tx.rows(
        "SELECT DISTINCT chat_id FROM outbox WHERE about = :about AND state = 'failed'", about=about
    )
    return frozenset(row["chat_id"] for row in rows)


async def forget(tx: Tx, *, done_before_ms: int, limit: int) -> int:
    """Drop rows that were sent before a time; failures stay for the operator."""
    return await tx.run(
        # Nothing is sent before it is queued: only ids of that time are looked at.
        "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE id < :before_id"
        " AND state = 'done' AND done_ms < :done_before_ms LIMIT :limit)",
        before_id=first_id(done_before_ms),
        done_before_ms=done_before_ms,
        limit=limit,
    )


def outbox_of(row: Row) -> OutboxRow:
    """Make an OutboxRow of a row with its chat's columns."""
    return OutboxRow(
        row["id"],
        row["chat_id"],
        row["kind"],
        row["payload"],
        row["about"],
        row["attempts"],
        row["queued_ms"],
        row["channel"],
        row["talk"],
        row["ref"],
        row["language"],
        row["offers"],
        bool(row["unasked"]),
    )

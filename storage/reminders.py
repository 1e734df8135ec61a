"""Reminders before an event: who prints, who is told on the eve, once each, queued at a pace."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from storage.database import Tx
from storage.ids import new_id
from storage.outbox import SENDER

What = Literal["eve", "print"]

PRIORITY = 30
"""Behind gates, tickets and dialogue: a reminder can wait a minute, people cannot."""

PACE_MS = 50
"""Twenty a second: under Telegram's thirty messages a second for a whole bot."""


@dataclass(frozen=True, slots=True)
class Reminded:
    """Somebody who is to be reminded, in the chat where they were heard last."""

    person_id: int
    chat_id: int
    ticket_id: int
    order_id: int


async def wish(tx: Tx, event_id: int, person_id: int, now_ms: int) -> None:
    """Keep that somebody prints at home and wants to be reminded of it."""
    await tx.run(
        "INSERT INTO reminders (event_id, person_id, what, asked_ms)"
        " VALUES (:event_id, :person_id, 'print', :now_ms)"
        " ON CONFLICT (event_id, person_id, what) DO NOTHING",
        event_id=event_id,
        person_id=person_id,
        now_ms=now_ms,
    )


async def coming(tx: Tx, *, now_ms: int, until_ms: int) -> list[tuple[int, int, str]]:
    """Read the events on sale that start before a time: id, start and zone."""
    rows = await tx.rows(
        "SELECT id, starts_ms, zone FROM events WHERE status = 'published'"
        " AND starts_ms > :now_ms AND starts_ms <= :until_ms ORDER BY starts_ms",
        now_ms=now_ms,
        until_ms=until_ms,
    )
    return [(row["id"], row["starts_ms"], row["zone"]) for row in rows]


async def take(
    tx: Tx, event_id: int, what: What, *, after: int, due_ms: int, now_ms: int, limit: int
) -> tuple[list[Reminded], int | None]:
    """Mark holders as reminded and answer with those marked now; nobody is taken twice.

    People are taken in the order of their ids, from `after` on: a batch looks at its own tickets
    and not at all again. Answers also where the next batch begins, None when this was the last.

    On the eve every holder is, but who bought after the reminder was due: their ticket has just
    come. For `print`, those who asked for it.
    """
    if what == "eve":
        rows = await tx.rows(
            "INSERT INTO reminders (event_id, person_id, what, asked_ms, queued_ms)"
            " SELECT DISTINCT CAST(:event_id AS BIGINT), tickets.owner_id, 'eve',"
            "  CAST(:now_ms AS BIGINT), CAST(:now_ms AS BIGINT) FROM tickets"
            " WHERE tickets.event_id = :event_id AND tickets.status = 'valid'"
            " AND tickets.created_ms < :due_ms AND NOT EXISTS (SELECT 1 FROM reminders AS told"
            "  WHERE told.event_id = :event_id AND told.person_id = tickets.owner_id"
            "  AND told.what = 'eve') AND tickets.owner_id > :after"
            " ORDER BY tickets.owner_id LIMIT :limit"
            " ON CONFLICT (event_id, person_id, what) DO NOTHING RETURNING person_id",
            event_id=event_id,
            after=after,
            due_ms=due_ms,
            now_ms=now_ms,
            limit=limit,
        )
    else:
        rows = await tx.rows(
            "UPDATE reminders SET queued_ms = :now_ms WHERE event_id = :event_id"
            " AND what = 'print' AND queued_ms IS NULL AND person_id IN (SELECT waiting.person_id"
            "  FROM reminders AS waiting WHERE waiting.event_id = :event_id"
            "  AND waiting.what = 'print' AND waiting.queued_ms IS NULL"
            "  AND waiting.person_id > :after ORDER BY waiting.person_id LIMIT :limit)"
            " RETURNING person_id",
            event_id=event_id,
            after=after,
            now_ms=now_ms,
            limit=limit,
        )
    if not rows:
        return [], None
    last = max(int(row["person_id"]) for row in rows)
    found = await tx.rows(
        "SELECT owner_id, MIN(id) AS ticket_id, MIN(order_id) AS order_id,"
        " (SELECT chats.id FROM chats WHERE chats.person_id = owner_id AND chats.talk = 'seller'"
        "  AND chats.channel <> 'forgotten'"
        "  ORDER BY chats.heard_ms DESC LIMIT 1) AS chat_id FROM tickets"
        " WHERE event_id = :event_id AND status = 'valid' AND owner_id IN"
        f" ({', '.join(str(int(row['person_id'])) for row in rows)})"
        " GROUP BY owner_id ORDER BY owner_id",
        event_id=event_id,
    )
    people = [
        Reminded(row["owner_id"], row["chat_id"], row["ticket_id"], row["order_id"])
        for row in found
        if row["chat_id"] is not None
    ]
    return people, last if len(rows) == limit else None


async def queue(
    tx: Tx,
    people: Sequence[Reminded],
    payload: Callable[[Reminded], tuple[str, str]],
    *,
    first_due_ms: int,
    now_ms: int,
) -> int:
    """Queue one message a person, spread at `PACE_MS`; answers when the last one is due.

    `payload` gives the message and its choices as JSON. A reminder is a lane of its own: it never
    holds up what its chat is being told. Its buttons can be typed where nothing else is awaited.
    """
    due_ms = first_due_ms
    for person in people:
        say, offered = payload(person)
        row_id = new_id(now_ms)
        await tx.run(
            "INSERT INTO outbox (id, lane, chat_id, sender, kind, payload, priority, state,"
            " attempts, due_ms, lease_until_ms, queued_ms, offers, unasked)"
            f" VALUES (:id, :id, :chat_id, {SENDER},"
            " 'say', :payload, :priority, 'new', 0, :due_ms, 0, :now_ms, :offers, 1)",
            id=row_id,
            chat_id=person.chat_id,
            payload=say,
            priority=PRIORITY,
            due_ms=due_ms,
            now_ms=now_ms,
            offers=offered,
        )
        due_ms += PACE_MS
    return due_ms

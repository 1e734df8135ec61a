"""Who wants to hear of an organiser's next events: asked once after an evening, and kept."""

from storage.broadcasts import PACE_MS, PRIORITY
from storage.database import Tx
from storage.ids import new_id
from storage.outbox import SENDER

BATCH_MAX = 50
"""People asked in one transaction: a few milliseconds of the writer, so a scan never waits."""


async def answer(tx: Tx, organiser_id: int, person_id: int, agreed: int, now_ms: int) -> None:
    """Keep what somebody wants, now: the last word counts."""
    await tx.run(
        "INSERT INTO consents (organiser_id, person_id, asked_ms, agreed, answered_ms)"
        " VALUES (:organiser_id, :person_id, :now_ms, :agreed, :now_ms)"
        " ON CONFLICT (organiser_id, person_id) DO UPDATE SET agreed = :agreed,"
        " answered_ms = :now_ms",
        organiser_id=organiser_id,
        person_id=person_id,
        agreed=agreed,
        now_ms=now_ms,
    )


async def over_lately(tx: Tx, *, from_ms: int, until_ms: int) -> list[tuple[int, str]]:
    """Read the events that ended between two times: id and zone."""
    rows = await tx.rows(
        "SELECT id, zone FROM events WHERE status = 'published'"
        " AND ends_ms > :from_ms AND ends_ms <= :until_ms ORDER BY ends_ms",
        from_ms=from_ms,
        until_ms=until_ms,
    )
    return [(row["id"], row["zone"]) for row in rows]


async def ask_some(
    tx: Tx, event_id: int, organiser_id: int, question: tuple[str, str], now_ms: int
) -> int:
    """Queue the question for some people who came and were never asked; answers how many.

    Whoever is taken is marked here, in the same transaction: nobody is asked twice.
    """
    people = await tx.rows(
        "INSERT INTO consents (organiser_id, person_id, asked_ms)"
        " SELECT DISTINCT CAST(:organiser_id AS BIGINT), tickets.owner_id,"
        "  CAST(:now_ms AS BIGINT) FROM tickets WHERE tickets.event_id = :event_id"
        "  AND tickets.scanned_at_ms IS NOT NULL AND tickets.status = 'valid'"
        "  AND NOT EXISTS (SELECT 1 FROM consents AS asked"
        "   WHERE asked.organiser_id = :organiser_id AND asked.person_id = tickets.owner_id)"
        " ORDER BY tickets.owner_id LIMIT :limit"
        " ON CONFLICT (organiser_id, person_id) DO NOTHING RETURNING person_id",
        organiser_id=organiser_id,
        event_id=event_id,
        now_ms=now_ms,
        limit=BATCH_MAX,
    )
    due_ms = now_ms
    for person in people:
        chat = await tx.row(
            "SELECT id FROM chats WHERE person_id = :person_id AND talk = 'seller'"
            " AND channel <> 'forgotten' ORDER BY heard_ms DESC LIMIT 1",
            person_id=person["person_id"],
        )
        if chat is None:
            continue
        await tx.run(
            "INSERT INTO outbox (id, lane, chat_id, sender, kind, payload, priority, state,"
            " attempts, due_ms, lease_until_ms, queued_ms, offers, unasked)"
            f" VALUES (:id, :id, :chat_id, {SENDER},"
            " 'say', :payload, :priority, 'new', 0, :due_ms, 0, :now_ms, :offers, 1)",
            id=new_id(now_ms),
            chat_id=chat["id"],
            payload=question[0],
            priority=PRIORITY,
            due_ms=due_ms,
            now_ms=now_ms,
            offers=question[1],
        )
        due_ms += PACE_MS
    return len(people)

"""The journal of what changed money or access: written once, read by the owner, never changed."""

from dataclasses import dataclass

from storage.database import Tx
from storage.ids import new_id


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: who did what, when; `said` is the sentence as the conversation keeps it."""

    id: int
    at_ms: int
    who: str
    said: str
    title: str
    """Of which event; empty if of none, or if only one event was asked about."""


async def write(
    tx: Tx,
    *,
    organiser_id: int,
    event_id: int | None,
    person_id: int | None,
    said: str,
    now_ms: int,
) -> None:
    """Write one line: the only statement that ever changes the journal."""
    await tx.run(
        "INSERT INTO journal (id, organiser_id, event_id, person_id, said, at_ms)"
        " VALUES (:id, :organiser_id, :event_id, :person_id, :said, :now_ms)",
        id=new_id(now_ms),
        organiser_id=organiser_id,
        event_id=event_id,
        person_id=person_id,
        said=said,
        now_ms=now_ms,
    )


async def write_of_event(tx: Tx, event_id: int, *, person_id: int, said: str, now_ms: int) -> None:
    """Write one line for whoever organises an event."""
    event = await tx.row("SELECT organiser_id FROM events WHERE id = :id", id=event_id)
    if event is not None:
        await write(
            tx,
            organiser_id=event["organiser_id"],
            event_id=event_id,
            person_id=person_id,
            said=said,
            now_ms=now_ms,
        )


async def latest(
    tx: Tx, organiser_id: int, *, event_id: int | None = None, before: int, limit: int
) -> list[Entry]:
    """Read the lines before an id, newest first: of an organiser, or of one of its events."""
    rows = await tx.rows(
        "SELECT journal.id, journal.at_ms, journal.said, people.name,"
        " CASE WHEN CAST(:event_id AS BIGINT) IS NULL THEN events.title END AS title FROM journal"
        " LEFT JOIN people ON people.id = journal.person_id"
        " LEFT JOIN events ON events.id = journal.event_id"
        " WHERE journal.organiser_id = :organiser_id AND journal.id < :before"
        " AND (CAST(:event_id AS BIGINT) IS NULL OR journal.event_id = :event_id)"
        " ORDER BY journal.id DESC LIMIT :limit",
        organiser_id=organiser_id,
        event_id=event_id,
        before=before,
        limit=limit,
    )
    return [
        Entry(row["id"], row["at_ms"], row["name"] or "", row["said"], row["title"] or "")
        for row in rows
    ]

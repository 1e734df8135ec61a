"""The demo's gate: it is in the team of every event on sale, and opens for it at once."""

from storage.database import Tx


async def not_in_team(tx: Tx, now_ms: int, limit: int) -> list[tuple[int, int]]:
    """Read events on sale and the gates' phones that are not in their teams yet."""
    rows = await tx.rows(
        "SELECT DISTINCT events.id AS event_id, chats.person_id FROM events, chats"
        " WHERE events.status = 'published' AND events.ends_ms > :now_ms"
        " AND chats.channel = 'web' AND chats.talk = 'scanner'"
        # Who was dismissed has a row too, and stays out.
        " AND NOT EXISTS (SELECT 1 FROM staff WHERE staff.event_id = events.id"
        "  AND staff.person_id = chats.person_id)"
        " ORDER BY events.id, chats.person_id LIMIT :limit",
        now_ms=now_ms,
        limit=limit,
    )
    return [(row["event_id"], row["person_id"]) for row in rows]


async def open_at_once(tx: Tx, event_id: int, now_ms: int) -> None:
    """Let the kinds that wait for the doors of an event in from now on; days keep their day."""
    await tx.run(
        "UPDATE kinds SET valid_from_ms = :now_ms WHERE event_id = :event_id"
        " AND valid_from_ms > :now_ms AND valid_from_ms ="
        "  (SELECT doors_ms FROM events WHERE events.id = :event_id)",
        event_id=event_id,
        now_ms=now_ms,
    )
    await tx.run(
        "UPDATE tickets SET valid_from_ms = :now_ms WHERE event_id = :event_id"
        " AND valid_from_ms > :now_ms AND valid_from_ms ="
        "  (SELECT doors_ms FROM events WHERE events.id = :event_id)",
        event_id=event_id,
        now_ms=now_ms,
    )

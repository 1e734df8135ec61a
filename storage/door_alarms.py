"""Alarms at the door: what they are told by, and the right to tell each once."""

from storage.database import Row, Tx


async def events_at_the_door(tx: Tx, now_ms: int, limit: int) -> list[int]:
    """Find the events whose gates are at work."""
    rows = await tx.rows(
        "SELECT id FROM events WHERE status = 'published' AND doors_ms <= :now_ms"
        " AND ends_ms > :now_ms ORDER BY id LIMIT :limit",
        now_ms=now_ms,
        limit=limit,
    )
    return [row["id"] for row in rows]


async def forgeries(tx: Tx, event_id: int, since_ms: int) -> int:
    """Count the different forged codes shown since then."""
    row = await tx.row(
        "SELECT COUNT(DISTINCT raw_hash) AS count FROM scans WHERE event_id = :event_id"
        " AND judged_ms > :since_ms AND verdict = 'forged'",
        event_id=event_id,
        since_ms=since_ms,
    )
    return int(row["count"]) if row else 0


async def silent_gates(tx: Tx, event_id: int, *, silent_ms: int, now_ms: int) -> list[Row]:
    """Find open gates that scanned before and have not for so long, while another one works."""
    return await tx.rows(
        "SELECT g.id, g.name, MAX(s.judged_ms) AS last_ms FROM gates AS g"
        " JOIN scans AS s ON s.gate_id = g.id AND s.event_id = g.event_id"
        " WHERE g.event_id = :event_id AND g.status = 'open' GROUP BY g.id, g.name"
        " HAVING MAX(s.judged_ms) <= :silent_since_ms AND EXISTS"
        " (SELECT 1 FROM scans AS other WHERE other.event_id = :event_id"
        "  AND other.judged_ms > :silent_since_ms)",
        event_id=event_id,
        silent_since_ms=now_ms - silent_ms,
    )


async def take_alarm(tx: Tx, event_id: int, about: str, *, again_ms: int, now_ms: int) -> bool:
    """Take the right to tell an alarm now: once, and again only after a while."""
    row = await tx.row(
        "INSERT INTO gate_alarms (event_id, about, told_ms) VALUES (:event_id, :about, :now_ms)"
        " ON CONFLICT (event_id, about) DO UPDATE SET told_ms = excluded.told_ms"
        " WHERE gate_alarms.told_ms <= :told_before_ms RETURNING told_ms",
        event_id=event_id,
        about=about,
        now_ms=now_ms,
        told_before_ms=now_ms - again_ms,
    )
    return row is not None

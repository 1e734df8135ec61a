"""What the program could not do by its own fault: noted, told once, parked; never in the way."""

from storage.database import Tx

WHY_CHARS_MAX = 500


async def note(tx: Tx, key: str, why: str, now_ms: int) -> int:
    """Note a fault; answers how often this one was noted."""
    row = await tx.row(
        "INSERT INTO faults (key, why, times, first_ms, last_ms)"
        " VALUES (:key, :why, 1, :now_ms, :now_ms) ON CONFLICT (key) DO UPDATE SET"
        " why = excluded.why, times = faults.times + 1, last_ms = excluded.last_ms"
        " RETURNING times",
        key=key,
        why=why[:WHY_CHARS_MAX],
        now_ms=now_ms,
    )
    return int(row["times"]) if row else 0


async def parked(tx: Tx, *, times_min: int, since_ms: int) -> frozenset[str]:
    """Read what failed so often, and the last time since then: it waits before it is tried again.

    What failed for the last time before that is tried anew.
    """
    rows = await tx.rows(
        "SELECT key FROM faults WHERE times >= :times_min AND last_ms > :since_ms",
        times_min=times_min,
        since_ms=since_ms,
    )
    return frozenset(row["key"] for row in rows)


async def forget_old(tx: Tx, *, before_ms: int, limit: int) -> int:
    """Drop what did not happen again since a time."""
    return await tx.run(
        "DELETE FROM faults WHERE key IN (SELECT key FROM faults WHERE last_ms < :before_ms"
        " LIMIT :limit)",
        before_ms=before_ms,
        limit=limit,
    )

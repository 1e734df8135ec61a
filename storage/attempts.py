"""How often something may be tried: counted by one conditional statement, for a time."""

from storage.database import Tx


async def take(tx: Tx, key: str, *, most: int, window_ms: int, now_ms: int) -> int | None:
    """Count one more try under a key; answers how many are left, or None if none was.

    A window begins with its first try; a try that is refused does not make it longer.
    """
    row = await tx.row(
        "INSERT INTO attempts (key, tries, since_ms) VALUES (:key, 1, :now_ms)"
        " ON CONFLICT (key) DO UPDATE SET"
        " tries = CASE WHEN attempts.since_ms <= :over_ms THEN 1 ELSE attempts.tries + 1 END,"
        " since_ms = CASE WHEN attempts.since_ms <= :over_ms THEN :now_ms"
        "  ELSE attempts.since_ms END"
        " WHERE attempts.since_ms <= :over_ms OR attempts.tries < :most RETURNING tries",
        key=key,
        most=most,
        over_ms=now_ms - window_ms,
        now_ms=now_ms,
    )
    return None if row is None else most - int(row["tries"])


async def left(tx: Tx, key: str, *, most: int, window_ms: int, now_ms: int) -> int:
    """Read how many tries a key has left now, counting none."""
    row = await tx.row(
        "SELECT tries FROM attempts WHERE key = :key AND since_ms > :over_ms",
        key=key,
        over_ms=now_ms - window_ms,
    )
    return most - int(row["tries"]) if row else most


async def forget(tx: Tx, key: str) -> None:
    """Forget the tries under a key: what was tried succeeded."""
    await tx.run("DELETE FROM attempts WHERE key = :key", key=key)


async def forget_old(tx: Tx, *, before_ms: int, limit: int) -> int:
    """Drop counts that began before a time: every window is over by then."""
    return await tx.run(
        "DELETE FROM attempts WHERE key IN"
        " (SELECT key FROM attempts WHERE since_ms < :before_ms LIMIT :limit)",
        before_ms=before_ms,
        limit=limit,
    )

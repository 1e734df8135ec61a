"""Wrong codes typed by one person: counted, and a pause after too many; a right one forgives."""

from boxoffice.rules import MINUTE_MS
from storage.database import Tx

FAILURES_MAX = 10
"""Ten unknown codes in ten minutes is not a tired hand; 35 random bits need no more."""

WINDOW_MS = 10 * MINUTE_MS


async def paused_until_ms(tx: Tx, person_id: int, now_ms: int) -> int | None:
    """Read until when a person must wait before typing codes again; None means go on."""
    row = await tx.row(
        "SELECT since_ms FROM typing_failures WHERE person_id = :person_id"
        " AND failures >= :failures_max AND since_ms > :since_ms",
        person_id=person_id,
        failures_max=FAILURES_MAX,
        since_ms=now_ms - WINDOW_MS,
    )
    return None if row is None else int(row["since_ms"]) + WINDOW_MS


async def count(tx: Tx, person_id: int, now_ms: int) -> None:
    """Count a well-formed code that names no ticket; the count starts again after its window."""
    await tx.run(
        "INSERT INTO typing_failures (person_id, failures, since_ms)"
        " VALUES (:person_id, 1, :now_ms) ON CONFLICT (person_id) DO UPDATE SET"
        " failures = CASE WHEN typing_failures.since_ms > :expired_ms"
        "  THEN typing_failures.failures + 1 ELSE 1 END,"
        " since_ms = CASE WHEN typing_failures.since_ms > :expired_ms"
        "  THEN typing_failures.since_ms ELSE excluded.since_ms END",
        person_id=person_id,
        now_ms=now_ms,
        expired_ms=now_ms - WINDOW_MS,
    )


async def forgive(tx: Tx, person_id: int) -> None:
    """Forget a person's wrong codes: a right one came."""
    await tx.run("DELETE FROM typing_failures WHERE person_id = :person_id", person_id=person_id)

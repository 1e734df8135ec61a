"""What an operator watches, counted in the database: each query looks at a bounded part of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from boxoffice.rules import DAY_MS
from storage.database import Tx
from storage.ids import first_id

RECENT_MS = 15 * 60_000
"""How far back the last delivery is looked for."""


@dataclass(frozen=True, slots=True)
class Gauges:
    """How things stand now. Payments and scans are those begun in the last 24 hours."""

    outbox_waiting: Mapping[str, int]
    """Rows to be sent or done, by what they are: `say`, `payment.start`, ..."""
    outbox_late_ms: int
    """How long the oldest row has been due."""
    outbox_failed: int
    inbox_waiting: int
    inbox_late_ms: int
    holds: int
    payments: Mapping[str, int]
    scans: Mapping[str, int]


async def gauges(tx: Tx, now_ms: int) -> Gauges:
    """Count everything, in one snapshot."""
    since = first_id(now_ms - DAY_MS)
    inbox = await tx.row(
        "SELECT COUNT(*) AS n, MIN(received_ms) AS ms FROM inbox WHERE state = 'new'"
    )
    return Gauges(
        outbox_waiting=await _by(
            tx, "SELECT kind AS label, COUNT(*) AS n FROM outbox WHERE state = 'new' GROUP BY kind"
        ),
        outbox_late_ms=await outbox_late_ms(tx, now_ms),
        outbox_failed=await _count(tx, "SELECT COUNT(*) AS n FROM outbox WHERE state = 'failed'"),
        inbox_waiting=int(inbox["n"]) if inbox else 0,
        inbox_late_ms=max(0, now_ms - inbox["ms"]) if inbox and inbox["ms"] else 0,
        holds=await _count(tx, "SELECT COUNT(*) AS n FROM orders WHERE status = 'held'"),
        payments=await _by(
            tx,
            "SELECT status AS label, COUNT(*) AS n FROM payments WHERE id >= :since"
            " GROUP BY status",
            since=since,
        ),
        scans=await _by(
            tx,
            "SELECT verdict AS label, COUNT(*) AS n FROM scans WHERE id >= :since GROUP BY verdict",
            since=since,
        ),
    )


async def outbox_late_ms(tx: Tx, now_ms: int) -> int:
    """Read how long the oldest row that could be sent has been due."""
    row = await tx.row(
        "SELECT MIN(due_ms) AS due FROM outbox AS first WHERE state = 'new' AND due_ms <= :now_ms"
        " AND NOT EXISTS (SELECT 1 FROM outbox AS earlier WHERE earlier.lane = first.lane"
        "  AND earlier.state = 'new' AND earlier.id < first.id)",
        now_ms=now_ms,
    )
    return now_ms - row["due"] if row is not None and row["due"] is not None else 0


async def is_stuck(tx: Tx, now_ms: int, *, late_max_ms: int) -> bool:
    """Say whether rows are long due and nothing goes out: a long queue that moves is not stuck."""
    if await outbox_late_ms(tx, now_ms) <= late_max_ms:
        return False
    row = await tx.row(
        "SELECT 1 AS yes FROM outbox WHERE id >= :since AND state = 'done'"
        " AND done_ms > :since_ms LIMIT 1",
        since=first_id(now_ms - RECENT_MS),
        since_ms=now_ms - late_max_ms,
    )
    return row is None


async def write_once(tx: Tx, now_ms: int) -> None:
    """Write one row, to know that the database takes writes: a full disk reads well."""
    await tx.run(
        "INSERT INTO installation (name, value) VALUES ('looked', :now)"
        " ON CONFLICT (name) DO UPDATE SET value = :now",
        now=str(now_ms),
    )


async def _by(tx: Tx, sql: str, **facts: int) -> dict[str, int]:
    return {row["label"]: int(row["n"]) for row in await tx.rows(sql, **facts)}


async def _count(tx: Tx, sql: str) -> int:
    row = await tx.row(sql)
    return int(row["n"]) if row else 0

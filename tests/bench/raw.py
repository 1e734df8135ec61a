"""The raw limit of this machine: a durable, group-committed UPDATE with nothing around it."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from storage.opening import open_database

if TYPE_CHECKING:
    from storage.database import Database, Tx

CALLERS = 64
CALLS_EACH = 300
ROWS = 10_000
FILLED_AT_ONCE = 1_000
RUNS = 3

_TABLE = """
CREATE TABLE tickets (
    id BIGINT PRIMARY KEY,
    status TEXT NOT NULL,
    scanned_at_ms BIGINT
);
"""


async def raw_update_per_s() -> float:
    """Bare ``UPDATE ... RETURNING`` by primary key a second, 64 callers: median of three runs."""
    with tempfile.TemporaryDirectory(prefix="guichet-bench-") as folder:
        (Path(folder) / "0001_tickets.sql").write_text(_TABLE, encoding="utf-8")
        database = await open_database(f"sqlite:///{folder}/bench.db", migrations=Path(folder))
        try:
            for first in range(0, ROWS, FILLED_AT_ONCE):
                await database.write(_fill, first)
            return statistics.median([await _run(database) for _ in range(RUNS)])
        finally:
            await database.close()


async def _run(database: Database) -> float:
    await database.write(_reset)
    started_ns = time.perf_counter_ns()
    await asyncio.gather(*(_caller(database, number) for number in range(CALLERS)))
    return CALLERS * CALLS_EACH / ((time.perf_counter_ns() - started_ns) / 1e9)


async def _caller(database: Database, number: int) -> None:
    for turn in range(CALLS_EACH):
        await database.write(_update, (turn * CALLERS + number) * 7919 % ROWS, turn)


async def _fill(tx: Tx, first: int) -> None:
    for number in range(first, first + FILLED_AT_ONCE):
        await tx.run("INSERT INTO tickets VALUES (:id, 'valid', NULL)", id=number)


async def _reset(tx: Tx) -> None:
    await tx.run("UPDATE tickets SET scanned_at_ms = NULL")


async def _update(tx: Tx, ticket: int, now_ms: int) -> None:
    await tx.row(
        "UPDATE tickets SET scanned_at_ms = :now_ms WHERE id = :id RETURNING status",
        now_ms=now_ms,
        id=ticket,
    )

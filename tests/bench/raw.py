"""The raw limits of this machine, durable: one commit, a grouped UPDATE, a grouped transaction."""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from storage.opening import open_database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

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


COMMITS = 300


async def raw_update_per_s() -> float:
    """Bare ``UPDATE ... RETURNING`` by primary key a second, 64 callers: median of three runs."""
    async with _filled() as database:
        return statistics.median([await _run(database) for _ in range(RUNS)])


async def raw_commits_per_s() -> float:
    """The same a second by one caller: each waits for a commit of its own."""
    async with _filled() as database:
        began_ns = time.perf_counter_ns()
        for turn in range(COMMITS):
            await database.write(_update, turn, turn)
        return COMMITS / ((time.perf_counter_ns() - began_ns) / 1e9)


async def raw_turns_per_s(statements: int) -> float:
    """A bare turn a second, 64 callers: an INSERT alone, then so many statements in one function.

    As many as a turn at the gate makes, of the plainest sort: a fifth of them write.
    """
    async with _filled() as database:

        async def caller(number: int) -> None:
            for turn in range(CALLS_EACH):
                key = (turn * CALLERS + number) * 7919 % ROWS
                await database.write(_insert, ROWS + turn * CALLERS + number)
                await database.write(_turn, key, ROWS + turn * CALLERS + number, statements)

        began_ns = time.perf_counter_ns()
        await asyncio.gather(*(caller(number) for number in range(CALLERS)))
        return CALLERS * CALLS_EACH / ((time.perf_counter_ns() - began_ns) / 1e9)


@contextlib.asynccontextmanager
async def _filled() -> AsyncIterator[Database]:
    with tempfile.TemporaryDirectory(prefix="guichet-bench-") as folder:
        (Path(folder) / "0001_tickets.sql").write_text(_TABLE, encoding="utf-8")
        database = await open_database(f"sqlite:///{folder}/bench.db", migrations=Path(folder))
        try:
            for first in range(0, ROWS, FILLED_AT_ONCE):
                await database.write(_fill, first)
            yield database
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


async def _insert(tx: Tx, ticket: int) -> None:
    await tx.row(
        "INSERT INTO tickets VALUES (:id, 'new', NULL) ON CONFLICT (id) DO NOTHING RETURNING id",
        id=ticket,
    )


async def _turn(tx: Tx, ticket: int, mine: int, statements: int) -> None:
    await tx.row("UPDATE tickets SET status = 'done' WHERE id = :id RETURNING id", id=mine)
    for number in range(statements - 1):
        if number % 4:
            await tx.row("SELECT * FROM tickets WHERE id = :id", id=(ticket + number) % ROWS)
        else:
            await _update(tx, (ticket + number) % ROWS, number)

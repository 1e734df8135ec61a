"""What only PostgreSQL can do to us: conflicts, deadlocks, a connection that goes away."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import asyncpg
import pytest

from storage import postgres
from storage.database import Busy, ConnectionLost
from storage.opening import open_database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from storage.database import Database, Tx


@pytest.fixture
async def server(postgres_url: str) -> AsyncIterator[Database]:
    """An open PostgreSQL database with two rows to quarrel over."""
    opened = await open_database(postgres_url)
    await opened.write(_make)
    admin = await asyncpg.connect(postgres_url)
    await admin.execute(
        "CREATE FUNCTION lose() RETURNS BIGINT LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = '40001'; END $$"
    )
    await admin.close()
    yield opened
    await opened.close()


async def _make(tx: Tx) -> None:
    await tx.run("CREATE TABLE trial (id BIGINT PRIMARY KEY, n BIGINT NOT NULL)")
    await tx.run("INSERT INTO trial VALUES (1, 0), (2, 0)")


async def _raise(tx: Tx, number: int) -> None:
    await tx.run("UPDATE trial SET n = n + 1 WHERE id = :id", id=number)


async def _total(tx: Tx) -> int:
    row = await tx.row("SELECT sum(n) AS n FROM trial")
    assert row is not None
    total: int = row["n"]
    return total


async def test_a_deadlock_is_tried_again(server: Database) -> None:
    """Two functions that lock in opposite orders both commit: the engine ends one, we repeat it."""
    both = asyncio.Barrier(2)
    runs: list[int] = []

    async def crossed(tx: Tx, first: int, second: int) -> None:
        runs.append(first)
        await _raise(tx, first)
        if len(runs) <= 2:
            await both.wait()  # the test holds both at once; a real function never waits
        await _raise(tx, second)

    await asyncio.gather(server.write(crossed, 1, 2), server.write(crossed, 2, 1))
    assert len(runs) == 3
    assert await server.read(_total) == 4


async def _lose(tx: Tx, runs: list[str]) -> None:
    runs.append("run")
    await _raise(tx, 1)
    await tx.run("SELECT lose()")


async def test_a_jam_ends(server: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A transaction that always loses is given up after a bounded number of runs."""
    monkeypatch.setattr(postgres, "PAUSE_MS_MAX", 0)
    runs: list[str] = []
    with pytest.raises(Busy, match="_lose"):
        await server.write(_lose, runs)
    assert len(runs) == postgres.ATTEMPTS_MAX
    assert await server.read(_total) == 0


async def test_a_hidden_conflict_is_tried_again(
    server: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A function that turns a conflict into an error of its own is run again all the same."""
    monkeypatch.setattr(postgres, "PAUSE_MS_MAX", 0)
    runs: list[str] = []

    async def hides(tx: Tx) -> str:
        if len(runs) == 2:
            return "third"
        try:
            await _lose(tx, runs)
        except Exception as error:
            raise LookupError from error
        return "no conflict"

    assert await server.write(hides) == "third"


async def _own_process(tx: Tx) -> int:
    row = await tx.row("SELECT pg_backend_pid() AS pid")
    assert row is not None
    pid: int = row["pid"]
    return pid


async def test_a_lost_connection_is_said_and_replaced(server: Database, postgres_url: str) -> None:
    """A connection that dies in a transaction is one clear error, and the next call has another."""
    killer = await asyncpg.connect(postgres_url)

    async def cut(tx: Tx) -> None:
        await _raise(tx, 1)
        await killer.execute("SELECT pg_terminate_backend($1)", await _own_process(tx))
        await _raise(tx, 1)

    try:
        with pytest.raises(ConnectionLost, match="does not answer"):
            await server.write(cut)
    finally:
        await killer.close()
    await server.write(_raise, 2)
    assert await server.read(_total) == 1

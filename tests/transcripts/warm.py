"""A PostgreSQL database that stays open from one play to the next, emptied in between.

A new connection has yet to read the catalogue of every table, and to plan every statement: more
work for the server than the statements of a play are. How it is opened is tried in `tests/storage`.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from storage.opening import open_database
from storage.postgres import PostgresDatabase

if TYPE_CHECKING:
    from storage.database import Database
    from storage.postgres import Pool
    from tests.postgres_houses import House, PostgresHouses


@dataclass(slots=True)
class WarmHouse:
    """Databases one after the other, on connections that stay: for the plays of one event loop."""

    _open: tuple[PostgresHouses, House, Pool] | None = None

    async def entered(self, houses: PostgresHouses) -> Database:
        """Give a database without any row, as if it had just been opened."""
        if self._open is not None and not _fit_for_another(*self._open):
            await self.close()
        if self._open is None:
            house = houses.lend()
            opened = await open_database(house.url)
            assert isinstance(opened, PostgresDatabase)
            self._open = houses, house, opened._pool
        return PostgresDatabase(self._open[2])

    async def close(self) -> None:
        """Close the connections, and give the database back."""
        if self._open is not None:
            houses, house, pool = self._open
            self._open = None
            await PostgresDatabase(pool).close()
            houses.take_back(house)


async def end_what_runs() -> None:
    """End what a play left running, as an event loop of its own does: the next has another."""
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


def _fit_for_another(houses: PostgresHouses, house: House, pool: Pool) -> bool:
    """Say whether the play before let go of every connection, and its rows are out."""
    return pool.get_idle_size() == pool.get_size() and houses.lend_on(house)

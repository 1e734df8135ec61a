"""PostgreSQL databases with the tables of the house: one is emptied and lent again after each test.

A copy of the migrated template costs the server more processor time than most tests ask of it;
emptying a database that was used, over a connection that stays and knows its tables, costs a tenth.
"""

import asyncio
import threading
from collections.abc import Coroutine
from dataclasses import dataclass
from itertools import count
from os import getpid
from typing import Any, TypeAlias, TypeVar
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from tests.houses import migrate

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

T = TypeVar("T")

_numbers = count(1)

LENT_MAX = 40
"""Rows taken out leave their room behind, which every scan walks through: then comes a new copy."""

_KEPT = "schema_migrations"
"""The only table that has rows before anybody writes."""

_CATALOGUES = {
    **dict.fromkeys(("pg_class", "pg_constraint", "pg_trigger", "pg_proc", "pg_type"), "oid"),
    "pg_attribute": "attrelid",
    "pg_attrdef": "adrelid",
    "pg_index": "indexrelid",
}
"""Whoever changes a table, an index, a rule or a function writes or removes a row of these."""

_OURS_FROM = 16384
"""What a server comes with has lower numbers, and nobody changes it: most of the rows."""

_SHAPE = "SELECT concat_ws(' ', {})".format(
    ", ".join(
        f"(SELECT concat(count(*), '/', max(xmin::text::bigint)) FROM {one})"  # noqa: S608 (constants)
        for one in (
            *(f"{name} WHERE {key} >= {_OURS_FROM}" for name, key in _CATALOGUES.items()),
            *("pg_namespace", _KEPT),
        )
    )
)

_EMPTIED = f"""
SET session_replication_role = replica; -- no foreign key is asked about
DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT relname FROM pg_class
              WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
                AND relname <> '{_KEPT}' AND pg_relation_size(oid) > 0 LOOP
    EXECUTE format('DELETE FROM %I', name);
  END LOOP;
END $$
"""  # noqa: S608 (a constant)

_OTHERS_ENDED = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


@dataclass(slots=True)
class House:
    """A database to lend."""

    url: str
    connection: Connection
    shape: str
    lent: int = 0

    async def emptied(self, *, alone: bool) -> bool:
        """Take out every row, with whoever is left ended if it shall be `alone`.

        False where it has another shape now.
        """
        try:
            while alone and await self.connection.fetchval(_OTHERS_ENDED):  # noqa: ASYNC110 (it tells nobody)
                await asyncio.sleep(0.001)
            if await self.connection.fetchval(_SHAPE) != self.shape:
                return False
            await self.connection.execute(_EMPTIED)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            return False  # a test may have ended this connection as well
        return True


class PostgresHouses:
    """A server's databases, for the tests of one process."""

    def __init__(self, server: str, *, ours: bool) -> None:
        """Take a server; one that is `ours` waits for no disk and lets us empty what we like."""
        self._server = server
        self._ours = ours
        self._loop = asyncio.new_event_loop()  # on its own thread: a test's may be running here
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._admin = self._apart(asyncpg.connect(server))
        self._template = ""
        self._free: list[House] = []

    def close(self) -> None:
        """Drop every database."""
        for house in self._free:
            self._apart(self._forget(house))
        if self._template:
            self.drop(self._template)
        self._apart(self._admin.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def lend(self) -> House:
        """Give a database with the tables of the house and nothing in them."""
        house = self._free.pop() if self._free else self._apart(self._copied())
        house.lent += 1
        return house

    def take_back(self, house: House) -> None:
        """Empty a database for the next test, or drop it where that would not do."""
        if self._emptied(house, alone=True):
            self._free.append(house)
        else:
            self._apart(self._forget(house))

    def lend_on(self, house: House) -> bool:
        """Empty a database whose connections stay, for the next test; false where it must go."""
        house.lent += 1
        return self._emptied(house, alone=False)

    def _emptied(self, house: House, *, alone: bool) -> bool:
        usable = self._ours and house.lent < LENT_MAX
        return usable and self._apart(house.emptied(alone=alone))

    def create(self) -> str:
        """Create a database without any table, and give its address."""
        return self._apart(self._create("template0"))

    def drop(self, url: str) -> None:
        """Drop a database, whoever is still in it."""
        self._apart(self._drop(url))

    def _apart(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _copied(self) -> House:
        if not self._template:
            self._template = await self._create("template0")
            await migrate(self._template)
        # As files: on a server that waits for no disk this is ten times as fast as by its log.
        url = await self._create(_name(self._template), "STRATEGY file_copy" if self._ours else "")
        connection = await asyncpg.connect(url)
        return House(url, connection, await connection.fetchval(_SHAPE))

    async def _forget(self, house: House) -> None:
        await house.connection.close()
        await self._drop(house.url)

    async def _create(self, template: str, strategy: str = "") -> str:
        name = f"guichet_{getpid()}_{next(_numbers)}"
        await self._admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" {strategy}')
        return urlunsplit(urlsplit(self._server)._replace(path=f"/{name}"))

    async def _drop(self, url: str) -> None:
        await self._admin.execute(f'DROP DATABASE "{_name(url)}" WITH (FORCE)')


def _name(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")

"""A SQLite connection and the thread it lives on: the one place that looks inside aiosqlite.

aiosqlite gives a connection a thread and crosses to it once a statement. Crossing once a batch is
what makes group commit fast (15 times, measured), and the way across is its protected ``_execute``.
The range in requirements.in is pinned to the release this was read in (0.22), only
``storage/sqlite.py`` and its writer import this file, and
``tests/storage/test_connection_thread.py`` fails loudly when the library changes.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, TypeVar, cast

import aiosqlite

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

STATEMENTS_MAX = 512
"""Compiled statements kept by a connection: more than the house has, so none is compiled twice."""


class ConnectionThread(aiosqlite.Connection):
    """A connection that runs a whole function on its own thread."""

    def __init__(self, connector: Callable[[], sqlite3.Connection]) -> None:
        super().__init__(connector, iter_chunk_size=1)
        # A program that fails before it closes its database must end, to be started again, instead
        # of waiting for this thread for ever: what was committed is on the disk.
        self._thread.daemon = True

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection itself, for the loop's own thread while nothing runs on the other."""
        return self._conn

    async def on_thread(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run ``work(connection)`` on the thread and answer with its result; raises what it raises.

        A caller that is cancelled stops waiting, the work goes on.
        """
        answer = self._execute(work, self._conn)  # type: ignore[no-untyped-call] # it ships half its types
        return cast("T", await answer)


async def connected(
    address: str, *, busy_timeout_s: float, kind: type[ConnectionThread] = ConnectionThread
) -> ConnectionThread:
    """Open the ``file:`` address on a new thread; raises ``sqlite3.Error``.

    Nothing begins or ends a transaction by itself (``isolation_level=None``), and rows are read by
    name.
    """

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            address,
            uri=True,
            timeout=busy_timeout_s,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=STATEMENTS_MAX,
        )
        connection.row_factory = sqlite3.Row
        return connection

    return cast("ConnectionThread", await kind(connect))

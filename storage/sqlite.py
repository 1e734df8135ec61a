"""SQLite: one writer that commits whatever waits together, and readers beside it.

What is written, and what can go wrong with it: ``storage/sqlite_writer.py``.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import sys
import time
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Concatenate, Literal, ParamSpec, TypeVar
from urllib.parse import quote

import structlog

from storage.connection_thread import ConnectionThread, connected
from storage.database import (
    SLOW_FUNCTION_MS,
    CannotOpen,
    DatabaseClosed,
    FunctionTime,
    StorageError,
    Tx,
    name_of,
)
from storage.lock_file import LockFile, hold
from storage.migrate import migrate_sqlite
from storage.sqlite_settings import BUSY_TIMEOUT_MS, prepare_reader, prepare_writer
from storage.sqlite_tx import SqliteTx, meaning, roll_back
from storage.sqlite_writer import Writer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from storage.migrate import Migration

P = ParamSpec("P")
T = TypeVar("T")

READERS_MAX = 4
"""Read-only connections, opened when needed: an export and a report leave two for the chats."""

SWITCH_INTERVAL_S = 0.0001
"""How long Python's interpreter lock may be kept from a thread that wants it. A reader's thread
gives it up at every statement, and would wait Python's own 5 ms for it each time the event loop is
busy."""

OLDEST_SQLITE = (3, 37)
"""STRICT tables came with 3.37, RETURNING with 3.35."""

log = structlog.get_logger(__name__)


class SqliteDatabase:
    """A SQLite file, open. Made by ``open_sqlite``."""

    engine: Literal["sqlite", "postgres"] = "sqlite"

    def __init__(self, path: Path, writer: ConnectionThread, lock: LockFile | None) -> None:
        self.path = path
        self.times: dict[str, FunctionTime] = {}
        self._loop = asyncio.get_running_loop()
        self._lock = lock
        self._writer = Writer(writer, self._count, busy_timeout_ms=BUSY_TIMEOUT_MS)
        self._readers = _Readers(path, type(writer))
        self._closed = False

    async def write(
        self, fn: Callable[Concatenate[Tx, P], Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run ``fn(tx, ...)`` in a transaction and answer once it is on the disk."""
        self._must_be_open()
        return await self._writer.write(fn, args, kwargs)

    async def read(
        self, fn: Callable[Concatenate[Tx, P], Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run ``fn(tx, ...)`` on a snapshot, on a connection that cannot write."""
        self._must_be_open()
        async with self._readers.one() as reader:
            work: Callable[[sqlite3.Connection], T] = partial(
                self._read_on_thread, fn, args, kwargs
            )
            return await reader.on_thread(work)

    async def close(self) -> None:
        """Finish the transactions already asked for, then let go of the file."""
        if self._closed:
            return
        self._closed = True
        await self._readers.close()
        await self._writer.close()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _must_be_open(self) -> None:
        # Asked first, and for its other error too: inside a transaction there is no running loop.
        if asyncio.get_running_loop() is not self._loop:
            raise StorageError("This database was opened in another event loop.")
        if self._closed:
            raise DatabaseClosed("The database is closed.")

    def _read_on_thread(
        self,
        fn: Callable[..., Awaitable[T]],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        connection: sqlite3.Connection,
    ) -> T:
        started_ns = time.perf_counter_ns()
        try:
            connection.execute("BEGIN")
            return SqliteTx(connection).drive(fn, args, kwargs)
        except sqlite3.Error as error:
            raise meaning(error) from error
        finally:
            roll_back(connection)
            self._count(fn, time.perf_counter_ns() - started_ns, slow_matters=False)

    def _count(
        self, fn: Callable[..., object], spent_ns: int, *, slow_matters: bool = True
    ) -> None:
        name = name_of(fn)
        counted = self.times.get(name) or self.times.setdefault(name, FunctionTime())
        counted.add(spent_ns)
        if slow_matters and spent_ns > SLOW_FUNCTION_MS * 1_000_000:
            log.warning("transaction_slow", function=name, spent_ms=spent_ns // 1_000_000)


@dataclass(slots=True)
class _Readers:
    """Read-only connections, taken by one function at a time."""

    path: Path
    kind: type[ConnectionThread]
    free: list[ConnectionThread] = field(default_factory=list)
    opened: list[ConnectionThread] = field(default_factory=list)
    room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(READERS_MAX))

    @contextlib.asynccontextmanager
    async def one(self) -> AsyncIterator[ConnectionThread]:
        """A connection of one's own; left early, its thread finishes before it serves another."""
        async with self.room:
            reader = self.free.pop() if self.free else await self._open()
            try:
                yield reader
            finally:
                self.free.append(reader)

    async def close(self) -> None:
        """Close every reader, after those that wait for one had theirs."""
        for _ in range(READERS_MAX):
            await self.room.acquire()
        while self.opened:
            await self.opened.pop().close()

    async def _open(self) -> ConnectionThread:
        try:
            reader = await _connect(self.path, self.kind, mode="ro")
        except sqlite3.Error as error:
            raise meaning(error) from error
        self.opened.append(reader)
        return reader


async def open_sqlite(
    path: Path,
    migrations: list[Migration],
    *,
    beside: bool,
    kind: type[ConnectionThread] = ConnectionThread,
) -> SqliteDatabase:
    """Open the file, made if absent, with every migration applied.

    Holds the lock of the running process unless ``beside`` one, and shortens Python's switch
    interval (see ``SWITCH_INTERVAL_S``). Its connections are of this ``kind``. Raises
    ``CannotOpen``'s kinds.
    """
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise CannotOpen(f"SQLite {sqlite3.sqlite_version} is too old: 3.37 or newer is needed.")
    if not path.parent.is_dir():
        raise CannotOpen(
            f"The folder {path.parent} does not exist: make it, or change DATABASE_URL."
        )
    sys.setswitchinterval(min(sys.getswitchinterval(), SWITCH_INTERVAL_S))
    lock = None if beside else hold(path)
    try:
        writer = await _connect(path, kind, mode="rwc")
        try:
            await writer.on_thread(partial(migrate_sqlite, migrations))
        except BaseException:
            await writer.close()
            raise
    except sqlite3.Error as error:
        _release(lock)
        raise CannotOpen(f"{path} cannot be opened as a SQLite database: {error}.") from error
    except BaseException:
        _release(lock)
        raise
    return SqliteDatabase(path, writer, lock)


async def _connect(
    path: Path, kind: type[ConnectionThread], *, mode: Literal["ro", "rwc"]
) -> ConnectionThread:
    address = f"file:{quote(str(path))}?mode={mode}"
    thread = await connected(address, busy_timeout_s=BUSY_TIMEOUT_MS / 1000, kind=kind)
    try:
        await thread.on_thread(prepare_reader if mode == "ro" else prepare_writer)
    except BaseException:
        await thread.close()
        raise
    return thread


def _release(lock: LockFile | None) -> None:
    if lock is not None:
        lock.release()

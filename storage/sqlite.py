"""SQLite: one writer that commits whatever waits together, and readers beside it.

Durable means ``synchronous=FULL``: a commit waits for the disk, a millisecond or so, however much
it holds. So the writer takes the transactions that wait (at most 64), runs them inside one
``BEGIN IMMEDIATE``, commits once, and only then answers all of them. The whole batch runs on
the connection's own thread, crossed to once; its callers are woken by one call into the loop.

What can go wrong, and what then happens:

- a function raises: all is rolled back and run again, each behind a SAVEPOINT now, so that it alone
  is undone and its caller gets the error. Savepoints from the beginning would keep a copy of every
  page that every transaction touches, for what hardly ever happens;
- SQLite rolls the whole transaction back (full disk, no memory, ...): nothing was committed, so
  each function is run again alone, and only the one that cannot succeed fails;
- the disk fails while committing: all callers of the batch are told that the outcome is not known;
- another process writes: SQLite waits ``BUSY_TIMEOUT_MS``, then the batch fails, nothing changed;
- a caller is cancelled: its transaction commits all the same.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Concatenate, Literal, ParamSpec, TypeVar
from urllib.parse import quote

import structlog

from storage.connection_thread import ConnectionThread, connected
from storage.database import (
    SLOW_FUNCTION_MS,
    Busy,
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
from storage.sqlite_tx import SqliteTx, meaning, primary_code

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from storage.migrate import Migration

P = ParamSpec("P")
T = TypeVar("T")

BATCH_MAX = 64
"""Transactions in one commit: enough to share the disk's wait, few enough that none waits long."""

WAITING_MAX = 10_000
"""Transactions that may wait: some seconds of work, after which a caller had better be told."""

READERS_MAX = 4
"""Read-only connections, opened when needed: an export and a report leave two for the chats."""

SWITCH_INTERVAL_S = 0.0001
"""How long Python's interpreter lock may be kept from a thread that wants it. The writer's thread
gives it up at every statement; with Python's own 5 ms, an event loop busy drawing or parsing
slowed 64 callers from 3,800 turns a second to 127 (measured)."""

OLDEST_SQLITE = (3, 37)
"""STRICT tables came with 3.37, RETURNING with 3.35."""

log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class _Call:
    """One transaction asked for, then its outcome."""

    fn: Callable[..., Awaitable[Any]]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    answer: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None


class _TransactionLost(Exception):
    """SQLite ended the whole transaction by itself; the cause says why."""


class _Spoilt(Exception):
    """A function raised where nothing keeps its work from the others'; the cause is its error."""


class SqliteDatabase:
    """A SQLite file, open. Made by ``open_sqlite``."""

    engine: Literal["sqlite", "postgres"] = "sqlite"

    def __init__(self, path: Path, writer: ConnectionThread, lock: LockFile | None) -> None:
        self.path = path
        self.times: dict[str, FunctionTime] = {}
        self._loop = asyncio.get_running_loop()
        self._lock = lock
        self._writer = writer
        self._waiting: deque[_Call] = deque()
        self._writing: asyncio.Task[None] | None = None
        self._tx: SqliteTx | None = None
        self._readers = _Readers(path)
        self._closed = False

    async def write(
        self, fn: Callable[Concatenate[Tx, P], Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run ``fn(tx, ...)`` in a transaction and answer once it is on the disk."""
        self._must_be_open()
        if len(self._waiting) >= WAITING_MAX:
            raise Busy(f"{WAITING_MAX} transactions wait already; nothing was changed.")
        call = _Call(fn, args, kwargs, self._loop.create_future())
        self._waiting.append(call)
        if self._writing is None:
            # The task starts at the loop's next turn: callers woken together share its first batch.
            self._writing = self._loop.create_task(self._write_waiting())
        result: T = await call.answer
        return result

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
        while self._writing is not None:
            await asyncio.wait([self._writing])
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

    async def _write_waiting(self) -> None:
        try:
            while self._waiting:
                await self._writer.on_thread(self._drain)
        finally:
            self._writing = None

    # From here on: the connection's own thread.

    def _drain(self, connection: sqlite3.Connection) -> None:
        tx = self._tx = self._tx or SqliteTx(connection)
        while batch := self._take_batch():
            try:
                self._commit_together(connection, tx, batch)
            except BaseException as error:  # noqa: BLE001 every caller is answered, whatever happened
                for call in batch:
                    call.error = error
            self._loop.call_soon_threadsafe(_answer, batch)

    def _take_batch(self) -> list[_Call]:
        batch: list[_Call] = []
        with contextlib.suppress(IndexError):  # the queue is empty: what waited is taken
            while len(batch) < BATCH_MAX:
                batch.append(self._waiting.popleft())
        return batch

    def _commit_together(
        self,
        connection: sqlite3.Connection,
        tx: SqliteTx,
        batch: list[_Call],
        *,
        apart: bool = False,
    ) -> None:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            return _fail(batch, meaning(error))
        try:
            for call in batch:
                self._run_one(connection, tx, call, apart=apart)
        except _Spoilt as spoilt:
            _roll_back(connection)
            if len(batch) == 1:
                return _fail(batch, spoilt.__cause__ or spoilt)
            return self._commit_together(connection, tx, batch, apart=True)
        except _TransactionLost as lost:
            # Nothing was committed, so all may run again: alone, and only the culprit fails.
            _roll_back(connection)
            if len(batch) == 1:
                return _fail(batch, lost.__cause__ or lost)
            return self._commit_each(connection, tx, batch)
        try:
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            _roll_back(connection)
            # A disk that failed may hold the commit or not: running it again could do it twice.
            if len(batch) == 1 or primary_code(error) == sqlite3.SQLITE_IOERR:
                return _fail(batch, meaning(error))
            return self._commit_each(connection, tx, batch)

    def _commit_each(
        self, connection: sqlite3.Connection, tx: SqliteTx, batch: list[_Call]
    ) -> None:
        for call in batch:
            call.result = call.error = None
            self._commit_together(connection, tx, [call])

    def _run_one(
        self, connection: sqlite3.Connection, tx: SqliteTx, call: _Call, *, apart: bool
    ) -> None:
        execute = connection.execute
        started_ns = time.perf_counter_ns()
        try:
            if apart:
                execute("SAVEPOINT one")
            try:
                call.result = tx.drive(call.fn, call.args, call.kwargs)
            except BaseException as error:  # it belongs to the caller, whatever it is
                if not connection.in_transaction:
                    raise _TransactionLost from error
                if not apart:
                    raise _Spoilt from error
                execute("ROLLBACK TO one")
                call.error = error
            if apart:
                execute("RELEASE one")
        except sqlite3.Error as error:
            raise _TransactionLost from meaning(error)
        finally:
            self._count(call.fn, time.perf_counter_ns() - started_ns)

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
            _roll_back(connection)
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
            reader = await _connect(self.path, mode="ro")
        except sqlite3.Error as error:
            raise meaning(error) from error
        self.opened.append(reader)
        return reader


async def open_sqlite(path: Path, migrations: list[Migration], *, beside: bool) -> SqliteDatabase:
    """Open the file, made if absent, with every migration applied.

    Holds the lock of the running process unless ``beside`` one, and shortens Python's switch
    interval (see ``SWITCH_INTERVAL_S``). Raises ``CannotOpen``'s kinds.
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
        writer = await _connect(path, mode="rwc")
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


async def _connect(path: Path, *, mode: Literal["ro", "rwc"]) -> ConnectionThread:
    address = f"file:{quote(str(path))}?mode={mode}"
    thread = await connected(address, busy_timeout_s=BUSY_TIMEOUT_MS / 1000)
    try:
        await thread.on_thread(prepare_reader if mode == "ro" else prepare_writer)
    except BaseException:
        await thread.close()
        raise
    return thread


def _release(lock: LockFile | None) -> None:
    if lock is not None:
        lock.release()


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def _fail(batch: list[_Call], error: BaseException) -> None:
    for call in batch:
        call.error = error


def _answer(batch: list[_Call]) -> None:
    """On the loop: wake every caller that still waits."""
    for call in batch:
        if call.answer.done():  # cancelled while it waited
            continue
        if call.error is None:
            call.answer.set_result(call.result)
        else:
            call.answer.set_exception(call.error)

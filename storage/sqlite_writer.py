"""The one writer of a SQLite file: whatever waits is committed together.

Durable means ``synchronous=FULL``: a commit waits for the disk, a millisecond or so, however much
it holds. So the transactions that wait (at most 64) run inside one ``BEGIN IMMEDIATE``, are
committed once, and only then answered, all of them.

They run on the event loop's own thread, and only what waits for the disk or for another process
crosses to the connection's thread. A transaction here is Python between statements of some
microseconds: on a thread of its own it took the interpreter's lock from the loop at each of them
and waited to get it back (a fifth fewer scans a second, measured; docs/decisions has the figures).

What can go wrong, and what then happens:

- a function raises: all is rolled back and run again, each behind a SAVEPOINT now, so that it alone
  is undone and its caller gets the error. Savepoints from the beginning would keep a copy of every
  page that every transaction touches, for what hardly ever happens;
- SQLite rolls the whole transaction back (full disk, no memory, ...): nothing was committed, so
  each function is run again alone, and only the one that cannot succeed fails;
- the disk fails while committing: all callers of the batch are told that the outcome is not known;
- another process writes: it is waited for some seconds, then the batch fails, nothing changed;
- a caller is cancelled: its transaction commits all the same.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from asyncio.events import _set_running_loop
from collections import deque
from contextvars import Context
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from storage.database import Busy
from storage.sqlite_tx import SqliteTx, meaning, primary_code, roll_back

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from storage.connection_thread import ConnectionThread

T = TypeVar("T")

BATCH_MAX = 64
"""Transactions in one commit: enough to share the disk's wait, few enough that none waits long."""

LOOP_HELD_MS = 10
"""After so long a batch lets the loop have a turn: readers' answers and new requests are taken."""

WAITING_MAX = 10_000
"""Transactions that may wait: some seconds of work, after which a caller had better be told."""


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


class Writer:
    """Runs transaction functions on one connection, in the order they were asked for."""

    def __init__(
        self,
        thread: ConnectionThread,
        count: Callable[[Callable[..., object], int], None],
        *,
        busy_timeout_ms: int,
    ) -> None:
        self.thread = thread
        self._count = count
        self._busy_timeout_ms = busy_timeout_ms
        self._loop = asyncio.get_running_loop()
        self._connection = thread.connection
        self._connection.execute("PRAGMA busy_timeout = 0")  # waiting is the thread's part
        self._tx = SqliteTx(self._connection)
        self._waiting: deque[_Call] = deque()
        self._writing: asyncio.Future[None] = self._loop.create_future()
        self._writing.set_result(None)

    async def write(
        self, fn: Callable[..., Awaitable[T]], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> T:
        """Run ``fn(tx, ...)`` and answer once it is on the disk; raises what it raises, or Busy."""
        if len(self._waiting) >= WAITING_MAX:
            raise Busy(f"{WAITING_MAX} transactions wait already; nothing was changed.")
        call = _Call(fn, args, kwargs, self._loop.create_future())
        self._waiting.append(call)
        self._go_on()
        result: T = await call.answer
        return result

    async def close(self) -> None:
        """Finish the transactions already asked for, then close the connection."""
        while self._waiting or not self._writing.done():
            await asyncio.wait([self._go_on()])
        await self.thread.close()

    def _go_on(self) -> asyncio.Future[None]:
        """Have what waits written, unless that is going on already."""
        if self._writing.done():
            # The task starts at the loop's next turn: callers woken together share its first batch.
            # What the first of them keeps in its context is no business of the others.
            self._writing = self._loop.create_task(self._write_waiting(), context=Context())
        return self._writing

    async def _write_waiting(self) -> None:
        while self._waiting:
            batch = self._take_batch()
            try:
                await self._commit_together(batch)
            except BaseException as error:  # noqa: BLE001 every caller is answered, whatever happened
                _fail(batch, error)
            _answer(batch)

    def _take_batch(self) -> list[_Call]:
        take = self._waiting.popleft
        return [take() for _ in range(min(BATCH_MAX, len(self._waiting)))]

    async def _commit_together(self, batch: list[_Call], *, apart: bool = False) -> None:
        try:
            await self._begin()
        except sqlite3.Error as error:
            return _fail(batch, meaning(error))
        changes = self._connection.total_changes
        try:
            calls = iter(batch)
            while self._run_some(calls, apart=apart):
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.sleep(0)
        except _Spoilt as spoilt:
            roll_back(self._connection)
            if len(batch) == 1:
                return _fail(batch, spoilt.__cause__ or spoilt)
            return await self._commit_together(batch, apart=True)
        except _TransactionLost as lost:
            # Nothing was committed, so all may run again: alone, and only the culprit fails.
            roll_back(self._connection)
            if len(batch) == 1:
                return _fail(batch, lost.__cause__ or lost)
            return await self._commit_each(batch)
        try:
            if self._connection.total_changes == changes:
                _commit(self._connection)  # nothing was written: the disk has no part in it
            else:
                await self._on_thread(_commit)
        except sqlite3.Error as error:
            roll_back(self._connection)
            # A disk that failed may hold the commit or not: running it again could do it twice.
            if len(batch) == 1 or primary_code(error) == sqlite3.SQLITE_IOERR:
                return _fail(batch, meaning(error))
            return await self._commit_each(batch)

    async def _commit_each(self, batch: list[_Call]) -> None:
        for call in batch:
            call.result = call.error = None
            await self._commit_together([call])

    async def _begin(self) -> None:
        """Begin to write: at once, or on the thread when another process has not finished."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if primary_code(error) != sqlite3.SQLITE_BUSY:
                raise
            await self._on_thread(self._begin_patiently)

    def _begin_patiently(self, connection: sqlite3.Connection) -> None:
        connection.execute(f"PRAGMA busy_timeout = {self._busy_timeout_ms}")
        try:
            connection.execute("BEGIN IMMEDIATE")
        finally:
            connection.execute("PRAGMA busy_timeout = 0")

    async def _on_thread(self, work: Callable[[sqlite3.Connection], None]) -> None:
        """Wait for the thread, cancelled or not: until it is done the connection is not ours."""
        done = asyncio.ensure_future(self.thread.on_thread(work))
        while not done.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait([done])
        done.result()

    def _run_some(self, calls: Iterator[_Call], *, apart: bool) -> bool:
        """Run what there is, or as much as a loop may be held; true if more may be left.

        The loop is hidden meanwhile: a function that would wait for anything but its transaction
        fails at once, as it does on a reader's thread, where no loop runs.
        """
        until_ns = time.perf_counter_ns() + LOOP_HELD_MS * 1_000_000
        _set_running_loop(None)
        try:
            for call in calls:
                self._run_one(call, apart=apart)
                if time.perf_counter_ns() > until_ns:
                    return True
        finally:
            _set_running_loop(self._loop)
        return False

    def _run_one(self, call: _Call, *, apart: bool) -> None:
        connection = self._connection
        started_ns = time.perf_counter_ns()
        try:
            if apart:
                connection.execute("SAVEPOINT one")
            try:
                call.result = self._tx.drive(call.fn, call.args, call.kwargs)
            except BaseException as error:  # it belongs to the caller, whatever it is
                if not connection.in_transaction:
                    raise _TransactionLost from error
                if not apart:
                    raise _Spoilt from error
                connection.execute("ROLLBACK TO one")
                call.error = error
            if apart:
                connection.execute("RELEASE one")
        except sqlite3.Error as error:
            raise _TransactionLost from meaning(error)
        finally:
            self._count(call.fn, time.perf_counter_ns() - started_ns)


def _commit(connection: sqlite3.Connection) -> None:
    connection.execute("COMMIT")


def _fail(batch: list[_Call], error: BaseException) -> None:
    for call in batch:
        call.error = error


def _answer(batch: list[_Call]) -> None:
    """Wake every caller that still waits."""
    for call in batch:
        if call.answer.done():  # cancelled while it waited
            continue
        if call.error is None:
            call.answer.set_result(call.result)
        else:
            call.answer.set_exception(call.error)

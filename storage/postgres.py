"""PostgreSQL: a transaction a connection, any number of processes.

READ COMMITTED, like every rule of the house: decided by one conditional statement, never by reading
first. A conflict that the engine resolves by ending one transaction (40001, 40P01) is tried again,
since a transaction is a function. The same ``:name`` SQL, the same kinds of values out: counts and
sums arrive as ``int``, comparisons as 0 or 1, as SQLite gives them.
"""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Concatenate, Literal, ParamSpec, TypeVar

import asyncpg
import structlog

from storage.database import (
    SLOW_FUNCTION_MS,
    Busy,
    CannotOpen,
    ConnectionLost,
    ConstraintBroken,
    DatabaseClosed,
    DiskFull,
    FunctionTime,
    Row,
    StatementFailed,
    StorageError,
    Tx,
    Value,
    ValueRefused,
    name_of,
)
from storage.migrate import migrate_postgres
from storage.parameters import numbered, ordered

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from typing import TypeAlias

    from asyncpg.pool import PoolConnectionProxy

    from storage.migrate import Migration

    Connection: TypeAlias = PoolConnectionProxy[asyncpg.Record]
    Pool: TypeAlias = asyncpg.Pool[asyncpg.Record]

P = ParamSpec("P")
T = TypeVar("T")

ATTEMPTS_MAX = 10
"""Runs of one transaction under conflict: ten lost in a row mean a jam, not bad luck."""

PAUSE_MS_MAX = 20
"""The pause before a second run is random below this, and below twice as much before each next."""

CONNECTIONS_MAX = 10
"""Connections of one process: a server allows 100 by default, and ten processes may share it."""

CONNECT_TIMEOUT_S = 10
"""A server that does not answer within this is down, for a person waiting in a chat."""

STATEMENT_TIMEOUT_S = 30
"""No statement of the house takes a second; one that takes this long waits for a lost lock."""

CLOSE_S = 10
"""How long connections in use may take to come home at the end; then they are cut."""

STATEMENTS_MAX = 512
"""Prepared statements kept by a connection: more than the house has."""

_SETTINGS = {
    "application_name": "guichet",
    "default_transaction_isolation": "read committed",
    "idle_in_transaction_session_timeout": "60000",  # a process that hangs lets go of its locks
    "timezone": "UTC",
}

_CONFLICTS = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError)

_FAILURES = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
)

_MEANINGS: tuple[tuple[tuple[type[BaseException], ...], type[StorageError], str], ...] = (
    (
        (asyncpg.IntegrityConstraintViolationError,),
        ConstraintBroken,
        "A rule of the schema was broken",
    ),
    ((asyncpg.DiskFullError,), DiskFull, "There is no room left in the database"),
    (
        (asyncpg.LockNotAvailableError, asyncpg.QueryCanceledError, TimeoutError),
        Busy,
        "Another transaction has been writing for too long",
    ),
    (
        (asyncpg.DataError, OverflowError, ValueError),  # asyncpg refuses with its own ValueError
        ValueRefused,
        "A value cannot be stored",
    ),
    (
        (
            asyncpg.PostgresConnectionError,
            asyncpg.OperatorInterventionError,
            asyncpg.InsufficientResourcesError,
            asyncpg.InternalClientError,  # how a connection that died in between first shows
            OSError,
        ),
        ConnectionLost,
        "PostgreSQL does not answer, and whether the change was kept is not known",
    ),
    (
        (asyncpg.PostgresError, asyncpg.InterfaceError),
        StatementFailed,
        "PostgreSQL refused a statement",
    ),
)

log = structlog.get_logger(__name__)


class PostgresTx:
    """The statements of one transaction."""

    __slots__ = ("_connection", "failed")

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.failed: Exception | None = None

    async def rows(self, sql: str, /, **params: Value) -> list[Row]:
        """Every row the statement answers."""
        async with self._answering():
            bound = numbered(sql)
            return list(await self._connection.fetch(bound.text, *ordered(bound, params)))

    async def row(self, sql: str, /, **params: Value) -> Row | None:
        """The first row the statement answers, or ``None``."""
        async with self._answering():
            bound = numbered(sql)
            return await self._connection.fetchrow(bound.text, *ordered(bound, params))

    async def run(self, sql: str, /, **params: Value) -> int:
        """Run a statement whose rows do not matter, and say how many rows it changed."""
        async with self._answering():
            bound = numbered(sql)
            status = await self._connection.execute(bound.text, *ordered(bound, params))
        return _rows_changed(status)

    @asynccontextmanager
    async def _answering(self) -> AsyncIterator[None]:
        if self.failed is not None:
            raise self.failed
        try:
            yield
        except Exception as error:
            lost = isinstance(error, asyncpg.InterfaceError) and _is_gone(self._connection)
            error = ConnectionResetError(str(error)) if lost else error
            self.failed = error if isinstance(error, _CONFLICTS) else meaning(error)
            raise self.failed from error


class PostgresDatabase:
    """A PostgreSQL database, open. Made by ``open_postgres``."""

    engine: Literal["sqlite", "postgres"] = "postgres"

    def __init__(self, pool: Pool) -> None:
        self.times: dict[str, FunctionTime] = {}
        self._pool = pool
        self._writing: set[asyncio.Task[Any]] = set()
        self._closed = False

    async def write(
        self, fn: Callable[Concatenate[Tx, P], Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run ``fn(tx, ...)`` in a transaction and answer once it is committed."""
        self._must_be_open()
        # A task of its own, shielded: the caller may be cancelled, the transaction commits.
        work = asyncio.create_task(self._until_it_holds(fn, args, kwargs))
        self._writing.add(work)
        work.add_done_callback(self._writing.discard)
        return await asyncio.shield(work)

    async def read(
        self, fn: Callable[Concatenate[Tx, P], Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run ``fn(tx, ...)`` on a snapshot, in a transaction that cannot write."""
        self._must_be_open()
        return await self._once(
            fn, args, kwargs, options={"readonly": True, "isolation": "repeatable_read"}
        )

    async def close(self) -> None:
        """Finish the transactions already asked for, then let go of the connections."""
        if self._closed:
            return
        self._closed = True
        if self._writing:
            await asyncio.wait(self._writing)
        try:
            async with asyncio.timeout(CLOSE_S):
                await self._pool.close()
        except TimeoutError:
            log.warning("connections_cut", why="still in use when the database was closed")
            self._pool.terminate()

    def _must_be_open(self) -> None:
        if self._closed:
            raise DatabaseClosed("The database is closed.")

    async def _until_it_holds(
        self, fn: Callable[..., Awaitable[T]], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> T:
        for attempt in range(ATTEMPTS_MAX):
            try:
                return await self._once(fn, args, kwargs, options={})
            except _CONFLICTS as error:
                log.info("transaction_conflict", function=name_of(fn), code=error.sqlstate)
                pause_ms = random.uniform(0, PAUSE_MS_MAX * 2**attempt)  # noqa: S311 not a secret
                await asyncio.sleep(pause_ms / 1000)
        raise Busy(f"{name_of(fn)} lost against others {ATTEMPTS_MAX} times; nothing was changed.")

    async def _once(
        self,
        fn: Callable[..., Awaitable[T]],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        options: dict[str, Any],
    ) -> T:
        try:
            connection = await self._pool.acquire(timeout=CONNECT_TIMEOUT_S)
        except TimeoutError as error:
            raise Busy("No connection to PostgreSQL was free in time; nothing changed.") from error
        except _FAILURES as error:
            raise ConnectionLost(f"PostgreSQL does not answer ({_said(error)}).") from error
        started_ns = time.perf_counter_ns()
        try:
            return await self._transaction(connection, fn, args, kwargs, options)
        finally:
            self._count(fn, time.perf_counter_ns() - started_ns)
            await self._release(connection)

    async def _transaction(
        self,
        connection: Connection,
        fn: Callable[..., Awaitable[T]],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        options: dict[str, Any],
    ) -> T:
        tx = PostgresTx(connection)
        transaction = connection.transaction(**options)
        async with _meant():
            await transaction.start()
        try:
            result = await fn(tx, *args, **kwargs)
            if tx.failed is not None:  # swallowed: the COMMIT would silently be a ROLLBACK
                raise tx.failed  # noqa: TRY301 undone below like any other error
        except BaseException:
            if not _is_gone(connection):
                async with _meant():
                    await transaction.rollback()
            if isinstance(tx.failed, _CONFLICTS):  # whatever the function made of it
                raise tx.failed from None
            raise
        async with _meant():
            await transaction.commit()
        return result

    async def _release(self, connection: Connection) -> None:
        async with _meant():
            await self._pool.release(connection)

    def _count(self, fn: Callable[..., object], spent_ns: int) -> None:
        name = name_of(fn)
        counted = self.times.get(name) or self.times.setdefault(name, FunctionTime())
        counted.add(spent_ns)
        if spent_ns > SLOW_FUNCTION_MS * 1_000_000:
            log.info("transaction_slow", function=name, spent_ms=spent_ns // 1_000_000)


async def open_postgres(url: str, migrations: list[Migration]) -> PostgresDatabase:
    """Connect, with every migration applied; raises ``CannotOpen`` and its kinds."""
    try:
        pool = await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=CONNECTIONS_MAX,
            timeout=CONNECT_TIMEOUT_S,
            command_timeout=STATEMENT_TIMEOUT_S,
            statement_cache_size=STATEMENTS_MAX,
            server_settings=_SETTINGS,
            init=_speak_integers,
            reset=_as_it_was,
        )
    except (*_FAILURES, ValueError) as error:
        raise CannotOpen(f"PostgreSQL cannot be opened: {_said(error)}.") from error
    try:
        async with pool.acquire() as connection:
            _must_be_unicode(connection)
            await migrate_postgres(migrations, connection)
    except _FAILURES as error:
        await pool.close()
        raise CannotOpen(f"PostgreSQL cannot be prepared: {_said(error)}.") from error
    except BaseException:
        await pool.close()
        raise
    return PostgresDatabase(pool)


def _must_be_unicode(connection: Connection) -> None:
    encoding = connection.get_settings().server_encoding
    if encoding != "UTF8":
        raise CannotOpen(f"The PostgreSQL database is encoded in {encoding}: create it in UTF8.")


async def _as_it_was(_connection: object) -> None:
    """Nothing of a session is ever changed: the usual four statements to undo that are a trip more.

    A transaction left open is rolled back by the pool itself.
    """


async def _speak_integers(connection: asyncpg.Connection[asyncpg.Record] | Connection) -> None:
    """Sums (numeric) and comparisons (bool) as ``int``, as SQLite answers them."""
    await connection.set_type_codec(
        "numeric", schema="pg_catalog", encoder=str, decoder=int, format="text"
    )
    await connection.set_type_codec(
        "bool",
        schema="pg_catalog",
        encoder=lambda value: "t" if value else "f",
        decoder=lambda text: int(text == "t"),
        format="text",
    )


def _is_gone(connection: Connection) -> bool:
    try:
        return connection.is_closed()
    except asyncpg.InterfaceError:
        return True  # the pool already took it back, as it does when the server ends it


@asynccontextmanager
async def _meant() -> AsyncIterator[None]:
    try:
        yield
    except _CONFLICTS:
        raise
    except _FAILURES as error:
        raise meaning(error) from error


def meaning(error: Exception) -> Exception:
    """The house's error for one of asyncpg; any other as it is."""
    if isinstance(error, StorageError):
        return error
    for kinds, meant, sentence in _MEANINGS:
        if isinstance(error, kinds):
            return meant(f"{sentence} ({_said(error)}).")
    return error


def _said(error: BaseException) -> str:
    return str(error) or type(error).__name__


def _rows_changed(status: str) -> int:
    """The count of a command's tag, 3 of ``UPDATE 3`` (PostgreSQL's manual, CommandComplete)."""
    count = status.rpartition(" ")[2]
    return int(count) if count.isdigit() and not status.startswith("SELECT") else 0

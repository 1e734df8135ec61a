"""A transaction function on a SQLite connection: its statements, its end, what its errors mean.

Statements answer at once here, so a whole ``async def`` is driven to its end by one ``send(None)``.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any, TypeVar

from storage.database import (
    Busy,
    ConnectionLost,
    ConstraintBroken,
    DiskFull,
    Row,
    StatementFailed,
    StorageError,
    TransactionWaited,
    Value,
    ValueRefused,
    name_of,
)
from storage.parameters import ordered, positional

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")

PRIMARY_CODE = 0xFF
"""An extended result code carries its primary code in the low byte (sqlite.org/rescode.html)."""

_MEANINGS: dict[int | None, tuple[type[StorageError], str]] = {
    sqlite3.SQLITE_BUSY: (Busy, "Another process has been writing for too long"),
    sqlite3.SQLITE_LOCKED: (Busy, "Another connection has been writing for too long"),
    sqlite3.SQLITE_FULL: (DiskFull, "There is no room left in the database"),
    sqlite3.SQLITE_CONSTRAINT: (ConstraintBroken, "A rule of the schema was broken"),
    sqlite3.SQLITE_MISMATCH: (ConstraintBroken, "A rule of the schema was broken"),
    sqlite3.SQLITE_TOOBIG: (ValueRefused, "A value is too large"),
    sqlite3.SQLITE_IOERR: (ConnectionLost, "The disk failed"),
    sqlite3.SQLITE_NOMEM: (StorageError, "Memory ran out"),
    sqlite3.SQLITE_INTERRUPT: (StorageError, "The statement was interrupted"),
    sqlite3.SQLITE_READONLY: (StatementFailed, "This cannot be written here"),
}


class SqliteTx:
    """The statements of one connection; used by one thread at a time."""

    __slots__ = ("_connection", "_cursor", "_failed")

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._cursor = connection.cursor()
        self._failed: StorageError | None = None

    async def rows(self, sql: str, /, **params: Value) -> list[Row]:
        """Every row the statement answers."""
        return self._answer(sql, params)

    async def row(self, sql: str, /, **params: Value) -> Row | None:
        """The first row the statement answers, or ``None``."""
        # All are fetched: a RETURNING left half read would leave its statement open.
        found = self._answer(sql, params)
        return found[0] if found else None

    async def run(self, sql: str, /, **params: Value) -> int:
        """Run a statement whose rows do not matter, and say how many rows it changed."""
        self._answer(sql, params)
        return max(self._cursor.rowcount, 0)

    def drive(self, fn: Callable[..., Awaitable[T]], args: Any, kwargs: Any) -> T:  # noqa: ANN401 handed on
        """Run the function to its end; raises what it raises, or the first error of a statement.

        A function that swallowed such an error fails all the same, as it would on PostgreSQL.
        """
        self._failed = None
        work: Any = fn(self, *args, **kwargs)
        try:
            work.send(None)
        except StopIteration as end:
            if self._failed is not None:
                raise self._failed from None
            result: T = end.value
            return result
        except RuntimeError as error:
            if "no running event loop" in str(error):
                raise TransactionWaited(_waited(fn)) from error
            raise
        work.close()
        raise TransactionWaited(_waited(fn))

    def _answer(self, sql: str, params: dict[str, Value]) -> list[Row]:
        if self._failed is not None:
            raise self._failed
        try:
            bound = positional(sql)
            return self._cursor.execute(bound.text, ordered(bound, params)).fetchall()
        except (sqlite3.Error, OverflowError, UnicodeEncodeError, StorageError) as error:
            # Python cannot bind it, SQLite refused it, or the whole transaction is gone: in every
            # case nothing more may run here, least of all outside a transaction.
            self._failed = meaning(error)
            raise self._failed from error


def meaning(error: Exception) -> StorageError:
    """The house's error for one of Python's ``sqlite3``."""
    match error:
        case StorageError():
            return error
        case OverflowError() | UnicodeEncodeError() | sqlite3.InterfaceError():
            return ValueRefused(f"A value cannot be stored: {error}.")
        case sqlite3.ProgrammingError() if "type" in str(error):
            return ValueRefused(f"A value cannot be stored: {error}.")
    kind, sentence = _MEANINGS.get(
        primary_code(error), (StatementFailed, "SQLite refused a statement")
    )
    return kind(f"{sentence} ({error}).")


def roll_back(connection: sqlite3.Connection) -> None:
    """Undo what a transaction did, if one is open."""
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def primary_code(error: BaseException) -> int | None:
    """The primary result code of an error of ``sqlite3``, ``None`` for one Python made itself."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & PRIMARY_CODE


def _waited(fn: Callable[..., object]) -> str:
    return (
        f"{name_of(fn)} awaited something other than its transaction and was rolled back. "
        "Far work belongs in the outbox, time and settings in its arguments."
    )

"""What a database is to everyone above: functions that write, functions that read.

A transaction is a function. ``await database.write(tickets.admit, code, now_ms=now)`` calls
``admit(tx, code, now_ms=now)`` inside one transaction and answers, once it is durable, with what it
returned; an exception rolls it back and is raised here. So that the same function runs grouped with
others on SQLite, retried on PostgreSQL, and on a thread of its own:

- it is an ``async def`` that awaits nothing but its ``tx`` (no network, no sleep, no other task);
- it may run twice, so it changes nothing outside ``tx``;
- it does not catch an error of a statement: after one failed, the transaction can only fail. What
  is expected is asked for by ``ON CONFLICT`` and ``WHERE``, and read from ``RETURNING``;
- it takes its time and its ids as arguments or from ``storage.ids``, never from a global.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Concatenate, Literal, ParamSpec, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

P = ParamSpec("P")
T = TypeVar("T")

Value = int | str | bytes | None
"""All that is ever bound to a ``:name``: both engines hold these, and nothing is converted."""

SLOW_FUNCTION_MS = 20
"""A transaction that holds the writer for longer makes 64 others wait: it is logged by name."""


class Row(Protocol):
    """One row of an answer, read by column name: ``row["taken"]``."""

    def __getitem__(self, column: str, /) -> Any:  # noqa: ANN401 only the SQL knows a column's type
        """The value of this column: ``int``, ``str``, ``bytes`` or ``None``."""


class Tx(Protocol):
    """An open transaction: SQL with ``:name`` parameters, the same text on both engines."""

    async def rows(self, sql: str, /, **params: Value) -> list[Row]:
        """Every row the statement answers."""

    async def row(self, sql: str, /, **params: Value) -> Row | None:
        """The first row the statement answers, or ``None``."""

    async def run(self, sql: str, /, **params: Value) -> int:
        """Run a statement whose rows do not matter, and say how many rows it changed."""


class Database(Protocol):
    """An open database, of either engine."""

    engine: Literal["sqlite", "postgres"]
    times: dict[str, FunctionTime]

    async def write(
        self, fn: Callable[Concatenate[Tx, P], Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run ``fn(tx, ...)`` in a transaction and answer once it is durable.

        A caller cancelled while it waits does not stop its transaction, which still commits.
        Raises what ``fn`` raises, after undoing what it did, or a ``StorageError``.
        """

    async def read(
        self, fn: Callable[Concatenate[Tx, P], Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run ``fn(tx, ...)`` where it can only read, beside the writers, and answer its result.

        Raises what ``fn`` raises, or a ``StorageError``.
        """

    async def close(self) -> None:
        """Finish the transactions already asked for, then let go of the database."""


async def glance(
    database: Database,
    fn: Callable[Concatenate[Tx, P], Awaitable[T]],
    /,
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    """Read a row or two where that costs least: among the transactions that write.

    Those of SQLite run where they are asked for, and a ``read`` crosses to a thread, which takes
    ten times the work of a few rows found by their keys. What may read long is a ``read``: a glance
    holds up all who write.
    """
    return await database.write(fn, *args, **kwargs)


@dataclass(slots=True)
class FunctionTime:
    """How often a transaction function ran and how long it held its thread or connection."""

    count: int = 0
    total_ns: int = 0
    max_ns: int = 0

    def add(self, spent_ns: int) -> None:
        """Count one more run."""
        self.count += 1
        self.total_ns += spent_ns
        self.max_ns = max(self.max_ns, spent_ns)


def name_of(fn: Callable[..., object]) -> str:
    """The name a transaction function has in metrics and logs, e.g. ``storage.tickets.admit``."""
    inner = getattr(fn, "func", fn)  # a partial is called what it wraps
    return f"{inner.__module__}.{getattr(inner, '__qualname__', type(inner).__qualname__)}"


class StorageError(Exception):
    """The database could not do what was asked; the sentence says why, without any secret."""


class ProgramAtFault(StorageError):
    """What was asked is wrong, not the database away: asked again, it would fail again."""


def is_away(error: BaseException) -> bool:
    """Say whether the database is away and comes back, and nothing asked of it was wrong."""
    return isinstance(error, StorageError) and not isinstance(error, ProgramAtFault)


class TransactionWaited(ProgramAtFault):
    """A transaction function awaited something other than its own ``tx``; it was rolled back."""


class StatementFailed(ProgramAtFault):
    """The engine refused a statement, or its parameters do not fit its text."""


class ConstraintBroken(StatementFailed):
    """A statement broke a UNIQUE, CHECK, NOT NULL, FOREIGN KEY or type rule of the schema."""


class ValueRefused(StatementFailed):
    """A bound value cannot be stored: an integer beyond 64 bits, a text that is not Unicode, ..."""


class Busy(StorageError):
    """Others held the database, or kept conflicting, for too long; nothing was changed."""


class DiskFull(StorageError):
    """There is no room left for the change; nothing was changed."""


class ConnectionLost(StorageError):
    """The engine or its disk did not answer; whether the change was kept is not known."""


class DatabaseClosed(StorageError):
    """The database was asked for something after it was closed."""


class CannotOpen(StorageError):
    """The database cannot be opened: its address, its folder or its engine is wrong."""


class FileInUse(CannotOpen):
    """Another process runs on this SQLite file."""


class SchemaTooNew(CannotOpen):
    """A newer program has changed the tables; this one would not understand them."""


class MigrationBroken(CannotOpen):
    """The numbered files of the schema are not a sequence, or one of them fails."""

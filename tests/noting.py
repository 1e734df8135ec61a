"""A database that notes each statement the house gives it: to see their plans, or to count them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Concatenate, Literal, ParamSpec, TypeVar

from storage.database import name_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from storage.database import Database, FunctionTime, Row, Tx, Value

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(slots=True)
class _Noted:
    """A transaction whose statements are noted."""

    inner: Tx
    said: Counter[str]

    async def rows(self, sql: str, /, **params: Value) -> list[Row]:
        """Every row, noted."""
        self.said[sql] += 1
        return await self.inner.rows(sql, **params)

    async def row(self, sql: str, /, **params: Value) -> Row | None:
        """The first row, noted."""
        self.said[sql] += 1
        return await self.inner.row(sql, **params)

    async def run(self, sql: str, /, **params: Value) -> int:
        """Run, noted."""
        self.said[sql] += 1
        return await self.inner.run(sql, **params)


@dataclass(slots=True)
class NotedDatabase:
    """A database that notes what the house asks it; what the tests ask is left out."""

    inner: Database
    said: Counter[str] = field(default_factory=Counter)
    engine: Literal["sqlite", "postgres"] = "sqlite"
    times: dict[str, FunctionTime] = field(default_factory=dict)

    def _noting(
        self, fn: Callable[Concatenate[Tx, P], Awaitable[T]]
    ) -> Callable[Concatenate[Tx, P], Awaitable[T]]:
        if name_of(fn).startswith("tests."):
            return fn

        async def noted(tx: Tx, /, *args: P.args, **kwargs: P.kwargs) -> T:
            return await fn(_Noted(tx, self.said), *args, **kwargs)

        return noted

    async def write(
        self, fn: Callable[Concatenate[Tx, P], Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Write, noting."""
        return await self.inner.write(self._noting(fn), *args, **kwargs)

    async def read(
        self, fn: Callable[Concatenate[Tx, P], Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Read, noting."""
        return await self.inner.read(self._noting(fn), *args, **kwargs)

    async def close(self) -> None:
        """Close it."""
        await self.inner.close()

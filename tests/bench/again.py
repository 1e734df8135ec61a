"""The statements of real turns at the gate, said again to a copy of the database without the turns.

What is left out is all that Guichet does in Python: reading, understanding, judging, wording. What
stays is what any program would have to do that keeps the same tables by the same statements.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Concatenate, Literal, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from storage.database import Database, FunctionTime, Row, Tx, Value

P = ParamSpec("P")
T = TypeVar("T")

Said = tuple[str, "Mapping[str, Value]"]
"""A statement and its values."""


@dataclass(slots=True)
class _Recording:
    """A transaction that keeps what it is told."""

    inner: Tx
    said: list[Said] = field(default_factory=list)

    async def rows(self, sql: str, /, **params: Value) -> list[Row]:
        """Every row, kept."""
        self.said.append((sql, params))
        return await self.inner.rows(sql, **params)

    async def row(self, sql: str, /, **params: Value) -> Row | None:
        """The first row, kept."""
        self.said.append((sql, params))
        return await self.inner.row(sql, **params)

    async def run(self, sql: str, /, **params: Value) -> int:
        """Run, kept."""
        self.said.append((sql, params))
        return await self.inner.run(sql, **params)


@dataclass(slots=True)
class RecordedDatabase:
    """A database that keeps each transaction's statements, by the chat they name."""

    inner: Database
    said: dict[Value, list[list[Said]]] = field(default_factory=lambda: defaultdict(list))
    engine: Literal["sqlite", "postgres"] = "sqlite"
    times: dict[str, FunctionTime] = field(default_factory=dict)

    async def write(
        self, fn: Callable[Concatenate[Tx, P], Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Write, keeping what was said."""

        async def recorded(tx: Tx) -> tuple[T, list[Said]]:
            recording = _Recording(tx)
            return await fn(recording, *args, **kwargs), recording.said

        result, said = await self.inner.write(recorded)
        refs = {params["ref"] for _, params in said if "ref" in params}
        assert len(refs) == 1, f"a turn names its chat once: {refs}"
        self.said[refs.pop()].append(said)
        return result

    async def read(
        self, fn: Callable[Concatenate[Tx, P], Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Read."""
        return await self.inner.read(fn, *args, **kwargs)

    async def close(self) -> None:
        """Close it."""
        await self.inner.close()


async def said_again_per_s(database: Database, said: Sequence[Sequence[Sequence[Said]]]) -> float:
    """Say everything again, each chat's transactions one after the other; turns a second.

    A turn is one transaction: its message kept, and all that it leads to.
    """

    async def one_chat(transactions: Sequence[Sequence[Said]]) -> None:
        for transaction in transactions:
            await database.write(_say, transaction)

    began = time.perf_counter()
    await asyncio.gather(*(one_chat(transactions) for transactions in said))
    turns = sum(len(transactions) for transactions in said)
    return turns / (time.perf_counter() - began)


async def _say(tx: Tx, statements: Sequence[Said]) -> None:
    for sql, params in statements:
        await tx.rows(sql, **params)

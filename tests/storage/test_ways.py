"""No statement reads a table that grows with the years from its beginning to its end."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Concatenate, Literal, ParamSpec, TypeVar

from storage.database import name_of
from storage.parameters import positional
from tests.storm.databases import fresh_database
from tests.transcripts.playing import play
from tests.transcripts.script import scripts
from tests.transcripts.stage import open_stage

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from storage.database import Database, FunctionTime, Row, Tx, Value

P = ParamSpec("P")
T = TypeVar("T")

GROWING = "chats people inbox outbox orders seats payments tickets scans places media questions"

PLAYED = frozenset(
    {
        "acheter_une_place",
        "argent_en_retard_complet",
        "organiser_un_evenement",
        "porte_faux_billets",
        "porte_premier_passage",
        "en_direct",
        "superviseur",
    }
)
"""Sold, late, organised, forged, scanned, supervised: together they make most statements."""

WHOLE = re.compile(rf"SCAN (?:\w+ AS )?({'|'.join(GROWING.split())})$")
"""A plan's step that reads every row; `SCAN ... USING INDEX` reads a small index of some."""


@dataclass(slots=True)
class _Noted:
    """A transaction whose statements are noted."""

    inner: Tx
    said: set[str]

    async def rows(self, sql: str, /, **params: Value) -> list[Row]:
        self.said.add(sql)
        return await self.inner.rows(sql, **params)

    async def row(self, sql: str, /, **params: Value) -> Row | None:
        self.said.add(sql)
        return await self.inner.row(sql, **params)

    async def run(self, sql: str, /, **params: Value) -> int:
        self.said.add(sql)
        return await self.inner.run(sql, **params)


@dataclass(slots=True)
class _NotedDatabase:
    """A database that notes what the house asks it; what the tests ask is left out."""

    inner: Database
    said: set[str] = field(default_factory=set)
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
        return await self.inner.write(self._noting(fn), *args, **kwargs)

    async def read(
        self, fn: Callable[Concatenate[Tx, P], Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await self.inner.read(self._noting(fn), *args, **kwargs)

    async def close(self) -> None:
        await self.inner.close()


async def test_no_statement_walks_through_a_growing_table(sqlite_template: Path) -> None:
    """What conversations and upkeep ask is answered through a key or an index, by SQLite's plan."""
    said: set[str] = set()
    played = [one for one in scripts() if one.name in PLAYED]
    assert len(played) == len(PLAYED)
    for script in played:
        async with (
            fresh_database(sqlite_template) as database,
            open_stage(_NotedDatabase(database, said)) as stage,
        ):
            await play(script, stage)
            await stage.chores()
    connection = sqlite3.connect(f"file:{sqlite_template}?mode=ro", uri=True)
    try:
        walks = [f"{step}: {sql}" for sql in sorted(said) for step in _walks(connection, sql)]
    finally:
        connection.close()
    assert len(said) > 100
    assert not walks, "\n".join(walks)


def _walks(connection: sqlite3.Connection, sql: str) -> list[str]:
    text = positional(sql).text
    plan = connection.execute(f"EXPLAIN QUERY PLAN {text}", [None] * text.count("?")).fetchall()
    return [step for *_, step in plan if WHOLE.match(step)]

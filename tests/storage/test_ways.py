"""No statement reads a table that grows with the years from its beginning to its end."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from typing import TYPE_CHECKING

from storage import forgetting
from storage.parameters import positional
from tests.noting import NotedDatabase
from tests.storm.databases import fresh_database
from tests.transcripts.playing import play
from tests.transcripts.script import scripts
from tests.transcripts.stage import open_stage

if TYPE_CHECKING:
    from pathlib import Path

GROWING = (
    "chats people inbox outbox orders seats payments tickets scans places media questions transfers"
)

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

BY_EVENT = re.compile(r"SCAN |SEARCH \w+ USING .*\(event_id=\?")
"""A step that reads all there is of something, or all of an event."""


async def test_no_statement_walks_through_a_growing_table(sqlite_template: Path) -> None:
    """What conversations and upkeep ask is answered through a key or an index, by SQLite's plan."""
    said: Counter[str] = Counter()
    played = [one for one in scripts() if one.name in PLAYED]
    assert len(played) == len(PLAYED)
    for script in played:
        async with (
            fresh_database(sqlite_template) as database,
            open_stage(NotedDatabase(database, said)) as stage,
        ):
            await play(script, stage)
            await stage.chores()
    assert len(said) > 100
    assert not (walks := _steps(sqlite_template, said, WHOLE)), "\n".join(walks)


async def test_who_is_forgotten_is_found_by_the_person(sqlite_template: Path) -> None:
    """Upkeep that forgets does not look through what every past event sold, at every round."""
    said: Counter[str] = Counter()
    async with fresh_database(sqlite_template) as database:
        await NotedDatabase(database, said).write(forgetting.forget_holders, 0)
    assert len(said) == 5
    assert not (walks := _steps(sqlite_template, said, BY_EVENT)), "\n".join(walks)


def _steps(template: Path, said: Counter[str], unwanted: re.Pattern[str]) -> list[str]:
    """The unwanted steps in the plans of these statements."""
    connection = sqlite3.connect(f"file:{template}?mode=ro", uri=True)
    try:
        return [
            f"{step}: {sql}"
            for sql in sorted(said)
            for step in _plan(connection, sql)
            if unwanted.match(step)
        ]
    finally:
        connection.close()


def _plan(connection: sqlite3.Connection, sql: str) -> list[str]:
    text = positional(sql).text
    plan = connection.execute(f"EXPLAIN QUERY PLAN {text}", [None] * text.count("?")).fetchall()
    return [step for *_, step in plan]

"""An installation moved to PostgreSQL is the same installation, to the row and the franc."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime

import pytest

from bot.operator.moving_over import move_data
from bot.watch import refusals
from bot.watch.refusals import Refusal
from bot.worlds import live_world
from boxoffice.codes import Keyring
from storage import moving
from storage.database import CannotOpen, Database, Tx
from storage.moving import Table
from storage.opening import open_database, sqlite_path
from tests.storm.invariants import AT_REST, breaches
from tests.transcripts.playing import play
from tests.transcripts.script import FOLDER, read_script
from tests.transcripts.stage import TEST_KEY, open_stage
from tests.transcripts.world import make_event

LIVED = ("argent_rembourse", "corriger_un_nom", "places_numerotees", "superviseur")
"""Refunds and a ledger, tickets that replaced others, numbered seats, scans and their journal."""

NONE: frozenset[str] = frozenset()


@pytest.mark.parametrize("name", LIVED)
async def test_a_moved_installation_is_the_same(
    name: str, house_sqlite_url: str, postgres_url: str
) -> None:
    """After a whole story each table arrives row for row, and every invariant holds there."""
    source = await open_database(house_sqlite_url)
    async with open_stage(source) as stage:
        await play(read_script(FOLDER / f"{name}.chat"), stage)
    tables = await source.read(moving._tables)
    before = await source.read(_everything, tables)
    await source.close()

    said = await move_data(house_sqlite_url, postgres_url)

    target = await open_database(postgres_url)
    assert await target.read(_everything, tables) == before
    assert await target.read(breaches) == []
    assert await target.read(breaches, AT_REST) == []
    assert f"tickets {len(before['tickets'])}" in said
    await target.close()


async def test_a_file_that_was_streamed_moves_without_what_streamed_it(
    house_sqlite_url: str, postgres_url: str
) -> None:
    """Litestream keeps two tables of its own in the file, SQLite its statistics: they stay."""
    source = await open_database(house_sqlite_url)
    await source.write(_one_person)
    await source.close()
    path = sqlite_path(house_sqlite_url)
    assert path is not None
    with closing(sqlite3.connect(path)) as beside, beside:
        beside.execute("CREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER)")
        beside.execute("CREATE TABLE _litestream_lock (id INTEGER)")
        beside.execute("ANALYZE")
    said = await move_data(house_sqlite_url, postgres_url)
    assert "people 1" in said
    assert "litestream" not in said
    assert "sqlite_stat" not in said


async def test_a_target_that_holds_something_is_refused(
    house_sqlite_url: str, postgres_url: str
) -> None:
    """Two installations are never mixed."""
    target = await open_database(postgres_url)
    await target.write(_one_person)
    await target.close()
    with pytest.raises(Refusal, match="not empty"):
        await move_data(house_sqlite_url, postgres_url)


async def test_a_source_in_use_is_refused(house_sqlite_url: str, postgres_url: str) -> None:
    """Nobody may write to a file while it is copied."""
    running = await open_database(house_sqlite_url)
    with pytest.raises(CannotOpen, match="already runs on"):
        await move_data(house_sqlite_url, postgres_url)
    await running.close()


async def test_half_a_copy_does_not_start(postgres_url: str) -> None:
    """A move that was cut off in its middle leaves a database that says so."""
    target = await open_database(postgres_url)
    await target.write(moving._begin, [])
    assert await target.read(moving.is_unfinished)
    with pytest.raises(Refusal) as refused:
        await live_world._settle(target, Keyring.parse(TEST_KEY))
    assert str(refused.value) == str(refusals.half_moved())
    await target.close()


@pytest.mark.parametrize(
    ("source", "target"),
    [("postgresql://a/b", "sqlite:///c.db"), ("sqlite:///a.db", "sqlite:///b.db")],
)
async def test_only_one_way_is_gone(source: str, target: str) -> None:
    """What cannot be moved is said before anything is opened."""
    with pytest.raises(Refusal, match="Moving goes from"):
        await move_data(source, target)


async def test_a_franc_lost_on_the_way_is_found(database: Database) -> None:
    """The sums of a table change with each amount in it, to the minor unit."""
    moment = datetime(2026, 12, 1, 20, tzinfo=UTC)
    await database.write(make_event, "Jazz", moment, ("Standard 5000 x 5",), 0)
    kinds = Table("kinds", {"id": "INTEGER", "price_minor": "INTEGER"}, ("id",), NONE, NONE)
    before = await database.read(moving._measure, kinds)
    await database.write(_lose_a_franc)
    assert await database.read(moving._measure, kinds) != before


async def _everything(tx: Tx, tables: Sequence[Table]) -> dict[str, list[dict[str, object]]]:
    """Read every row of every table."""
    found = {}
    for table in tables:
        rows = await tx.rows(f"SELECT * FROM {table.name} ORDER BY {', '.join(table.key)}")  # noqa: S608 (names of our own schema)
        found[table.name] = [{column: row[column] for column in table.columns} for row in rows]
    return found


async def _one_person(tx: Tx) -> None:
    await tx.run("INSERT INTO people (id, name, created_ms) VALUES (1, 'Awa', 0)")


async def _lose_a_franc(tx: Tx) -> None:
    await tx.run("UPDATE kinds SET price_minor = price_minor - 1")

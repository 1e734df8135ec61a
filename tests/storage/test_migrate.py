"""The tables are brought up to date once, whole, in order, and never backwards."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from storage.database import CannotOpen, MigrationBroken, SchemaTooNew, StorageError
from storage.migrate import MIGRATIONS, Migration, migrations_in
from storage.opening import open_database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from storage.database import Database, Tx

FIRST = """
-- The first table; its comment has a semicolon, a quote ' and BIGINT.
CREATE TABLE words (
    id BIGINT PRIMARY KEY, -- TEXT in a comment
    word TEXT NOT NULL DEFAULT 'BIGINT; TEXT',
    body BYTEA
);
CREATE UNIQUE INDEX words_word ON words (word) WHERE word <> ';';
INSERT INTO words (id, word) VALUES (1, 'b'), (2, 'A'), (3, 'a'), (4, 'é'), (5, 'B');
"""
SECOND = """
CREATE TABLE pairs (a BIGINT NOT NULL, b TEXT NOT NULL, PRIMARY KEY (a, b)) WITHOUT ROWID;
ALTER TABLE words ADD COLUMN again TEXT;
-- only: sqlite
INSERT INTO pairs VALUES (1, 'sqlite');
-- only: postgres
INSERT INTO pairs VALUES (1, 'postgres');
"""


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest) -> str:
    """The address of a database without tables, once for each engine."""
    name = "sqlite_url" if request.param == "sqlite" else "empty_postgres_url"
    url: str = request.getfixturevalue(name)
    return url


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of two migrations."""
    made = tmp_path / "migrations"
    made.mkdir()
    (made / "0001_words.sql").write_text(FIRST, encoding="utf-8")
    (made / "0002_pairs.sql").write_text(SECOND, encoding="utf-8")
    return made


@asynccontextmanager
async def _opened(url: str, folder: Path, *, beside: bool = False) -> AsyncIterator[Database]:
    database = await open_database(url, beside=beside, migrations=folder)
    try:
        yield database
    finally:
        await database.close()


async def _column(tx: Tx, sql: str) -> list[object]:
    return [row["it"] for row in await tx.rows(sql)]


APPLIED = "SELECT number AS it FROM schema_migrations ORDER BY number"


async def test_each_is_applied_once(empty_url: str, folder: Path) -> None:
    """A first opening applies all, a second none, and each has its record."""
    for _ in range(2):
        async with _opened(empty_url, folder) as database:
            assert await database.read(_column, APPLIED) == [1, 2]
            assert await database.read(_column, "SELECT b AS it FROM pairs") == [database.engine]


async def test_several_open_a_new_database_at_once(empty_url: str, folder: Path) -> None:
    """Openers that race apply each migration once between them."""

    async def look() -> list[object]:
        async with _opened(empty_url, folder, beside=True) as database:
            return await database.read(_column, APPLIED)

    assert await asyncio.gather(*(look() for _ in range(5))) == [[1, 2]] * 5


async def test_text_sorts_by_its_bytes(empty_url: str, folder: Path) -> None:
    """Both engines sort a TEXT column alike, whatever the language of the server."""
    async with _opened(empty_url, folder) as database:
        in_order = await database.read(_column, "SELECT word AS it FROM words ORDER BY word")
    assert in_order == ["A", "B", "a", "b", "é"]


async def _insert(tx: Tx, value: int | str | bytes) -> None:
    await tx.run("INSERT INTO words (id, word) VALUES (:value, 'new')", value=value)


async def test_types_are_kept_strictly(empty_url: str, folder: Path) -> None:
    """A text is not put where an integer belongs, nor the reverse; 64 bits fit."""
    async with _opened(empty_url, folder) as database:
        with pytest.raises(StorageError):
            await database.write(_insert, "not a number")
        with pytest.raises(StorageError):
            await database.write(_insert, b"1")
        await database.write(_insert, 2**63 - 1)
        assert 2**63 - 1 in await database.read(_column, "SELECT id AS it FROM words")
        assert await database.read(
            _column, "SELECT DISTINCT again AS it FROM words WHERE again IS NULL"
        ) == [None]


async def _default(tx: Tx) -> None:
    await tx.run("INSERT INTO words (id) VALUES (9)")


async def test_a_literal_is_left_alone(empty_url: str, folder: Path) -> None:
    """Type names inside a literal are text."""
    async with _opened(empty_url, folder) as database:
        await database.write(_default)
        assert await database.read(_column, "SELECT word AS it FROM words WHERE id = 9") == [
            "BIGINT; TEXT"
        ]


async def test_a_failing_migration_leaves_nothing_of_itself(empty_url: str, folder: Path) -> None:
    """What failed is named and undone whole; mended, it is applied at the next opening."""
    (folder / "0003_more.sql").write_text(
        "CREATE TABLE more (id BIGINT PRIMARY KEY); INSERT INTO absent VALUES (1);",
        encoding="utf-8",
    )
    with pytest.raises(MigrationBroken, match="0003_more"):
        async with _opened(empty_url, folder):
            pass
    (folder / "0003_more.sql").write_text(
        "CREATE TABLE more (id BIGINT PRIMARY KEY);", encoding="utf-8"
    )
    async with _opened(empty_url, folder) as database:
        assert await database.read(_column, APPLIED) == [1, 2, 3]


async def test_a_newer_schema_is_refused(empty_url: str, folder: Path) -> None:
    """A program that knows fewer migrations than were applied does not start, nor hold the file."""
    async with _opened(empty_url, folder):
        pass
    second = folder / "0002_pairs.sql"
    second.rename(folder / "later")
    with pytest.raises(SchemaTooNew, match="schema 2, this program knows 1"):
        async with _opened(empty_url, folder):
            pass
    (folder / "later").rename(second)
    async with _opened(empty_url, folder) as database:
        assert await database.read(_column, APPLIED) == [1, 2]


@pytest.mark.parametrize("stray", ["0004_gap.sql", "0002_twice.sql", "notes.sql"])
def test_files_are_numbered_without_a_gap(folder: Path, stray: str) -> None:
    """A gap, a number twice and a file without a number are refused by name."""
    (folder / stray).write_text("SELECT 1;", encoding="utf-8")
    with pytest.raises(MigrationBroken, match=r"\.sql is not migration number"):
        migrations_in(folder)


def test_an_unknown_engine_is_refused() -> None:
    """``-- only:`` names one of the two engines."""
    with pytest.raises(MigrationBroken, match="oracle"):
        Migration(1, "0001_x", "-- only: oracle\nSELECT 1").statements_for("sqlite")


def test_every_table_of_the_house_is_strict() -> None:
    """No table of the house's own files lets SQLite keep a value of another type."""
    for migration in migrations_in(MIGRATIONS):
        for statement in migration.statements_for("sqlite"):
            if "CREATE TABLE" in statement:
                assert ") STRICT" in statement, statement


@pytest.mark.parametrize(
    "url",
    [
        "",
        "guichet.db",
        "mysql://me:hunter2@host/name",
        "sqlite://",
        "sqlite:///",
        "sqlite:////",
        "sqlite://guichet.db",
        "sqlite:///guichet.db?mode=ro",
        "sqlite:///folder/",
    ],
)
async def test_a_wrong_address_says_what_a_right_one_is(url: str) -> None:
    """Anything but the two kinds of address is refused with a sentence and without its password."""
    with pytest.raises(CannotOpen, match="DATABASE_URL is sqlite") as refused:
        await open_database(url)
    assert "hunter2" not in str(refused.value)


async def test_a_relative_path_is_beside_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three slashes are a path from here, with ``%20`` for a space."""
    monkeypatch.chdir(tmp_path)
    await (await open_database("sqlite:///my%20box.db")).close()
    assert (tmp_path / "my box.db").is_file()


async def test_a_server_that_is_not_there_is_said() -> None:
    """No PostgreSQL at the address is one sentence without the password."""
    with pytest.raises(CannotOpen, match="PostgreSQL cannot be opened") as refused:
        await open_database("postgresql://me:hunter2@127.0.0.1:9/name")
    assert "hunter2" not in str(refused.value)

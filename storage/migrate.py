"""The tables, brought up to date: numbered files, each applied once.

``migrations/0001_open_the_box_office.sql`` and those after it are written once for both engines.
Each is committed together with the record that it ran, so a process killed anywhere leaves the
state before it or the one after it. A schema newer than the program knows is refused: it could not
keep rules it has never heard of.

One text, two engines. A migration uses plain ``CREATE TABLE``, ``CREATE INDEX``, ``ALTER TABLE``
and data statements; what differs is written here, in the statements that make or alter a table:

===============  ==================  =====================================================
in the file      on SQLite           on PostgreSQL
===============  ==================  =====================================================
BIGINT, INTEGER  INTEGER             BIGINT (an integer has 64 bits on both)
BYTEA, BLOB      BLOB                BYTEA
TEXT             TEXT                TEXT COLLATE "C" (sorted by bytes, as SQLite does)
) WITHOUT ROWID  STRICT as well      nothing
)                ) STRICT            nothing
===============  ==================  =====================================================

A statement for one engine alone is preceded by a line ``-- only: sqlite`` or ``-- only: postgres``
and taken as it is written.
"""

from __future__ import annotations

import re
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from storage.database import MigrationBroken, SchemaTooNew
from storage.parameters import outside_text, statements

if TYPE_CHECKING:
    import asyncpg
    from asyncpg.pool import PoolConnectionProxy

MIGRATIONS = Path(__file__).parent / "migrations"

ADVISORY_LOCK = 0x6775_6963_6865_74  # "guichet"
"""The lock processes of one PostgreSQL database take to migrate one after the other."""

_FILE_NAME = re.compile(r"(\d{4})_[a-z0-9_]+")
_ONLY = re.compile(r"^--\s*only:\s*(\w+)\s*$", re.MULTILINE)
_SHAPES_A_TABLE = re.compile(
    r"(?:\s|--[^\n]*\n|/\*.*?\*/)*(CREATE|ALTER)\s+TABLE\b", re.IGNORECASE | re.DOTALL
)
_TYPES: dict[str, dict[str, str]] = {
    "sqlite": {"BIGINT": "INTEGER", "BYTEA": "BLOB"},
    "postgres": {"INTEGER": "BIGINT", "BLOB": "BYTEA", "TEXT": 'TEXT COLLATE "C"'},
}
_TABLE_END = re.compile(r"\)\s*(WITHOUT\s+ROWID)?\s*\Z", re.IGNORECASE)

_RECORDS = """
    CREATE TABLE IF NOT EXISTS schema_migrations (
        number BIGINT PRIMARY KEY,
        name TEXT NOT NULL,
        applied_at_ms BIGINT NOT NULL
    )
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file."""

    number: int
    name: str
    script: str

    def statements_for(self, engine: Literal["sqlite", "postgres"]) -> list[str]:
        """Its statements as this engine reads them."""
        return [
            _dialect(statement, engine)
            for statement in statements(self.script)
            if _meant_for(statement, engine)
        ]


def migrations_in(folder: Path) -> list[Migration]:
    """The numbered files of a folder, in order; raises ``MigrationBroken`` on a gap or a stray."""
    found: list[Migration] = []
    for path in sorted(folder.glob("*.sql")):
        name = _FILE_NAME.fullmatch(path.stem)
        if name is None or int(name[1]) != len(found) + 1:
            raise MigrationBroken(
                f"{path.name} is not migration number {len(found) + 1:04}: "
                "the files are numbered from 0001_name.sql without a gap."
            )
        found.append(Migration(int(name[1]), path.stem, path.read_text(encoding="utf-8")))
    return found


def migrate_sqlite(migrations: list[Migration], connection: sqlite3.Connection) -> None:
    """Apply what is missing, on the connection's own thread; raises ``CannotOpen``'s kinds."""
    while _migrate_sqlite_once(migrations, connection):
        pass


def _migrate_sqlite_once(migrations: list[Migration], connection: sqlite3.Connection) -> bool:
    """Look for a missing migration and apply it, in one transaction; whether there was one."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        found = _apply_next(migrations, connection)
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
    return found


def _apply_next(migrations: list[Migration], connection: sqlite3.Connection) -> bool:
    connection.execute(_dialect(_RECORDS, "sqlite"))
    (applied,) = connection.execute(
        "SELECT coalesce(max(number), 0) FROM schema_migrations"
    ).fetchone()
    _refuse_newer(applied, migrations)
    if applied == len(migrations):
        return False
    migration = migrations[applied]
    for statement in migration.statements_for("sqlite"):
        try:
            connection.execute(statement)
        except sqlite3.Error as error:
            raise _broken(migration, statement, error) from error
    connection.execute("INSERT INTO schema_migrations VALUES (?, ?, ?)", _record(migration))
    return True


async def migrate_postgres(
    migrations: list[Migration],
    connection: asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record],
) -> None:
    """Apply what is missing, one process at a time; raises ``CannotOpen``'s kinds."""
    import asyncpg  # noqa: PLC0415 half a megabyte and 30 ms that SQLite's users need not spend

    await connection.execute("SELECT pg_advisory_lock($1)", ADVISORY_LOCK)
    try:
        await connection.execute(_dialect(_RECORDS, "postgres"))
        applied = await connection.fetchval(
            "SELECT coalesce(max(number), 0) FROM schema_migrations"
        )
        _refuse_newer(applied, migrations)
        for migration in migrations[applied:]:
            async with connection.transaction():
                for statement in migration.statements_for("postgres"):
                    try:
                        await connection.execute(statement)
                    except asyncpg.PostgresError as error:
                        raise _broken(migration, statement, error) from error
                await connection.execute(
                    "INSERT INTO schema_migrations VALUES ($1, $2, $3)", *_record(migration)
                )
    finally:
        if not connection.is_closed():
            await connection.execute("SELECT pg_advisory_unlock($1)", ADVISORY_LOCK)


def _dialect(statement: str, engine: str) -> str:
    if _ONLY.search(statement) or not _SHAPES_A_TABLE.match(statement):
        return statement
    types = _TYPES[engine]
    text = outside_text(
        statement, lambda sql: re.sub(r"\b[A-Z]+\b", lambda word: types.get(word[0], word[0]), sql)
    )
    if _SHAPES_A_TABLE.match(text)[1].upper() == "ALTER":  # type: ignore[index] # matched just above
        return text
    if engine == "postgres":
        return _TABLE_END.sub(")", text)
    return _TABLE_END.sub(lambda end: ") STRICT, WITHOUT ROWID" if end[1] else ") STRICT", text)


def _meant_for(statement: str, engine: str) -> bool:
    only = _ONLY.search(statement)
    if only is not None and only[1] not in _TYPES:
        raise MigrationBroken(f"`{only[0]}` names no engine: sqlite or postgres.")
    return only is None or only[1] == engine


def _refuse_newer(applied: int, migrations: list[Migration]) -> None:
    if applied > len(migrations):
        raise SchemaTooNew(
            f"The database has schema {applied}, this program knows {len(migrations)}: "
            "run the newer Guichet that changed it, or restore a backup from before."
        )


def _record(migration: Migration) -> tuple[int, str, int]:
    return migration.number, migration.name, time.time_ns() // 1_000_000


def _broken(migration: Migration, statement: str, error: Exception) -> MigrationBroken:
    return MigrationBroken(f"Migration {migration.name} failed: {error}. Statement: {statement}")

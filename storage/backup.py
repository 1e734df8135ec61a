"""A SQLite installation copied while it runs, and a copy checked before anybody trusts it."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from storage.database import CannotOpen
from storage.lock_file import hold
from storage.migrate import MIGRATIONS, migrations_in

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PAGES_AT_ONCE = 2_000
"""Eight megabytes copied between two breaths, so that writers never wait long."""

BREATH_S = 0.01

COUNTED = ("orders", "payments", "tickets", "scans", "ledger", "chats")
"""The tables whose rows are told of a copy."""


class BadCopy(Exception):
    """A file that is no whole copy of an installation; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy that was checked: its rows by table, and its last migration."""

    path: Path
    rows: Mapping[str, int]
    migration: str


def back_up(source: Path, target: Path) -> Copy:
    """Copy a database while it may be in use, then check the copy.

    SQLite's own online backup: pages that change meanwhile are copied again. The copy appears
    under its name only once it is whole.

    Raises:
        BadCopy: there is no such database, the target exists, or the copy does not check.
    """
    if not source.is_file():
        raise BadCopy(f"There is no database {source}.")
    if target.exists():
        raise BadCopy(f"{target} exists already: give the copy another name.")
    unfinished = target.with_name(target.name + ".part")
    unfinished.unlink(missing_ok=True)
    try:
        unfinished.touch(mode=0o600)  # people's names are in it
        with (
            contextlib.closing(_open(source)) as old,
            contextlib.closing(sqlite3.connect(unfinished)) as new,
        ):
            old.backup(new, pages=PAGES_AT_ONCE, sleep=BREATH_S)
            # One file, without a log beside it: it can be carried anywhere.
            new.execute("PRAGMA journal_mode = DELETE")
        copy = check(unfinished)
        _to_disk(unfinished)
        unfinished.rename(target)
        _to_disk(target.parent)
    except (sqlite3.Error, OSError) as error:
        raise BadCopy(f"{source} could not be copied: {error}.") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return Copy(target, copy.rows, copy.migration)


def restore(copy: Path, target: Path) -> Copy:
    """Put a checked copy in a database's place; what stood there is kept beside it.

    Raises:
        BadCopy: the copy does not check, or Guichet runs on the target.
    """
    checked = check(copy)
    try:
        lock = hold(target)
    except CannotOpen as error:
        raise BadCopy(str(error)) from None
    try:
        arriving = target.with_name(target.name + ".arriving")
        arriving.unlink(missing_ok=True)
        arriving.touch(mode=0o600)
        with (
            contextlib.closing(_open(copy)) as old,
            contextlib.closing(sqlite3.connect(arriving)) as new,
        ):
            old.backup(new)
            new.execute("PRAGMA journal_mode = DELETE")
        check(arriving)
        _to_disk(arriving)
        _put_aside(target)
        arriving.rename(target)
        _to_disk(target.parent)
    except (sqlite3.Error, OSError) as error:
        raise BadCopy(f"{copy} could not be put in place: {error}.") from error
    finally:
        lock.release()
    return Copy(target, checked.rows, checked.migration)


def check(path: Path) -> Copy:
    """Read a whole copy: its pages, its references, its migrations; counts its rows.

    Raises:
        BadCopy: it is not whole, or of a newer Guichet.
    """
    if not path.is_file():
        raise BadCopy(f"There is no file {path}.")
    try:
        with contextlib.closing(_open(path)) as connection:
            [(said,)] = connection.execute("PRAGMA integrity_check(1)").fetchall()
            if said != "ok":
                raise BadCopy(f"{path} is damaged: {said}.")
            if broken := connection.execute("PRAGMA foreign_key_check").fetchone():
                raise BadCopy(f"{path} is not whole: a row of {broken[0]} stands alone.")
            names = [name for (name,) in connection.execute("SELECT name FROM schema_migrations")]
            rows = {
                table: connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]
                for table in COUNTED
            }
    except sqlite3.Error as error:
        raise BadCopy(f"{path} is no database of Guichet's: {error}.") from error
    known = {migration.name for migration in migrations_in(MIGRATIONS)}
    if unknown := sorted(set(names) - known):
        raise BadCopy(f"{path} is of a newer Guichet ({unknown[-1]}): restore it with that one.")
    return Copy(path, rows, max(names, default=""))


def _open(path: Path) -> sqlite3.Connection:
    """Open a database to read it; a log beside it may have to be read first, hence not `ro`."""
    connection = sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True)
    connection.execute("PRAGMA query_only = ON")
    return connection


def _put_aside(target: Path) -> None:
    """Keep the old database beside the new one, and its log with it; never over an older one."""
    stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}"
    for ending in ("", "-wal", "-shm"):
        old = target.with_name(target.name + ending)
        if old.exists():
            old.rename(target.with_name(f"{target.name}.before-{stamp}{ending}"))


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""How a SQLite connection is set before it serves: durable, patient, and with room in memory."""

from __future__ import annotations

import sqlite3
import time

from storage.database import CannotOpen
from storage.sqlite_tx import primary_code

BUSY_TIMEOUT_MS = 10_000
"""How long another process may write before we give up: the command line's jobs take seconds."""

SWITCHED_AGAIN_AFTER_S = 0.005
"""A new file is switched to its log in about a millisecond."""

CACHE_KIB = 16_384
"""Pages a connection keeps in memory: the tables of a busy evening, not more."""

WAL_BYTES_MAX = 64 * 1024 * 1024
"""The log is cut back to this size after a checkpoint, however long a reader held it open."""


def prepare_writer(connection: sqlite3.Connection) -> None:
    """Set the one connection that writes: a commit is on the disk when it is answered."""
    if _keep_a_log(connection) != "wal":
        raise CannotOpen("This file system cannot hold SQLite's log (WAL): use a local disk.")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA journal_size_limit = {WAL_BYTES_MAX}")
    # What a statement or a savepoint would restore is kept in memory, not in a file each.
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")


def _keep_a_log(connection: sqlite3.Connection) -> str:
    """Switch a new file to its log (WAL), or find it switched; answers the journal's mode.

    SQLite does not wait by itself where two switch at once: the second is told at once that the
    file is locked, and asks again.
    """
    until = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        except sqlite3.OperationalError as error:
            if primary_code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(SWITCHED_AGAIN_AFTER_S)
        else:
            return str(mode)


def prepare_reader(connection: sqlite3.Connection) -> None:
    """Set a connection that reads beside it."""
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")

"""A process that writes without end and prints each id once it was answered; its test kills it."""

from __future__ import annotations

import asyncio
import os
import sys
from itertools import count
from pathlib import Path

import structlog

from storage.migrate import migrations_in
from storage.sqlite import SqliteDatabase, open_sqlite
from tests.storage.test_sqlite import note

CALLERS = 32
NOTES_MAX = 200_000
"""It stops by itself should nobody kill it."""


async def _write_for_ever(folder: Path) -> None:
    database = await open_sqlite(folder / "notes.db", migrations_in(folder), beside=False)
    numbers = count(1)
    await asyncio.gather(*(_answer(database, numbers) for _ in range(CALLERS)))
    await database.close()


async def _answer(database: SqliteDatabase, numbers: count[int]) -> None:
    while (number := next(numbers)) < NOTES_MAX:
        await database.write(note, number)
        os.write(1, b"%d\n" % number)


if __name__ == "__main__":
    # What is logged of slow moments must not stand among the numbers.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    asyncio.run(_write_for_ever(Path(sys.argv[1])))

"""Empty databases for plays: a migrated file, copied for each.

They lie in memory where there is room, so nothing waits for a disk, and a play spent half its time
crossing to threads and back. Here the same work is done where it is asked for, and a play depends
on its seed alone: no thread decides who is first.
"""

import contextlib
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from functools import cache
from itertools import count
from pathlib import Path
from typing import TypeVar

from storage.connection_thread import ConnectionThread
from storage.database import Database
from storage.migrate import MIGRATIONS, Migration, migrations_in
from storage.opening import open_database
from storage.sqlite import open_sqlite

T = TypeVar("T")

_numbers = count(1)


class _NoCrossing(ConnectionThread):
    """A connection whose work is done on the loop, whoever asks."""

    async def on_thread(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do it here and now; raises what it raises."""
        return work(self.connection)


@cache
def _migrations() -> list[Migration]:
    return migrations_in(MIGRATIONS)


async def make_template(folder: Path) -> Path:
    """Make the file that others are copied from."""
    template = folder / "template.db"
    await (await open_database(f"sqlite:///{template}")).close()
    return template


@contextlib.asynccontextmanager
async def fresh_database(template: Path) -> AsyncIterator[Database]:
    """Open a copy for one play, and forget it."""
    path = template.with_name(f"play{next(_numbers)}.db")
    shutil.copyfile(template, path)
    database = await open_sqlite(path, _migrations(), beside=True, kind=_NoCrossing)
    try:
        yield database
    finally:
        await database.close()
        for one in path.parent.glob(f"{path.name}*"):
            one.unlink()

"""Empty databases for plays: a migrated file, copied for each."""

import contextlib
import shutil
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

from storage.database import Database
from storage.opening import open_database

_numbers = count(1)


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
    database = await open_database(f"sqlite:///{path}")
    try:
        yield database
    finally:
        await database.close()
        for one in path.parent.glob(f"{path.name}*"):
            one.unlink()

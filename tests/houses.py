"""Database files with the tables of the house: copies of one that is migrated once a process.

Migrating an empty file takes more than most tests do in it.
"""

import asyncio
import atexit
import shutil
import tempfile
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from storage.opening import open_database
from tests.quick import quick_root

T = TypeVar("T")


def house_file(path: Path) -> str:
    """Lay a house where no file is yet; answers the address of its database."""
    if not path.exists():
        shutil.copyfile(migrated(), path)
    return f"sqlite:///{path}"


@cache
def migrated() -> Path:
    """Give the file that others are copied from, in a folder of this process's own."""
    folder = tempfile.mkdtemp(prefix="guichet-tests-", dir=quick_root())
    atexit.register(shutil.rmtree, folder)
    template = Path(folder) / "template.db"
    apart(migrate(f"sqlite:///{template}"))
    return template


async def migrate(url: str) -> None:
    """Give a database every table of the house."""
    await (await open_database(url)).close()


def apart(work: Coroutine[Any, Any, T]) -> T:
    """Run this to its end on a thread: the test's own event loop may be running here."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()

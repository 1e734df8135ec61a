"""The one look inside aiosqlite: these fail when the library changes what we rely on."""

from __future__ import annotations

import inspect
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import aiosqlite
import pytest

from storage.connection_thread import ConnectionThread, connected

HOUSE = Path(__file__).parents[2]

ENDS_WITHIN_S = 60
"""Far more than a busy machine needs; a program that waits for its thread waits for ever."""


def test_the_protected_call_is_still_there() -> None:
    """The library still takes a function and its arguments to its thread by ``_execute``."""
    assert inspect.iscoroutinefunction(aiosqlite.Connection._execute)
    assert str(inspect.signature(aiosqlite.Connection._execute)) == "(self, fn, *args, **kwargs)"


async def test_work_runs_on_one_thread_with_the_real_connection(tmp_path: Path) -> None:
    """A function gets Python's own connection, always on the same thread, never the loop's."""
    thread: ConnectionThread = await connected(f"file:{tmp_path}/one.db", busy_timeout_s=1)
    try:
        assert isinstance(thread, ConnectionThread)
        seen = [
            await thread.on_thread(lambda connection: (type(connection), threading.get_ident()))
            for _ in range(3)
        ]
        assert len(set(seen)) == 1
        assert seen[0][0] is sqlite3.Connection
        assert seen[0][1] != threading.get_ident()
        with pytest.raises(ZeroDivisionError):
            await thread.on_thread(lambda _connection: 1 / 0)
    finally:
        await thread.close()


def test_a_program_that_fails_with_its_database_open_ends(tmp_path: Path) -> None:
    """The thread of a connection that nobody closed does not keep a failed program from ending."""
    program = (
        "import asyncio\n"
        "from storage.opening import open_database\n"
        "async def main():\n"
        f"    database = await open_database({f'sqlite:///{tmp_path}/left.db'!r})\n"
        "    raise SystemExit('left open on purpose')\n"
        "asyncio.run(main())\n"
    )
    ended = subprocess.run(  # noqa: S603 (this Python, these lines)
        [sys.executable, "-c", program],
        cwd=HOUSE,
        timeout=ENDS_WITHIN_S,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "left open on purpose" in ended.stderr


def test_the_range_is_pinned_to_what_was_read() -> None:
    """requirements.in keeps aiosqlite within the release whose inside was read."""
    lines = (HOUSE / "requirements.in").read_text(encoding="utf-8").splitlines()
    [pinned] = [line for line in lines if line.startswith("aiosqlite")]
    assert pinned.split("#")[0].strip() == "aiosqlite>=0.22,<0.23"
    assert aiosqlite.__version__.startswith("0.22.")


def test_it_has_two_importers() -> None:
    """Only storage/sqlite.py and its writer import the file that looks inside."""
    importers = [
        path.relative_to(HOUSE).as_posix()
        for package in ("bot", "boxoffice", "chat", "gate_scanner", "storage")
        for path in (HOUSE / package).rglob("*.py")
        if "import" in (text := path.read_text(encoding="utf-8"))
        and ("storage.connection_thread" in text or "aiosqlite" in _imports(text))
    ]
    assert sorted(importers) == [
        "storage/connection_thread.py",
        "storage/sqlite.py",
        "storage/sqlite_writer.py",
    ]


def _imports(text: str) -> str:
    return "\n".join(
        line for line in text.splitlines() if line.lstrip().startswith(("import", "from"))
    )

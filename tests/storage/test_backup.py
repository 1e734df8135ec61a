"""A copy made while others write is whole; a damaged or foreign one is never put in place."""

import asyncio
import re
from pathlib import Path

import pytest

from storage import attempts, backup
from storage.backup import BadCopy
from storage.database import Tx
from storage.opening import open_database
from storage.sqlite import SqliteDatabase
from tests.transcripts.stage import open_stage


def put_aside(folder: Path) -> list[str]:
    """The databases that made place for a copy."""
    return [one.name for one in folder.iterdir() if re.fullmatch(r".*\.before-\w+", one.name)]


async def count_attempts(tx: Tx) -> int:
    """How many rows of the trial there are."""
    row = await tx.row("SELECT COUNT(*) AS n FROM attempts")
    return int(row["n"]) if row else 0


async def try_one(tx: Tx, number: int) -> None:
    """Write one row."""
    await attempts.take(tx, f"trial:{number}", most=9, window_ms=9, now_ms=1)


async def test_a_copy_made_while_others_write_is_a_moment_of_it(tmp_path: Path) -> None:
    """Three hundred writers go on meanwhile; the copy checks, opens, and restores as it was."""
    source, copy = tmp_path / "guichet.db", tmp_path / "copy.db"
    database = await open_database(f"sqlite:///{source}")
    try:
        async with open_stage(database) as stage:
            await stage.world("événement jazz: Jazz | 12/06/2027 20:30 | Standard 5000 x 30")
            await stage.world("awa achète 2 pour jazz")
        writing = [asyncio.create_task(database.write(try_one, n)) for n in range(300)]
        made = await asyncio.to_thread(backup.back_up, source, copy)
        await asyncio.gather(*writing)
        assert (made.rows["tickets"], made.rows["orders"]) == (2, 1)
        assert made.path == copy
        assert copy.stat().st_mode & 0o077 == 0
        assert not copy.with_name("copy.db.part").exists()
        with pytest.raises(BadCopy, match="exists already"):
            backup.back_up(source, copy)
        # In place of a running one it is not put.
        with pytest.raises(BadCopy, match="already runs"):
            backup.restore(copy, source)
    finally:
        await database.close()
    assert isinstance(database, SqliteDatabase)
    backup.restore(copy, source)
    backup.restore(copy, source)
    assert len(put_aside(tmp_path)) == 2
    again = await open_database(f"sqlite:///{source}")
    try:
        assert 0 <= await again.read(count_attempts) <= 300
    finally:
        await again.close()


@pytest.mark.parametrize("harm", ["cut", "flipped", "not one", "absent", "newer"])
async def test_a_copy_that_does_not_check_is_refused(harm: str, tmp_path: Path) -> None:
    """Cut short, with pages overwritten, another file, none, or of a Guichet yet to come."""
    source, copy = tmp_path / "guichet.db", tmp_path / "copy.db"
    database = await open_database(f"sqlite:///{source}")
    if harm == "newer":
        await database.write(_from_the_future)
    await database.close()
    if harm == "newer":
        with pytest.raises(BadCopy, match="newer Guichet"):
            backup.back_up(source, copy)
        return
    backup.back_up(source, copy)
    whole = copy.read_bytes()
    match harm:
        case "cut":
            copy.write_bytes(whole[: len(whole) // 2])
        case "flipped":
            copy.write_bytes(whole[:8192] + b"\xff" * 8192 + whole[16384:])
        case "not one":
            copy.write_text("a list of errands " * 1000)
        case _:
            copy.unlink()
    with pytest.raises(BadCopy):
        backup.restore(copy, source)
    assert put_aside(tmp_path) == []
    await (await open_database(f"sqlite:///{source}")).close()


async def _from_the_future(tx: Tx) -> None:
    await tx.run(
        "INSERT INTO schema_migrations (number, name, applied_at_ms)"
        " VALUES (9999, '9999_yet_to_come', 1)"
    )

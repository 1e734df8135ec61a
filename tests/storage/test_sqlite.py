"""How the SQLite writer fails: one at a time where it can, all together where it must."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import sqlite3
import sys
import threading
from collections import Counter
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
import structlog

from storage import sqlite
from storage.database import (
    Busy,
    CannotOpen,
    ConnectionLost,
    ConstraintBroken,
    DiskFull,
    FileInUse,
    TransactionWaited,
)
from storage.migrate import migrations_in
from storage.sqlite import SqliteDatabase, open_sqlite
from storage.sqlite_writer import BATCH_MAX

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from storage.database import Tx

SMALL = 100
LARGE = 4_000_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one migration: a table of notes, and a count that every note raises."""
    (tmp_path / "0001_notes.sql").write_text(
        """
        CREATE TABLE notes (id BIGINT PRIMARY KEY, body BYTEA);
        CREATE TABLE counts (id BIGINT PRIMARY KEY, notes BIGINT NOT NULL);
        INSERT INTO counts VALUES (1, 0);
        """,
        encoding="utf-8",
    )
    return tmp_path


@asynccontextmanager
async def _opened(folder: Path, *, beside: bool = False) -> AsyncIterator[SqliteDatabase]:
    database = await open_sqlite(folder / "notes.db", migrations_in(folder), beside=beside)
    try:
        yield database
    finally:
        await database.close()


@pytest.fixture
async def notes(folder: Path) -> AsyncIterator[SqliteDatabase]:
    """An open file of notes."""
    async with _opened(folder) as database:
        yield database


async def note(tx: Tx, number: int, body_bytes: int = SMALL) -> int:
    """Two statements that must never be seen apart."""
    await tx.run("INSERT INTO notes VALUES (:id, zeroblob(:n))", id=number, n=body_bytes)
    await tx.run("UPDATE counts SET notes = notes + 1 WHERE id = 1")
    return number


async def kept(tx: Tx) -> list[int]:
    """The notes there are, after checking that their count says the same."""
    ids = [row["id"] for row in await tx.rows("SELECT id FROM notes ORDER BY id")]
    counted = await tx.row("SELECT notes FROM counts")
    assert counted is not None
    assert counted["notes"] == len(ids)
    return ids


async def _nap(tx: Tx) -> None:
    await note(tx, 1)
    await asyncio.sleep(0.001)


async def _yield(tx: Tx) -> None:
    await note(tx, 1)
    await asyncio.sleep(0)


async def _look_and_yield(tx: Tx) -> None:
    await kept(tx)
    await asyncio.sleep(0)


async def _nest(tx: Tx, database: SqliteDatabase) -> None:
    await note(tx, 1)
    await database.write(note, 2)


async def test_a_transaction_that_waits_is_caught(notes: SqliteDatabase) -> None:
    """A function that awaits anything but its transaction is named, undone, and stops no other."""
    outcomes = await asyncio.gather(
        notes.write(_nap),
        notes.write(_yield),
        notes.write(_nest, notes),
        notes.write(note, 3),
        return_exceptions=True,
    )
    for outcome, name in zip(outcomes, ("_nap", "_yield", "_nest"), strict=False):
        assert isinstance(outcome, TransactionWaited)
        assert name in str(outcome)
    with pytest.raises(TransactionWaited):
        await notes.read(_look_and_yield)
    assert await notes.read(kept) == [3]


@asynccontextmanager
async def _listening(notes: SqliteDatabase) -> AsyncIterator[Counter[str]]:
    """Count the writer's statements by their first word."""
    said: Counter[str] = Counter()

    def listen(text: str) -> None:
        said[text.partition(" ")[0]] += 1

    await notes._writer.thread.on_thread(lambda connection: connection.set_trace_callback(listen))
    yield said
    await notes._writer.thread.on_thread(lambda connection: connection.set_trace_callback(None))


async def test_what_waits_is_committed_together(notes: SqliteDatabase) -> None:
    """200 transactions asked for at once are a handful of commits, and no savepoint is kept."""
    async with _listening(notes) as said:
        assert await asyncio.gather(*(notes.write(note, n) for n in range(200))) == list(range(200))
    assert said["COMMIT"] == -(-200 // BATCH_MAX)
    assert not said["SAVEPOINT"]


async def test_one_that_raises_costs_the_others_one_more_round(notes: SqliteDatabase) -> None:
    """Where one raises, all run again behind savepoints: it alone is undone, by one commit more."""
    async with _listening(notes) as said:
        outcomes = await asyncio.gather(
            *(notes.write(note, n) for n in range(20)), notes.write(note, 0), return_exceptions=True
        )
    assert outcomes[:-1] == list(range(20))
    assert isinstance(outcomes[-1], ConstraintBroken)
    assert (said["ROLLBACK"], said["SAVEPOINT"], said["COMMIT"]) == (2, 21, 1)
    assert await notes.read(kept) == list(range(20))


async def test_a_full_disk_fails_only_what_does_not_fit(notes: SqliteDatabase) -> None:
    """One transaction too large for what is left of the disk does not take its neighbours along."""

    def shrink(connection: sqlite3.Connection) -> None:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + 20}")

    await notes._writer.thread.on_thread(shrink)
    outcomes = await asyncio.gather(
        *(notes.write(note, n, LARGE if n == 5 else SMALL) for n in range(10)),
        return_exceptions=True,
    )
    assert [o for o in outcomes if isinstance(o, BaseException)] == [outcomes[5]]
    assert isinstance(outcomes[5], DiskFull)
    assert await notes.read(kept) == [n for n in range(10) if n != 5]


async def _swallow_full(tx: Tx) -> None:
    try:
        await note(tx, 5, LARGE)
    except DiskFull:
        await note(tx, 6)


async def test_a_lost_transaction_lets_nothing_slip_out(notes: SqliteDatabase) -> None:
    """A function that goes on after the disk was full writes nothing outside its transaction."""

    def shrink(connection: sqlite3.Connection) -> None:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + 20}")

    await notes._writer.thread.on_thread(shrink)
    with pytest.raises(DiskFull):
        await notes.write(_swallow_full)
    assert await notes.read(kept) == []


async def _many(tx: Tx, runs: list[str], arm: Callable[[], None]) -> str:
    runs.append("run")
    arm()
    await tx.run(
        "INSERT INTO notes WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n "
        "WHERE i < 149) SELECT i, NULL FROM n"
    )
    await tx.run("UPDATE counts SET notes = notes + 50")
    return "fifty"


async def test_a_whole_rollback_runs_everyone_again_alone(notes: SqliteDatabase) -> None:
    """When SQLite drops the whole transaction, those before and after are run again, alone."""
    armed = [False]
    runs: list[str] = []

    def interrupt_once() -> int:
        if armed[0]:
            armed[0] = False
            return 1
        return 0

    def arm() -> None:
        armed[0] = len(runs) == 1

    await notes._writer.thread.on_thread(
        lambda connection: connection.set_progress_handler(interrupt_once, 1)
    )
    before = [notes.write(note, n) for n in range(5)]
    after = [notes.write(note, n) for n in range(5, 10)]
    outcomes = await asyncio.gather(*before, notes.write(_many, runs, arm), *after)
    assert outcomes == [0, 1, 2, 3, 4, "fifty", 5, 6, 7, 8, 9]
    assert runs == ["run", "run"]
    assert await notes.read(kept) == [*range(10), *range(100, 150)]
    assert notes.times[f"{__name__}.note"].count > 10


async def test_a_failing_disk_tells_everyone(notes: SqliteDatabase, folder: Path) -> None:
    """When the commit itself cannot be written, all its callers hear that it is not known."""
    await notes.write(note, 1)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    log_bytes = (folder / "notes.db-wal").stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (log_bytes, limits[1]))
    try:
        outcomes = await asyncio.gather(
            *(notes.write(note, n) for n in range(2, 6)), return_exceptions=True
        )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [type(outcome) for outcome in outcomes] == [ConnectionLost] * 4
    assert await notes.write(note, 6) == 6
    assert await notes.read(kept) == [1, 6]


async def test_another_writer_is_waited_for(
    notes: SqliteDatabase, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that writes beside us makes us wait; one that does not end makes us say so."""
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_MS", 30)
    async with _opened(folder, beside=True) as impatient:
        other = sqlite3.connect(folder / "notes.db", isolation_level=None)
        try:
            other.execute("BEGIN IMMEDIATE")
            patient = asyncio.create_task(notes.write(note, 1))
            with pytest.raises(Busy):
                await impatient.write(note, 2)
            assert not patient.done()
            other.execute("COMMIT")
            assert await patient == 1
        finally:
            other.close()
        assert await impatient.read(kept) == [1]


async def test_an_ending_program_leaves_no_commit_alone(notes: SqliteDatabase) -> None:
    """Cancelled before a batch, and inside its commit, the writer answers all and goes on."""
    first = asyncio.ensure_future(notes.write(note, 1))
    await asyncio.sleep(0)  # it has asked; the writer's task has not begun
    notes._writer._writing.cancel()
    second = asyncio.ensure_future(notes.write(note, 2))
    await asyncio.sleep(0)
    await asyncio.sleep(0)  # the writer waits for its commit, or has not begun it
    notes._writer._writing.cancel()
    assert await notes.write(note, 3) == 3
    assert (await first, await second) == (1, 2)
    assert await notes.read(kept) == [1, 2, 3]


async def _slow_beside(tx: Tx, turns: list[int]) -> int:
    await _slow(tx)
    return len(turns)


async def test_a_long_batch_lets_the_loop_have_turns(notes: SqliteDatabase) -> None:
    """Between slow transactions of one batch, others' work on the loop goes on."""
    turns: list[int] = []
    async with _listening(notes) as said:
        writing = asyncio.gather(*(notes.write(_slow_beside, turns) for _ in range(4)))
        while not writing.done():
            turns.append(len(turns))
            await asyncio.sleep(0)
    assert said["COMMIT"] == 1
    assert len(set(await writing)) == 4


async def _where(tx: Tx) -> int:
    await tx.rows("SELECT id FROM notes")
    return threading.get_ident()


async def test_only_the_disk_is_waited_for_elsewhere(notes: SqliteDatabase) -> None:
    """What writes runs on the loop's own thread, what reads beside it does not."""
    assert await notes.write(_where) == threading.get_ident()
    assert await notes.read(_where) != threading.get_ident()


async def _slow(tx: Tx) -> None:
    await tx.rows(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000) "
        "SELECT max(i) AS i FROM n"
    )


async def test_a_slow_function_is_logged_by_name(notes: SqliteDatabase) -> None:
    """What holds the writer for more than 20 ms is named in the log."""
    with structlog.testing.capture_logs() as lines:
        await notes.write(_slow)
    assert [(line["event"], line["function"]) for line in lines] == [
        ("transaction_slow", f"{__name__}._slow")
    ]
    assert lines[0]["spent_ms"] >= 20


async def test_one_running_process_a_file(notes: SqliteDatabase, folder: Path) -> None:
    """A second process on the file is refused with a sentence; the command line works beside it."""
    with pytest.raises(FileInUse, match=f"process {os.getpid()}"):
        async with _opened(folder):
            pass
    async with _opened(folder, beside=True) as beside:
        await asyncio.gather(beside.write(note, 1), notes.write(note, 2))
    assert await notes.read(kept) == [1, 2]
    await notes.close()
    async with _opened(folder) as again:
        assert await again.read(kept) == [1, 2]


async def test_durable_settings_are_set(notes: SqliteDatabase) -> None:
    """The writer syncs every commit, checks foreign keys, and logs ahead."""

    def settings(connection: sqlite3.Connection) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys")
        return [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names]

    assert await notes._writer.thread.on_thread(settings) == ["wal", 2, 1]


async def test_a_busy_loop_does_not_keep_the_writer_waiting(notes: SqliteDatabase) -> None:
    """Once a file is open, no thread keeps the interpreter from the writer for 5 ms a statement."""
    assert not notes.times
    assert sys.getswitchinterval() <= sqlite.SWITCH_INTERVAL_S


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """A file of something else, and a folder that is not there, are named and left alone."""
    (tmp_path / "notes.db").write_bytes(b"This is a letter, not a database." * 100)
    with pytest.raises(CannotOpen, match="cannot be opened"):
        await open_sqlite(tmp_path / "notes.db", [], beside=False)
    with pytest.raises(CannotOpen, match="absent"):
        await open_sqlite(tmp_path / "absent" / "notes.db", [], beside=False)


async def test_a_killed_process_loses_nothing_it_answered(folder: Path) -> None:
    """After SIGKILL in the middle of writing, every answered transaction is there, whole."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.storage.answering", str(folder), stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout is not None
    answered = [int(await child.stdout.readline()) for _ in range(500)]
    child.send_signal(signal.SIGKILL)
    rest = await child.stdout.read()
    await child.wait()
    answered += [int(line) for line in rest.split(b"\n")[:-1]]
    async with _opened(folder) as database:
        assert set(answered) <= set(await database.read(kept))

"""Worker processes: one job's disaster is that job's alone."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from chat.workers import (
    JobFailed,
    WorkerLost,
    Workers,
    WorkersBusy,
    WorkersClosed,
    WorkersError,
    WorkerTimeout,
)
from tests.chat import jobs

ROOT = Path(__file__).parents[2]
SOON_S = 20.0


async def until(true: Callable[[], bool]) -> None:
    """Wait for something that another process does; fail if it does not come."""
    async with asyncio.timeout(SOON_S):
        while not true():  # noqa: ASYNC110 another process has no Event to set here
            await asyncio.sleep(0.01)


def alive(pid: int) -> bool:
    """Say whether a process runs (a zombie does not)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state not in "ZX"


@pytest.fixture
async def pool() -> AsyncIterator[Workers]:
    """Two workers with a long deadline."""
    async with Workers(2, deadline_s=SOON_S) as workers:
        yield workers


async def test_a_job_runs_elsewhere_and_its_result_comes_back(pool: Workers) -> None:
    """Arguments go, results come, and the work is done by another process."""
    assert await pool.run(jobs.double, 21) == 42
    assert await pool.run(jobs.double, 5, times=3) == 15
    assert await pool.run(jobs.pid) != os.getpid()


async def test_workers_start_on_demand_and_stay_warm(pool: Workers) -> None:
    """No process before the first job; the next job meets the same process."""
    assert list(pool.pids) == []
    first = await pool.run(jobs.pid)
    assert await pool.run(jobs.pid) == first
    assert list(pool.pids) == [first]


async def test_jobs_run_side_by_side_up_to_the_count(pool: Workers) -> None:
    """Ten jobs at once are spread over two processes, and every one is answered."""
    pids = await asyncio.gather(*(pool.run(jobs.pid) for _ in range(10)))
    assert len(set(pids)) == 2


async def test_idle_workers_stop() -> None:
    """A worker nobody needs ends by itself, and the next job starts another."""
    async with Workers(1, idle_s=0.05) as pool:
        first = await pool.run(jobs.pid)
        await until(lambda: not alive(first))
        assert pool.pids == ()
        assert await pool.run(jobs.pid) != first


async def test_a_worker_imports_only_what_the_job_needs(pool: Workers) -> None:
    """Neither the event loop nor the program's main module is loaded in a worker."""
    loaded = await pool.run(jobs.modules)
    assert "tests.chat.jobs" in loaded
    assert {"asyncio", "pytest", "structlog", "cv2", "numpy"}.isdisjoint(loaded)


async def test_a_worker_has_its_own_session(pool: Workers) -> None:
    """Ctrl-C at the terminal goes to the terminal's session, and no worker is in it."""
    assert await pool.run(jobs.session) != os.getsid(0)


async def test_what_a_job_prints_does_not_disturb_its_answer(pool: Workers) -> None:
    """Standard output of a worker is not the pipe the answers travel in."""
    assert await pool.run(jobs.chatter, "noise " * 100) == "noise " * 100


async def test_a_raise_is_told_with_its_traceback_and_the_worker_lives(pool: Workers) -> None:
    """A function's own failure costs no process."""
    before = await pool.run(jobs.pid)
    with pytest.raises(JobFailed, match="LookupError: nothing here") as caught:
        await pool.run(jobs.fail, "nothing here")
    assert "in fail" in caught.value.__notes__[0]
    assert await pool.run(jobs.pid) == before


@pytest.mark.parametrize("job", [jobs.loop_forever, jobs.hold_everything])
async def test_a_job_over_its_deadline_is_killed(
    job: Callable[[Path], None], tmp_path: Path
) -> None:
    """Endless loops, even ones that hold Python's lock, end with the deadline; the pool goes on."""
    started = tmp_path / "started"
    async with Workers(1, deadline_s=1.5) as pool:
        with pytest.raises(WorkerTimeout, match=r"longer than 1\.5 s"):
            await pool.run(job, started)
        stuck = int(started.read_text())
        await until(lambda: not alive(stuck))
        assert await pool.run(jobs.double, 1) == 2


async def test_a_worker_killed_in_mid_job_loses_that_job_only(
    pool: Workers, tmp_path: Path
) -> None:
    """The job's caller hears of it, a job beside it ends well, and the worker is replaced."""
    started = tmp_path / "started"
    beside = tmp_path / "beside"
    lost = asyncio.create_task(pool.run(jobs.loop_forever, started))
    kept = asyncio.create_task(pool.run(jobs.sleep_holding, beside, 0.5))
    await until(lambda: started.exists() and beside.exists() and started.read_text() != "")
    os.kill(int(started.read_text()), signal.SIGKILL)
    with pytest.raises(WorkerLost, match="SIGKILL"):
        await lost
    assert await kept == "rested"
    assert await pool.run(jobs.double, 4) == 8


async def test_a_memory_hog_is_stopped_at_its_limit() -> None:
    """A job may not take more address space than its worker has; less is fine."""
    async with Workers(1, memory_max_bytes=300 * 2**20) as pool:
        assert await pool.run(jobs.eat, 50 * 2**20) == 50 * 2**20
        with pytest.raises(WorkerLost, match="memory"):
            await pool.run(jobs.eat, 400 * 2**20)
        assert await pool.run(jobs.double, 4) == 8


async def test_a_crash_and_a_silent_exit_are_told_apart(pool: Workers) -> None:
    """The error names the signal or the exit code."""
    with pytest.raises(WorkerLost, match="SIGSEGV"):
        await pool.run(jobs.crash)
    with pytest.raises(WorkerLost, match="exit code 3"):
        await pool.run(jobs.leave, 3)
    assert await pool.run(jobs.double, 4) == 8


async def test_an_answer_that_cannot_travel_is_a_failed_job(pool: Workers) -> None:
    """Unpicklable and endless results are refused by name."""
    with pytest.raises(JobFailed, match="pickle"):
        await pool.run(jobs.unpicklable)
    with pytest.raises(JobFailed, match="a result of"):
        await pool.run(jobs.long_answer, 65 * 2**20)
    assert len(await pool.run(jobs.long_answer, 10 * 2**20)) == 10 * 2**20


async def test_too_many_waiting_jobs_are_refused_at_once(tmp_path: Path) -> None:
    """One runs, one waits, the third is told so; room comes back afterwards."""
    async with Workers(1, waiting_max=1, deadline_s=SOON_S) as pool:
        running = asyncio.create_task(pool.run(jobs.sleep_holding, tmp_path / "a", 0.3))
        waiting = asyncio.create_task(pool.run(jobs.double, 1))
        await until((tmp_path / "a").exists)
        with pytest.raises(WorkersBusy, match="2 jobs"):
            await pool.run(jobs.double, 2)
        assert await running == "rested"
        assert await waiting == 2
        assert await pool.run(jobs.double, 2) == 4


async def test_a_cancelled_caller_kills_its_job(pool: Workers, tmp_path: Path) -> None:
    """Nobody computes what nobody waits for."""
    started = tmp_path / "started"
    caller = asyncio.create_task(pool.run(jobs.loop_forever, started))
    await until(lambda: started.exists() and started.read_text() != "")
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    await until(lambda: not alive(int(started.read_text())))
    assert await pool.run(jobs.double, 4) == 8


async def test_close_ends_what_runs_and_what_waits(tmp_path: Path) -> None:
    """After close every caller has been answered, no process is left, and no job is taken."""
    pool = Workers(1, deadline_s=SOON_S)
    started = tmp_path / "started"
    running = asyncio.create_task(pool.run(jobs.loop_forever, started))
    waiting = asyncio.create_task(pool.run(jobs.double, 1))
    await until(lambda: started.exists() and started.read_text() != "")
    await pool.close()
    answers = await asyncio.gather(running, waiting, return_exceptions=True)
    assert [type(answer) for answer in answers] == [WorkersClosed, WorkersClosed]
    assert not alive(int(started.read_text()))
    with pytest.raises(WorkersClosed):
        await pool.run(jobs.double, 1)


async def test_the_loop_goes_on_while_a_worker_is_stuck(tmp_path: Path) -> None:
    """A stuck job holds nothing in this process: other tasks run at their pace."""
    async with Workers(1, deadline_s=1.0) as pool:
        stuck = asyncio.create_task(pool.run(jobs.hold_everything, tmp_path / "a"))
        turns = 0
        while not stuck.done():
            await asyncio.sleep(0.01)
            turns += 1
        assert turns > 20
        assert isinstance(stuck.exception(), WorkerTimeout)


async def test_a_function_of_main_is_refused_in_words(pool: Workers) -> None:
    """A worker never runs the program's main module, so it cannot find a function there."""

    def job() -> None:
        """Pretend to come from the main module."""

    job.__module__ = "__main__"
    with pytest.raises(TypeError, match="importable module"):
        await pool.run(job)


def test_a_pool_needs_a_worker() -> None:
    """Zero workers would wait for ever."""
    with pytest.raises(ValueError, match="at least one"):
        Workers(0)


def test_every_error_has_one_base() -> None:
    """A caller can answer "unreadable" to all of them at once."""
    for error in (WorkerLost, WorkerTimeout, JobFailed, WorkersBusy, WorkersClosed):
        assert issubclass(error, WorkersError)


PARENT = """
import asyncio, signal, sys
from pathlib import Path
from chat.workers import Workers
from tests.chat import jobs

async def main():
    async with Workers(2, deadline_s=60) as pool:
        await asyncio.gather(
            pool.run(getattr(jobs, sys.argv[1]), Path(sys.argv[2])),
            pool.run(jobs.sleep_holding, Path(sys.argv[3]), 60),
        )

# A shell starts what runs in its background deaf to Ctrl-C; these tests may run there.
signal.signal(signal.SIGINT, signal.default_int_handler)
asyncio.run(main())
"""


@pytest.mark.parametrize("job", ["loop_forever", "hold_everything"])
def test_workers_die_with_a_killed_parent(job: str, tmp_path: Path) -> None:
    """SIGKILL of the program leaves no worker behind, whatever it was doing."""
    started, beside = tmp_path / "started", tmp_path / "beside"
    command = [sys.executable, "-c", PARENT, job, str(started), str(beside)]
    with subprocess.Popen(command, cwd=ROOT) as parent:  # noqa: S603 our own program above
        limit = time.monotonic() + SOON_S
        while not (started.exists() and beside.exists() and beside.read_text()):
            assert time.monotonic() < limit
            time.sleep(0.01)
        parent.kill()
    workers = [int(path.read_text()) for path in (started, beside)]
    while any(alive(pid) for pid in workers):
        assert time.monotonic() < limit
        time.sleep(0.01)


def test_an_interrupt_reaches_the_parent_alone(tmp_path: Path) -> None:
    """Ctrl-C ends the program in its own order; no worker prints a traceback of its own."""
    started, beside = tmp_path / "started", tmp_path / "beside"
    command = [sys.executable, "-c", PARENT, "loop_forever", str(started), str(beside)]
    with subprocess.Popen(  # noqa: S603 our own program above
        command, cwd=ROOT, stderr=subprocess.PIPE, start_new_session=True
    ) as parent:
        limit = time.monotonic() + SOON_S
        while not (started.exists() and beside.exists() and beside.read_text()):
            assert time.monotonic() < limit
            time.sleep(0.01)
        os.killpg(parent.pid, signal.SIGINT)
        _, errors = parent.communicate(timeout=SOON_S)
    assert errors.endswith(b"KeyboardInterrupt\n")
    assert b"in loop_forever" not in errors
    assert b"in sleep_holding" not in errors
    assert not any(alive(int(path.read_text())) for path in (started, beside))

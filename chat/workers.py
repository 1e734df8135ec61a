"""A small pool of worker processes for heavy pure functions: decoding photos, drawing tickets.

Heavy work must neither hold up the event loop nor take the whole program with it, so it runs in
processes of its own, each with a memory limit and a deadline a job. A worker that hangs, dies or
eats too much costs one job its answer, and the next job gets a new worker (the standard library's
ProcessPoolExecutor breaks as a whole when one worker dies). Workers start on demand and stop when
idle, so a quiet program stays small. See `worker_process.py` for the other end of the pipe.
"""

import asyncio
import contextlib
import os
import pickle
import signal
import struct
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, ParamSpec, Protocol, Self, TypeVar, cast

P = ParamSpec("P")
R = TypeVar("R")

MEMORY_MAX_BYTES: Final = 1024 * 1024 * 1024
"""Address space of a worker: OpenCV and a 40-megapixel photo take about half of it."""

DEADLINE_S: Final = 10.0
"""Longest a job may take, its imports included: a person at a door waits no longer."""

IDLE_S: Final = 120.0
"""A worker nobody used for this long stops: between two arrivals at a door it stays warm."""

WAITING_MAX: Final = 256
"""Jobs that may wait for a free worker: more would wait longer than a person does."""

RESULT_BYTES_MAX: Final = 64 * 1024 * 1024
"""Largest answer taken from a worker: tickets and texts are far below."""

_CHILD: Final = Path(__file__).with_name("worker_process.py")
_LENGTH: Final = struct.Struct("!Q")
_ONE_THREAD_EACH: Final = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"
)
"""The pool is the parallelism; numeric libraries would reserve memory for a thread a core."""


class WorkersError(Exception):
    """A job has no result, for a reason that lies in the pool or in the job itself."""


class WorkerLost(WorkersError):
    """The worker died under the job: out of memory, a crash in a library, killed."""


class WorkerTimeout(WorkersError):
    """The job took longer than its deadline and was killed with its worker."""


class JobFailed(WorkersError):
    """The job's function raised; the message names the exception, a note holds its traceback."""


class WorkersBusy(WorkersError):
    """Too many jobs wait already; this one was not taken."""


class WorkersClosed(WorkersError):
    """The pool is closed or closing and takes no more jobs."""


class Runner(Protocol):
    """Whoever runs a heavy pure function elsewhere than in the event loop."""

    async def run(self, fn: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run `fn` and answer with its result; raises what it raises, or a WorkersError."""
        ...


class Workers:
    """Run pure functions in worker processes: `await pool.run(fn, *args)`.

    `fn` is a module-level function of an importable module; it, its arguments and its result are
    pickled, between our own processes only. One pool belongs to one event loop.
    """

    def __init__(
        self,
        count: int,
        *,
        memory_max_bytes: int = MEMORY_MAX_BYTES,
        deadline_s: float = DEADLINE_S,
        idle_s: float = IDLE_S,
        waiting_max: int = WAITING_MAX,
    ) -> None:
        if count < 1:
            raise ValueError("a pool needs at least one worker")
        self._memory_max_bytes = memory_max_bytes
        self._deadline_s = deadline_s
        self._idle_s = idle_s
        self._accepted_max = count + waiting_max
        self._accepted = 0
        self._free = asyncio.Semaphore(count)
        self._idle: list[_Worker] = []
        self._running: set[asyncio.Task[object]] = set()
        self._reaping: set[asyncio.Task[int]] = set()
        self._closed = False

    @property
    def pids(self) -> tuple[int, ...]:
        """Process ids of the workers that wait for a job, warm."""
        return tuple(worker.process.pid for worker in self._idle)

    async def run(self, fn: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run `fn(*args, **kwargs)` in a worker and return its result.

        Cancelling the caller kills the job. Raises `WorkersBusy` at once when too many wait,
        `WorkersClosed` after `close`, `WorkerTimeout` past the deadline (counted from the job's
        own start, not from its place in the queue), `WorkerLost` when the worker died,
        `JobFailed` when `fn` raised, and whatever pickling the call raises.
        """
        if getattr(fn, "__module__", None) == "__main__":
            raise TypeError("a job's function must live in an importable module, not in __main__")
        if self._closed:
            raise WorkersClosed("the workers are stopped")
        if self._accepted >= self._accepted_max:
            raise WorkersBusy(f"{self._accepted} jobs are under way or waiting already")
        job = pickle.dumps((fn, args, kwargs), protocol=pickle.HIGHEST_PROTOCOL)
        self._accepted += 1
        try:
            async with self._free:
                return cast("R", await self._run_now(job))
        finally:
            self._accepted -= 1

    async def close(self) -> None:
        """Kill what runs (its callers get `WorkersClosed`) and stop every worker."""
        self._closed = True
        for running in tuple(self._running):
            running.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        while self._idle:
            self._stop(self._idle.pop())
        while self._reaping:
            await asyncio.gather(*self._reaping)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def _run_now(self, job: bytes) -> object:
        """Run one job in a task of its own, so that `close` can end it without its caller."""
        if self._closed:
            raise WorkersClosed("the workers are stopped")
        running = asyncio.create_task(self._exchange(job))
        self._running.add(running)
        running.add_done_callback(self._running.discard)
        try:
            return await running
        except asyncio.CancelledError:
            caller = asyncio.current_task()
            if running.cancelled() and caller is not None and not caller.cancelling():
                raise WorkersClosed("the workers were stopped under this job") from None
            raise

    async def _exchange(self, job: bytes) -> object:
        """Send a job to a warm or new worker and wait for its answer, within the deadline."""
        worker: _Worker | None = None
        try:
            async with asyncio.timeout(self._deadline_s):
                worker = self._take_idle() or await self._start()
                answer = await worker.ask(job)
        except TimeoutError:
            self._stop(worker)
            raise WorkerTimeout(f"the job took longer than {self._deadline_s:g} s") from None
        except (asyncio.IncompleteReadError, ConnectionError):
            raise WorkerLost(_how_it_ended(await self._end(worker))) from None
        except BaseException:
            self._stop(worker)
            raise
        return self._open(worker, answer)

    def _open(self, worker: "_Worker", answer: bytes) -> object:
        """Read an answer's first byte, and keep the worker for the next job unless it is ending."""
        kind, body = answer[:1], answer[1:]
        if kind == b"M":
            self._stop(worker)
            raise WorkerLost("the job needed more memory than a worker may have")
        self._keep(worker)
        result: object = pickle.loads(body)  # noqa: S301 from our own process, over our own pipe
        if kind == b"R":
            return result
        message, trace = cast("tuple[str, str]", result)
        failure = JobFailed(message)
        failure.add_note(trace)
        raise failure

    async def _start(self) -> "_Worker":
        """Start a worker in a session of its own, so that Ctrl-C reaches the parent alone."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            str(_CHILD),
            stdin=PIPE,
            stdout=PIPE,
            start_new_session=True,
            env=os.environ | _ONE_THREAD_EACH,
        )
        worker = _Worker(process)
        worker.greet(
            (sys.path, os.getpid(), self._memory_max_bytes, self._deadline_s, RESULT_BYTES_MAX)
        )
        return worker

    def _take_idle(self) -> "_Worker | None":
        """Take the worker used last, leaving the others to grow old and stop."""
        while self._idle:
            worker = self._idle.pop()
            if worker.bedtime is not None:
                worker.bedtime.cancel()
            if worker.process.returncode is None:
                return worker
            self._stop(worker)
        return None

    def _keep(self, worker: "_Worker") -> None:
        """Put a worker among the idle ones until a job or its bedtime comes."""
        self._idle.append(worker)
        loop = asyncio.get_running_loop()
        worker.bedtime = loop.call_later(self._idle_s, self._put_to_bed, worker)

    def _put_to_bed(self, worker: "_Worker") -> None:
        self._idle.remove(worker)
        self._stop(worker)

    def _stop(self, worker: "_Worker | None") -> None:
        """Kill a worker and everything it started, and see to its remains later."""
        if worker is not None:
            self._begin_end(worker)

    async def _end(self, worker: "_Worker | None") -> int | None:
        """Kill a worker and everything it started, and return how it ended."""
        return await asyncio.shield(self._begin_end(worker)) if worker is not None else None

    def _begin_end(self, worker: "_Worker") -> asyncio.Task[int]:
        if worker.bedtime is not None:
            worker.bedtime.cancel()
        worker.kill()
        reaping = asyncio.create_task(worker.process.wait())
        self._reaping.add(reaping)
        reaping.add_done_callback(self._reaping.discard)
        return reaping


@dataclass(slots=True, eq=False)
class _Worker:
    """One process and the moment it will be stopped if no job comes."""

    process: Process
    bedtime: asyncio.TimerHandle | None = None

    def greet(self, greeting: tuple[list[str], int, int, float, int]) -> None:
        """Hand over the parent's import path and the limits, before the first job."""
        self._write(pickle.dumps(greeting))

    async def ask(self, job: bytes) -> bytes:
        """Send one job and return the answer; raises what a broken pipe raises."""
        self._write(job)
        stdin, stdout = self.process.stdin, self.process.stdout
        if stdin is None or stdout is None:
            raise ConnectionError("the worker has no pipes")
        await stdin.drain()
        (length,) = _LENGTH.unpack(await stdout.readexactly(_LENGTH.size))
        if not 1 <= length <= RESULT_BYTES_MAX:
            raise ConnectionError(f"the worker announced an answer of {length} bytes")
        return await stdout.readexactly(length)

    def kill(self) -> None:
        """Kill the worker's whole group, which it leads."""
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):  # it ended by itself just now
                os.killpg(self.process.pid, signal.SIGKILL)

    def _write(self, frame: bytes) -> None:
        if self.process.stdin is not None:
            self.process.stdin.write(_LENGTH.pack(len(frame)))
            self.process.stdin.write(frame)


def _how_it_ended(code: int | None) -> str:
    """Say how a worker ended from its exit code, for the operator's log."""
    if code is not None and code < 0:
        return f"the worker was killed by {signal.Signals(-code).name}"
    return f"the worker ended with exit code {code}"

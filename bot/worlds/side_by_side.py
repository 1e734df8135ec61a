"""Several processes side by side on one port: `WORKERS=4 make run`, with PostgreSQL beneath.

The parent takes the port and hands it to its workers, which share everything else through the
database alone. A worker that dies is started again; a parent that dies ends its workers.
"""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import structlog

from bot.settings import Settings
from bot.watch import refusals
from bot.web.serving import listen

REFUSED = 2
"""How a worker ends that cannot start: what it lacks, it will lack again."""

RESTART_FIRST_S = 1
RESTART_SLOWEST_S = 30
"""A worker that dies at once, again and again, is started less and less often."""

STOP_MAX_S = 60
"""Longer than a send under way may take; then a worker is ended for good."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """What a worker is handed by its parent, each a number on its command line."""

    listener: int
    """The descriptor of the port they share."""
    lifeline: int
    """The descriptor of a pipe that ends when the parent does."""
    number: int
    """The first is 0: it alone does what is done once at a start."""

    def words(self) -> list[str]:
        """The arguments that hand it over."""
        named = (
            ("--listener", self.listener),
            ("--lifeline", self.lifeline),
            ("--number", self.number),
        )
        return [part for name, value in named for part in (name, str(value))]

    def port(self) -> socket.socket:
        """Take the shared port up."""
        return socket.socket(fileno=self.listener)


@contextlib.asynccontextmanager
async def serve(settings: Settings) -> AsyncIterator[None]:
    """Keep `settings.workers` processes running until the block ends.

    Raises:
        Refusal: several processes cannot share a SQLite file; the port is taken; or a worker could
            not start, and has said why.
    """
    if settings.database_url.startswith("sqlite"):
        raise refusals.many_on_sqlite(settings.workers)
    try:
        listener = listen(settings.host, settings.port)
    except OSError as error:
        reason = error.strerror or str(error)
        raise refusals.port_taken(settings.host, settings.port, reason) from error
    lifeline, held = os.pipe()
    crew = _Crew(listener.fileno(), lifeline)
    keeping = [asyncio.create_task(crew.keep(number)) for number in range(settings.workers)]
    try:
        yield
    finally:
        crew.stop()
        await asyncio.gather(*keeping)
        os.close(held)
        os.close(lifeline)
        listener.close()
    if crew.refused:
        raise refusals.Refusal("Not started: a worker says above what it lacks.")


@dataclass(slots=True)
class _Crew:
    """The workers and whether they are wanted."""

    listener: int
    lifeline: int
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    refused: bool = False

    def stop(self) -> None:
        """Start no worker any more; those that run are told."""
        self.stopping.set()

    async def keep(self, number: int) -> None:
        """Run one worker, and start it again whenever it dies."""
        pause_s = RESTART_FIRST_S
        while not self.stopping.is_set():
            code = await self._run(Place(self.listener, self.lifeline, number))
            if self.stopping.is_set():
                return
            if code == REFUSED:
                self.refused = True
                os.kill(os.getpid(), signal.SIGTERM)
                return
            log.error("worker_died", worker=number, code=code, again_in_s=pause_s)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self.stopping.wait()
            pause_s = min(2 * pause_s, RESTART_SLOWEST_S)

    async def _run(self, place: Place) -> int:
        """Run one worker to its end; answers its exit code."""
        worker = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "run", *place.words()),
            pass_fds=(place.listener, place.lifeline),
        )
        ended = asyncio.create_task(worker.wait())
        told = asyncio.create_task(self.stopping.wait())
        await asyncio.wait({ended, told}, return_when=asyncio.FIRST_COMPLETED)
        told.cancel()
        if not ended.done():
            worker.terminate()
            await asyncio.wait({ended}, timeout=STOP_MAX_S)
        if not ended.done():
            log.error("worker_ended_by_force", worker=place.number)
            worker.kill()
        return await ended

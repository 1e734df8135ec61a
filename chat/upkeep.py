"""Upkeep: chores at their own pace; what was left is taken up, what is over is ended."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog

from chat.clock import Clock
from storage.database import ProgramAtFault, StorageError

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Chore:
    """Something done again and again. Safe to run twice, and on several processes at once."""

    name: str
    every_ms: int
    work: Callable[[int], Awaitable[object]]
    """Called with the time in milliseconds."""


async def run(chores: Sequence[Chore], clock: Clock) -> None:
    """Do every chore at its pace until cancelled; one that fails is said, and done again later."""
    async with asyncio.TaskGroup() as group:
        for chore in chores:
            group.create_task(_repeat(chore, clock))


@contextlib.asynccontextmanager
async def running(chores: Sequence[Chore], clock: Clock) -> AsyncIterator[None]:
    """Do every chore at its pace until the block ends."""
    task = asyncio.create_task(run(chores, clock), name="upkeep")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def do_once(chore: Chore, now_ms: int) -> None:
    """Do a chore now. A failure is one log line: the next time may go better."""
    try:
        await chore.work(now_ms)
    except ProgramAtFault:
        log.exception("chore_failed", chore=chore.name)
    except StorageError as error:
        log.warning("chore_waits", chore=chore.name, why=str(error))
    except Exception:
        log.exception("chore_failed", chore=chore.name)


async def _repeat(chore: Chore, clock: Clock) -> None:
    while True:
        await do_once(chore, clock())
        await asyncio.sleep(chore.every_ms / 1000)

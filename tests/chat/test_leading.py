"""One leader at a time, and another within seconds when it is gone."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from chat.leading import Leading
from storage import leading
from storage.database import Database
from tests.patience import WAIT_MAX_S

RENEW_MS = 20
LEAD_MS = 200


@dataclass(slots=True)
class Work:
    """Something that goes on until it is cancelled, and says whether it goes on now."""

    begun: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def go_on(self) -> None:
        """Work until cancelled."""
        self.begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.ended.set()


async def _stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _leads(leader: Leading, work: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
    return asyncio.create_task(leader.run("poll", work))


async def test_the_second_leads_when_the_first_has_gone(database: Database) -> None:
    """Two processes ask; one works, and when it stops the other does, never both."""
    first, second = Work(), Work()
    now_ms = _Time()
    one = _leads(Leading(database, now_ms, "one", LEAD_MS, RENEW_MS), first.go_on)
    await first.begun.wait()
    other = _leads(Leading(database, now_ms, "other", LEAD_MS, RENEW_MS), second.go_on)
    await _renewals(database, now_ms)
    assert not second.begun.is_set()
    await _stop(one)
    assert first.ended.is_set()
    await asyncio.wait_for(second.begun.wait(), WAIT_MAX_S)
    await _stop(other)


async def test_a_dead_leader_is_followed_when_its_lease_is_over(database: Database) -> None:
    """Nobody said goodbye: the lease itself runs out."""
    now_ms = _Time()
    assert await _take(database, "dead", now_ms())
    assert not await _take(database, "next", now_ms())
    now_ms.at_ms += LEAD_MS
    assert await _take(database, "next", now_ms())
    assert not await _take(database, "dead", now_ms())


async def test_a_leader_that_was_overtaken_stops(database: Database) -> None:
    """A process that slept through its lease finds another's, and ends its own work."""
    work, now_ms = Work(), _Time()
    task = _leads(Leading(database, now_ms, "slow", LEAD_MS, RENEW_MS), work.go_on)
    await work.begun.wait()
    now_ms.at_ms += LEAD_MS
    await _take(database, "quick", now_ms() + LEAD_MS)
    await asyncio.wait_for(work.ended.wait(), WAIT_MAX_S)
    await _stop(task)


async def test_what_the_work_raises_is_raised(database: Database) -> None:
    """A bot whose token was taken back ends the program, leader or not."""

    async def fail() -> None:
        raise LookupError("deaf")

    with pytest.raises(LookupError, match="deaf"):
        await Leading(database, _Time(), "one", LEAD_MS, RENEW_MS).run("poll", fail)
    assert await _take(database, "next", 1), "the lead was left behind"


@dataclass(slots=True)
class _Time:
    """A clock that a test sets."""

    at_ms: int = 1_000_000

    def __call__(self) -> int:
        return self.at_ms


async def _take(database: Database, holder: str, now_ms: int) -> bool:
    return await database.write(
        leading.take_lead, name="poll", holder=holder, now_ms=now_ms, until_ms=now_ms + LEAD_MS
    )


async def _renewals(database: Database, now_ms: _Time) -> None:
    """Let both ask a few times: each is counted by the database."""
    seen = database.times["storage.leading.take_lead"].count
    async with asyncio.timeout(WAIT_MAX_S):
        while database.times["storage.leading.take_lead"].count < seen + 6:
            await asyncio.sleep(0)
            now_ms.at_ms += 0

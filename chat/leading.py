"""Leading: of the processes that share a database, one does what only one may do.

A lead is a lease that is kept by renewing it. A process that dies stops renewing, and another takes
over within seconds; one that loses sight of the database stops before its lease is over.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from chat.clock import Clock
from storage import leading
from storage.database import Database, StorageError

LEAD_MS = 6_000
"""How long nobody polls after a leader died: shorter than a person's patience with a silent bot."""

RENEW_MS = 2_000
"""Two renewals may fail before the lead is lost."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Leading:
    """Takes leads for this process, under a name that no other process has."""

    database: Database
    clock: Clock
    holder: str
    lead_ms: int = LEAD_MS
    renew_ms: int = RENEW_MS

    async def run(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Do this work whenever we lead, until cancelled or until it ends by itself.

        Raises whatever the work raises.
        """
        until_ms = 0
        working: asyncio.Future[None] | None = None
        try:
            while True:
                asked_ms = self.clock()
                until_ms = await self._take(name, asked_ms, until_ms)
                if working is None and until_ms > asked_ms:
                    log.info("leads", lead=name)
                    working = asyncio.ensure_future(work())
                elif working is not None and until_ms <= asked_ms + self.renew_ms:
                    log.warning("lead_lost", lead=name)
                    await _end(working)
                    working = None
                if await self._over(working):
                    return
        finally:
            await _end(working)
            await self._leave(name)

    async def _take(self, name: str, now_ms: int, until_ms: int) -> int:
        """Take or keep a lead; answers until when it is ours, as far as we know."""
        wanted_ms = now_ms + self.lead_ms
        try:
            is_ours = await self.database.write(
                leading.take_lead,
                name=name,
                holder=self.holder,
                now_ms=now_ms,
                until_ms=wanted_ms,
            )
        except StorageError as error:
            log.warning("lead_not_renewed", lead=name, why=str(error))
            return until_ms
        return wanted_ms if is_ours else 0

    async def _over(self, working: asyncio.Future[None] | None) -> bool:
        """Wait for the next renewal; true if the work ended, raising what it raised."""
        if working is None:
            await asyncio.sleep(self.renew_ms / 1000)
            return False
        done, _ = await asyncio.wait({working}, timeout=self.renew_ms / 1000)
        for one in done:
            one.result()
        return bool(done)

    async def _leave(self, name: str) -> None:
        try:
            await self.database.write(leading.leave_lead, name=name, holder=self.holder)
        except StorageError as error:
            log.warning("lead_not_left", lead=name, why=str(error))


async def _end(working: asyncio.Future[None] | None) -> None:
    if working is not None:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)

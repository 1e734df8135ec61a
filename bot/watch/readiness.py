"""Whether this process does its work now: what a load balancer and an operator ask.

Alive is less: a process whose database is away is alive, and not ready.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from chat.clock import Clock
from storage.database import Database
from storage.gauges import is_stuck, write_once

LATE_MAX_MS = 120_000
"""A message due for longer, while nothing goes out, is one that nobody sends."""

ANSWER_S = 3
"""A database that takes longer to take one row serves nobody."""

OK = "ok"

Check = Callable[[], str | None]
"""Says what is wrong with an app's connection, in a few words without secrets; None if nothing."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Readiness:
    """Looks at everything that serving needs."""

    database: Database
    clock: Clock
    channels: dict[str, Check] = field(default_factory=dict)
    is_stopping: bool = False
    """Set when the process was asked to stop: no new requests, please."""

    def stop(self) -> None:
        """Say from now on that this process is going."""
        self.is_stopping = True

    async def look(self) -> dict[str, str]:
        """Answer what is well and what is not, by name."""
        found = {"database": await self._database()}
        if found["database"] == OK:
            found["outbox"] = await self._outbox()
        for name, check in self.channels.items():
            found[name] = check() or OK
        if self.is_stopping:
            found["process"] = "stopping"
        return found

    async def _database(self) -> str:
        try:
            async with asyncio.timeout(ANSWER_S):
                await self.database.write(write_once, self.clock())
        except Exception as error:  # noqa: BLE001 (whatever failed, it is not ready; the log tells)
            log.warning("not_ready", why=repr(error))
            return "takes no writes"
        return OK

    async def _outbox(self) -> str:
        try:
            async with asyncio.timeout(ANSWER_S):
                stuck = await self.database.read(is_stuck, self.clock(), late_max_ms=LATE_MAX_MS)
        except Exception as error:  # noqa: BLE001 (the same)
            log.warning("not_ready", why=repr(error))
            return "not readable"
        return "stuck" if stuck else OK

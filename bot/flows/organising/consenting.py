"""The chore that asks who came whether they want news: once, by day, soon after the evening."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.flows.organising.casting import ask_some
from boxoffice.rules import DAY_MS, HOUR_MS
from storage import consents
from storage.database import Database

ASKED_AFTER_MS = 10 * HOUR_MS
ASKED_UNTIL_MS = 3 * DAY_MS
"""People are asked after a night's sleep, and not when they have forgotten the evening."""

ASKED_AT_HOURS = range(10, 19)
"""Nobody is woken for news."""


@dataclass(frozen=True, slots=True)
class Consenting:
    """Safe to run twice and on several processes."""

    database: Database

    async def ask_consents(self, now_ms: int) -> int:
        """Ask who came to an event whether they want news, once, by day, soon after it."""
        count = 0
        over = await self.database.read(
            consents.over_lately, from_ms=now_ms - ASKED_UNTIL_MS, until_ms=now_ms - ASKED_AFTER_MS
        )
        for event_id, zone in over:
            hour = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(ZoneInfo(zone)).hour
            if hour not in ASKED_AT_HOURS:
                continue
            some = consents.BATCH_MAX
            while some == consents.BATCH_MAX:
                some = await self.database.write(ask_some, event_id, now_ms)
                count += some
        return count

"""Tickets for one day of several: `jour Samedi 5 juin`, and what the rules say of them."""

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from bot.flows.event_words import is_day_kind
from bot.flows.organising.dates import When, read_when
from boxoffice import rules
from boxoffice.model import Event, Kind
from chat.messages import Moment, Words, words
from chat.understanding import fold
from storage import events
from storage.database import Tx
from storage.event_changes import Wanted

EVERY_DAY = frozenset({"tous", "tous les jours", "all", "every day", "all days"})
"""What opens the gate on every day of the event again."""


async def day_wanted(tx: Tx, event: Event, text: str, now_ms: int) -> Wanted | Words:
    """Give a kind its one day, or every day again; or say why it cannot be."""
    kinds = await events.kinds_of(tx, event.id)
    kind, rest = _kind_and_rest(kinds, text)
    if kind is None:
        listed = ", ".join(one.name for one in kinds)
        return words("ruling.no_such_kind", kind=text.strip()[:40], kinds=listed)
    zone = ZoneInfo(event.zone)
    first, last = rules.event_days(event.starts_ms, event.ends_ms, zone)
    if fold(rest) in EVERY_DAY:
        from_ms, until_ms = event.doors_ms, event.ends_ms
    else:
        day = read_day(rest, zone, now_ms)
        if day is None or not first <= day <= last or first == last:
            return words(
                "ruling.no_such_day",
                first=Moment(event.starts_ms, event.zone),
                last=Moment(event.ends_ms - rules.EVENT_DAY_TURNS_MS, event.zone),
            )
        opens_ms, turns_ms = rules.day_window(day, zone)
        from_ms, until_ms = max(opens_ms, event.doors_ms), min(turns_ms, event.ends_ms)
    return Wanted(
        field="day",
        old={"valid_from_ms": kind.valid_from_ms, "valid_until_ms": kind.valid_until_ms},
        new={"valid_from_ms": from_ms, "valid_until_ms": until_ms},
        kind_id=kind.id,
    )


def day_lines(event: Event, kinds: Sequence[Kind]) -> tuple[Words, ...]:
    """Say which kinds are for one day."""
    return tuple(
        words("ruling.day", kind=kind.name, day=Moment(kind.valid_from_ms, event.zone))
        for kind in kinds
        if is_day_kind(event, kind)
    )


def read_day(text: str, zone: ZoneInfo, now_ms: int) -> date | None:
    """Read a day without an hour: `5 juin`, `05/06`, `samedi 5`."""
    when = read_when(f"{text} 12h", zone, now_ms)
    return rules.event_day(when.starts_ms, zone) if isinstance(when, When) else None


def _kind_and_rest(kinds: Sequence[Kind], text: str) -> tuple[Kind | None, str]:
    """Part `Pass Samedi 5 juin` into a kind's name, the longest that fits, and its day."""
    typed = text.split()
    for count in range(len(typed), 0, -1):
        name = fold(" ".join(typed[:count]))
        for kind in kinds:
            if fold(kind.name) == name:
                return kind, " ".join(typed[count:])
    return None, ""

"""Where and when somebody works, as it is typed and as it is told: `Jardin 18h-23h30`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from boxoffice.rules import EVENT_DAY_TURNS_AT_HOUR, event_day
from chat.messages import Moment, Words, words
from chat.understanding import fold
from storage.staff import Gate

ANYWHERE = frozenset({"toutes", "tout", "partout", "all", "any", "anywhere", "toujours", "always"})
"""Words that lift the limits: every gate, every hour."""

_HOURS = re.compile(
    r"(?:(?P<day>\d{1,2})/(?P<month>\d{1,2})\s+)?(?:de\s+|from\s+)?"
    r"(?P<h1>\d{1,2})\s*(?:[h:]\s*(?P<m1>\d{2})?)?\s*(?:-|–|à|a|to)\s*"
    r"(?P<h2>\d{1,2})\s*(?:[h:]\s*(?P<m2>\d{2})?)?\s*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Terms:
    """A gate and hours, each None where there is no limit; times are _ms since 1970 UTC."""

    gate_id: int | None = None
    from_ms: int | None = None
    until_ms: int | None = None


def read_terms(
    text: str, gates: Sequence[Gate], *, zone: str, starts_ms: int, now_ms: int
) -> Terms | None:
    """Read a gate and hours, either alone; None where they are not understood.

    Hours without a date are those of the event's first day or, once it has begun, of today; what
    is before six in the morning belongs to the night of the day before.
    """
    said = " ".join(text.split())
    found = _HOURS.search(said)
    place = fold(said[: found.start()] if found else said)
    gate_id = None
    if place and place not in ANYWHERE:
        named = [gate for gate in gates if fold(gate.name) == place]
        named = named or [gate for gate in gates if place in fold(gate.name)]
        if len(named) != 1:
            return None
        gate_id = named[0].id
    if found is None:
        return Terms(gate_id) if place else None
    place_zone = ZoneInfo(zone)
    day = event_day(max(starts_ms, now_ms), place_zone)
    try:
        if found["day"]:
            day = date(day.year, int(found["month"]), int(found["day"]))
        begins = _at(day, int(found["h1"]), int(found["m1"] or 0), place_zone)
        ends = _at(day, int(found["h2"]), int(found["m2"] or 0), place_zone)
    except ValueError:
        return None
    if ends <= begins:
        ends += timedelta(days=1)
    return Terms(gate_id, int(begins.timestamp() * 1000), int(ends.timestamp() * 1000))


def tell_terms(
    gate: str | None, from_ms: int | None, until_ms: int | None, zone: str
) -> tuple[Words, ...]:
    """Tell where and when somebody works; nothing where there is no limit."""
    told: list[Words] = []
    if gate:
        told.append(words("shift.gate", gate=gate))
    if from_ms is not None and until_ms is not None:
        hours = words("shift.hours", begins=Moment(from_ms, zone), ends=Moment(until_ms, zone))
        told.append(hours)
    return tuple(told)


def _at(day: date, hour: int, minute: int, zone: ZoneInfo) -> datetime:
    """Return a time of an event's day: twenty-four is midnight, and two is in its night."""
    if hour == 24:  # noqa: PLR2004 (how people write midnight at an end)
        hour, day = 0, day + timedelta(days=1)
    elif hour < EVENT_DAY_TURNS_AT_HOUR:
        day += timedelta(days=1)
    return datetime.combine(day, time(hour, minute), zone)

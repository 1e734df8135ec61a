"""When an event takes place, as people type it: `12 juin 20h30`, `samedi 20h`, `June 12-14, 2027`.

Pure: typed French or English and the present in, moments out. Numbers are day before month in both
languages. What contradicts itself is refused; what has no year is the next such day; and the caller
repeats in words what was understood, so that nobody is taken by surprise.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from bot.flows.organising.date_words import ENDS_MAX, Day, Time, find_parts
from boxoffice.rules import EVENT_DAY_TURNS_AT_HOUR, HOUR_MS, event_day

AHEAD_YEARS_MAX = 5
"""Nobody sells tickets further ahead: a later year is a slip of the finger."""

DAYS_MAX = 31
"""A festival of a month; what lasts longer is several events."""

LASTS_MS = 5 * HOUR_MS
"""How long an event lasts when nobody says: a concert and the way out."""

FESTIVAL_OPENS_AT = time(10)
"""When several days begin whose hour nobody gave: a morning refuses no early guest."""

NIGHT_ENDS_AT_HOUR = EVENT_DAY_TURNS_AT_HOUR - 1
"""Several days end with the last night, an hour before that night becomes another day."""


@dataclass(frozen=True, slots=True)
class When:
    """What was understood: from when until when, and how much of it was typed."""

    starts_ms: int
    ends_ms: int
    is_several_days: bool
    is_hour_given: bool


class WhyNot(Enum):
    """Why typed words are not a time for an event."""

    UNREADABLE = "unreadable"
    NO_DAY = "no_day"
    NO_HOUR = "no_hour"
    NO_SUCH_DAY = "no_such_day"
    OTHER_WEEKDAY = "other_weekday"
    BACKWARDS = "backwards"
    TOO_LONG = "too_long"
    PAST = "past"
    TOO_FAR = "too_far"


@dataclass(frozen=True, slots=True)
class NotWhen:
    """Words that are not a time for an event; `at_ms` is what was understood, if anything was."""

    why: WhyNot
    at_ms: int | None = None


def read_when(text: str, zone: ZoneInfo, now_ms: int) -> When | NotWhen:
    """Read when an event takes place, at its place."""
    now = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(zone)
    parts = find_parts(text)
    if parts is None:
        return NotWhen(WhyNot.UNREADABLE)
    if not parts.days:
        return NotWhen(WhyNot.NO_DAY)
    days = _real_days(parts.days, parts.times, now)
    if isinstance(days, WhyNot):
        return NotWhen(days)
    if parts.is_pair and days[0] + timedelta(days=1) != days[-1]:
        return NotWhen(WhyNot.UNREADABLE)
    wrong = _first_wrong_weekday(parts.days, days)
    if wrong is not None:
        return NotWhen(WhyNot.OTHER_WEEKDAY, _ms(datetime.combine(wrong, time(12)), zone))
    return _span(days, parts.times, zone, now_ms)


def _span(
    days: Sequence[date], times: Sequence[Time], zone: ZoneInfo, now_ms: int
) -> When | NotWhen:
    """Make moments of real days and hours, if they follow each other and lie ahead."""
    first, last = days[0], days[-1]
    if last < first:
        return NotWhen(WhyNot.BACKWARDS)
    if (last - first).days >= DAYS_MAX:
        return NotWhen(WhyNot.TOO_LONG)
    if not times and first == last:
        return NotWhen(WhyNot.NO_HOUR, _ms(datetime.combine(first, time(12)), zone))
    starts = datetime.combine(first, times[0].at if times else FESTIVAL_OPENS_AT)
    ends = _end(starts, last, times)
    starts_ms = _ms(starts, zone)
    if starts_ms <= now_ms:
        return NotWhen(WhyNot.PAST, starts_ms)
    ends_ms = starts_ms + LASTS_MS if ends is None else _ms(ends, zone)
    if ends_ms <= starts_ms:
        return NotWhen(WhyNot.BACKWARDS)
    several = event_day(starts_ms, zone) < event_day(ends_ms - 1, zone)
    return When(starts_ms, ends_ms, several, bool(times))


def _end(starts: datetime, last: date, times: Sequence[Time]) -> datetime | None:
    """Give the end that was said or that several days have; None if it is for the rules to say."""
    if len(times) == ENDS_MAX:
        ends = datetime.combine(last, times[1].at)
        if times[0].after_days < times[1].after_days == ENDS_MAX:
            return ends  # `12 juin 20h au 13 juin 4h` says it all
        is_after_midnight = times[1].at.hour < EVENT_DAY_TURNS_AT_HOUR or ends <= starts
        return ends + timedelta(days=int(is_after_midnight))
    if last > starts.date():
        return datetime.combine(last + timedelta(days=1), time(NIGHT_ENDS_AT_HOUR))
    return None


def _ms(local: datetime, zone: ZoneInfo) -> int:
    return round(local.replace(tzinfo=zone).timestamp() * 1000)


def _real_days(
    said: Sequence[Day], times: Sequence[Time], now: datetime
) -> Sequence[date] | WhyNot:
    """Complete what was left out: the month and year of the other end, the next such day."""
    whole = _completed(said)
    first = _real_day(whole[0], now, times[0].at if times else None)
    if isinstance(first, WhyNot) or len(whole) == 1:
        return first if isinstance(first, WhyNot) else [first]
    # The second end is the next such day after the first.
    last = _real_day(whole[1], datetime.combine(first, time(0)), None)
    return last if isinstance(last, WhyNot) else [first, last]


def _completed(said: Sequence[Day]) -> Sequence[Day]:
    if len(said) < ENDS_MAX:
        return said
    first, last = said
    if first.day is not None and last.day is not None:
        if first.month is None:
            first = replace(first, month=last.month)
        if last.month is None:
            last = replace(last, month=first.month)
        if first.year is None and last.year is not None:
            over_new_year = (first.month or 0) > (last.month or 0)
            first = replace(first, year=last.year - int(over_new_year))
    return first, last


def _real_day(said: Day, now: datetime, at: time | None) -> date | WhyNot:
    """Give the day that was said: the next such one if no year was."""
    today = now.date()
    has_gone = at is not None and at <= now.time()
    if said.days_ahead is not None:
        return today + timedelta(days=said.days_ahead)
    if said.day is None:
        if said.weekday is None:
            return WhyNot.NO_DAY
        ahead = (said.weekday - today.weekday()) % 7
        return today + timedelta(days=ahead or (7 if has_gone else 0))
    if said.month is None:
        return WhyNot.UNREADABLE
    if said.year is not None:
        if said.year > today.year + AHEAD_YEARS_MAX:
            return WhyNot.TOO_FAR
        return _date(said.year, said.month, said.day) or WhyNot.NO_SUCH_DAY
    # 29 February comes back within eight years.
    for year in range(today.year, today.year + 9):
        day = _date(year, said.month, said.day)
        if day is not None and (day > today or (day == today and not has_gone)):
            far = year > today.year + AHEAD_YEARS_MAX
            return WhyNot.TOO_FAR if far else day
    return WhyNot.NO_SUCH_DAY


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _first_wrong_weekday(said: Sequence[Day], days: Sequence[date]) -> date | None:
    """Find a day that was called by another weekday's name."""
    for one, day in zip(said, days, strict=True):
        if one.weekday is not None and one.weekday != day.weekday():
            return day
    return None

"""The standing rules of a sale: age, limits, holds, and which day a moment belongs to."""

from calendar import isleap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS

AGE_MIN_DEFAULT = 21
"""The minimum age, unless the event says otherwise."""

AGE_MAX = 130
"""Nobody has lived longer: an older birth date is a slip of the hand."""

HOLD_MS_DEFAULT = 30 * MINUTE_MS
"""How long seats wait for their payment: mobile money on a weak network takes its time."""

HOLD_REMINDER_MS = 10 * MINUTE_MS
"""How long before the end of a hold its buyer is reminded of it."""

PAYMENT_GRACE_MS = 5 * MINUTE_MS
"""How long past its end a hold waits for the provider's answer, at most."""

HOLD_EXTENSIONS_MAX = 2
"""How often a hold is made longer for a provider: seats are for those who pay."""

LATE_CHOICE_MS = DAY_MS
"""How long late money waits for its buyer's choice before it goes back: a night and a day."""

LATE_CHOICE_MS_MIN = 10 * MINUTE_MS
"""... and at least so long, though the event begins before."""

POSTPONED_ANSWER_MS = 7 * DAY_MS
"""How long a postponed event offers all the money back: a week, so that everybody has seen it."""

CANCELLED_ANSWER_MS = 3 * DAY_MS
"""How long the buyers of a cancelled event may give their money instead; then it goes back."""

OFFER_MS_MAX = 3 * HOUR_MS
OFFER_MS_MIN = 15 * MINUTE_MS
"""How long seats are kept for who waited for them: long enough to see a message, short enough for
the next in the line; near the event, shorter."""

OFFERS_IN_TIME = 8
"""So many people in a row may be offered the same seats before an event begins, at least."""

LATE_MONEY_WAITS_MS = 30 * DAY_MS
"""How long late money may wait at the front of a line, before it goes back by itself."""

TICKETS_PER_ORDER_MAX = 10
"""A family or a table; more is asked of the organiser."""

TICKETS_PER_BUYER_MAX = 20
"""Two full orders a buyer and event: what a black market would buy is much more."""

UNPAID_HOLDS_MAX = 3
"""After so many unpaid holds in a day, a buyer waits: seats are for those who pay."""

UNPAID_HOLDS_WINDOW_MS = DAY_MS

GIVING_MS_MAX = 2 * DAY_MS
"""How long a ticket stays offered to whoever it was promised to: a weekend without network."""

GIVING_MS_MIN = HOUR_MS
"""... and at least so long, though the event begins before: a friend who is late at the door."""

REMIND_AT_HOUR = 10
"""Reminders go out in the morning at the event's place: nobody is woken, shops are open."""

EVE_DAYS_BEFORE = 1

PRINT_DAYS_BEFORE = 4
"""Who prints at home needs an evening near a printer: some days, a weekend likely among them."""

EVENT_DAY_TURNS_AT_HOUR = 6
"""A night from 22:00 to 05:00 is one day: until six in the morning it is still yesterday."""

EVENT_DAY_TURNS_MS = EVENT_DAY_TURNS_AT_HOUR * HOUR_MS
"""So much before a moment lies the calendar date of the day it belongs to, to be written."""


def age_on(birth_date: date, day: date) -> int:
    """Return the age in whole years: one more from the birthday on, the birthday included.

    Who is born on 29 February has the birthday on 1 March in ordinary years, so that nobody is
    taken for older than they are.
    """
    before_birthday = (day.month, day.day) < (birth_date.month, birth_date.day)
    return day.year - birth_date.year - int(before_birthday)


def latest_birth_date(age_min: int, day: date) -> date:
    """Return the birth date of the youngest person who has the minimum age on that day."""
    year = day.year - age_min
    if (day.month, day.day) == (2, 29) and not isleap(year):
        return date(year, 2, 28)
    return day.replace(year=year)


@dataclass(frozen=True, slots=True)
class MayBuy:
    """The buyer may have that many tickets more."""


@dataclass(frozen=True, slots=True)
class TooMany:
    """The buyer may have `left` tickets more in this order, fewer than wanted."""

    left: int


def may_buy(
    wanted: int,
    already: int,
    *,
    per_order_max: int = TICKETS_PER_ORDER_MAX,
    per_buyer_max: int = TICKETS_PER_BUYER_MAX,
) -> MayBuy | TooMany:
    """Judge a quantity, given what the buyer already holds or has bought of the event."""
    left = max(0, min(per_order_max, per_buyer_max - already))
    return MayBuy() if 1 <= wanted <= left else TooMany(left)


def holds_paused_until_ms(unpaid_ends_ms: Sequence[int], now_ms: int) -> int | None:
    """Return when a buyer may hold seats again, or None when they may now.

    `unpaid_ends_ms` are the times at which the buyer's holds ended unpaid, in any order. Three
    within a day pause the buyer until the oldest of the three is a day old.
    """
    recent = sorted(end for end in unpaid_ends_ms if end > now_ms - UNPAID_HOLDS_WINDOW_MS)
    if len(recent) < UNPAID_HOLDS_MAX:
        return None
    return recent[-UNPAID_HOLDS_MAX] + UNPAID_HOLDS_WINDOW_MS


def choice_until_ms(now_ms: int, starts_ms: int) -> int:
    """Return until when a buyer may choose what becomes of late money: before the event begins."""
    return max(min(now_ms + LATE_CHOICE_MS, starts_ms), now_ms + LATE_CHOICE_MS_MIN)


def postponed_until_ms(now_ms: int, starts_ms: int) -> int:
    """Return until when a postponed event gives all the money back: before its new date begins."""
    return max(min(now_ms + POSTPONED_ANSWER_MS, starts_ms), now_ms + LATE_CHOICE_MS_MIN)


def offer_until_ms(now_ms: int, starts_ms: int) -> int:
    """Return until when seats are kept for who waited: a share of the time that remains."""
    share = (starts_ms - now_ms) // OFFERS_IN_TIME
    return now_ms + max(OFFER_MS_MIN, min(OFFER_MS_MAX, share))


def giving_until_ms(now_ms: int, starts_ms: int, valid_until_ms: int) -> int:
    """Return until when an offered ticket can be accepted: before it is for; late, while it is."""
    begins_ms = max(starts_ms, now_ms + GIVING_MS_MIN) if now_ms < starts_ms else valid_until_ms
    return min(now_ms + GIVING_MS_MAX, begins_ms, valid_until_ms)


def day_starts_ms(starts_ms: int, valid_from_ms: int) -> int:
    """Return when what a ticket is for begins: a day ticket's, at the event's hour of its day."""
    days = max(0, -((starts_ms - valid_from_ms) // DAY_MS))
    return starts_ms + days * DAY_MS


EVENT_DAYS_KEPT = 1_024
"""A buyer's way asks some forty times for the days of the same few events."""


@lru_cache(maxsize=EVENT_DAYS_KEPT)
def event_day(at_ms: int, zone: tzinfo) -> date:
    """Return the day a moment belongs to at the event's place; its night belongs to it."""
    local = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone).replace(tzinfo=None)
    return (local - timedelta(hours=EVENT_DAY_TURNS_AT_HOUR)).date()


def event_days(starts_ms: int, ends_ms: int, zone: tzinfo) -> tuple[date, date]:
    """Return the first and the last day of an event."""
    return event_day(starts_ms, zone), event_day(ends_ms - 1, zone)


def day_window(day: date, zone: tzinfo) -> tuple[int, int]:
    """Return when a day of an event begins and ends: from six to six, be it 23 hours or 25."""
    begins, ends = (
        datetime(one.year, one.month, one.day, EVENT_DAY_TURNS_AT_HOUR, tzinfo=zone)
        for one in (day, day + timedelta(days=1))
    )
    return int(begins.timestamp() * 1000), int(ends.timestamp() * 1000)


def age_day(starts_ms: int, valid_from_ms: int, zone: tzinfo) -> date:
    """Return the day a holder's age is judged at: the event's first, or a day ticket's own."""
    return event_day(max(starts_ms, valid_from_ms), zone)


def remind_ms(starts_ms: int, zone: tzinfo, days_before: int) -> int:
    """Return when people are reminded: in the morning, so many days before the event's day."""
    day = event_day(starts_ms, zone) - timedelta(days=days_before)
    at = datetime(day.year, day.month, day.day, REMIND_AT_HOUR, tzinfo=zone)
    return int(at.timestamp() * 1000)

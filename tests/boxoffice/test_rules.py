"""The standing rules: ages to the day, limits, pauses, and nights that are one day."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boxoffice.rules import (
    DAY_MS,
    HOUR_MS,
    MayBuy,
    TooMany,
    age_on,
    day_starts_ms,
    event_day,
    giving_until_ms,
    holds_paused_until_ms,
    latest_birth_date,
    may_buy,
)

COTONOU = ZoneInfo("Africa/Porto-Novo")


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        (date(2005, 6, 12), date(2026, 6, 11), 20),
        (date(2005, 6, 12), date(2026, 6, 12), 21),
        (date(2005, 6, 12), date(2026, 6, 13), 21),
        (date(2004, 2, 29), date(2025, 2, 28), 20),
        (date(2004, 2, 29), date(2025, 3, 1), 21),
        (date(2004, 2, 29), date(2028, 2, 29), 24),
        (date(2005, 12, 31), date(2026, 1, 1), 20),
    ],
)
def test_age_is_right_on_the_birthday_itself(born: date, day: date, age: int) -> None:
    """One is 21 on the birthday, not the day after; 29 February counts on 1 March."""
    assert age_on(born, day) == age


@given(st.integers(1, 99), st.dates(date(1990, 1, 1), date(2100, 12, 31)))
def test_the_latest_birth_date_is_exact(age_min: int, day: date) -> None:
    """Born that day: old enough. Born a day later: too young."""
    latest = latest_birth_date(age_min, day)
    assert age_on(latest, day) >= age_min
    assert age_on(latest + timedelta(days=1), day) < age_min


@pytest.mark.parametrize(
    ("wanted", "already", "answer"),
    [
        (1, 0, MayBuy()),
        (10, 0, MayBuy()),
        (11, 0, TooMany(10)),
        (10, 10, MayBuy()),
        (2, 19, TooMany(1)),
        (1, 20, TooMany(0)),
        (1, 50, TooMany(0)),
        (0, 0, TooMany(10)),
        (-1, 0, TooMany(10)),
    ],
)
def test_quantities_have_two_limits(wanted: int, already: int, answer: MayBuy | TooMany) -> None:
    """Ten in an order, twenty a buyer, and the answer says how many are left."""
    assert may_buy(wanted, already) == answer


def test_three_unpaid_holds_in_a_day_pause_the_buyer() -> None:
    """The pause ends when the oldest of the three is a day old, to the millisecond."""
    ends = [1 * HOUR_MS, 3 * HOUR_MS, 2 * HOUR_MS]
    assert holds_paused_until_ms(ends[:2], 4 * HOUR_MS) is None
    until_ms = holds_paused_until_ms(ends, 4 * HOUR_MS)
    assert until_ms == 1 * HOUR_MS + DAY_MS
    assert holds_paused_until_ms(ends, until_ms - 1) == until_ms
    assert holds_paused_until_ms(ends, until_ms) is None


@given(st.lists(st.integers(0, 3 * DAY_MS), max_size=8), st.integers(0, 4 * DAY_MS))
def test_a_pause_always_ends(ends: list[int], now_ms: int) -> None:
    """A pause lies ahead, lasts a day at most from the last hold, and then is over."""
    past = [end for end in ends if end <= now_ms]
    until_ms = holds_paused_until_ms(past, now_ms)
    if until_ms is not None:
        assert now_ms < until_ms <= now_ms + DAY_MS
        assert holds_paused_until_ms(past, until_ms) is None


def at_ms(day: int, hour: int, minute: int = 0) -> int:
    """Return a moment of June 2026 in Cotonou."""
    local = datetime(2026, 6, day, hour, minute, tzinfo=COTONOU)
    return int(local.timestamp() * 1000)


def test_a_night_is_one_day() -> None:
    """From 22:00 to 05:00 it is Saturday at the door; at six it is Sunday."""
    saturday = date(2026, 6, 13)
    for moment in (at_ms(13, 22), at_ms(13, 23, 59), at_ms(14, 0), at_ms(14, 5), at_ms(14, 5, 59)):
        assert event_day(moment, COTONOU) == saturday
    assert event_day(at_ms(14, 6), COTONOU) == date(2026, 6, 14)
    assert event_day(at_ms(13, 5, 59), COTONOU) == date(2026, 6, 12)


def test_the_day_is_that_of_the_place() -> None:
    """The same moment is another day elsewhere."""
    moment = at_ms(13, 6, 30)
    assert event_day(moment, COTONOU) == date(2026, 6, 13)
    assert event_day(moment, UTC) == date(2026, 6, 12)


def test_an_offer_ends_when_what_it_offers_begins() -> None:
    """Days before, two days; then until the start, at least an hour; late, until it ends."""
    starts, ends = at_ms(13, 20), at_ms(14, 5)
    assert giving_until_ms(at_ms(10, 9), starts, ends) == at_ms(12, 9)
    assert giving_until_ms(at_ms(12, 9), starts, ends) == starts
    assert giving_until_ms(at_ms(13, 19, 30), starts, ends) == at_ms(13, 20, 30)
    assert giving_until_ms(at_ms(13, 21), starts, ends) == ends


def test_a_day_ticket_begins_at_its_own_day() -> None:
    """A festival's Sunday begins on Sunday at the festival's hour, though its gates open at six."""
    assert day_starts_ms(at_ms(12, 18), at_ms(14, 6)) == at_ms(14, 18)
    assert day_starts_ms(at_ms(12, 18), at_ms(12, 17)) == at_ms(12, 18)

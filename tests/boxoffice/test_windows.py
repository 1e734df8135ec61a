"""Validity across time zones and midnight: a night is one day, wherever it is."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boxoffice.rules import DAY_MS, age_on, event_day, latest_birth_date, remind_ms

ZONES = [
    ZoneInfo(name)
    for name in (
        "Africa/Porto-Novo",
        "Africa/Abidjan",
        "Africa/Cairo",
        "Africa/Casablanca",
        "Europe/Paris",
        "America/Port-au-Prince",
        "Pacific/Apia",
        "Asia/Kolkata",
    )
]
DAYS = st.dates(date(2024, 1, 1), date(2035, 12, 31))


def ms(day: date, at: time, zone: ZoneInfo) -> int:
    """A local time as _ms since 1970 UTC."""
    return int(datetime.combine(day, at, zone).astimezone(UTC).timestamp() * 1000)


@given(DAYS, st.sampled_from(ZONES), st.integers(0, 7 * 60))
def test_an_evening_from_ten_to_five_is_one_day(day: date, zone: ZoneInfo, minute: int) -> None:
    """Every minute from 22:00 to 05:00 belongs to the evening's date, in every zone."""
    at = datetime.combine(day, time(22), zone).astimezone(UTC) + timedelta(minutes=minute)
    # A clock that is put back at night gives that night an hour more: it still ends before six.
    assert event_day(int(at.timestamp() * 1000), zone) == day


@given(DAYS, st.sampled_from(ZONES))
def test_the_day_turns_at_six(day: date, zone: ZoneInfo) -> None:
    """The last millisecond before six is yesterday's night; at six the day has begun."""
    six = ms(day, time(6), zone)
    assert event_day(six, zone) == day
    assert event_day(six - 1, zone) == day - timedelta(days=1)


@given(DAYS, st.sampled_from(ZONES), st.integers(0, 14))
def test_reminders_go_out_in_the_morning_days_before(
    day: date, zone: ZoneInfo, before: int
) -> None:
    """At ten at the event's place, so many days before, however late in the night it starts."""
    for at in (time(9), time(22), time(23, 59)):
        starts_ms = ms(day, at, zone)
        local = datetime.fromtimestamp(remind_ms(starts_ms, zone, before) / 1000, zone)
        assert (local.date(), local.time()) == (day - timedelta(days=before), time(10))
        assert remind_ms(starts_ms, zone, before) < starts_ms + DAY_MS


@given(st.dates(date(1920, 1, 1), date(2025, 1, 1)), DAYS, st.integers(1, 99))
def test_the_latest_birth_date_is_the_judges_own_limit(born: date, day: date, years: int) -> None:
    """The statement compares birth dates, the judge counts years: they never disagree."""
    assert (born <= latest_birth_date(years, day)) == (age_on(born, day) >= years)


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        (date(2006, 6, 12), date(2027, 6, 11), 20),
        (date(2006, 6, 12), date(2027, 6, 12), 21),
        (date(2004, 2, 29), date(2025, 2, 28), 20),
        (date(2004, 2, 29), date(2025, 3, 1), 21),
        (date(2004, 2, 29), date(2028, 2, 29), 24),
    ],
)
def test_birthdays(born: date, day: date, age: int) -> None:
    """Exactly right on the birthday, and on a birthday that most years do not have."""
    assert age_on(born, day) == age

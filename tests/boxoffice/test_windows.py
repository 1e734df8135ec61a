"""Validity across time zones and midnight: a night is one day, wherever it is."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boxoffice.admission import judge
from boxoffice.rules import (
    DAY_MS,
    HOUR_MS,
    age_day,
    age_on,
    day_window,
    event_day,
    event_days,
    latest_birth_date,
    remind_ms,
)
from boxoffice.scan_facts import Entry
from boxoffice.truth_table import ORDINARY
from boxoffice.verdicts import Verdict

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


@given(DAYS, st.sampled_from(ZONES))
def test_a_day_of_an_event_is_its_own_whatever_the_clocks_do(day: date, zone: ZoneInfo) -> None:
    """From six to six: 23, 24 or 25 hours, every moment of it that day's, and none is left out."""
    begins_ms, ends_ms = day_window(day, zone)
    assert event_day(begins_ms, zone) == event_day(ends_ms - 1, zone) == day
    assert day_window(day + timedelta(days=1), zone)[0] == ends_ms
    assert abs(ends_ms - begins_ms - DAY_MS) <= HOUR_MS


@given(DAYS, st.sampled_from(ZONES), st.integers(1, 4), st.data())
def test_a_pass_opens_once_a_day_and_a_day_ticket_on_its_day_alone(
    day: date, zone: ZoneInfo, days: int, data: st.DataObject
) -> None:
    """At any moment of nights in any zone the judge lets in on the right day, and once."""
    starts_ms = ms(day, time(22), zone)
    ends_ms = ms(day + timedelta(days=days), time(5), zone)
    first, last = event_days(starts_ms, ends_ms, zone)
    assert (first, last) == (day, day + timedelta(days=days - 1))
    now_ms = data.draw(st.integers(starts_ms, ends_ms - 1))
    before_ms = data.draw(st.integers(starts_ms, now_ms))
    today, day_before = event_day(now_ms, zone), event_day(before_ms, zone)
    asked = replace(ORDINARY, now_ms=now_ms, today=today, first_day=first, last_day=last)
    daily = replace(
        asked,
        entry=Entry.DAILY,
        valid_from_ms=starts_ms,
        valid_until_ms=ends_ms,
        entries=1,
        entries_today=int(day_before == today),
    )
    again = judge(daily).verdict
    assert again is (Verdict.DAY_ALREADY_USED if day_before == today else Verdict.ADMITTED)
    own = data.draw(st.sampled_from([first + timedelta(days=at) for at in range(days)]))
    opens_ms, turns_ms = day_window(own, zone)
    of_a_day = replace(
        asked, valid_from_ms=opens_ms, valid_until_ms=turns_ms, first_day=own, last_day=own
    )
    on_its_day = judge(of_a_day).verdict
    assert on_its_day is (Verdict.ADMITTED if today == own else Verdict.WRONG_DAY)


@given(DAYS, st.sampled_from(ZONES), st.integers(0, 3))
def test_age_is_judged_at_the_tickets_own_day(day: date, zone: ZoneInfo, later: int) -> None:
    """The event's first day for a ticket sold before it, a day ticket's own day else."""
    starts_ms = ms(day, time(22), zone)
    own = day + timedelta(days=later)
    assert age_day(starts_ms, starts_ms - DAY_MS, zone) == day
    assert age_day(starts_ms, day_window(own, zone)[0], zone) == own

"""Typed dates: what people write is understood, what has two readings is not."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.flows.organising.dates import NotWhen, When, WhyNot, read_when
from chat.messages import Moment
from chat.texts import say_moment

COTONOU = ZoneInfo("Africa/Porto-Novo")
NOW = datetime(2027, 5, 5, 15, 0, tzinfo=COTONOU)  # a Wednesday
NOW_MS = round(NOW.timestamp() * 1000)


def understood(text: str) -> str:
    """Read a text in Cotonou on Wednesday 5 May 2027 at 15:00, and write the answer shortly."""
    when = read_when(text, COTONOU, NOW_MS)
    if isinstance(when, NotWhen):
        return when.why.value
    starts, ends = (
        datetime.fromtimestamp(ms / 1000, COTONOU) for ms in (when.starts_ms, when.ends_ms)
    )
    return f"{starts:%a %d/%m/%Y %H:%M} > {ends:%d/%m %H:%M}"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("12/06/2027 20:30", "Sat 12/06/2027 20:30 > 13/06 01:30"),
        ("12.06.27 20h", "Sat 12/06/2027 20:00 > 13/06 01:00"),
        ("2027-06-12 20:30", "Sat 12/06/2027 20:30 > 13/06 01:30"),
        ("12 juin 20h30", "Sat 12/06/2027 20:30 > 13/06 01:30"),
        ("20h 12 juin", "Sat 12/06/2027 20:00 > 13/06 01:00"),
        ("Samedi 12 juin à 20 h 30", "Sat 12/06/2027 20:30 > 13/06 01:30"),
        ("le 1er août 2027 de 20h30 à 1h", "Sun 01/08/2027 20:30 > 02/08 01:00"),
        ("June 12 at 8:30 p.m.", "Sat 12/06/2027 20:30 > 13/06 01:30"),
        ("2 june at 8 pm", "Wed 02/06/2027 20:00 > 03/06 01:00"),
        ("2 june at 8", "Wed 02/06/2027 08:00 > 02/06 13:00"),
        ("mar 8 juin 20h", "Tue 08/06/2027 20:00 > 09/06 01:00"),
        ("29 février 20h", "Tue 29/02/2028 20:00 > 01/03 01:00"),
    ],
)
def test_a_date_and_an_hour_are_read_as_people_write_them(text: str, answer: str) -> None:
    """Figures, words, abbreviations, French or English: one meaning."""
    assert understood(text) == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("samedi 20h", "Sat 08/05/2027 20:00 > 09/05 01:00"),
        ("mercredi 16h", "Wed 05/05/2027 16:00 > 05/05 21:00"),
        ("mercredi 14h", "Wed 12/05/2027 14:00 > 12/05 19:00"),
        ("demain 21h", "Thu 06/05/2027 21:00 > 07/05 02:00"),
        ("demain soir à 9h", "Thu 06/05/2027 21:00 > 07/05 02:00"),
        ("ce soir 20h", "Wed 05/05/2027 20:00 > 06/05 01:00"),
        ("tomorrow 9pm", "Thu 06/05/2027 21:00 > 07/05 02:00"),
        ("5 mai 14h", "Fri 05/05/2028 14:00 > 05/05 19:00"),
    ],
)
def test_what_is_left_out_is_the_next_such_moment(text: str, answer: str) -> None:
    """Without a year or a date, the next one that lies ahead is meant."""
    assert understood(text) == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("12 au 14 juin 2027", "Sat 12/06/2027 10:00 > 15/06 05:00"),
        ("June 12-14, 2027", "Sat 12/06/2027 10:00 > 15/06 05:00"),
        ("du 30 décembre au 2 janvier 2028 18h", "Thu 30/12/2027 18:00 > 03/01 05:00"),
        ("12/06/2027 au 14/06/2027", "Sat 12/06/2027 10:00 > 15/06 05:00"),
        ("12 et 13 juin 20h", "Sat 12/06/2027 20:00 > 14/06 05:00"),
        ("vendredi au dimanche", "Fri 07/05/2027 10:00 > 10/05 05:00"),
        ("12 juin 20h au 13 juin 4h", "Sat 12/06/2027 20:00 > 13/06 04:00"),
    ],
)
def test_several_days_run_to_the_end_of_the_last_night(text: str, answer: str) -> None:
    """A range ends with its last day, whose night belongs to it, unless an hour is said."""
    assert understood(text) == answer


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", WhyNot.NO_DAY),
        ("bientôt", WhyNot.UNREADABLE),
        ("20h", WhyNot.NO_DAY),
        ("12 juin", WhyNot.NO_HOUR),
        ("12 juin 25h", WhyNot.UNREADABLE),
        ("31/02/2028 20h", WhyNot.NO_SUCH_DAY),
        ("lundi 12 juin 2027 20h", WhyNot.OTHER_WEEKDAY),
        ("14 au 12 juin 2027", WhyNot.BACKWARDS),
        ("1 mai au 30 juin 2028", WhyNot.TOO_LONG),
        ("12 et 20 juin", WhyNot.UNREADABLE),
        ("12 juin 2026 20h", WhyNot.PAST),
        ("12/06/2077 20h", WhyNot.TOO_FAR),
        ("12 juin 14 juin 20h", WhyNot.UNREADABLE),
    ],
)
def test_what_is_not_a_time_ahead_is_refused_with_its_reason(text: str, why: WhyNot) -> None:
    """The organiser is told what is wrong, never given another date."""
    assert understood(text) == why.value


@given(
    minutes=st.integers(1, 4 * 365 * 24 * 60),
    style=st.sampled_from(["typed", "full"]),
    language=st.sampled_from(["fr", "en"]),
    zone=st.sampled_from(["Africa/Porto-Novo", "Africa/Kinshasa", "Indian/Antananarivo"]),
)
def test_every_moment_is_read_back_as_it_was_written(
    minutes: int, style: str, language: str, zone: str
) -> None:
    """What the house writes, in figures or in words, means the same when it is typed back."""
    moment = NOW + timedelta(minutes=minutes)
    ms = round(moment.timestamp() * 1000)
    text = say_moment(Moment(ms, zone), style, language)
    when = read_when(text, ZoneInfo(zone), NOW_MS)
    assert isinstance(when, When), text
    assert when.starts_ms == ms


_BITS = ("12", "31", "2027", "juin", "février", "sam", "au", "-", "20h", "25h", "8pm", "à", "soir")


@given(
    text=st.one_of(st.text(max_size=200), st.lists(st.sampled_from(_BITS)).map(" ".join)),
    zone=st.sampled_from(["Africa/Porto-Novo", "Europe/Paris"]),
)
def test_any_text_is_answered_and_an_understood_one_lies_ahead(text: str, zone: str) -> None:
    """Nothing typed crashes; what is understood starts after now and ends after it starts."""
    when = read_when(text, ZoneInfo(zone), NOW_MS)
    if isinstance(when, When):
        assert NOW_MS < when.starts_ms < when.ends_ms

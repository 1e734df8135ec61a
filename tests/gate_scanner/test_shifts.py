"""Hours as people type them: the event's night, whoever writes it how."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from gate_scanner.shifts import Terms, read_terms
from storage.staff import Gate

ZONE = "Africa/Porto-Novo"
GATES = (Gate(1, "Entrée", "open"), Gate(2, "Jardin", "open"), Gate(3, "Porte 3", "open"))


def at(day: int, hour: int, minute: int = 0) -> int:
    """A moment of June 2027 in Cotonou."""
    moment = datetime(2027, 6, 1, hour, minute, tzinfo=ZoneInfo(ZONE)) + timedelta(days=day - 1)
    return int(moment.astimezone(UTC).timestamp() * 1000)


def read(text: str, now_ms: int = at(1, 10)) -> Terms | None:
    """Read what an organiser typed for an event of the evening of 12 June."""
    return read_terms(text, GATES, zone=ZONE, starts_ms=at(12, 20, 30), now_ms=now_ms)


@pytest.mark.parametrize(
    "text", ["18h-23h30", "18:00-23:30", "18h00 – 23h30", "de 18h à 23h30", "18 h a 23 h 30"]
)
def test_hours_are_read_as_people_write_them(text: str) -> None:
    """Hours alone are those of the event's evening, at every gate."""
    assert read(text) == Terms(None, at(12, 18), at(12, 23, 30))


def test_the_night_belongs_to_its_evening() -> None:
    """Until two, from two, until midnight: all in the night that began on the twelfth."""
    assert read("22h-2h") == Terms(None, at(12, 22), at(13, 2))
    assert read("2h-5h") == Terms(None, at(13, 2), at(13, 5))
    assert read("18h-24h") == Terms(None, at(12, 18), at(13, 0))


def test_a_gate_goes_before_the_hours() -> None:
    """Both, either, or everything; a gate's own number is no hour."""
    assert read("jardin 18h-23h") == Terms(2, at(12, 18), at(12, 23))
    assert read("Porte 3 18h-23h") == Terms(3, at(12, 18), at(12, 23))
    assert read("Porte 3") == Terms(3)
    assert read("entree") == Terms(1)
    assert read("toutes") == Terms()
    assert read("13/06 10h-12h") == Terms(None, at(13, 10), at(13, 12))


def test_on_the_second_day_hours_are_of_that_day() -> None:
    """Once the event has begun, hours typed are today's."""
    assert read("20h-23h", now_ms=at(13, 15)) == Terms(None, at(13, 20), at(13, 23))


@pytest.mark.parametrize(
    "text", ["", "demain", "25h-26h", "Port 18h-23h, peut-être", "32/13 1h-2h"]
)
def test_what_is_not_understood_is_asked_again(text: str) -> None:
    """Nothing is guessed: an unknown gate, an impossible hour, an impossible day."""
    assert read(text) is None

"""The calendar file: what an agenda makes of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from icalendar import Calendar

from bot.tickets.calendar import write_calendar
from boxoffice.model import Pin
from storage import events
from storage.database import Database
from tests.transcripts.stage import START
from tests.transcripts.world import make_event


async def test_an_agenda_reads_hours_place_pin_and_alarm(database: Database) -> None:
    """One entry, in UTC, with the same UID for ever, the venue, its pin and an alarm on the eve."""
    starts = START + timedelta(days=11, hours=10.5)
    event_id = await database.write(make_event, "Nuit du Jazz, à l'eau", starts, ("A 1 x 1",), 0)
    event = await database.read(events.event_by_id, event_id)
    assert event is not None
    pinned = replace(event, pin=Pin(6_365_400, 2_418_300))
    body = write_calendar(pinned, "Portes à 19 h 30", "Demain", 1_781_388_000_000)
    entry: Any
    alarm: Any
    [entry] = list(Calendar.from_ical(body).walk("VEVENT"))
    assert entry["dtstart"].dt == datetime(2027, 6, 12, 19, 30, tzinfo=UTC)
    assert entry["dtend"].dt == datetime(2027, 6, 13, 0, 30, tzinfo=UTC)
    assert str(entry["summary"]) == "Nuit du Jazz, à l'eau"
    assert str(entry["location"]) == "Palais des Congrès, Cotonou"
    assert (entry["geo"].latitude, entry["geo"].longitude) == (6.3654, 2.4183)
    assert str(entry["description"]) == "Portes à 19 h 30"
    assert entry["dtstamp"].dt == datetime(2026, 6, 13, 22, tzinfo=UTC)
    assert str(entry["uid"]) == f"{event_id}@guichet"
    [alarm] = entry.walk("VALARM")
    assert alarm["trigger"].dt == timedelta(days=-1)
    assert b"\r\n" in body

"""An event as a calendar file: iCalendar, RFC 5545, for the phone's own agenda."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Event, vGeo

from boxoffice import model

ALARM_BEFORE = timedelta(hours=24)
"""The agenda says it the day before, even to who never opens the chat again."""


def write_calendar(event: model.Event, about: str, alarm_text: str) -> bytes:
    """Write one event: its hours at its place's clock, its venue, an alarm the day before.

    The times carry UTC, which every agenda reads without a table of time zones; the same event
    always has the same UID, so that taking the file again replaces the entry.
    """
    zone = ZoneInfo(event.zone)
    entry = Event()
    entry.add("uid", f"{event.id}@guichet")
    entry.add("dtstamp", _moment(event.doors_ms))
    entry.add("dtstart", _moment(event.starts_ms))
    entry.add("dtend", _moment(event.ends_ms))
    entry.add("summary", event.title)
    entry.add("location", ", ".join(part for part in (event.venue, event.city) if part))
    doors = datetime.fromtimestamp(event.doors_ms / 1000, zone)
    entry.add("description", f"{about} ({doors:%H:%M})")
    if event.pin is not None:
        entry.add("geo", vGeo((event.pin.latitude, event.pin.longitude)))
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", alarm_text)
    alarm.add("trigger", -ALARM_BEFORE)
    entry.add_component(alarm)
    calendar = Calendar()
    calendar.add("prodid", "-//guichet//guichet//FR")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(entry)
    return bytes(calendar.to_ical())


def _moment(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms // 1000, UTC)

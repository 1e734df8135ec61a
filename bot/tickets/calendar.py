"""An event as a calendar file: iCalendar, RFC 5545, for the phone's own agenda."""

from datetime import UTC, datetime, timedelta

from icalendar import Alarm, Calendar, Event, vGeo

from boxoffice import model

ALARM_BEFORE = timedelta(hours=24)
"""The agenda says it the day before, even to who never opens the chat again."""


def write_calendar(event: model.Event, about: str, alarm_text: str, now_ms: int) -> bytes:
    """Write one event: its hours at its place's clock, its venue, an alarm the day before.

    The times carry UTC, which every agenda reads without a table of time zones; the same event
    always has the same UID, and says when it was written, so that taking the file again replaces
    the entry (RFC 5546, 2.1.4).
    """
    entry = Event()
    entry.add("uid", f"{event.id}@guichet")
    entry.add("dtstamp", _moment(now_ms))
    entry.add("dtstart", _moment(event.starts_ms))
    entry.add("dtend", _moment(event.ends_ms))
    entry.add("summary", event.title)
    entry.add("location", ", ".join(part for part in (event.venue, event.city) if part))
    entry.add("description", about)
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

"""What is watched at the door: a wave of forgeries, a gate gone silent, a venue nearly full."""

from dataclasses import dataclass

from boxoffice.rules import HOUR_MS, MINUTE_MS
from chat.messages import Say, Span, words
from gate_scanner.terminal.scanning import tell_supervisors
from storage import door_alarms
from storage.database import Tx
from storage.live import live_counts

WAVE_FORGERIES = 3
"""One forged ticket is somebody's; three different ones are a press."""

WAVE_MS = 10 * MINUTE_MS

SILENT_MS = 10 * MINUTE_MS
"""A gate at work scans every few seconds: ten minutes is a flat battery or a fight."""

NEARLY_FULL_PCT = 90

AGAIN_MS = HOUR_MS
"""An alarm that lasts is told once an hour."""

EVENTS_MAX = 50
"""Events with open doors at once, far more than one box office has."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something to tell the supervisors of an event, once."""

    event_id: int
    about: str
    say: Say


async def look(tx: Tx, now_ms: int) -> list[Alarm]:
    """Look at every event whose doors are open; changes nothing."""
    alarms: list[Alarm] = []
    for event_id in await door_alarms.events_at_the_door(tx, now_ms, EVENTS_MAX):
        alarms += await _look_at(tx, event_id, now_ms)
    return alarms


async def tell(tx: Tx, alarm: Alarm, now_ms: int) -> bool:
    """Tell an alarm unless it was told within the hour; true if somebody must hear it now."""
    if not await door_alarms.take_alarm(
        tx, alarm.event_id, alarm.about, again_ms=AGAIN_MS, now_ms=now_ms
    ):
        return False
    return await tell_supervisors(tx, alarm.event_id, alarm.say, now_ms)


async def _look_at(tx: Tx, event_id: int, now_ms: int) -> list[Alarm]:
    alarms: list[Alarm] = []
    count = await door_alarms.forgeries(tx, event_id, now_ms - WAVE_MS)
    if count >= WAVE_FORGERIES:
        wave = Say(words("alarm.wave", count=count, minutes=WAVE_MS // MINUTE_MS))
        alarms.append(Alarm(event_id, "wave", wave))
    for gate in await door_alarms.silent_gates(tx, event_id, silent_ms=SILENT_MS, now_ms=now_ms):
        since = Span(now_ms - gate["last_ms"])
        silent = Say(words("alarm.silent", gate=gate["name"], since=since))
        alarms.append(Alarm(event_id, f"silent {gate['id']}", silent))
    now = await live_counts(tx, event_id, now_ms)
    # Where people are counted, what fills is the room; else everybody who may come.
    room = (now.inside_max or now.expected) if now else 0
    if now and room and now.inside * 100 >= room * NEARLY_FULL_PCT:
        full = Say(words("alarm.nearly_full", inside=now.inside, room=room))
        alarms.append(Alarm(event_id, "full", full))
    return alarms

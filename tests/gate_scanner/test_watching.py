"""Alarms of the door: a wave of forgeries, a silent gate, a venue nearly full; each told once."""

from boxoffice.rules import HOUR_MS, MINUTE_MS
from boxoffice.verdicts import Verdict
from gate_scanner import watching
from storage import scans
from storage.database import Database
from tests.gate_scanner.door import NOW_MS, Doors


async def look(doors: Doors, now_ms: int = NOW_MS) -> list[str]:
    """Let upkeep look once; answers what supervisors were told by then."""
    for alarm in await doors.database.read(watching.look, now_ms):
        await doors.database.write(watching.tell, alarm, now_ms)
    return await doors.alarms()


async def shown(doors: Doors, raw: str, verdict: Verdict, at_ms: int, gate_id: int = 0) -> None:
    """Journal one scan."""
    hand = doors.hand(now_ms=at_ms, gate_id=gate_id or doors.gate_id)
    await doors.database.write(scans.journal, hand, verdict, raw_hash=raw, typed=False)


async def test_a_wave_of_forgeries_is_told_once_an_hour(database: Database) -> None:
    """One forged ticket shown three times is no wave; three different ones are."""
    doors = await Doors(database).build()
    await doors.supervisor()
    for _ in range(3):
        await shown(doors, "one", Verdict.FORGED, NOW_MS - MINUTE_MS)
    assert await look(doors) == []
    await shown(doors, "two", Verdict.FORGED, NOW_MS - MINUTE_MS)
    await shown(doors, "three", Verdict.FORGED, NOW_MS - MINUTE_MS)
    assert len(await look(doors)) == 1
    assert len(await look(doors, NOW_MS + MINUTE_MS)) == 1
    for raw in ("four", "five", "six"):
        await shown(doors, raw, Verdict.FORGED, NOW_MS + HOUR_MS)
    assert len(await look(doors, NOW_MS + HOUR_MS)) == 2


async def test_a_gate_gone_silent_is_told_while_others_work(database: Database) -> None:
    """A gate that scanned and stopped is named; when no gate scans, the door is simply quiet."""
    doors = await Doors(database).build()
    await doors.supervisor()
    south = await doors.gate("Porte Sud")
    await shown(doors, "a", Verdict.ADMITTED, NOW_MS - 20 * MINUTE_MS, south)
    assert await look(doors) == []
    await shown(doors, "b", Verdict.ADMITTED, NOW_MS - MINUTE_MS)
    (told,) = await look(doors)
    assert "Porte Sud" in told
    assert "20" in told


async def test_a_venue_nearly_full_is_told(database: Database) -> None:
    """Nine of ten inside."""
    doors = await Doors(database).build()
    await doors.supervisor()
    for number in range(10):
        inside = {"scanned_at_ms": NOW_MS, "scanned_staff_id": doors.staff_id, "inside": 1}
        await doors.ticket(**(inside if number else {}))
    (told,) = await look(doors)
    assert "9" in told
    assert "10" in told

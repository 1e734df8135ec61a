"""The people at the door, their gates, and where they may stand, on both engines."""

import pytest

from boxoffice.rules import HOUR_MS
from storage import staff
from storage.database import Database
from storage.staff import OVER_AFTER_MS, Gate
from tests.gate_scanner.door import NOW_MS, Doors, Phone


@pytest.fixture
async def doors(database: Database) -> Doors:
    """An event with a kind, a gate and a steward, on each engine."""
    return await Doors(database).build()


async def engage(doors: Doors, person_id: int, role: str, gate_id: int | None = None) -> int:
    """Take a person into the event's team."""
    return await doors.database.write(
        staff.engage,
        event_id=doors.event_id,
        person_id=person_id,
        role=role,
        name="Awa",
        gate_id=gate_id,
        now_ms=NOW_MS,
    )


async def test_who_comes_back_is_the_same_staff(doors: Doors) -> None:
    """Joining again after a dismissal keeps the staff id that the journal knows."""
    person_id = await doors.person()
    staff_id = await engage(doors, person_id, "steward")
    assert await doors.database.write(staff.dismiss, staff_id, NOW_MS)
    assert not await doors.database.write(staff.dismiss, staff_id, NOW_MS)
    assert await doors.database.read(staff.posts_of, person_id, NOW_MS) == []
    assert await doors.database.read(staff.post_by_id, staff_id, person_id) is None
    assert await engage(doors, person_id, "supervisor", doors.gate_id) == staff_id
    posts = await doors.database.read(staff.posts_of, person_id, NOW_MS)
    assert [(post.role, post.bound_gate_id) for post in posts] == [("supervisor", doors.gate_id)]
    assert await doors.database.read(staff.post_by_id, staff_id, person_id) == posts[0]
    assert await doors.database.read(staff.post_by_id, staff_id, doors.person_id) is None


async def test_an_event_that_is_over_asks_for_nobody(doors: Doors) -> None:
    """Half a day after its end, an event leaves the list of its staff."""
    over_ms = NOW_MS + 5 * HOUR_MS + OVER_AFTER_MS
    assert len(await doors.database.read(staff.posts_of, doors.person_id, over_ms - 1)) == 1
    assert await doors.database.read(staff.posts_of, doors.person_id, over_ms) == []


async def test_gates_are_listed_by_name_with_their_state(doors: Doors) -> None:
    """A new gate is open and admits every kind, until it is told otherwise."""
    south = await doors.database.write(staff.add_gate, doors.event_id, "Entrée Sud", NOW_MS)
    assert await doors.database.write(staff.set_gate_status, south, "paused")
    assert not await doors.database.write(staff.set_gate_status, 1, "paused")
    gates = await doors.database.read(staff.gates_of, doors.event_id)
    assert gates == [Gate(south, "Entrée Sud", "paused"), Gate(doors.gate_id, "Porte Nord", "open")]
    await doors.database.write(staff.admit_only, south, [doors.kind_id])
    await doors.database.write(staff.admit_only, south, [doors.kind_id])
    rows = await doors.rows("SELECT gate_id, kind_id FROM gate_kinds")
    assert rows == [{"gate_id": south, "kind_id": doors.kind_id}]
    await doors.database.write(staff.admit_only, south, [])
    assert await doors.rows("SELECT gate_id FROM gate_kinds") == []


async def test_supervisors_are_told_where_they_were_heard_last(doors: Doors) -> None:
    """An alarm goes to the scanner chats of the event's supervisors, and to nobody else."""
    await Phone(doors.database, "chief").say("bonjour")
    await Phone(doors.database, "steward").say("bonjour")
    chats = await doors.rows("SELECT id, person_id FROM chats WHERE ref = 'chief'")
    stewards = await doors.rows("SELECT person_id FROM chats WHERE ref = 'steward'")
    staff_id = await engage(doors, chats[0]["person_id"], "supervisor")
    await engage(doors, stewards[0]["person_id"], "steward")
    await engage(doors, await doors.person(), "supervisor")  # joined, never wrote to the scanner
    found = await doors.database.read(staff.supervisor_chats, doors.event_id)
    assert found == [chats[0]["id"]]
    await doors.database.write(staff.dismiss, staff_id, NOW_MS)
    assert await doors.database.read(staff.supervisor_chats, doors.event_id) == []


async def test_an_event_is_called_by_its_title(doors: Doors) -> None:
    """An invitation names the event it is for."""
    assert await doors.database.read(staff.event_title, doors.event_id) == "Nuit du Jazz"
    assert await doors.database.read(staff.event_title, 1) == ""

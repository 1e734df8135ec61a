"""The one statement that lets in, beside the judge that explains."""

import asyncio
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from boxoffice.admission import judge
from boxoffice.codes import Mode, make_code
from boxoffice.scan_facts import Direction, IdCheck
from boxoffice.verdicts import Verdict
from storage.database import Database, Tx
from storage.scan_facts import door, known_by, look
from storage.scans import NO_PAPER, ByCode, ById, ByShortCode, Hand, Paper, Sought, admit
from tests.gate_scanner.door import KEYRING, NOW_MS, Doors, insert


class Undo(Exception):
    """Raised at the end of an example, so that nothing of it stays."""


EDGES = (NOW_MS - 1, NOW_MS, NOW_MS + 1)
# What may stand in a row: first the ordinary value, then what is unusual.
COLUMNS: dict[str, tuple[Any, ...]] = {
    "event.status": ("published", "draft", "postponed", "cancelled"),
    "gate.status": ("open", "paused", "closed"),
    "gate.opens_ms": (None, *EDGES),
    "gate.closes_ms": (None, *EDGES),
    "staff.revoked_ms": (None, NOW_MS - 1),
    "staff.from_ms": (None, *EDGES),
    "staff.until_ms": (None, *EDGES),
    "ticket.status": ("valid", "revoked", "cancelled", "refunded", "charged_back", "blocked"),
    "ticket.mode": ("live", "demo"),
    "ticket.naming": ("transferable", "nominative"),
    "ticket.valid_from_ms": (NOW_MS - 5, *EDGES),
    "ticket.valid_until_ms": (NOW_MS + 5, NOW_MS, NOW_MS + 1),
    "gate.direction": ("in", "out"),
    "event.age_min": (21, 18),
    "ticket.entry": ("once", "daily", "reentry", "party"),
    "ticket.party_size": (1, 3),
    "ticket.entries": (0, 1, 2, 3),
    "ticket.inside": (0, 1, 2),
    "ticket.entered_day": (None, "2026-06-12", "2026-06-13", "2026-06-14"),
    "ticket.birth_date": (None, "2005-06-13", "2005-06-14", "2008-06-13", "2008-06-14"),
    "inside_max": (None, 1, 2),
    "passed_ms": (None, NOW_MS - 5000, NOW_MS - 5001),
    "bound": ("free", "here", "elsewhere"),
    "gate_kinds": ("all", "this", "other"),
    "other_person": (False, True),
    "other_event": (False, True),
    "scanned_ms": (None, NOW_MS - 1, NOW_MS - 60_000),
}
PAPERS = (
    NO_PAPER,
    Paper(IdCheck.SEEN, NOW_MS - 1000),
    Paper(IdCheck.SEEN, NOW_MS - 300_001),
    Paper(IdCheck.REFUSED, NOW_MS - 1000),
)


# Made once: a strategy looks at itself when it is first drawn from, longer than it draws.
NAMES = st.sets(st.sampled_from(sorted(COLUMNS)), max_size=3)
UNUSUAL = {name: st.sampled_from(values[1:]) for name, values in COLUMNS.items()}
ANY_PAPER = st.sampled_from(PAPERS)
ANY_WAY = st.sampled_from(["code", "short", "id"])
EITHER = st.booleans()


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, Any]:
    """Draw what stands in the rows: at most three things are unusual, so that each one counts."""
    unusual = draw(NAMES)
    if draw(EITHER):
        unusual |= {"ticket.entry"}  # a policy at least, in every other example
    world: dict[str, Any] = {
        "paper": draw(ANY_PAPER),
        "sought": draw(ANY_WAY),
    }
    for name, values in COLUMNS.items():
        value = draw(UNUSUAL[name]) if name in unusual else values[0]
        row, _, column = name.rpartition(".")
        if row:
            world.setdefault(row, {})[column] = value
        else:
            world[column] = value
    return world


async def example(tx: Tx, doors: Doors, world: dict[str, Any]) -> None:
    """Write the rows, ask the judge, then the statement, and compare; then undo it all."""
    for table, row_id in (("events", doors.event_id), ("gates", doors.gate_id)):
        values = world[table.removesuffix("s")]
        await tx.run(_update(table, values), id=row_id, **values)
    other_gate = await insert(tx, "gates", event_id=doors.event_id, name="B", status="open")
    bound = {"free": None, "here": doors.gate_id, "elsewhere": other_gate}[world["bound"]]
    staff = world["staff"] | {"bound_gate_id": bound}
    await tx.run(_update("staff", staff), id=doors.staff_id, **staff)
    other_kind = await doors._kind(tx, "Gradin")
    if world["gate_kinds"] != "all":
        kind_id = doors.kind_id if world["gate_kinds"] == "this" else other_kind
        await tx.run(
            "INSERT INTO gate_kinds (gate_id, kind_id) VALUES (:gate_id, :kind_id)",
            gate_id=doors.gate_id,
            kind_id=kind_id,
        )
    columns = dict(world["ticket"])
    columns["code"] = make_code(KEYRING, Mode.LIVE, doors.tag)
    columns["short_code"] = "ABCDEFG7"
    if world["scanned_ms"] is not None:
        columns |= {
            "scanned_at_ms": world["scanned_ms"],
            "scanned_gate_id": doors.gate_id,
            "scanned_staff_id": doors.staff_id,
            "passed_ms": world["scanned_ms"],
            "passed_gate_id": doors.gate_id,
            "passed_staff_id": doors.staff_id,
        }
    if world["passed_ms"] is not None:
        columns |= {
            "passed_ms": world["passed_ms"],
            "passed_gate_id": doors.gate_id,
            "passed_staff_id": doors.staff_id,
        }
    if world["inside_max"] is not None:
        await tx.run(
            "INSERT INTO occupancy (event_id, inside, inside_max) VALUES (:id, 1, :most)",
            id=doors.event_id,
            most=world["inside_max"],
        )
    if world["other_event"]:
        columns["event_id"] = await _another_event(tx, doors)
    ticket_id = await doors.write_ticket(tx, columns)
    hand = doors.hand()
    if world["other_person"]:
        stranger = await insert(tx, "people", name="", created_ms=NOW_MS)
        hand = doors.hand(person_id=stranger)
    ways: dict[str, Sought] = {
        "code": ByCode(columns["code"]),
        "short": ByShortCode("ABCDEFG7"),
        "id": ById(ticket_id),
    }
    sought = ways[world["sought"]]
    await _compare(tx, hand, sought, world["paper"])
    raise Undo


async def _compare(tx: Tx, hand: Hand, sought: Sought, paper: Paper) -> None:
    at = await door(tx, hand)
    facts, before = await look(tx, at, hand, sought, mode=Mode.LIVE, paper=paper)
    verdict = judge(facts).verdict
    before_count = await _inside(tx)
    known = known_by(facts)
    admitted = await admit(tx, hand, sought, mode=Mode.LIVE, paper=paper, known=known)
    assert (admitted is not None) == (verdict is Verdict.ADMITTED), verdict
    again, after = await look(tx, at, hand, sought, mode=Mode.LIVE, paper=paper)
    if admitted is None:
        assert (again, after) == (facts, before)
        assert await _inside(tx) == before_count
        return
    assert judge(again).verdict is Verdict.REPLAY
    assert await admit(tx, hand, sought, mode=Mode.LIVE, paper=paper, known=known) is None
    way = -1 if at.direction is Direction.OUT else 1
    if before_count is not None:
        assert await _inside(tx) == before_count + way
    assert again.entries == facts.entries + (way == 1)


async def _inside(tx: Tx) -> int | None:
    row = await tx.row("SELECT inside FROM occupancy ORDER BY event_id DESC LIMIT 1")
    return None if row is None else int(row["inside"])


async def _another_event(tx: Tx, doors: Doors) -> int:
    row = await tx.row("SELECT * FROM events WHERE id = :id", id=doors.event_id)
    columns = dict(row)  # type: ignore[call-overload] # rows of both engines are mappings
    del columns["id"]
    return await insert(tx, "events", **columns | {"tag": "ZZZZ", "status": "published"})


def _update(table: str, values: dict[str, Any]) -> str:
    sets = ", ".join(f"{name} = :{name}" for name in values)
    return f"UPDATE {table} SET {sets} WHERE id = :id"  # noqa: S608 (a test's own columns)


@pytest.fixture
async def built(database: Database) -> Doors:
    """A door on each engine, and another event's before it: every example is undone."""
    await Doors(database).build()
    return await Doors(database).build()


@settings(
    max_examples=400,
    deadline=None,  # a database answers when it answers
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # every example is undone
)
@given(world=worlds())
async def test_the_statement_and_the_judge_agree(built: Doors, world: dict[str, Any]) -> None:
    """Whatever stands in the rows, the statement lets in exactly when the judge says so.

    A refusal leaves the ticket as it was; an admission is a replay a moment later.
    """
    with pytest.raises(Undo):
        await built.database.write(example, built, world)


async def test_two_hundred_racing_scans_admit_one(database: Database) -> None:
    """First scan wins: of 200 scans of one ticket at once, exactly one is let in."""
    doors = await Doors(database).build()
    _, code = await doors.ticket()
    hands = [doors.hand(now_ms=NOW_MS + shift) for shift in range(200)]
    stories = await asyncio.gather(
        *(database.write(admit, hand, ByCode(code), mode=Mode.LIVE) for hand in hands)
    )
    assert sum(story is not None for story in stories) == 1


async def test_the_green_answer_knows_kind_and_holder(database: Database) -> None:
    """The statement itself returns what the answer says."""
    doors = await Doors(database).build()
    ticket_id, code = await doors.ticket(holder="Awa Dossou")
    story = await database.write(admit, doors.hand(), ByCode(code), mode=Mode.LIVE)
    assert story is not None
    assert (story.ticket_id, story.kind, story.holder) == (ticket_id, "VIP", "Awa Dossou")
    rows = await doors.rows("SELECT * FROM tickets WHERE id = :id", id=ticket_id)
    assert rows[0]["scanned_at_ms"] == NOW_MS
    assert rows[0]["scanned_gate_id"] == doors.gate_id
    assert rows[0]["scanned_staff_id"] == doors.staff_id

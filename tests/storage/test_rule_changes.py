"""Changes of an event: of many who press, one makes it; taken back, all stands as it stood."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta

import pytest

from boxoffice.model import Event, Kind, Seat
from storage import chats, event_changes, event_rules, events, orders, places, promos, staff
from storage.database import Database, Row, Tx
from storage.event_changes import Change, Wanted
from storage.ids import new_id
from tests.transcripts.stage import START
from tests.transcripts.world import make_event

NOW_MS = int(START.timestamp() * 1000)
PRESSED_COUNT = 5

KIND = {
    "name": "Balcon",
    "price_minor": 3000,
    "quota": 9,
    "valid_from_ms": NOW_MS,
    "valid_until_ms": NOW_MS + 1,
    "party_size": 1,
    "hidden": 0,
    "plan": "",
}

Asked = Callable[[Event, Kind, Kind], Wanted]
Pressed = Callable[[Tx, Change, int], Coroutine[None, None, bool]]


def _party(_event: Event, one: Kind, _other: Kind) -> Wanted:
    old, new = {"entry": "once", "party_size": 1}, {"entry": "party", "party_size": 4}
    return Wanted(field="party", old=old, new=new, kind_id=one.id)


def _plan(_event: Event, one: Kind, _other: Kind) -> Wanted:
    old, new = {"quota": 9, "plan": ""}, {"quota": 5, "plan": "A:1-2 B:1-3"}
    return Wanted(field="plan", old=old, new=new, kind_id=one.id)


def _shared(_event: Event, one: Kind, other: Kind) -> Wanted:
    kinds = {"kinds": f"{one.id},{other.id}", "names": ""}
    return Wanted(field="shared", old={"quota": None, **kinds}, new={"quota": 7, **kinds})


def _room(_event: Event, _one: Kind, _other: Kind) -> Wanted:
    return Wanted(field="room", old={"inside_max": None}, new={"inside_max": 800})


def _sales(_event: Event, _one: Kind, _other: Kind) -> Wanted:
    old = {"sales_from_ms": None, "sales_until_ms": None}
    return Wanted(field="sales", old=old, new={**old, "sales_until_ms": NOW_MS + 1})


def _new_kind(_event: Event, _one: Kind, _other: Kind) -> Wanted:
    return Wanted(field="kind", old={}, new=KIND, kind_id=new_id(NOW_MS))


def _no_kind(_event: Event, _one: Kind, other: Kind) -> Wanted:
    window = {"valid_from_ms": other.valid_from_ms, "valid_until_ms": other.valid_until_ms}
    old = {**KIND, "name": other.name, "price_minor": other.price.amount_minor, **window}
    return Wanted(field="kind", old=old, new={}, kind_id=other.id)


@pytest.mark.parametrize(
    "asked",
    [_party, _plan, _shared, _room, _sales, _new_kind, _no_kind],
    ids=lambda one: one.__name__,
)
async def test_a_change_is_made_once_and_taken_back_once(asked: Asked, database: Database) -> None:
    """Pressed by many at once, each button does it once; in the end all stands as before."""
    event, [one, other] = await _an_event(database)
    before = await database.read(_stands, event.id)
    change = await database.write(_ask, event.id, asked(event, one, other))
    made = await _pressed(database, event_changes.make, change)
    assert made == 1
    assert await database.read(_stands, event.id) != before
    undone = await _pressed(database, event_changes.undo, change)
    assert undone == 1
    assert await database.read(_stands, event.id) == before


@pytest.mark.parametrize("asked", [_party, _plan, _no_kind], ids=lambda one: one.__name__)
async def test_what_was_ordered_meanwhile_decides(asked: Asked, database: Database) -> None:
    """A buyer and the organiser at the same moment: the first decides, the other is refused."""
    event, [one, other] = await _an_event(database)
    wanted = asked(event, one, other)
    change = await database.write(_ask, event.id, wanted)
    kind = other if wanted.kind_id == other.id else one
    held, made = await asyncio.gather(
        database.write(_hold, event, kind), database.write(event_changes.make, change, NOW_MS)
    )
    kinds = {kind.id: kind for kind in await database.read(events.kinds_of, event.id)}
    if made and not wanted.new:
        assert not held
        assert kind.id not in kinds
    elif not made:
        assert held
        assert kinds[kind.id].quota == 9


async def test_what_goes_with_a_kind_comes_back_with_it(database: Database) -> None:
    """Its codes and the gates that name it stand again once the removal is taken back."""
    event, [one, other] = await _an_event(database)
    await database.write(_code_and_gates, event.id, one, other)
    before = await database.read(_codes_and_gates)
    change = await database.write(_ask, event.id, _no_kind(event, one, other))
    assert await database.write(event_changes.make, change, NOW_MS)
    gone, [(_, named)] = await database.read(_codes_and_gates)
    assert not gone
    assert named == one.id
    [kept] = await database.read(event_changes.asked_together, change.id)
    assert await database.write(event_changes.undo, kept, NOW_MS)
    assert await database.read(_codes_and_gates) == before


async def _code_and_gates(tx: Tx, event_id: int, one: Kind, other: Kind) -> None:
    new = promos.NewPromo(event_id=event_id, code="AMIS", percent=20, kind_id=other.id)
    assert await promos.make(tx, new, (await tx.rows("SELECT id FROM people"))[0]["id"], NOW_MS)
    for name, kinds in (("Tribune", [one.id, other.id]), ("Loges", [other.id])):
        await staff.admit_only(tx, await _gate(tx, event_id, name), kinds)


async def _gate(tx: Tx, event_id: int, name: str) -> int:
    await staff.add_exit(tx, event_id, name, NOW_MS)
    rows = await tx.rows("SELECT id FROM gates WHERE name = :name", name=name)
    return int(rows[0]["id"])


async def _codes_and_gates(tx: Tx) -> tuple[list[Row], list[tuple[int, int]]]:
    rows = await tx.rows("SELECT gate_id, kind_id FROM gate_kinds ORDER BY gate_id, kind_id")
    codes = await tx.rows("SELECT * FROM promos ORDER BY id")
    return codes, [(row["gate_id"], row["kind_id"]) for row in rows]


async def _an_event(database: Database) -> tuple[Event, list[Kind]]:
    starts = START + timedelta(days=11, hours=10)
    facts = ("Standard 5000 x 9", "VIP 9000 x 9")
    event_id = await database.write(make_event, "Jazz", starts, facts, NOW_MS)
    event = await database.read(events.event_by_id, event_id)
    assert event is not None
    return event, await database.read(events.kinds_of, event_id)


async def _ask(tx: Tx, event_id: int, wanted: Wanted) -> Change:
    person_id = (await tx.rows("SELECT id FROM people"))[0]["id"]
    [change] = await event_changes.ask(tx, event_id, [wanted], person_id=person_id, now_ms=NOW_MS)
    return change


async def _pressed(database: Database, do: Pressed, change: Change) -> int:
    done = await asyncio.gather(*(database.write(do, change, NOW_MS) for _ in range(PRESSED_COUNT)))
    return sum(done)


async def _stands(tx: Tx, event_id: int) -> tuple[object, ...]:
    """Read all that these rules are made of; the version of the conditions only goes up."""
    event = await events.event_by_id(tx, event_id)
    assert event is not None
    kinds = await events.kinds_of(tx, event_id)
    plans = [await places.plan_of(tx, kind.id) for kind in kinds]
    room = await event_rules.inside_max(tx, event_id)
    shared = await event_rules.shared_quota_of(tx, event_id)
    sales = (event.sales_from_ms, event.sales_until_ms)
    return event.entry, sales, kinds, plans, room, shared


async def _hold(tx: Tx, event: Event, kind: Kind) -> bool:
    chat = await chats.open_chat(
        tx, channel="listed", talk="seller", ref="b", language="fr", name="b", now_ms=NOW_MS
    )
    new = orders.NewOrder(
        reference="R0000001",
        event_id=event.id,
        buyer_id=chat.person_id,
        chat_id=chat.id,
        seats=[Seat(1, kind.id, 0, None)],
        currency="XOF",
        hold_until_ms=NOW_MS + 1,
    )
    return await orders.hold(tx, new, NOW_MS) is not None

"""The demo's own rules: what a visitor makes can be tried at once."""

from dataclasses import dataclass

from bot.worlds import demo
from boxoffice.codes import Mode
from boxoffice.model import Naming
from boxoffice.rules import DAY_MS, HOUR_MS
from storage import drafts, organisers, staff
from storage.database import Database, Tx
from storage.drafts import NewEvent, NewKind

NOW_MS = 1_811_844_000_000


@dataclass(frozen=True, slots=True)
class Phone:
    """One of a visitor's phones."""

    ref: str
    name: str
    talk: str


PHONES = (
    Phone("w1", "buyer", "seller"),
    Phone("w2", "gate", "scanner"),
    Phone("w3", "organiser", "seller"),
)


async def test_the_gates_phone_joins_what_is_published_later(database: Database) -> None:
    """An event put on sale after the page was opened has the gate in its team; days keep theirs."""
    await database.write(demo.furnish, PHONES, NOW_MS)
    at_first = await database.read(_posts)
    assert len(at_first) == 3
    await database.write(_like_an_organiser)
    await database.write(demo.staff_gates, NOW_MS + 1)
    await database.write(demo.staff_gates, NOW_MS + 2)
    assert len(await database.read(_posts)) == 4
    assert await database.read(_windows) == [
        ("Dimanche", NOW_MS + 3 * DAY_MS),
        ("Standard", NOW_MS + 1),
    ]


async def test_a_phone_that_was_dismissed_stays_out(database: Database) -> None:
    """The organiser's word counts in the demo as at a real door."""
    await database.write(demo.furnish, PHONES, NOW_MS)
    (post, *_) = await database.read(_posts)
    assert await database.write(staff.dismiss, post.staff_id, NOW_MS)
    await database.write(demo.staff_gates, NOW_MS + 1)
    assert len(await database.read(_posts)) == 2


async def _posts(tx: Tx) -> list[staff.Post]:
    row = await tx.row("SELECT person_id FROM chats WHERE talk = 'scanner'")
    assert row is not None
    return await staff.posts_of(tx, row["person_id"], NOW_MS)


async def _like_an_organiser(tx: Tx) -> None:
    """Publish an event two days ahead, with a kind that waits for the doors and one for a day."""
    organiser_id = await organisers.first_organiser(tx)
    assert organiser_id is not None
    doors_ms = NOW_MS + 2 * DAY_MS
    new = NewEvent(
        organiser_id=organiser_id,
        mode=Mode.DEMO,
        title="Soirée",
        description="",
        venue="Chez Awa",
        city="Cotonou",
        folded="soiree",
        zone=demo.ZONE,
        doors_ms=doors_ms,
        starts_ms=doors_ms,
        ends_ms=doors_ms + 3 * DAY_MS,
        currency="XOF",
        age_min=0,
        naming=Naming.TRANSFERABLE,
        refund_percent=0,
        refund_before_ms=0,
        conditions="",
        per_buyer_max=10,
        hold_ms=HOUR_MS,
        accent="#000000",
    )
    event_id = await drafts.create_event(tx, new, NOW_MS)
    for name, from_ms in (("Standard", doors_ms), ("Dimanche", doors_ms + DAY_MS)):
        kind = NewKind(
            name=name, price_minor=0, quota=9, valid_from_ms=from_ms, valid_until_ms=new.ends_ms
        )
        await drafts.add_kind(tx, event_id, kind, NOW_MS)
    await drafts.publish(tx, event_id, NOW_MS)


async def _windows(tx: Tx) -> list[tuple[str, int]]:
    rows = await tx.rows(
        "SELECT name, valid_from_ms FROM kinds JOIN events ON events.id = event_id"
        " WHERE title = 'Soirée' ORDER BY name"
    )
    return [(row["name"], row["valid_from_ms"]) for row in rows]

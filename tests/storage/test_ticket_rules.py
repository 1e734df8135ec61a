"""Rules that the database holds: shared seats, numbered seats, names corrected, terminals lent."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from boxoffice.codes import Keyring
from boxoffice.model import Event, Kind, OrderStatus, Seat
from boxoffice.rules import DAY_MS
from boxoffice.seating import read_zone
from storage import (
    acceptances,
    catalogue,
    chats,
    drafts,
    event_changes,
    event_rules,
    events,
    loans,
    orders,
    places,
    renames,
    tickets,
)
from storage.database import ConstraintBroken, Database, Tx
from storage.ids import new_id
from tests.transcripts.stage import START, TEST_KEY
from tests.transcripts.world import make_event

NOW_MS = int(START.timestamp() * 1000)
KEYRING = Keyring.parse(TEST_KEY)


async def an_event(database: Database, *facts: str) -> tuple[Event, list[Kind]]:
    """Put an event on sale eleven days from now."""
    starts = START + timedelta(days=11, hours=10)
    event_id = await database.write(make_event, "Jazz", starts, facts, NOW_MS)
    event = await database.read(events.event_by_id, event_id)
    assert event is not None
    return event, await database.read(events.kinds_of, event_id)


async def hold(tx: Tx, event: Event, seats: list[Seat], name: str) -> int | None:
    """Hold seats for somebody; answers the order, or None."""
    chat = await chats.open_chat(
        tx, channel="listed", talk="seller", ref=name, language="fr", name=name, now_ms=NOW_MS
    )
    new = orders.NewOrder(
        f"R{new_id(NOW_MS)}", event.id, chat.person_id, chat.id, seats, "XOF", NOW_MS + DAY_MS
    )
    order = await orders.hold(tx, new, NOW_MS)
    return order.id if order else None


async def sell(tx: Tx, event: Event, kind: Kind, seats: list[Seat], name: str) -> list[int]:
    """Sell seats to somebody; answers the tickets."""
    order_id = await hold(tx, event, seats, name)
    assert order_id is not None
    await orders.mark_paid(tx, order_id, NOW_MS)
    order = await orders.order_by_id(tx, order_id)
    assert order is not None
    return await tickets.issue(
        tx,
        order=order,
        event=event,
        kinds={kind.id: kind},
        seats=seats,
        keyring=KEYRING,
        now_ms=NOW_MS,
    )


async def check_ages(tx: Tx, event_id: int, checks: int) -> bool:
    """Ask a birth date of every holder, or of none, as a change that an organiser makes."""
    old, new = {"checks_age": 1 - checks}, {"checks_age": checks}
    wanted = event_changes.Wanted(field="checks", old=old, new=new)
    person_id = (await tx.rows("SELECT id FROM people"))[0]["id"]
    [change] = await event_changes.ask(tx, event_id, [wanted], person_id=person_id, now_ms=NOW_MS)
    return await event_changes.make(tx, change, NOW_MS)


async def test_kinds_share_seats_and_are_never_oversold(database: Database) -> None:
    """Forty buyers at once want two kinds that share seven seats: seven are held, then freed."""
    event, [one, two] = await an_event(database, "Standard 5000 x 9", "VIP 9000 x 9")
    assert await database.write(event_rules.share, event.id, [one.id, two.id], 7, new_id(NOW_MS))
    held = await asyncio.gather(
        *(
            database.write(hold, event, [Seat(1, kind.id, 0, None)], f"b{at}{kind.name}")
            for at in range(20)
            for kind in (one, two)
        )
    )
    got = [order_id for order_id in held if order_id is not None]
    assert len(got) == 7
    kinds = await database.read(events.kinds_of, event.id)
    assert sum(kind.taken for kind in kinds) == 7
    assert [kind.left for kind in kinds] == [0, 0]
    [offer] = await database.read(catalogue.offers, now_ms=NOW_MS)
    assert offer.left == 0
    for order_id in got:
        assert await database.write(orders.end_hold, order_id, OrderStatus.EXPIRED, NOW_MS)
        assert not await database.write(orders.end_hold, order_id, OrderStatus.EXPIRED, NOW_MS)
    kinds = await database.read(events.kinds_of, event.id)
    assert [(kind.taken, kind.left) for kind in kinds] == [(0, 7), (0, 7)]


async def test_a_shared_quota_is_never_under_what_is_taken(database: Database) -> None:
    """Two are taken: one cannot be shared; and a kind shares once."""
    event, [one, two] = await an_event(database, "Standard 5000 x 9", "VIP 9000 x 9")
    await database.write(hold, event, [Seat(1, one.id, 0, None), Seat(2, two.id, 0, None)], "b")
    assert not await database.write(
        event_rules.share, event.id, [one.id, two.id], 1, new_id(NOW_MS)
    )
    assert await database.write(event_rules.share, event.id, [one.id, two.id], 2, new_id(NOW_MS))
    assert not await database.write(
        event_rules.share, event.id, [one.id, two.id], 9, new_id(NOW_MS)
    )


async def test_one_numbered_seat_goes_to_one_of_many(database: Database) -> None:
    """Twenty want A1 at once: one has it, the others have nothing of it, not even a count."""
    event, [kind] = await an_event(database, "Parterre 5000 x 50")
    zone = read_zone("Parterre A:1-30")
    assert zone is not None
    assert await database.write(places.lay_out, event.id, kind.id, zone, NOW_MS)
    first = (await database.read(places.free_of, kind.id))[0]
    seat = Seat(1, kind.id, 5000, None, place_id=first.id)
    held = await asyncio.gather(
        *(database.write(hold, event, [seat], f"b{at}") for at in range(20))
    )
    assert sum(order_id is not None for order_id in held) == 1
    [now] = await database.read(events.kinds_of, event.id)
    assert (now.taken, now.quota) == (1, 30)
    assert len(await database.read(places.free_of, kind.id)) == 29


async def test_one_seat_never_has_two_living_tickets(database: Database) -> None:
    """Whatever the code does: the database refuses a second living ticket of a seat."""
    event, [kind] = await an_event(database, "Parterre 5000 x 50")
    zone = read_zone("Parterre A:1-3")
    assert zone is not None
    await database.write(places.lay_out, event.id, kind.id, zone, NOW_MS)
    first = (await database.read(places.free_of, kind.id))[0]
    seat = Seat(1, kind.id, 5000, None, place_id=first.id)
    [ticket_id] = await database.write(sell, event, kind, [seat], "awa")
    full = await database.read(tickets.ticket_by_id, ticket_id)
    assert full is not None
    assert full.ticket.place == "A1"

    async def twice(tx: Tx) -> None:
        await places.free(tx, full.order.id)
        await sell(tx, event, kind, [seat], "kofi")

    with pytest.raises(ConstraintBroken):
        await database.write(twice)


async def test_a_corrected_name_needs_no_free_seat_and_kills_the_old_code(
    database: Database,
) -> None:
    """Sold out, and still renamed: one living ticket, the old one names its successor, once."""
    event, [kind] = await an_event(database, "Standard 5000 x 1", "nominatif")
    [old_id] = await database.write(sell, event, kind, [Seat(1, kind.id, 5000, "Awa Dosou")], "a")
    renamed = await asyncio.gather(
        *(
            database.write(renames.rename, old_id, "Awa Dossou", keyring=KEYRING, now_ms=NOW_MS)
            for _ in range(8)
        )
    )
    [renamed_id] = [one for one in renamed if one is not None]
    new = await database.read(tickets.ticket_by_id, renamed_id)
    old = await database.read(tickets.ticket_by_id, old_id)
    assert new is not None
    assert old is not None
    assert new.ticket.holder == "Awa Dossou"
    assert old.ticket.status == "revoked"
    assert old.ticket.code != new.ticket.code
    assert len(await database.read(tickets.tickets_of_order, new.order.id)) == 1
    [now] = await database.read(events.kinds_of, event.id)
    assert (now.taken, now.quota) == (1, 1)
    assert await database.read(renames.corrections_of, new.order.id, 1) == 1
    late = event.doors_ms - event.renaming_ends_ms
    assert (
        await database.write(renames.rename, renamed_id, "X Y", keyring=KEYRING, now_ms=late)
        is None
    )


async def test_what_was_accepted_stays_provable(database: Database) -> None:
    """Every version of the conditions is kept whole; a rule that changes them makes a new one."""
    event, [kind] = await an_event(database, "Standard 5000 x 9")
    assert await database.write(check_ages, event.id, 1)
    changed = await database.read(events.event_by_id, event.id)
    assert changed == replace(
        event, checks_age=True, conditions_version=event.conditions_version + 1
    )
    order_id = await database.write(hold, event, [Seat(1, kind.id, 0, None)], "awa")
    assert order_id is not None
    await database.write(
        acceptances.accept,
        order_id=order_id,
        person_id=(await database.read(orders.order_by_id, order_id)).buyer_id,  # type: ignore[union-attr] # held above
        digest="d",
        event_id=event.id,
        version=changed.conditions_version if changed else 0,
        language="fr",
        body="Les conditions, en entier.",
        age_min=21,
        now_ms=NOW_MS,
    )
    assert not await database.write(check_ages, event.id, 0)
    assert await database.read(_accepted, order_id) == (2, "Les conditions, en entier.", NOW_MS)


async def _accepted(tx: Tx, order_id: int) -> tuple[int, str, int]:
    row = await tx.row(
        "SELECT version, body, accepted_ms FROM acceptances"
        " JOIN condition_texts ON condition_texts.digest = acceptances.digest"
        " WHERE order_id = :id",
        id=order_id,
    )
    assert row is not None
    return row["version"], row["body"], row["accepted_ms"]


async def test_nothing_is_published_where_nobody_can_scan(database: Database) -> None:
    """A draft at an unknown venue is refused by the statement; a loan accepted once opens it."""
    event, _ = await an_event(database, "Standard 5000 x 9")
    await database.write(_take_back, event.id)
    assert not await database.write(drafts.publish, event.id, NOW_MS)
    chat = await database.write(
        chats.open_chat,
        channel="listed",
        talk="seller",
        ref="awa",
        language="fr",
        name="Awa",
        now_ms=NOW_MS,
    )
    asked = {"person_id": chat.person_id, "chat_id": chat.id, "now_ms": NOW_MS}
    assert await database.write(loans.ask, event.id, **asked)
    assert not await database.write(loans.ask, event.id, **asked)
    assert not await database.write(loans.hand_over, event.id, NOW_MS)
    terms = {"terminals": 4, "from_ms": NOW_MS, "until_ms": NOW_MS + 1, "now_ms": NOW_MS}
    assert await database.write(loans.accept, event.id, **terms)
    assert not await database.write(loans.accept, event.id, **terms)
    assert await database.write(drafts.publish, event.id, NOW_MS)
    assert await database.write(loans.hand_over, event.id, NOW_MS)
    assert await database.write(loans.give_back, event.id, NOW_MS)
    assert not await database.write(loans.give_back, event.id, NOW_MS)


async def _take_back(tx: Tx, event_id: int) -> None:
    await tx.run(
        "UPDATE events SET status = 'draft', equipment = 'unknown' WHERE id = :id", id=event_id
    )

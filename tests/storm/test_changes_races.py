"""Races over seats that come back: who waits is served once, and nobody comes between."""

import asyncio
from collections.abc import Sequence

from bot.flows.choosing.waiting import offer_next
from boxoffice.model import OrderStatus, Seat, TicketStatus
from storage import chats, events, orders, returns, waiting
from storage.chats import ChatRow
from storage.database import Database, Tx
from tests.storm.invariants import INVARIANTS, breaches
from tests.transcripts.stage import open_stage

OF_BARE_ORDERS = "an order has its acceptance"
"""Orders made here without a conversation accept nothing: that law is the transcripts'."""

LAWS = tuple(one for one in INVARIANTS if one.promise != OF_BARE_ORDERS)


async def test_a_seat_given_back_goes_to_who_waits_and_to_nobody_else(database: Database) -> None:
    """Whatever happens at once: the public gets nothing, and one offer is made, and taken once."""
    async with open_stage(database) as stage:
        await stage.world("événement jazz: Nuit du Jazz | 12/06/2027 20:30 | Standard 0 x 1")
        event_id, now_ms = stage.events["jazz"], stage.clock()
        [kind] = await database.read(events.kinds_of, event_id)
        people = [await database.write(_somebody, f"w{number}", now_ms) for number in range(3)]
        holder = await database.write(_somebody, "holder", now_ms)
        held = await database.write(_hold, event_id, kind.id, holder, "R0000000", now_ms)
        assert held is not None
        for person in people:
            await database.write(_join, event_id, kind.id, person, now_ms)

        public = [await database.write(_somebody, f"p{number}", now_ms) for number in range(10)]
        grabs = [
            database.write(_hold, event_id, kind.id, person, f"P{number:06d}", now_ms)
            for number, person in enumerate(public)
        ]
        offers = [database.write(offer_next, kind.id, now_ms) for _ in range(5)]
        freed = database.write(orders.end_hold, held, OrderStatus.CANCELLED, now_ms)
        done = await asyncio.gather(freed, *grabs, *offers)
        while await database.write(offer_next, kind.id, now_ms):
            pass
        assert [one for one in done[1:11] if one is not None] == []
        assert await database.read(waiting.offered_to, people[0].person_id, kind.id, now_ms) == 1
        taken = await asyncio.gather(
            *(
                database.write(waiting.take_offer, people[0].person_id, kind.id, 1, now_ms)
                for _ in range(2)
            )
        )
        assert sum(one is not None for one in taken) == 1


async def test_of_many_ends_of_one_offer_one_gives_its_seats_back(database: Database) -> None:
    """Over, refused, unreachable, closed, all at the same moment: the seats come back once."""
    async with open_stage(database) as stage:
        await stage.world("événement jazz: Nuit du Jazz | 12/06/2027 20:30 | Standard 0 x 3")
        event_id, now_ms = stage.events["jazz"], stage.clock()
        [kind] = await database.read(events.kinds_of, event_id)
        person = await database.write(_somebody, "w0", now_ms)
        place = await database.write(_join, event_id, kind.id, person, now_ms)
        assert place is not None
        assert await database.write(offer_next, kind.id, now_ms)
        late_ms = now_ms + 86_400_000
        await asyncio.gather(
            *(database.write(waiting.end_offers, late_ms, 10) for _ in range(5)),
            *(database.write(waiting.leave, place, late_ms) for _ in range(5)),
        )
        [after] = await database.read(events.kinds_of, event_id)
        assert after.taken == 0
        assert await database.read(breaches, LAWS) == []


async def test_giving_back_at_once_from_two_phones_is_done_once(database: Database) -> None:
    """Several confirmations of the same tickets, or of some of them, at once: one counts."""
    async with open_stage(database) as stage:
        await stage.world("événement expo: Portes ouvertes | 12/06/2027 15:00 | Entrée 0 x 9")
        await stage.world("awa achète 3 Entrée pour expo")
        order = await database.read(_an_order)

        async def give(numbers: Sequence[int]) -> bool:
            async def work(tx: Tx) -> bool:
                done = await returns.give_back(
                    tx,
                    order[0],
                    order[1],
                    numbers,
                    status=TicketStatus.CANCELLED,
                    before_ms=0,
                    now_ms=stage.clock(),
                )
                for number in numbers if done else ():
                    await orders.return_seat(tx, order[0], number, stage.clock())
                return done

            return await database.write(work)

        told = await asyncio.gather(give((1, 2)), give((1, 2)), give((2, 3)), give((1, 2)))
        assert sum(told) == 1
        assert await database.read(breaches) == []


async def _somebody(tx: Tx, ref: str, now_ms: int) -> ChatRow:
    return await chats.open_chat(
        tx, channel="listed", talk="seller", ref=ref, language="fr", name=ref, now_ms=now_ms
    )


async def _join(tx: Tx, event_id: int, kind_id: int, person: ChatRow, now_ms: int) -> int | None:
    place = await waiting.join(
        tx,
        event_id=event_id,
        kind_id=kind_id,
        person_id=person.person_id,
        chat_id=person.id,
        quantity=1,
        now_ms=now_ms,
    )
    return place.id if place else None


async def _hold(
    tx: Tx, event_id: int, kind_id: int, person: ChatRow, reference: str, now_ms: int
) -> int | None:
    new = orders.NewOrder(
        reference=reference,
        event_id=event_id,
        buyer_id=person.person_id,
        chat_id=person.id,
        seats=[Seat(1, kind_id, 0, None)],
        currency="XOF",
        hold_until_ms=now_ms + 1,
    )
    order = await orders.hold(tx, new, now_ms)
    return order.id if order else None


async def _an_order(tx: Tx) -> tuple[int, int]:
    [row] = await tx.rows("SELECT id, buyer_id FROM orders")
    return row["id"], row["buyer_id"]

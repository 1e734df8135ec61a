"""Promo codes: their limits decided by conditional updates, however many come at once."""

import asyncio
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from boxoffice.model import OrderStatus, Seat
from boxoffice.money import Money
from storage import chats, events, orders, promos
from storage.database import Database, Tx
from storage.promos import NewPromo, Promo
from tests.transcripts.stage import open_stage


async def test_of_forty_who_come_at_once_a_code_serves_its_limit(database: Database) -> None:
    """Seven tickets of a code, two each: three buyers get two, the rest nothing; all comes back."""
    async with open_stage(database) as stage:
        await stage.world("événement jazz: Nuit du Jazz | 12/06/2027 20:30 | Standard 0 x 500")
        event_id, now_ms = stage.events["jazz"], stage.clock()
        [kind] = await database.read(events.kinds_of, event_id)

        async def person(tx: Tx, number: int) -> tuple[int, int]:
            chat = await chats.open_chat(
                tx,
                channel="listed",
                talk="seller",
                ref=f"buyer-{number}",
                language="fr",
                name="",
                now_ms=now_ms,
            )
            return chat.person_id, chat.id

        maker, _ = await database.write(person, 99)
        new = NewPromo(event_id=event_id, code="JAZZ", percent=50, tickets_max=7, per_buyer_max=2)
        promo_id = await database.write(promos.make, new, maker, now_ms)
        assert promo_id is not None
        assert await database.write(promos.make, new, maker, now_ms) is None

        async def hold(number: int, count: int) -> int | None:
            buyer_id, chat_id = await database.write(person, number)
            order = orders.NewOrder(
                reference=f"R{number:06d}",
                event_id=event_id,
                buyer_id=buyer_id,
                chat_id=chat_id,
                seats=[Seat(rank + 1, kind.id, 0, None) for rank in range(count)],
                currency="XOF",
                hold_until_ms=now_ms + 1,
                promo_id=promo_id,
                promo_code="JAZZ",
            )
            held = await database.write(orders.hold, order, now_ms)
            return held.id if held else None

        assert await hold(50, 3) is None, "more than one buyer may have"
        held = [one for one in await asyncio.gather(*(hold(n, 2) for n in range(40))) if one]
        assert len(held) == 3
        found = await database.read(promos.find, event_id, "JAZZ")
        assert found is not None
        assert found.taken == 6
        [taken] = [one.taken for one in await database.read(events.kinds_of, event_id)]
        assert taken == 6, "who got no code holds no seat"
        for order_id in held:
            assert await database.write(orders.end_hold, order_id, OrderStatus.EXPIRED, now_ms)
            assert not await database.write(orders.end_hold, order_id, OrderStatus.EXPIRED, now_ms)
        found = await database.read(promos.find, event_id, "JAZZ")
        assert found is not None
        assert found.taken == 0


CODE = Promo(
    id=1,
    event_id=1,
    code="JAZZ",
    percent=0,
    amount_minor=0,
    kind_id=None,
    tickets_max=1,
    per_buyer_max=1,
    from_ms=None,
    until_ms=None,
    taken=0,
)


@given(
    price=st.integers(0, 10**9),
    percent=st.integers(0, 100),
    off=st.integers(0, 10**9),
)
def test_a_code_takes_off_what_it_says_and_never_gives_money(
    price: int, percent: int, off: int
) -> None:
    """A price with a code is whole, between nothing and the price, and 100 % is free."""
    for code in (replace(CODE, percent=percent), replace(CODE, amount_minor=off)):
        paid = code.price(Money(price, "XOF")).amount_minor
        assert 0 <= paid <= price
    assert replace(CODE, percent=100).price(Money(price, "XOF")).amount_minor == 0

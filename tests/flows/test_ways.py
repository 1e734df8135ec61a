"""Ways of paying: chosen where there are several, held as long as the provider needs."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.flows.money.ways import Way, fitting
from boxoffice.model import Event, Order
from boxoffice.rules import MINUTE_MS
from chat.facts import Declined, Fact
from storage import events, orders
from storage.database import Database, Tx
from storage.ids import to_text
from tests.flows.talking import DEMO, NOW_MS, Talker
from tests.transcripts.world import START, make_event

STRIPE = Way(name="stripe", hold_min_ms=31 * MINUTE_MS)
PAWAPAY = Way(name="pawapay", hold_min_ms=15 * MINUTE_MS, serves=lambda currency: currency == "XOF")
TELEGRAM = Way(name="telegram", serves=lambda currency: currency == "EUR")


async def buyer(database: Database, *ways: Way) -> Talker:
    """Bring somebody in front of the conditions of one place."""
    house = replace(
        DEMO, providers=tuple(way.name for way in ways), ways={way.name: way for way in ways}
    )
    event_id = await database.write(
        make_event, "Nuit du Jazz", START, ("Standard 5000 x 9", "garde 20 min"), NOW_MS
    )
    awa = Talker(database, "awa", house, now_ms=NOW_MS - 60 * MINUTE_MS)
    await awa.open(f"e_{to_text(event_id)}")
    await awa.type("1 standard")
    return awa


async def the_order(tx: Tx) -> Order:
    """Read the one order."""
    row = await tx.row("SELECT id FROM orders")
    order = await orders.order_by_id(tx, row["id"]) if row else None
    assert order is not None
    return order


async def the_payment(tx: Tx) -> tuple[int, str, int]:
    """Read the newest payment: its id, its provider, until when its page lives."""
    row = await tx.row("SELECT * FROM payments ORDER BY id DESC LIMIT 1")
    assert row is not None
    return row["id"], row["provider"], row["page_until_ms"]


async def test_one_way_is_not_asked_about(database: Database) -> None:
    """With Stripe alone the page comes at once, and the hold is as long as its pages live."""
    awa = await buyer(database, STRIPE)
    await awa.type("j'accepte")
    order = await database.read(the_order)
    assert order.hold_until_ms == awa.now_ms + 31 * MINUTE_MS
    assert (await database.read(the_payment))[1:] == ("stripe", order.hold_until_ms)


async def test_several_ways_are_chosen_from(database: Database) -> None:
    """Card or wallet: the buyer chooses, and the hold of 20 minutes is enough for a wallet."""
    awa = await buyer(database, STRIPE, PAWAPAY, TELEGRAM)
    assert "Comment voulez-vous payer" in await awa.type("j'accepte")
    assert awa.labels()[:2] == ["Carte bancaire", "Mobile money (MTN, Orange, Moov, Wave…)"]
    await awa.tap("Mobile money (MTN, Orange, Moov, Wave…)")
    order = await database.read(the_order)
    assert order.hold_until_ms == awa.now_ms + 20 * MINUTE_MS
    assert (await database.read(the_payment))[1] == "pawapay"


async def test_a_hold_is_made_longer_twice_at_most(database: Database) -> None:
    """Refused and tried again, again and again: after two extensions the time is what it is."""
    awa = await buyer(database, STRIPE)
    await awa.type("j'accepte")
    awa.now_ms += 10 * MINUTE_MS
    await decline(awa, Declined)
    await awa.tap("Payer")
    held = (await database.read(the_order)).hold_until_ms
    assert held == awa.now_ms + 31 * MINUTE_MS
    awa.now_ms += 10 * MINUTE_MS
    await decline(awa, Declined)
    assert "ne peut plus être prolongée" in await awa.tap("Payer")
    assert (await database.read(the_order)).hold_until_ms == held


async def decline(awa: Talker, fact: Callable[[int], Fact]) -> None:
    """Have the newest payment refused."""
    await awa.hear(fact((await awa.database.read(the_payment))[0]))


@pytest.mark.parametrize(
    ("channel", "currency", "names"),
    [
        ("telegram", "XOF", ["stripe", "pawapay"]),
        ("telegram", "EUR", ["stripe", "telegram"]),
        ("whatsapp", "EUR", ["stripe"]),
    ],
)
async def test_ways_fit_currency_and_channel(
    database: Database, channel: str, currency: str, names: list[str]
) -> None:
    """Wallets take francs; Telegram's invoices take euros, and only where they open."""
    event = await _event(database)
    ways = {way.name: way for way in (STRIPE, PAWAPAY, TELEGRAM)}
    fit = fitting(ways, tuple(ways), replace(event, currency=currency), channel)
    assert [way.name for way in fit] == names


async def test_an_organisers_own_account_comes_first(database: Database) -> None:
    """Their own Stripe account takes the place of the house's; others' accounts are not theirs."""
    event = await _event(database)
    mine, others = f"stripe.{to_text(event.organiser_id)}", f"stripe.{to_text(1)}"
    names = ("stripe", "pawapay", mine, others)
    fit = fitting({}, names, event, "telegram")
    assert [way.name for way in fit] == [mine, "pawapay"]


async def _event(database: Database) -> Event:
    event_id = await database.write(make_event, "Jazz", START, ("Standard 5000 x 9",), NOW_MS)
    event = await database.read(events.event_by_id, event_id)
    assert event is not None
    return event

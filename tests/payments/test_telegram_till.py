"""The till: what may be paid in Telegram, from one transaction, with the hold made long enough."""

from bot.payments.protocol import MoneyIn, Notice
from bot.telegram_till import CHECKOUT_MS, TelegramTill
from boxoffice.model import Payment
from boxoffice.money import Money
from storage import orders, payments
from storage.database import Database, Tx
from tests.transcripts.stage import Stage, open_stage

EVENT = "événement jazz: Nuit du Jazz | 12/06/2027 20:30 | Standard 5000 x 2"


async def _payment(tx: Tx) -> Payment:
    row = await tx.row("SELECT id FROM payments ORDER BY id DESC LIMIT 1")
    payment = await payments.payment_by_id(tx, row["id"]) if row else None
    assert payment is not None
    return payment


async def _hold(stage: Stage) -> Payment:
    await stage.world(EVENT)
    await stage.hear("awa", "/start e_jazz")
    await stage.hear("awa", "1 standard")
    await stage.hear("awa", "j'accepte")
    return await stage.database.read(_payment)


async def test_what_is_held_may_be_paid_and_is_held_longer(database: Database) -> None:
    """A checkout in the last minute has its seats until the money is there."""
    async with open_stage(database) as stage:
        payment = await _hold(stage)
        till = TelegramTill(database, stage.guichet.house.texts, stage.clock)
        stage.clock.now_ms += 29 * 60_000
        assert await till.may_pay(f"payment:{payment.id}", payment.amount, "fr") is None
        order = await database.read(orders.order_by_id, payment.order_id)
        assert order is not None
        assert order.hold_until_ms == stage.clock() + CHECKOUT_MS


async def test_what_may_not_be_paid_says_why(database: Database) -> None:
    """Another amount, no such payment, an ended hold, a paid order: no money is taken."""
    async with open_stage(database) as stage:
        payment = await _hold(stage)
        till = TelegramTill(database, stage.guichet.house.texts, stage.clock)
        named = f"payment:{payment.id}"
        other = Money(payment.amount.amount_minor + 1, payment.amount.currency)
        for payload, amount in ((named, other), ("payment:1", payment.amount), ("x", other)):
            assert "facture" in str(await till.may_pay(payload, amount, "fr"))
        await stage.guichet.payment_work.credit(Notice("in", payment.id, MoneyIn(payment.amount)))
        await stage.settle()
        assert "already" in str(await till.may_pay(named, payment.amount, "en"))


async def test_an_ended_hold_is_not_paid(database: Database) -> None:
    """Seats that went back are not sold by a late press of a button."""
    async with open_stage(database) as stage:
        payment = await _hold(stage)
        till = TelegramTill(database, stage.guichet.house.texts, stage.clock)
        await stage.world("attend 36 minutes")
        said = await till.may_pay(f"payment:{payment.id}", payment.amount, "fr")
        assert said is not None
        assert "ne sont plus gardées" in said

"""What Telegram asks before it takes money: still held, still on sale, still open.

It is answered within seconds, from one transaction, which also makes the hold long enough for the
money to arrive: Telegram drops a checkout that is not answered in ten seconds.
"""

from dataclasses import dataclass

from bot.payments.telegram import PAYLOAD_PREFIX
from boxoffice.model import OrderStatus, PaymentStatus
from boxoffice.money import Money
from boxoffice.rules import MINUTE_MS
from chat.clock import Clock
from chat.messages import words
from chat.texts import Texts, language_of
from storage import events, orders, payments
from storage.database import Database, Tx

CHECKOUT_MS = 5 * MINUTE_MS
"""How long seats are held for a checkout that was let through: its money is on the way."""


@dataclass(frozen=True, slots=True)
class TelegramTill:
    """Answers checkouts."""

    database: Database
    texts: Texts
    clock: Clock

    async def may_pay(self, payload: str, amount: Money, language: str | None) -> str | None:
        """Answer None if the money may come, else why not, in the payer's language."""
        number = payload.removeprefix(PAYLOAD_PREFIX)
        payment_id = int(number) if number.isascii() and number.isdecimal() else 0
        key = await self.database.write(_why_not, payment_id, amount, self.clock())
        return self.texts.render(words(key), language_of(language)) if key else None


async def _why_not(tx: Tx, payment_id: int, amount: Money, now_ms: int) -> str | None:
    """Judge a checkout; one that may pay has its seats for long enough."""
    payment = await payments.payment_by_id(tx, payment_id)
    order = await orders.order_by_id(tx, payment.order_id) if payment else None
    event = await events.event_by_id(tx, order.event_id) if order else None
    if payment is None or order is None or event is None or payment.amount != amount:
        return "paying.checkout_unknown"
    if order.status is OrderStatus.PAID or payment.status is PaymentStatus.PAID:
        return "paying.checkout_paid"
    if order.status is not OrderStatus.HELD or not event.is_on_sale(now_ms):
        return "paying.checkout_over"
    # Held twice longer already: what is left is tried, and late money has its own way.
    await orders.extend_hold(tx, order.id, now_ms + CHECKOUT_MS)
    return None

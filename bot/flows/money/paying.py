"""What the payment provider tells before there is money: a page is open, closed, or refused.

Each fact is told at least once, in any order; one conditional statement decides what it changes, so
twice is once.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.flows.choices import menu_choices
from bot.flows.choosing.held import pay_message
from bot.flows.choosing.unpaid import hold_choices, reminder
from bot.flows.money.selling import Found, find, found_of
from boxoffice.model import Event, EventStatus, Order, OrderStatus, PaymentStatus
from chat.facts import (
    Declined,
    HoldEnded,
    HoldEnding,
    PageExpired,
    PaymentFailed,
    PaymentReady,
)
from chat.messages import (
    Chat,
    Choice,
    Moment,
    Say,
    Turn,
    words,
)
from chat.talk import Step
from storage import events, orders, payments
from storage.database import Tx
from storage.ids import to_text

_NOTHING = Turn()


@dataclass(frozen=True, slots=True)
class Paying:
    """The facts of paying, and what a buyer hears of them."""

    def heard(self) -> Mapping[type, Step]:
        """What is done about each fact."""
        return {
            PaymentReady: self.page_ready,
            PaymentFailed: self.page_failed,
            Declined: self.declined,
            PageExpired: self.page_expired,
            HoldEnding: self.hold_ending,
            HoldEnded: self.hold_ended,
        }

    async def page_ready(self, tx: Tx, chat: Chat, fact: PaymentReady) -> Turn:
        """Give the buyer the link to the payment page, if the hold still runs."""
        payment = await payments.opened(
            tx, fact.payment_id, url=fact.url, provider_ref=fact.provider_ref
        )
        found = await found_of(tx, payment) if payment else None
        if found is None or found.order.status is not OrderStatus.HELD:
            return _NOTHING
        message = pay_message(found.order, found.event, found.payment, fact.url, chat.now_ms)
        return Turn((message,))

    async def page_failed(self, tx: Tx, chat: Chat, fact: PaymentFailed) -> Turn:
        """Say that no page could be opened; the seats stay held, and it can be tried again."""
        found = await _closed(tx, fact.payment_id, PaymentStatus.FAILED, chat.now_ms)
        if found is None or found.order.status is not OrderStatus.HELD:
            return _NOTHING
        return Turn((_try_again("paying.no_page", found.order, found.event),))

    async def declined(self, tx: Tx, chat: Chat, fact: Declined) -> Turn:
        """Say that the payment was refused; the seats stay held."""
        found = await _closed(tx, fact.payment_id, PaymentStatus.DECLINED, chat.now_ms)
        if found is None or found.order.status is not OrderStatus.HELD:
            return _NOTHING
        return Turn((_try_again("paying.declined", found.order, found.event),))

    async def page_expired(self, tx: Tx, chat: Chat, fact: PageExpired) -> Turn:
        """Let the seats go when the provider closed its last page unpaid."""
        found = await _closed(tx, fact.payment_id, PaymentStatus.FAILED, chat.now_ms)
        if found is None or await payments.open_payments_of(tx, found.order.id):
            return _NOTHING
        return await _end_hold(tx, chat, found.order, found.event)

    async def hold_ending(self, tx: Tx, chat: Chat, fact: HoldEnding) -> Turn:
        """Remind the buyer that the held seats wait."""
        order = await orders.order_by_id(tx, fact.order_id)
        event = await events.event_by_id(tx, order.event_id) if order else None
        if order is None or event is None or order.status is not OrderStatus.HELD:
            return _NOTHING
        return Turn((reminder(order, event, chat.now_ms),))

    async def hold_ended(self, tx: Tx, chat: Chat, fact: HoldEnded) -> Turn:
        """Let the seats of an unpaid hold go, and say so."""
        order = await orders.order_by_id(tx, fact.order_id)
        event = await events.event_by_id(tx, order.event_id) if order else None
        if order is None or event is None:
            return _NOTHING
        return await _end_hold(tx, chat, order, event)


async def _end_hold(tx: Tx, chat: Chat, order: Order, event: Event) -> Turn:
    if event.status is EventStatus.CANCELLED:
        if not await orders.end_hold(tx, order.id, OrderStatus.CANCELLED, chat.now_ms):
            return _NOTHING
        say = words("paying.event_cancelled", n=order.quantity, title=event.title)
        return Turn((Say(say, menu_choices()[:1]),))
    if not await orders.end_hold(tx, order.id, OrderStatus.EXPIRED, chat.now_ms):
        return _NOTHING
    again = Choice(words("paying.start_again"), f"event:{to_text(event.id)}")
    say = words("paying.hold_over", n=order.quantity, title=event.title)
    return Turn((Say(say, (again, *menu_choices()[:1])),))


def _try_again(key: str, order: Order, event: Event) -> Say:
    until = Moment(order.hold_until_ms, event.zone)
    say = words(key, n=order.quantity, title=event.title, until=until)
    return Say(say, hold_choices(order))


async def _closed(tx: Tx, payment_id: int, status: PaymentStatus, now_ms: int) -> Found | None:
    """End an attempt, once, and read its order and event."""
    if not await payments.close(tx, payment_id, status, now_ms):
        return None
    return await find(tx, payment_id)

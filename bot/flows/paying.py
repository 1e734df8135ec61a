"""What the payment provider tells: a page is open, the money came, late or never, or went back.

Each fact is told at least once, in any order; one conditional statement decides what it changes, so
twice is once.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.flows.buying import pay_message
from bot.flows.choices import menu_choices
from bot.flows.house import House
from bot.flows.issuing import issue_tickets
from boxoffice.model import Event, Order, OrderStatus, Payment, PaymentStatus
from chat.messages import (
    Chat,
    Choice,
    Declined,
    HoldEnded,
    HoldEnding,
    Job,
    Moment,
    PageExpired,
    Paid,
    PaymentFailed,
    PaymentReady,
    Refunded,
    Say,
    Span,
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

    house: House

    def heard(self) -> Mapping[type, Step]:
        """What is done about each fact."""
        return {
            PaymentReady: self.page_ready,
            PaymentFailed: self.page_failed,
            Paid: self.paid,
            Declined: self.declined,
            PageExpired: self.page_expired,
            Refunded: self.refunded,
            HoldEnding: self.hold_ending,
            HoldEnded: self.hold_ended,
        }

    async def page_ready(self, tx: Tx, chat: Chat, fact: PaymentReady) -> Turn:
        """Give the buyer the link to the payment page, if the hold still runs."""
        fresh = await payments.opened(
            tx, fact.payment_id, url=fact.url, provider_ref=fact.provider_ref
        )
        found = await _order_of(tx, fact.payment_id)
        if not fresh or found is None or found[1].status is not OrderStatus.HELD:
            return _NOTHING
        _, order, event = found
        return Turn((pay_message(order, event, fact.url, chat.now_ms),))

    async def page_failed(self, tx: Tx, chat: Chat, fact: PaymentFailed) -> Turn:
        """Say that no page could be opened; the seats stay held, and it can be tried again."""
        closed = await payments.close(tx, fact.payment_id, PaymentStatus.FAILED, chat.now_ms)
        found = await _order_of(tx, fact.payment_id)
        if not closed or found is None or found[1].status is not OrderStatus.HELD:
            return _NOTHING
        return Turn((_try_again("paying.no_page", found[1], found[2]),))

    async def paid(self, tx: Tx, chat: Chat, fact: Paid) -> Turn:
        """Credit money once: tickets for held seats, or for seats still free; else it goes back."""
        if not await payments.credit(tx, fact.payment_id, chat.now_ms):
            return _NOTHING
        found = await _order_of(tx, fact.payment_id)
        if found is None:
            return _NOTHING
        payment, order, event = found
        if (fact.amount_minor, fact.currency) != (
            payment.amount.amount_minor,
            payment.amount.currency,
        ):
            return await self._give_back(tx, chat, payment, order, event, "paying.wrong_amount")
        if await orders.mark_paid(tx, order.id, chat.now_ms):
            return Turn(await issue_tickets(tx, self.house, order, event, chat.now_ms))
        if await orders.take_again(tx, order.id, chat.now_ms):
            late = Say(words("paying.late_but_free", title=event.title))
            return Turn((late, *await issue_tickets(tx, self.house, order, event, chat.now_ms)))
        key = "paying.twice" if order.status is OrderStatus.PAID else "paying.late_sold_out"
        return await self._give_back(tx, chat, payment, order, event, key)

    async def _give_back(
        self, tx: Tx, chat: Chat, payment: Payment, order: Order, event: Event, key: str
    ) -> Turn:
        """Send money back that buys nothing, and say so."""
        if not await payments.ask_refund(tx, payment.id, chat.now_ms):
            return _NOTHING
        say = words(key, title=event.title, amount=payment.amount, reference=order.reference)
        choices = _hold_choices(order) if order.status is OrderStatus.HELD else menu_choices()
        refund = Job("payment.refund", {"payment": payment.id})
        return Turn((Say(say, choices),), jobs=(refund,))

    async def declined(self, tx: Tx, chat: Chat, fact: Declined) -> Turn:
        """Say that the payment was refused; the seats stay held."""
        closed = await payments.close(tx, fact.payment_id, PaymentStatus.DECLINED, chat.now_ms)
        found = await _order_of(tx, fact.payment_id)
        if not closed or found is None or found[1].status is not OrderStatus.HELD:
            return _NOTHING
        return Turn((_try_again("paying.declined", found[1], found[2]),))

    async def page_expired(self, tx: Tx, chat: Chat, fact: PageExpired) -> Turn:
        """Let the seats go when the provider closed its page unpaid: it lives with the hold."""
        closed = await payments.close(tx, fact.payment_id, PaymentStatus.FAILED, chat.now_ms)
        found = await _order_of(tx, fact.payment_id)
        if not closed or found is None:
            return _NOTHING
        return await _end_hold(tx, chat, found[1], found[2])

    async def refunded(self, tx: Tx, chat: Chat, fact: Refunded) -> Turn:
        """Say that money went back; its tickets, if any, are dead."""
        if not await payments.refunded(tx, fact.payment_id, chat.now_ms):
            return _NOTHING
        found = await _order_of(tx, fact.payment_id)
        if found is None:
            return _NOTHING
        payment, order, event = found
        say = words(
            "paying.refunded",
            amount=payment.amount,
            title=event.title,
            reference=order.reference,
        )
        return Turn((Say(say),))

    async def hold_ending(self, tx: Tx, chat: Chat, fact: HoldEnding) -> Turn:
        """Remind the buyer that the held seats wait."""
        order = await orders.order_by_id(tx, fact.order_id)
        event = await events.event_by_id(tx, order.event_id) if order else None
        if order is None or event is None or order.status is not OrderStatus.HELD:
            return _NOTHING
        left_ms = order.hold_until_ms - chat.now_ms
        say = words(
            "paying.reminder",
            n=order.quantity,
            title=event.title,
            total=order.total,
            left=Span(max(0, left_ms)),
        )
        return Turn((Say(say, _hold_choices(order)),))

    async def hold_ended(self, tx: Tx, chat: Chat, fact: HoldEnded) -> Turn:
        """Let the seats of an unpaid hold go, and say so."""
        order = await orders.order_by_id(tx, fact.order_id)
        event = await events.event_by_id(tx, order.event_id) if order else None
        if order is None or event is None:
            return _NOTHING
        return await _end_hold(tx, chat, order, event)


async def _end_hold(tx: Tx, chat: Chat, order: Order, event: Event) -> Turn:
    if not await orders.end_hold(tx, order.id, OrderStatus.EXPIRED, chat.now_ms):
        return _NOTHING
    again = Choice(words("paying.start_again"), f"event:{to_text(event.id)}")
    say = words("paying.hold_over", n=order.quantity, title=event.title)
    return Turn((Say(say, (again, *menu_choices()[:1])),))


def _try_again(key: str, order: Order, event: Event) -> Say:
    until = Moment(order.hold_until_ms, event.zone)
    say = words(key, n=order.quantity, title=event.title, until=until)
    return Say(say, _hold_choices(order))


def _hold_choices(order: Order) -> tuple[Choice, ...]:
    order_id = to_text(order.id)
    return (
        Choice(words("paying.pay_again"), f"pay:{order_id}"),
        Choice(words("buying.cancel_hold_label"), f"cancel:{order_id}"),
    )


async def _order_of(tx: Tx, payment_id: int) -> tuple[Payment, Order, Event] | None:
    """Read a payment with its order and event."""
    payment = await payments.payment_by_id(tx, payment_id)
    order = await orders.order_by_id(tx, payment.order_id) if payment else None
    event = await events.event_by_id(tx, order.event_id) if order else None
    if payment is None or order is None or event is None:
        return None
    return payment, order, event

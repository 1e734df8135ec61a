"""Money with its order and event; and the two things it can do: buy seats, or go back."""

from dataclasses import replace
from typing import Self

from bot.flows.choices import menu_choices
from bot.flows.house import House
from bot.flows.money.refunding import send_back
from bot.flows.organising.alarms import tell_organiser
from bot.flows.tickets.issuing import issue_tickets
from boxoffice.model import Event, Order, OrderStatus, Payment, RefundReason
from boxoffice.money import Money
from boxoffice.values import value
from chat.messages import Chat, Say, Tap, Turn, Value, words
from storage import events, fees, ledger, orders, payments
from storage.database import Tx


@value
class Found:
    """A payment with its order and event."""

    payment: Payment
    order: Order
    event: Event

    @property
    def left(self) -> Money:
        """What is still here of the payment: the provider's desk may have sent a part back."""
        return self.payment.left

    def paid(self) -> Self:
        """Return the same with its order paid, as it was marked just now."""
        return replace(self, order=replace(self.order, status=OrderStatus.PAID))


async def find(tx: Tx, payment_id: int | None) -> Found | None:
    """Read a payment with its order and event."""
    payment = await payments.payment_by_id(tx, payment_id) if payment_id is not None else None
    return await found_of(tx, payment) if payment else None


async def found_of(tx: Tx, payment: Payment) -> Found | None:
    """Read the order and the event of a payment."""
    order = await orders.order_by_id(tx, payment.order_id)
    event = await events.event_by_id(tx, order.event_id) if order else None
    return Found(payment, order, event) if order and event else None


async def sell(
    tx: Tx, house: House, chat: Chat, found: Found, before: tuple[Say, ...] = ()
) -> Turn:
    """Give the tickets, and whatever was too much back.

    An order sold late, perhaps of another kind, is read again.
    """
    order = found.order
    if order.status is not OrderStatus.PAID:
        order = await orders.order_by_id(tx, order.id) or order
    await ledger.sold(tx, found.payment.id, order.total, chat.now_ms)
    await charge(tx, found, chat.now_ms)
    says = await issue_tickets(tx, house, order, found.event, chat.now_ms)
    surplus = found.left.amount_minor - order.total.amount_minor
    if surplus <= 0:
        return Turn((*before, *says))
    money = Money(surplus, order.total.currency)
    jobs = await send_back(tx, found.payment.id, money, RefundReason.SURPLUS, chat.now_ms)
    facts = facts_of(found, money)
    told = await tell_organiser(tx, found.event, Say(words("settling.organiser_surplus", **facts)))
    return Turn((*before, *says, Say(words("settling.surplus", **facts))), tell=told, jobs=jobs)


async def give_back(tx: Tx, chat: Chat, found: Found, reason: RefundReason, key: str) -> Turn:
    """Send back what is left of a payment, and say so."""
    money = found.left
    jobs = await send_back(tx, found.payment.id, money, reason, chat.now_ms)
    return Turn((Say(words(key, **facts_of(found, money)), menu_choices()),), jobs=jobs)


async def charge(tx: Tx, found: Found, now_ms: int) -> None:
    """Book the box office's fee of what was just sold."""
    await fees.charge(tx, found.order, found.payment.id, found.event.organiser_id, now_ms)


def facts_of(found: Found, amount: Money) -> dict[str, Value]:
    """Say what a sentence about this money needs."""
    return {
        "title": found.event.title,
        "amount": amount,
        "reference": found.order.reference,
    }


def parts_of(tap: Tap) -> tuple[str, str, str]:
    """Take a button apart: its verb, the payment, what was chosen."""
    verb, payment, choice, *_ = (*tap.action.split(":"), "", "")
    return verb, payment, choice

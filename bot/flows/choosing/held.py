"""Seats that are held: paying for them, changing one's mind, and what became of them since."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.flows.choices import all_events, back_to, menu_choices, picked_from, reset
from bot.flows.choosing.done import became
from bot.flows.choosing.unpaid import unpaid
from bot.flows.confirming import asks, either_way
from bot.flows.house import House
from bot.flows.money.ways import account_of, begin, fitting
from bot.flows.reading import id_at
from boxoffice.model import Event, Order, OrderStatus, Payment, PaymentStatus
from chat.messages import NOTHING, Chat, Choice, Link, Moment, Say, Span, Tap, Then, Turn, words
from chat.talk import Step
from storage import events, orders, payments, returns
from storage.database import Tx
from storage.ids import to_text


@dataclass(frozen=True, slots=True)
class Held:
    """The buttons of a hold, and of one that is over."""

    house: House

    def actions(self) -> Mapping[str, Step]:
        """What each button does: `pay:ORDER`, `by:ORDER:WAY`, `cancel:ORDER`, `letgo:ORDER`."""
        return {"pay": self.pay, "by": self.pay_by, "cancel": self.ask_cancel, "letgo": self.cancel}

    async def start(self, tx: Tx, chat: Chat, order: Order, way: str | None = None) -> Turn:
        """Begin to pay what is held already, by the way chosen, if one was."""
        event = await events.event_by_id(tx, order.event_id)
        if event is None:
            raise LookupError(f"order {order.id} stands alone")
        return await self.ask_page(tx, chat, order, event, way)

    async def ask_page(
        self, tx: Tx, chat: Chat, order: Order, event: Event, way: str | None = None
    ) -> Turn:
        """Ask a provider for a page; its link comes back as a fact."""
        ways = fitting(self.house.ways, self.house.providers, event, chat.channel)
        if not ways:
            await orders.end_hold(tx, order.id, OrderStatus.CANCELLED, chat.now_ms)
            return reset(Say(words("buying.no_provider"), menu_choices()))
        return await begin(tx, chat, order, event, ways, way)

    async def pay_by(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Begin an attempt by the way a buyer chose: `by:ORDER:WAY`."""
        order = await self._own_order(tx, chat, tap)
        if order is None:
            return reset(Say(words("buying.not_yours"), menu_choices()))
        if order.status is not OrderStatus.HELD:
            return await became(tx, order)
        way = tap.action.split(":")[2] if tap.action.count(":") > 1 else None
        for payment in await payments.payments_of(tx, order.id):
            if payment.provider == way and payment.status in {"open", "starting"}:
                return await self.pay(tx, chat, tap)
        return await self.start(tx, chat, order, way)

    async def pay(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Give the payment page of a hold again, or a new one after a refusal: `pay:ORDER`.

        Typed as a word it names no order: then it is the one hold there is, or a choice of them.
        """
        order: Order | None
        if tap.action == "pay":
            held = await orders.holds_of(tx, chat.person_id)
            if not held:
                return reset(Say(words("buying.nothing_to_pay"), menu_choices()))
            if len(held) > 1:
                return Turn(await unpaid(tx, chat), then=Then())
            order = held[0]
        else:
            order = await self._own_order(tx, chat, tap)
        if order is None:
            return reset(Say(words("buying.not_yours"), menu_choices()))
        if order.status is not OrderStatus.HELD:
            return await became(tx, order)
        for payment in await payments.payments_of(tx, order.id):
            if payment.status is PaymentStatus.OPEN and payment.url:
                event = await events.event_by_id(tx, order.event_id)
                return Turn((pay_message(order, event, payment, payment.url, chat.now_ms),))
            if payment.status is PaymentStatus.STARTING:
                return Turn((Say(words("buying.page_coming")),))
        return await self.start(tx, chat, order)

    async def ask_cancel(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Ask before a hold is let go: `cancel:ORDER`; nothing else cancels by one number."""
        order = await self._own_order(tx, chat, tap)
        if order is None:
            return reset(Say(words("buying.not_yours"), menu_choices()))
        if order.status is not OrderStatus.HELD:
            return await became(tx, order)
        return await _ask_cancel(tx, order)

    async def cancel(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Let a hold go: `letgo:ORDER`."""
        order = await self._own_order(tx, chat, tap)
        if order is None:
            return reset(Say(words("buying.not_yours"), menu_choices()))
        if not await orders.end_hold(tx, order.id, OrderStatus.CANCELLED, chat.now_ms):
            return await became(tx, order)
        say = words("buying.cancelled", n=order.quantity)
        return reset(Say(say, (back_to(order.event_id), all_events())))

    async def cancel_current(self, tx: Tx, chat: Chat, _tap: Tap) -> Turn:
        """Take `annuler`, typed where nothing is begun: let the one hold go.

        Below a question it may mean yes or no: the question is asked again.
        """
        if asks(chat):
            return Turn((either_way(chat),))
        holds = await orders.holds_of(tx, chat.person_id)
        if not holds:
            paid = await returns.orders_with_tickets(
                tx, chat.person_id, now_ms=chat.now_ms, limit=1
            )
            give_back = (Choice(words("returning.label"), "back"),) if paid else ()
            say = Say(words("buying.nothing_to_cancel"), (*give_back, *menu_choices()))
            return reset(say)
        if len(holds) == 1:
            return await _ask_cancel(tx, holds[0])
        choices = []
        for order in holds:
            event = await events.event_by_id(tx, order.event_id)
            title = event.title if event else order.reference
            label = words("buying.cancel_label", n=order.quantity, title=title)
            choices.append(Choice(label, f"cancel:{to_text(order.id)}"))
        return picked_from(Say(words("buying.cancel_which"), tuple(choices)))

    async def _own_order(self, tx: Tx, chat: Chat, tap: Tap) -> Order | None:
        """Read the order a button names, if the person who pressed it is its buyer."""
        order_id = id_at(tap.action, 1)
        order = await orders.order_by_id(tx, order_id) if order_id is not None else None
        return order if order and order.buyer_id == chat.person_id else None


async def _ask_cancel(tx: Tx, order: Order) -> Turn:
    event = await events.event_by_id(tx, order.event_id)
    title = event.title if event else order.reference
    order_id = to_text(order.id)
    ways = (
        Choice(words("buying.cancel_hold_label"), f"letgo:{order_id}"),
        Choice(words("buying.cancel_no", n=order.quantity), f"pay:{order_id}"),
    )
    asked = words("buying.cancel_sure", n=order.quantity, title=title)
    return Turn((Say(asked, ways),), then=Then())


def pay_message(order: Order, event: Event | None, payment: Payment, url: str, now_ms: int) -> Say:
    """Say how much is to be paid by when and to whom, with the link to the payment page."""
    zone = event.zone if event else "UTC"
    return Say(
        words(
            "buying.to_pay",
            n=order.quantity,
            title=event.title if event else order.reference,
            total=order.total,
            left=Span(max(0, order.hold_until_ms - now_ms)),
            until=Moment(order.hold_until_ms, zone),
            reference=order.reference,
            promo=words("promo.applied", code=order.promo) if order.promo else NOTHING,
            account=words(f"buying.account_{account_of(payment.provider)}"),
        ),
        (
            Link(words("buying.pay_label", total=order.total), url),
            Choice(words("receipt.share_label"), f"share:{to_text(order.id)}"),
            Choice(words("buying.change_label"), f"event:{to_text(order.event_id)}"),
            Choice(words("buying.cancel_hold_label"), f"cancel:{to_text(order.id)}"),
        ),
    )

"""Money that goes back: asked for an order, a ticket or an event; done, failed, or taken by a bank.

Tickets die in the turn that asks, before any provider is: no gate lets in what is being refunded.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.flows.money.till_words import hand_back_choice
from bot.flows.organising.alarms import tell_organiser
from boxoffice.model import Event, Order, OrderStatus, Refund, RefundReason, Ticket, TicketStatus
from boxoffice.money import Money
from chat.facts import RefundTold, RefundWanted
from chat.messages import (
    Chat,
    Job,
    Say,
    Tell,
    Turn,
    Value,
    Words,
    words,
)
from chat.talk import Step
from storage import (
    cash,
    events,
    ledger,
    orders,
    organisers,
    payments,
    refunds,
    reviews,
    taken_away,
    tickets,
)
from storage.database import Tx

_NOTHING = Turn()


async def send_back(
    tx: Tx,
    payment_id: int,
    amount: Money,
    reason: RefundReason,
    now_ms: int,
    *,
    ticket_id: int | None = None,
    kept_minor: int = 0,
) -> tuple[Job, ...]:
    """Ask that money of a payment go back: the job that does it, none if there is not as much.

    What the organiser keeps of the same tickets is written down as owed, and kept from it.
    """
    refund_id = await refunds.ask(
        tx,
        payment_id=payment_id,
        amount=amount,
        reason=reason,
        ticket_id=ticket_id,
        kept_minor=kept_minor,
        now_ms=now_ms,
    )
    if refund_id is None:
        return ()
    kept = Money(kept_minor, amount.currency)
    await ledger.owed(tx, payment_id, refund_id, amount + kept, now_ms)
    await ledger.kept(tx, payment_id, str(refund_id), kept, now_ms)
    return (Job("payment.refund", {"refund": refund_id, "attempt": 1}),)


async def end_reviews(tx: Tx, order_id: int, now_ms: int) -> bool:
    """End whatever is still looked at about an order whose money goes back; true if there was."""
    open_ones = await reviews.reviews_of_order(tx, order_id)
    for review in open_ones:
        await reviews.settle(tx, review.payment_id, "refund", now_ms)
    return bool(open_ones)


async def kill_order(
    tx: Tx, order_id: int, now_ms: int, status: TicketStatus = TicketStatus.REFUNDED
) -> list[Ticket]:
    """Kill every living ticket of an order and give its seats back; answers the tickets."""
    killed = await tickets.end(tx, order_id, status, now_ms)
    ends_as = OrderStatus.REFUNDED
    if status is TicketStatus.CANCELLED:
        ends_as = OrderStatus.CANCELLED
    for ticket in killed:
        await orders.return_seat(tx, order_id, ticket.number, now_ms, ends_as)
    return killed


async def refund_order(
    tx: Tx, order_id: int, reason: RefundReason, now_ms: int
) -> tuple[list[Ticket], Money | None, tuple[Job, ...]]:
    """Refund a whole order: the tickets that died, what goes back, and the jobs that do it."""
    killed = await kill_order(tx, order_id, now_ms)
    jobs: tuple[Job, ...] = ()
    total: Money | None = None
    for payment in await payments.payments_of(tx, order_id):
        asked = await send_back(tx, payment.id, payment.left, reason, now_ms)
        if asked:
            jobs += asked
            total = payment.left if total is None else total + payment.left
    return killed, total, jobs


async def refund_ticket(
    tx: Tx, order: Order, number: int, now_ms: int
) -> tuple[list[Ticket], Money | None, tuple[Job, ...]]:
    """Refund one ticket of an order by its rank, at the price that was paid for it."""
    living = await tickets.living_of_order(tx, order.id)
    ticket = next((one for one in living if one.number == number), None)
    if ticket is None:
        return [], None, ()
    await tickets.end(tx, order.id, TicketStatus.REFUNDED, now_ms, ticket_id=ticket.id)
    seat = await orders.return_seat(tx, order.id, number, now_ms)
    for payment in await payments.payments_of(tx, order.id):
        price = min(seat.price_minor if seat else 0, payment.left.amount_minor)
        money = Money(price, payment.paid.currency)
        jobs = await send_back(
            tx, payment.id, money, RefundReason.TICKET, now_ms, ticket_id=ticket.id
        )
        if jobs:
            return [ticket], money, jobs
    return [ticket], None, ()


async def tell_new_owners(
    tx: Tx, order: Order, event: Event, killed: Sequence[Ticket], key: str = "given_ended"
) -> tuple[Tell, ...]:
    """Tell who was given a ticket of an order that it is dead: the money went to who paid.

    Or, by another `key`, what else became of it.
    """
    counts: dict[int, int] = {}
    for ticket in killed:
        if ticket.owner_id != order.buyer_id:
            counts[ticket.owner_id] = counts.get(ticket.owner_id, 0) + 1
    told = []
    for owner_id, count in counts.items():
        chat_id = await organisers.chat_of(tx, owner_id)
        if chat_id is not None:
            say = Say(words(f"refunding.{key}", n=count, title=event.title))
            told.append(Tell(chat_id, say))
    return tuple(told)


def asked_words(order: Order, event: Event, count: int, money: Money) -> Words:
    """Say that money goes back for so many tickets, and by which way."""
    key = "asked"
    if order.is_for_cash:
        key = "asked_sold" if order.is_for_another else "asked_cash"
    facts: dict[str, Value] = {"title": event.title, "reference": order.reference}
    return words(f"refunding.{key}", n=count, amount=money, **facts)


@dataclass(frozen=True, slots=True)
class Refunding:
    """The facts of money going back, and what people hear of them."""

    def heard(self) -> Mapping[type, Step]:
        """What is done about each fact."""
        return {
            RefundWanted: self.wanted,
            RefundTold: self.told,
        }

    async def wanted(self, tx: Tx, chat: Chat, fact: RefundWanted) -> Turn:
        """Refund an order or one of its tickets, as somebody asked who may."""
        order = await orders.order_by_id(tx, fact.order_id)
        event = await events.event_by_id(tx, order.event_id) if order else None
        if order is None or event is None or order.status is not OrderStatus.PAID:
            return _NOTHING
        # Too little was paid: there is no price of one ticket to give back, so all of it goes.
        was_reviewed = await end_reviews(tx, order.id, chat.now_ms)
        if order.total.amount_minor == 0 and fact.reason == RefundReason.EVENT:
            # Nothing goes back, and whoever has them was told of the event itself.
            await kill_order(tx, order.id, chat.now_ms, TicketStatus.CANCELLED)
            return _NOTHING
        if fact.number is None or was_reviewed:
            reason = RefundReason(fact.reason)
            killed, money, jobs = await refund_order(tx, order.id, reason, chat.now_ms)
        else:
            killed, money, jobs = await refund_ticket(tx, order, fact.number, chat.now_ms)
        if not killed and not jobs:
            return _NOTHING
        facts: dict[str, Value] = {
            "n": len(killed),
            "title": event.title,
            "reference": order.reference,
        }
        told = await tell_new_owners(tx, order, event, killed)
        if money is None:
            return Turn((Say(words("refunding.ended", **facts)),), tell=told)
        asked = asked_words(order, event, len(killed), money)
        return Turn((Say(asked),), tell=told, jobs=jobs)

    async def told(self, tx: Tx, chat: Chat, fact: RefundTold) -> Turn:
        """Keep how a refund stands; a failure is tried again, and then a person is told."""
        refund = await refunds.refund_by_id(tx, fact.refund_id)
        if refund is None:
            return _NOTHING
        match fact.state:
            case "accepted":
                fresh = await refunds.accepted(tx, refund.id, fact.attempt, fact.provider_ref)
                return await _to_hand_back(tx, chat, refund) if fresh else _NOTHING
            case "done":
                return await self._done(tx, chat, refund, fact.provider_ref)
            case "failed" if await taken_away.settle_failed(tx, refund, chat.now_ms):
                # The bank, or somebody at the desk, sent that money before: nobody owes it twice.
                return _NOTHING
            case "failed" if await refunds.again(tx, refund.id, fact.attempt, fact.why):
                payload = {"refund": refund.id, "attempt": fact.attempt + 1}
                return Turn(jobs=(Job("payment.refund", payload),))
            case _:
                return await self._failed(tx, chat, refund, fact)

    async def _done(self, tx: Tx, chat: Chat, refund: Refund, provider_ref: str) -> Turn:
        if not await refunds.done(tx, refund.id, provider_ref, chat.now_ms):
            return _NOTHING
        await ledger.returned(tx, refund.payment_id, refund.id, refund.amount, chat.now_ms)
        found = await about(tx, refund.payment_id, refund.amount)
        if found is None:
            return _NOTHING
        _, _, facts = found
        return Turn((Say(Words("paying.refunded", facts)),))

    async def _failed(self, tx: Tx, chat: Chat, refund: Refund, fact: RefundTold) -> Turn:
        """Give up: the money is still owed, and both sides know that a person will send it."""
        if not await refunds.fail(tx, refund.id, fact.attempt, fact.why, chat.now_ms):
            return _NOTHING
        found = await about(tx, refund.payment_id, refund.amount)
        if found is None:
            return _NOTHING
        _, event, facts = found
        told = await tell_organiser(tx, event, Say(Words("refunding.organiser_failed", facts)))
        return Turn((Say(Words("refunding.failed", facts)),), tell=told)


async def _to_hand_back(tx: Tx, chat: Chat, refund: Refund) -> Turn:
    """Tell who sold for cash, and who runs the event, that money is to be handed back by hand."""
    payment = await payments.payment_by_id(tx, refund.payment_id)
    found = await about(tx, refund.payment_id, refund.amount)
    if found is None or payment is None or payment.provider != cash.PROVIDER:
        return _NOTHING
    order, event, facts = found
    say = Say(Words("till.to_hand_back", facts), (hand_back_choice(refund.id),))
    seller = await organisers.chat_of(tx, order.sold_by) if order.sold_by is not None else None
    people = {one.chat_id for one in await tell_organiser(tx, event, say)}
    people |= {seller} if seller is not None else set()
    mine = (say,) if chat.id in people else ()
    return Turn(mine, tell=tuple(Tell(one, say) for one in sorted(people - {chat.id})))


async def about(
    tx: Tx, payment_id: int, amount: Money
) -> tuple[Order, Event, dict[str, Value]] | None:
    """Read what a payment was for, and the facts its sentences speak of."""
    payment = await payments.payment_by_id(tx, payment_id)
    order = await orders.order_by_id(tx, payment.order_id) if payment else None
    event = await events.event_by_id(tx, order.event_id) if order else None
    if order is None or event is None:
        return None
    return (
        order,
        event,
        {"amount": amount, "title": event.title, "reference": order.reference},
    )

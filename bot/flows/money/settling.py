"""Money that came in: seats sold for it, in time or late; too little, too much, or twice.

Each payment counts once, by one conditional statement. What buys nothing is never kept in silence:
it goes back, or waits under review for somebody's choice, which ends by itself after a stated time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.flows.house import House
from bot.flows.money.late_money import LateMoney
from bot.flows.money.receipts import no_file
from bot.flows.money.refunding import send_back
from bot.flows.money.selling import Found, charge, facts_of, find, found_of, give_back, sell
from bot.flows.money.taking_away import gone_before
from bot.flows.money.underpaid import UNDER_REVIEW, Underpaid
from bot.flows.organising.alarms import tell_organiser
from bot.flows.tickets.issuing import ticket_messages
from boxoffice.model import EventStatus, OrderStatus, RefundReason
from boxoffice.money import Money
from chat.facts import Paid, ReviewOverdue
from chat.messages import Chat, Job, Say, Tell, Then, Turn, words
from chat.talk import Step
from storage import events, late_sales, ledger, orders, payments, reviews, tickets
from storage.database import Tx
from storage.ids import to_text

_NOTHING = Turn()


@dataclass(frozen=True, slots=True)
class Settling:
    """What becomes of money."""

    house: House

    @property
    def late(self) -> LateMoney:
        """What becomes of money for seats that are gone."""
        return LateMoney(self.house)

    @property
    def underpaid(self) -> Underpaid:
        """What becomes of too little money."""
        return Underpaid(self.house)

    def heard(self) -> Mapping[type, Step]:
        """What is done about each fact."""
        return {Paid: self.paid, ReviewOverdue: self.unanswered, **self.late.heard()}

    def actions(self) -> Mapping[str, Step]:
        """What each button does."""
        return {**self.late.actions(), **self.underpaid.actions()}

    async def paid(self, tx: Tx, chat: Chat, fact: Paid) -> Turn:
        """Credit money once, then sell for it what it pays for."""
        money = Money(fact.amount_minor, fact.currency)
        credited = await payments.credit(
            tx, fact.payment_id, paid=money, provider_ref=fact.provider_ref, now_ms=chat.now_ms
        )
        found = await found_of(tx, credited) if credited else None
        if found is None:
            return _NOTHING
        if fact.payer_phone:
            await payments.paid_from(tx, fact.payment_id, fact.payer_phone)
        await ledger.taken(tx, fact.payment_id, money, chat.now_ms)
        turn = await gone_before(tx, chat, found.payment, found.order, found.event)
        turn = turn or await self._settle(tx, chat, found, money)
        if chat.id == found.order.chat_id:
            return await _ended(tx, chat, found, turn)
        # Somebody else paid, in their own chat: the tickets stay with the buyer.
        tells = tuple(Tell(found.order.chat_id, say) for say in turn.say)
        said = words("settling.thanks", **facts_of(found, money))
        thanks = Say(said, file=f"paid:{to_text(found.payment.id)}", instead=no_file(said))
        return Turn((thanks,), tell=(*tells, *turn.tell), jobs=turn.jobs)

    async def _settle(self, tx: Tx, chat: Chat, found: Found, money: Money) -> Turn:
        """Find out what the money buys."""
        order = found.order
        if money.currency != order.total.currency:
            turn = await give_back(tx, chat, found, RefundReason.UNDERPAID, "settling.wrong_money")
            say = Say(words("settling.organiser_wrong_money", **facts_of(found, money)))
            return replace(turn, tell=await tell_organiser(tx, found.event, say))
        if found.event.status is EventStatus.CANCELLED:
            await orders.end_hold(tx, order.id, OrderStatus.CANCELLED, chat.now_ms)
            return await give_back(tx, chat, found, RefundReason.LATE, "settling.event_cancelled")
        if money.amount_minor < order.total.amount_minor:
            return await self.underpaid.take(tx, chat, found)
        if await orders.mark_paid(tx, order.id, chat.now_ms):
            return await sell(tx, self.house, chat, found.paid())
        if await late_sales.take_again(tx, order.id, chat.now_ms):
            late = Say(
                words("paying.late_but_free", title=found.event.title, n=found.order.quantity)
            )
            return await sell(tx, self.house, chat, found, (late,))
        if order.status in {OrderStatus.EXPIRED, OrderStatus.CANCELLED}:
            return await self.late.take(tx, chat, found)
        return await self._twice(tx, chat, found)

    async def _twice(self, tx: Tx, chat: Chat, found: Found) -> Turn:
        """Send a second payment back; one that makes up for too little before is kept instead."""
        for review in await reviews.reviews_of_order(tx, found.order.id):
            if review.why == "underpaid" and await reviews.settle(
                tx, review.payment_id, "refund", chat.now_ms
            ):
                return await self._made_up(tx, chat, found, review.payment_id)
        turn = await give_back(tx, chat, found, RefundReason.TWICE, "paying.twice")
        say = Say(words("settling.organiser_twice", **facts_of(found, found.payment.paid)))
        return Turn(turn.say, tell=await tell_organiser(tx, found.event, say), jobs=turn.jobs)

    async def _made_up(self, tx: Tx, chat: Chat, found: Found, first_id: int) -> Turn:
        """Sell for the full payment, and send the one that was too little back."""
        await ledger.sold(tx, found.payment.id, found.order.total, chat.now_ms)
        await charge(tx, found, chat.now_ms)
        first = await payments.payment_by_id(tx, first_id)
        jobs: tuple[Job, ...] = ()
        if first is not None:
            jobs = await send_back(tx, first.id, first.left, RefundReason.UNDERPAID, chat.now_ms)
        surplus = found.left.amount_minor - found.order.total.amount_minor
        jobs += await send_back(
            tx,
            found.payment.id,
            Money(surplus, found.order.total.currency),
            RefundReason.SURPLUS,
            chat.now_ms,
        )
        await tickets.unblock(tx, found.order.id, UNDER_REVIEW, chat.now_ms)
        full = await tickets.tickets_of_order(tx, found.order.id)
        return Turn(ticket_messages(full, chat.now_ms), jobs=jobs)

    async def unanswered(self, tx: Tx, chat: Chat, fact: ReviewOverdue) -> Turn:
        """Send money back about which nobody chose in the stated time."""
        found = await find(tx, fact.payment_id)
        review = await reviews.review_of(tx, fact.payment_id)
        if found is None or review is None:
            return _NOTHING
        await reviews.settle(tx, fact.payment_id, "unanswered", chat.now_ms)
        if review.why == "underpaid":
            return await self.underpaid.refuse(tx, chat, found)
        return await give_back(tx, chat, found, RefundReason.LATE, "settling.late_back")


async def _ended(tx: Tx, chat: Chat, found: Found, turn: Turn) -> Turn:
    """Forget a choice among what is bought now: `2`, typed next, is no new order of the same."""
    memory = chat.memory
    if turn.then is not None or not chat.step.startswith("buying."):
        return turn
    kinds = {kind.id for kind in await events.kinds_of(tx, found.event.id)}
    same = memory.get("event") == found.event.id or memory.get("kind") in kinds
    return replace(turn, then=Then()) if same else turn

"""Money that came in: seats sold for it, in time or late; too little, too much, or twice.

Each payment counts once, by one conditional statement. What buys nothing is never kept in silence:
it goes back, or waits under review for somebody's choice, which ends by itself after a stated time.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.flows.choices import menu_choices
from bot.flows.event_words import kind_label
from bot.flows.house import House
from bot.flows.money.refunding import kill_order, send_back
from bot.flows.money.taking_away import gone_before
from bot.flows.organising.alarms import tell_organiser
from bot.flows.team.noting import note
from bot.flows.tickets.issuing import issue_tickets, ticket_messages
from boxoffice import rules
from boxoffice.model import Event, EventStatus, Kind, Order, OrderStatus, Payment, RefundReason
from boxoffice.money import Money
from chat.facts import Paid, ReviewOverdue, SeatsForMoney
from chat.messages import (
    Chat,
    Choice,
    Job,
    Moment,
    Say,
    Tap,
    Tell,
    Then,
    Turn,
    Value,
    words,
)
from chat.talk import Step
from storage import (
    events,
    fees,
    late_sales,
    ledger,
    orders,
    organisers,
    payments,
    reviews,
    tickets,
    waiting,
)
from storage.database import Tx
from storage.ids import from_text, to_text
from storage.reviews import Review

UNDER_REVIEW = "payment_under_review"
"""Why tickets are blocked while their money is looked at: the gate says so."""

KINDS_OFFERED_MAX = 8
"""Other kinds offered to late money: what fits on a screen beside the refund."""

_NOTHING = Turn()


@dataclass(frozen=True, slots=True)
class Found:
    """A payment with its order and event."""

    payment: Payment
    order: Order
    event: Event

    @property
    def left(self) -> Money:
        """What is still here of the payment: the provider's desk may have sent a part back."""
        return self.payment.left


@dataclass(frozen=True, slots=True)
class Settling:
    """What becomes of money."""

    house: House

    def heard(self) -> Mapping[type, Step]:
        """What is done about each fact."""
        return {
            Paid: self.paid,
            ReviewOverdue: self.unanswered,
            SeatsForMoney: self.seats_kept,
        }

    def actions(self) -> Mapping[str, Step]:
        """What each button does."""
        return {"late": self.choose, "review": self.judge}

    # ---- Money comes in ----------------------------------------------------------------------

    async def paid(self, tx: Tx, chat: Chat, fact: Paid) -> Turn:
        """Credit money once, then sell for it what it pays for."""
        money = Money(fact.amount_minor, fact.currency)
        credited = await payments.credit(
            tx, fact.payment_id, paid=money, provider_ref=fact.provider_ref, now_ms=chat.now_ms
        )
        found = await find(tx, fact.payment_id) if credited else None
        if found is None:
            return _NOTHING
        await ledger.taken(tx, fact.payment_id, money, chat.now_ms)
        turn = await gone_before(tx, chat, found.payment, found.order, found.event)
        turn = turn or await self._settle(tx, chat, found, money)
        if chat.id == found.order.chat_id:
            return turn
        # Somebody else paid, in their own chat: the tickets stay with the buyer.
        tells = tuple(Tell(found.order.chat_id, say) for say in turn.say)
        said = words("settling.thanks", **_facts(found, money))
        thanks = Say(said, file=f"paid:{to_text(found.payment.id)}", instead=said)
        return Turn((thanks,), tell=(*tells, *turn.tell), jobs=turn.jobs)

    async def _settle(self, tx: Tx, chat: Chat, found: Found, money: Money) -> Turn:
        """Find out what the money buys."""
        order = found.order
        if money.currency != order.total.currency:
            return await self._back(tx, chat, found, RefundReason.UNDERPAID, "settling.wrong_money")
        if found.event.status is EventStatus.CANCELLED:
            await orders.end_hold(tx, order.id, OrderStatus.CANCELLED, chat.now_ms)
            return await self._back(tx, chat, found, RefundReason.LATE, "settling.event_cancelled")
        if money.amount_minor < order.total.amount_minor:
            return await self._too_little(tx, chat, found)
        if await orders.mark_paid(tx, order.id, chat.now_ms):
            return await self._sell(tx, chat, found, ())
        if await late_sales.take_again(tx, order.id, chat.now_ms):
            late = Say(
                words("paying.late_but_free", title=found.event.title, n=found.order.quantity)
            )
            return await self._sell(tx, chat, found, (late,))
        if order.status in {OrderStatus.EXPIRED, OrderStatus.CANCELLED}:
            return await self._too_late(tx, chat, found)
        return await self._twice(tx, chat, found)

    async def _sell(self, tx: Tx, chat: Chat, found: Found, before: tuple[Say, ...]) -> Turn:
        """Give the tickets, and whatever was too much back."""
        order = await orders.order_by_id(tx, found.order.id) or found.order
        await ledger.sold(tx, found.payment.id, order.total, chat.now_ms)
        await _charge(tx, found, chat.now_ms)
        says = await issue_tickets(tx, self.house, order, found.event, chat.now_ms)
        surplus = found.left.amount_minor - order.total.amount_minor
        if surplus <= 0:
            return Turn((*before, *says))
        money = Money(surplus, order.total.currency)
        jobs = await send_back(tx, found.payment.id, money, RefundReason.SURPLUS, chat.now_ms)
        facts = _facts(found, money)
        told = await tell_organiser(
            tx, found.event, Say(words("settling.organiser_surplus", **facts))
        )
        return Turn((*before, *says, Say(words("settling.surplus", **facts))), tell=told, jobs=jobs)

    async def _twice(self, tx: Tx, chat: Chat, found: Found) -> Turn:
        """Send a second payment back; one that makes up for too little before is kept instead."""
        for review in await reviews.reviews_of_order(tx, found.order.id):
            if review.why == "underpaid" and await reviews.settle(
                tx, review.payment_id, "refund", chat.now_ms
            ):
                return await self._made_up(tx, chat, found, review.payment_id)
        turn = await self._back(tx, chat, found, RefundReason.TWICE, "paying.twice")
        say = Say(words("settling.organiser_twice", **_facts(found, found.payment.paid)))
        return Turn(turn.say, tell=await tell_organiser(tx, found.event, say), jobs=turn.jobs)

    async def _made_up(self, tx: Tx, chat: Chat, found: Found, first_id: int) -> Turn:
        """Sell for the full payment, and send the one that was too little back."""
        await ledger.sold(tx, found.payment.id, found.order.total, chat.now_ms)
        await _charge(tx, found, chat.now_ms)
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
        return Turn(ticket_messages(full), jobs=jobs)

    async def _back(self, tx: Tx, chat: Chat, found: Found, reason: RefundReason, key: str) -> Turn:
        """Send back what is left of a payment, and say so."""
        money = found.left
        jobs = await send_back(tx, found.payment.id, money, reason, chat.now_ms)
        return Turn((Say(words(key, **_facts(found, money)), menu_choices()),), jobs=jobs)

    # ---- Too little --------------------------------------------------------------------------

    async def _too_little(self, tx: Tx, chat: Chat, found: Found) -> Turn:
        """Keep the seats, block their tickets, and let the organiser judge."""
        if not await orders.mark_paid(tx, found.order.id, chat.now_ms):
            return await self._back(tx, chat, found, RefundReason.UNDERPAID, "paying.wrong_amount")
        until_ms = rules.choice_until_ms(chat.now_ms, found.event.starts_ms)
        await reviews.open_review(
            tx,
            payment_id=found.payment.id,
            order_id=found.order.id,
            why="underpaid",
            until_ms=until_ms,
            now_ms=chat.now_ms,
        )
        await issue_tickets(tx, self.house, found.order, found.event, chat.now_ms)
        await tickets.block(tx, found.order.id, UNDER_REVIEW, chat.now_ms)
        facts = _facts(found, found.payment.paid) | {
            "total": found.order.total,
            "until": Moment(until_ms, found.event.zone),
        }
        payment_id = to_text(found.payment.id)
        judge = Say(
            words("settling.organiser_underpaid", **facts),
            (
                Choice(words("settling.accept"), f"review:{payment_id}:accept"),
                Choice(words("settling.refund"), f"review:{payment_id}:refund"),
            ),
        )
        told = await tell_organiser(tx, found.event, judge)
        return Turn((Say(words("settling.underpaid", **facts)),), tell=told)

    async def judge(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Let the organiser accept too little, or send it back: `review:PAYMENT:accept`."""
        _, payment_text, choice = _parts(tap)
        found = await find(tx, from_text(payment_text))
        if found is None or not await organisers.runs_event(tx, chat.person_id, found.event.id):
            return Turn((Say(words("organising.not_yours")),))
        accepted = choice == "accept"
        chosen = "accepted" if accepted else "refund"
        if not await reviews.settle(tx, found.payment.id, chosen, chat.now_ms):
            return Turn((Say(words("settling.settled", **_facts(found, found.payment.paid))),))
        facts = _facts(found, found.payment.paid)
        await note(
            tx,
            chat,
            found.event,
            f"review_{chosen}",
            reference=found.order.reference,
            money=found.payment.paid or found.payment.amount,
        )
        if not accepted:
            turn = await self._refuse_underpaid(tx, chat, found)
            tells = tuple(Tell(found.order.chat_id, say) for say in turn.say)
            done = Say(words("settling.organiser_refunds", **facts))
            return Turn((done,), tell=tells, jobs=turn.jobs)
        await ledger.sold(tx, found.payment.id, found.left, chat.now_ms)
        await _charge(tx, found, chat.now_ms)
        await tickets.unblock(tx, found.order.id, UNDER_REVIEW, chat.now_ms)
        full = await tickets.tickets_of_order(tx, found.order.id)
        tells = tuple(Tell(found.order.chat_id, say) for say in ticket_messages(full))
        return Turn((Say(words("settling.organiser_accepted", **facts)),), tell=tells)

    async def _refuse_underpaid(self, tx: Tx, chat: Chat, found: Found) -> Turn:
        await kill_order(tx, found.order.id, chat.now_ms)
        return await self._back(tx, chat, found, RefundReason.UNDERPAID, "settling.underpaid_back")

    # ---- Too late ----------------------------------------------------------------------------

    async def _too_late(self, tx: Tx, chat: Chat, found: Found) -> Turn:
        """Let the buyer choose another kind or the refund; with nothing to choose, refund."""
        offered = await self._other_kinds(tx, chat, found)
        can_wait = await _can_wait(tx, found, chat.now_ms)
        if not offered and not can_wait:
            return await self._back(tx, chat, found, RefundReason.LATE, "paying.late_sold_out")
        until_ms = rules.choice_until_ms(chat.now_ms, found.event.starts_ms)
        await reviews.open_review(
            tx,
            payment_id=found.payment.id,
            order_id=found.order.id,
            why="late",
            until_ms=until_ms,
            now_ms=chat.now_ms,
        )
        facts = _facts(found, found.payment.paid)
        until = Moment(until_ms, found.event.zone)
        say = words("settling.late_choice", until=until, **facts)
        return Turn((Say(say, _late_choices(found, offered, can_wait=can_wait)),))

    async def choose(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Take the buyer's choice about late money: `late:PAYMENT:KIND`, `late:PAYMENT:refund`."""
        _, payment_text, choice = _parts(tap)
        found = await find(tx, from_text(payment_text))
        if found is None or found.order.buyer_id != chat.person_id:
            return Turn((Say(words("buying.not_yours"), menu_choices()),))
        facts = _facts(found, found.payment.paid)
        review = await reviews.review_of(tx, found.payment.id)
        if review is None:
            return Turn((Say(words("settling.settled", **facts), menu_choices()),))
        if choice == "refund":
            await reviews.settle(tx, found.payment.id, "refund", chat.now_ms)
            return await self._back(tx, chat, found, RefundReason.LATE, "settling.late_back")
        offered = await self._other_kinds(tx, chat, found)
        if choice == "wait":
            return await self._wait(tx, chat, found, review, offered)
        kind = next((kind for kind in offered if kind.id == from_text(choice)), None)
        if kind is None or not await late_sales.sell_other_kind(
            tx, found.order.id, kind.id, kind.price.amount_minor, chat.now_ms
        ):
            until = Moment(review.until_ms, found.event.zone)
            say = words("settling.kind_gone", until=until, **facts)
            can_wait = await _can_wait(tx, found, chat.now_ms)
            return Turn((Say(say, _late_choices(found, offered, can_wait=can_wait)),))
        await reviews.settle(tx, found.payment.id, "other_kind", chat.now_ms)
        return await self._sell(tx, chat, found, ())

    async def _wait(
        self, tx: Tx, chat: Chat, found: Found, review: Review, offered: list[Kind]
    ) -> Turn:
        """Put late money at the front of the waiting list; it stays under review until seats come.

        It goes back by itself at a stated time, and whenever its buyer says so.
        """
        facts = _facts(found, found.payment.paid)
        if not await _can_wait(tx, found, chat.now_ms):
            until = Moment(review.until_ms, found.event.zone)
            say = words("settling.kind_gone", until=until, **facts)
            return Turn((Say(say, _late_choices(found, offered, can_wait=False)),))
        seats = await orders.seats_of(tx, found.order.id)
        until_ms = min(chat.now_ms + rules.LATE_MONEY_WAITS_MS, found.event.starts_ms)
        joined = await waiting.join(
            tx,
            event_id=found.event.id,
            kind_id=seats[0].kind_id,
            person_id=chat.person_id,
            chat_id=chat.id,
            quantity=found.order.quantity,
            payment_id=found.payment.id,
            now_ms=chat.now_ms,
        )
        if joined is not None:
            await reviews.prolong(tx, found.payment.id, until_ms)
        until = Moment(until_ms, found.event.zone)
        say = words("settling.waits", until=until, n=found.order.quantity, **facts)
        return Turn((Say(say, _late_choices(found, offered, can_wait=False)),), then=Then())

    async def seats_kept(self, tx: Tx, chat: Chat, fact: SeatsForMoney) -> Turn:
        """Sell the seats that were kept for late money; if that cannot be, they go on."""
        found = await find(tx, fact.payment_id)
        review = await reviews.review_of(tx, fact.payment_id)
        if found is None or review is None:
            await waiting.end_offer(tx, fact.offer_id, chat.now_ms)
            return _NOTHING
        offer = await waiting.take_this_offer(tx, fact.offer_id, chat.now_ms)
        if offer is None:
            return _NOTHING
        if not await late_sales.take_again(tx, found.order.id, chat.now_ms):
            await waiting.put_back(tx, offer)
            await waiting.end_offer(tx, offer.id, chat.now_ms)
            return _NOTHING
        await reviews.settle(tx, found.payment.id, "waiting", chat.now_ms)
        free = Say(words("settling.seats_free", title=found.event.title, n=found.order.quantity))
        return await self._sell(tx, chat, found, (free,))

    async def _other_kinds(self, tx: Tx, chat: Chat, found: Found) -> list[Kind]:
        """Read the kinds that late money still buys: enough left, and not dearer."""
        if not found.event.is_on_sale(chat.now_ms):
            return []
        count, left_minor = found.order.quantity, found.left.amount_minor
        return [
            kind
            for kind in await events.kinds_of(tx, found.event.id)
            if not kind.is_hidden
            and kind.left >= count
            and 0 < kind.price.amount_minor * count <= left_minor
        ][:KINDS_OFFERED_MAX]

    # ---- Nobody answers ----------------------------------------------------------------------

    async def unanswered(self, tx: Tx, chat: Chat, fact: ReviewOverdue) -> Turn:
        """Send money back about which nobody chose in the stated time."""
        found = await find(tx, fact.payment_id)
        review = await reviews.review_of(tx, fact.payment_id)
        if found is None or review is None:
            return _NOTHING
        await reviews.settle(tx, fact.payment_id, "unanswered", chat.now_ms)
        if review.why == "underpaid":
            return await self._refuse_underpaid(tx, chat, found)
        return await self._back(tx, chat, found, RefundReason.LATE, "settling.late_back")


async def _charge(tx: Tx, found: Found, now_ms: int) -> None:
    """Book the box office's fee of what was just sold."""
    await fees.charge(tx, found.order, found.payment.id, found.event.organiser_id, now_ms)


async def find(tx: Tx, payment_id: int | None) -> Found | None:
    """Read a payment with its order and event."""
    payment = await payments.payment_by_id(tx, payment_id) if payment_id is not None else None
    order = await orders.order_by_id(tx, payment.order_id) if payment else None
    event = await events.event_by_id(tx, order.event_id) if order else None
    if payment is None or order is None or event is None:
        return None
    return Found(payment, order, event)


async def _can_wait(tx: Tx, found: Found, now_ms: int) -> bool:
    """Say whether late money may wait for seats: of one kind without numbers, on sale, not yet."""
    seats = await orders.seats_of(tx, found.order.id)
    one_kind = len({seat.kind_id for seat in seats}) == 1
    unnumbered = all(seat.place_id is None for seat in seats)
    is_time = now_ms + rules.LATE_CHOICE_MS_MIN < found.event.starts_ms
    waits = await waiting.waits_with(tx, found.payment.id)
    return found.event.is_on_sale(now_ms) and one_kind and unnumbered and is_time and not waits


def _late_choices(found: Found, offered: list[Kind], *, can_wait: bool) -> tuple[Choice, ...]:
    payment_id = to_text(found.payment.id)
    kinds = tuple(
        Choice(kind_label(kind), f"late:{payment_id}:{to_text(kind.id)}") for kind in offered
    )
    wait = (Choice(words("settling.wait"), f"late:{payment_id}:wait"),) if can_wait else ()
    return (*kinds, *wait, Choice(words("settling.refund_me"), f"late:{payment_id}:refund"))


def _facts(found: Found, amount: Money) -> dict[str, Value]:
    return {
        "title": found.event.title,
        "amount": amount,
        "reference": found.order.reference,
    }


def _parts(tap: Tap) -> tuple[str, str, str]:
    verb, payment, choice, *_ = (*tap.action.split(":"), "", "")
    return verb, payment, choice

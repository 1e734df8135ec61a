"""How a dispute ends by which a bank took money back: won, it comes back; lost, it is gone.

Won, the tickets that it had killed live again, with the same codes: their seats stayed taken. Where
nothing is left to live for that money, it goes back to who paid it. Lost, the tickets stay dead and
their seats are free again; what is left of their money, or comes back by another dispute that was
won, goes back too, but for tickets that had served.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.flows.money.refunding import about, refund_order, send_back, tell_new_owners
from bot.flows.money.taking_away import TakingAway
from bot.flows.organising.alarms import tell_organiser
from bot.flows.tickets.issuing import ticket_message, ticket_messages
from boxoffice.model import Event, Order, OrderStatus, RefundReason, Ticket
from boxoffice.money import Money
from chat.facts import ChargedBack, DisputeEnded
from chat.messages import Chat, Job, Say, Tell, Turn, Value, Words, words
from chat.talk import Step
from storage import orders, organisers, payments, refunds, reviews, taken_away, tickets
from storage.database import Tx
from storage.taken_away import Told

_NOTHING = Turn()


@dataclass(frozen=True, slots=True)
class _Case:
    """What a dispute was about, and the facts its sentences speak of."""

    payment_id: int
    order: Order
    event: Event
    facts: Mapping[str, Value]

    async def organiser_hears(self, tx: Tx, before: Turn, key: str, **more: Value) -> Turn:
        """Add what the organiser is told to a turn."""
        say = Say(Words(f"dispute.organiser_{key}", {**self.facts, **more}))
        tells = await tell_organiser(tx, self.event, say)
        return Turn(before.say, tell=(*before.tell, *tells), jobs=before.jobs)


@dataclass(frozen=True, slots=True)
class Disputes:
    """What is done when a dispute ends."""

    def heard(self) -> Mapping[type, Step]:
        """What is done about each fact."""
        return {DisputeEnded: self.ended}

    async def ended(self, tx: Tx, chat: Chat, fact: DisputeEnded) -> Turn:
        """Book how it ended, once, in whatever order the provider tells."""
        found = await about(tx, fact.payment_id, Money(fact.amount_minor, fact.currency))
        if found is None:
            return _NOTHING
        case = _Case(fact.payment_id, *found)
        return await (_won if fact.is_won else _lost)(tx, chat, fact, case)


async def _won(tx: Tx, chat: Chat, fact: DisputeEnded, case: _Case) -> Turn:
    told = Told(fact.payment_id, fact.dispute_ref, "bank", Money(fact.amount_minor, fact.currency))
    regained = await taken_away.won(tx, told, chat.now_ms)
    if regained is None:
        return _NOTHING
    dead = await tickets.charged_back_of(tx, case.order.id)
    match await taken_away.bank_has(tx, case.order.id) if dead else None:
        case "lost":
            return await _rest_goes_back(tx, chat, case, _NOTHING, "won")
        case "open" if case.order.status is OrderStatus.PAID:
            # Another bank still has money of this order: its tickets wait for that one.
            return await case.organiser_hears(tx, _NOTHING, "won")
    revived = await tickets.revive(tx, case.order.id, chat.now_ms)
    jobs: tuple[Job, ...] = ()
    if revived and await refunds.is_event_refunded(tx, case.event.id):
        _, _, jobs = await refund_order(tx, case.order.id, RefundReason.EVENT, chat.now_ms)
    elif revived:
        jobs = await _send(tx, case.payment_id, regained.owed, chat.now_ms)
        return await _alive_again(tx, chat, case, revived, jobs)
    jobs += await _send(tx, case.payment_id, regained.left, chat.now_ms)
    await _free_seats(tx, case.order.id, chat.now_ms)
    if not jobs:
        return await case.organiser_hears(tx, _NOTHING, "won")
    say = Say(Words("dispute.won_goes_back", case.facts))
    return await case.organiser_hears(tx, Turn((say,), jobs=jobs), "won_goes_back")


async def _alive_again(
    tx: Tx, chat: Chat, case: _Case, revived: Sequence[Ticket], jobs: tuple[Job, ...]
) -> Turn:
    """Tell everybody that the tickets are good again; after the event, only whose money it is."""
    if not await tickets.opens_later(tx, case.order.id, chat.now_ms):
        return await case.organiser_hears(tx, Turn(jobs=jobs), "won")
    mine = sum(1 for one in revived if one.owner_id == case.order.buyer_id)
    say = (Say(words("dispute.won_tickets", n=mine, **case.facts)),) if mine else ()
    tells = await tell_new_owners(tx, case.order, case.event, revived, "given_again")
    mine_unsent, theirs_unsent = await _unsent(tx, case.order, chat.now_ms)
    turn = Turn((*say, *mine_unsent), tell=(*tells, *theirs_unsent), jobs=jobs)
    return await case.organiser_hears(tx, turn, "won_tickets")


async def _unsent(tx: Tx, order: Order, now_ms: int) -> tuple[tuple[Say, ...], tuple[Tell, ...]]:
    """Send the tickets that were on their way when they died, for then they were dropped."""
    unsent = await tickets.unsent_of_order(tx, order.id)
    mine = [one for one in unsent if one.ticket.owner_id == order.buyer_id]
    theirs = []
    for one in unsent:
        chat_id = await organisers.chat_of(tx, one.ticket.owner_id) if one not in mine else None
        if chat_id is not None:
            theirs.append(Tell(chat_id, ticket_message(one, now_ms)))
    return ticket_messages(mine, now_ms), tuple(theirs)


async def _lost(tx: Tx, chat: Chat, fact: DisputeEnded, case: _Case) -> Turn:
    """Free the seats of money that is gone; told before the taking, it is taken first."""
    taken = ChargedBack(fact.payment_id, fact.amount_minor, fact.currency, fact.dispute_ref)
    before = await TakingAway().charged_back(tx, chat, taken)
    if not await taken_away.lost(tx, fact.payment_id, fact.dispute_ref, chat.now_ms):
        return before
    return await _rest_goes_back(tx, chat, case, before, "lost")


async def _rest_goes_back(tx: Tx, chat: Chat, case: _Case, turn: Turn, key: str) -> Turn:
    """Send back what is left of tickets that stay dead, free their seats, and tell of it."""
    sent = await _send_unearned(tx, case.order, chat.now_ms)
    freed = await _free_seats(tx, case.order.id, chat.now_ms)
    seats = "_seats" if freed and key == "lost" else ""
    if not sent:
        return await case.organiser_hears(tx, turn, f"{key}{seats}")
    for rest, jobs in sent:
        say = Say(Words("dispute.rest_goes_back", {**case.facts, "rest": rest}))
        turn = Turn((*turn.say, say), tell=turn.tell, jobs=turn.jobs + jobs)
        turn = await case.organiser_hears(tx, turn, f"{key}_rest{seats}", rest=rest)
    return turn


async def _send_unearned(tx: Tx, order: Order, now_ms: int) -> list[tuple[Money, tuple[Job, ...]]]:
    """Send back what is left of an order whose tickets stay dead: how much, by which jobs.

    Not what was paid for tickets that had served, nor what its payer has beyond what they paid;
    money under review goes its own way.
    """
    dead = await tickets.charged_back_of(tx, order.id)
    if not dead or await tickets.living_of_order(tx, order.id):
        return []
    reviewed = {one.payment_id for one in await reviews.reviews_of_order(tx, order.id)}
    paid = [one for one in await payments.payments_of(tx, order.id) if one.id not in reviewed]
    earned = await tickets.earned_of(tx, order.id)
    if not earned:
        paid = [await taken_away.cover(tx, one, now_ms) for one in paid]
    spoken_for = Counter({order.total.currency: earned})
    for one in paid:
        spoken_for[one.paid.currency] += one.lost_minor
    sent = []
    for one in paid:
        left, currency = one.left.amount_minor, one.left.currency
        rest = Money(max(0, left - spoken_for[currency]), currency)
        spoken_for[currency] = max(0, spoken_for[currency] - left)
        if jobs := await send_back(tx, one.id, rest, RefundReason.PROVIDER, now_ms):
            sent.append((rest, jobs))
    return sent


async def _free_seats(tx: Tx, order_id: int, now_ms: int) -> bool:
    """Give back the seats of an order of whose money nothing is left; true if some were taken.

    Not where one of its tickets had served: that seat was taken.
    """
    if any(one.left.amount_minor for one in await payments.payments_of(tx, order_id)):
        return False
    if await tickets.earned_of(tx, order_id):
        return False
    dead = await tickets.charged_back_of(tx, order_id)
    freed = [await orders.return_seat(tx, order_id, one.number, now_ms) for one in dead]
    return any(freed)


async def _send(tx: Tx, payment_id: int, amount: Money, now_ms: int) -> tuple[Job, ...]:
    """Send money of a payment back to who paid it, as far as it has so much."""
    payment = await payments.payment_by_id(tx, payment_id)
    if payment is None:
        return ()
    minor = min(amount.amount_minor, payment.left.amount_minor)
    part = Money(minor, amount.currency)
    return await send_back(tx, payment_id, part, RefundReason.PROVIDER, now_ms)

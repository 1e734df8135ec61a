"""Money that left at the provider without our asking: a bank took it, or somebody at the desk.

The tickets it paid for die; the organiser hears of it; what left beyond what was left of a payment
is a loss, of which the box office's owners hear too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog

from bot.flows.money.refunding import about, end_reviews, kill_order, send_back, tell_new_owners
from bot.flows.organising.alarms import tell_organiser
from boxoffice.model import Event, Order, OrderStatus, Payment, RefundReason, Ticket, TicketStatus
from boxoffice.money import Money
from chat.facts import ChargedBack, ReturnedElsewhere
from chat.messages import Chat, Job, Say, Tell, Turn, Value, Words
from chat.talk import Step
from storage import loans, orders, payments, taken_away, tickets
from storage.database import Tx
from storage.taken_away import Gone, Told

_NOTHING = Turn()

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class TakingAway:
    """What is done about money that left by itself."""

    def heard(self) -> Mapping[type, Step]:
        """What is done about each fact."""
        return {ReturnedElsewhere: self.returned_elsewhere, ChargedBack: self.charged_back}

    async def returned_elsewhere(self, tx: Tx, chat: Chat, fact: ReturnedElsewhere) -> Turn:
        """Book what somebody sent back at the provider's desk; all of it back kills the tickets."""
        money = Money(fact.amount_minor, fact.currency)
        told = Told(fact.payment_id, fact.provider_ref, "desk", money)
        found = await about(tx, fact.payment_id, money)
        gone = await taken_away.count(tx, told, chat.now_ms) if found else None
        if gone is None or found is None:
            return _NOTHING
        order, event, facts = found
        payment = await payments.payment_by_id(tx, fact.payment_id)
        killed: list[Ticket] = []
        if payment is not None and payment.back_minor >= payment.paid.amount_minor:
            await end_reviews(tx, order.id, chat.now_ms)
            killed = await kill_order(tx, order.id, chat.now_ms)
        tells = await tell_organiser(tx, event, Say(Words("refunding.organiser_elsewhere", facts)))
        tells += await tell_new_owners(tx, order, event, killed)
        tells += await tell_loss(tx, gone, event, facts)
        return Turn((Say(Words("paying.refunded", facts)),), tell=tells)

    async def charged_back(self, tx: Tx, chat: Chat, fact: ChargedBack) -> Turn:
        """Kill the tickets whose money a bank took back; the seats stay taken, it may be undone."""
        money = Money(fact.amount_minor, fact.currency)
        told = Told(fact.payment_id, fact.dispute_ref, "bank", money)
        found = await about(tx, fact.payment_id, money)
        gone = await taken_away.count(tx, told, chat.now_ms) if found else None
        if gone is None or found is None:
            return _NOTHING
        order, event, facts = found
        jobs: tuple[Job, ...] = ()
        if await end_reviews(tx, order.id, chat.now_ms):
            # What the bank left of money that bought nothing yet goes back too.
            jobs = await _send_rest(tx, fact.payment_id, chat.now_ms)
        killed = await tickets.end(tx, order.id, TicketStatus.CHARGED_BACK, chat.now_ms)
        tells = await tell_organiser(
            tx, event, Say(Words("refunding.organiser_charged_back", facts))
        )
        tells += await tell_new_owners(tx, order, event, killed)
        tells += await tell_loss(tx, gone, event, facts)
        say = (Say(Words("refunding.charged_back", facts)),) if killed else ()
        return Turn(say, tell=tells, jobs=jobs)


async def _send_rest(tx: Tx, payment_id: int, now_ms: int) -> tuple[Job, ...]:
    payment = await payments.payment_by_id(tx, payment_id)
    if payment is None:
        return ()
    return await send_back(tx, payment_id, payment.left, RefundReason.PROVIDER, now_ms)


async def gone_before(
    tx: Tx, chat: Chat, payment: Payment, order: Order, event: Event
) -> Turn | None:
    """Sell nothing for money that had left again before we heard of it; None if none had."""
    gone = await taken_away.count_waiting(tx, payment.id, chat.now_ms)
    if not gone:
        return None
    await orders.end_hold(tx, order.id, OrderStatus.CANCELLED, chat.now_ms)
    jobs = await _send_rest(tx, payment.id, chat.now_ms)
    facts: dict[str, Value] = {"title": event.title, "reference": order.reference}
    tells = await _tell_of_each(tx, gone, event, facts)
    say = Say(Words("refunding.gone_before", facts | {"amount": payment.paid}))
    return Turn((say,), tell=tells, jobs=jobs)


async def _tell_of_each(
    tx: Tx, gone: Sequence[Gone], event: Event, facts: Mapping[str, Value]
) -> tuple[Tell, ...]:
    tells: tuple[Tell, ...] = ()
    for one in gone:
        key = "charged_back" if one.told.who == "bank" else "elsewhere"
        said = Say(Words(f"refunding.organiser_{key}", {**facts, "amount": one.told.amount}))
        tells += await tell_organiser(tx, event, said)
        tells += await tell_loss(tx, one, event, facts)
    return tells


async def tell_loss(
    tx: Tx, gone: Gone, event: Event, facts: Mapping[str, Value]
) -> tuple[Tell, ...]:
    """Tell who runs the event, and who owns the box office, of what left beyond what there was."""
    if gone.lost.amount_minor <= 0:
        return ()
    log.error(
        "money_lost",
        payment=gone.told.payment_id,
        what=gone.told.who,
        lost=gone.lost.amount_minor,
        currency=gone.lost.currency,
    )
    say = Say(Words("refunding.lost", {**facts, "amount": gone.told.amount, "lost": gone.lost}))
    tells = await tell_organiser(tx, event, say)
    told = {one.chat_id for one in tells}
    owners = [one for one in await loans.owner_chats(tx) if one not in told]
    return (*tells, *(Tell(chat_id, say) for chat_id in owners))

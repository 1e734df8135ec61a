"""Too little money: the seats are kept, their tickets blocked, and the organiser judges."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.flows.house import House
from bot.flows.money.refunding import kill_order
from bot.flows.money.selling import Found, charge, facts_of, find, give_back, parts_of
from bot.flows.organising.alarms import tell_organiser
from bot.flows.team.noting import note
from bot.flows.tickets.issuing import issue_tickets, ticket_messages
from boxoffice import rules
from boxoffice.model import RefundReason
from chat.messages import Chat, Choice, Moment, Say, Tap, Tell, Turn, words
from chat.talk import Step
from storage import ledger, orders, organisers, reviews, tickets
from storage.database import Tx
from storage.ids import from_text, to_text

UNDER_REVIEW = "payment_under_review"
"""Why tickets are blocked while their money is looked at: the gate says so."""


@dataclass(frozen=True, slots=True)
class Underpaid:
    """What becomes of it."""

    house: House

    def actions(self) -> Mapping[str, Step]:
        """What each button does."""
        return {"review": self.judge}

    async def take(self, tx: Tx, chat: Chat, found: Found) -> Turn:
        """Keep the seats, block their tickets, and let the organiser judge."""
        if not await orders.mark_paid(tx, found.order.id, chat.now_ms):
            return await give_back(tx, chat, found, RefundReason.UNDERPAID, "paying.wrong_amount")
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
        facts = facts_of(found, found.payment.paid) | {
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
        _, payment_text, choice = parts_of(tap)
        found = await find(tx, from_text(payment_text))
        if found is None or not await organisers.runs_event(tx, chat.person_id, found.event.id):
            return Turn((Say(words("organising.not_yours")),))
        accepted = choice == "accept"
        chosen = "accepted" if accepted else "refund"
        if not await reviews.settle(tx, found.payment.id, chosen, chat.now_ms):
            return Turn((Say(words("settling.settled", **facts_of(found, found.payment.paid))),))
        facts = facts_of(found, found.payment.paid)
        await note(
            tx,
            chat,
            found.event,
            f"review_{chosen}",
            reference=found.order.reference,
            money=found.payment.paid or found.payment.amount,
        )
        if not accepted:
            turn = await self.refuse(tx, chat, found)
            tells = tuple(Tell(found.order.chat_id, say) for say in turn.say)
            done = Say(words("settling.organiser_refunds", **facts))
            return Turn((done,), tell=tells, jobs=turn.jobs)
        await ledger.sold(tx, found.payment.id, found.left, chat.now_ms)
        await charge(tx, found, chat.now_ms)
        await tickets.unblock(tx, found.order.id, UNDER_REVIEW, chat.now_ms)
        full = await tickets.tickets_of_order(tx, found.order.id)
        tells = tuple(Tell(found.order.chat_id, say) for say in ticket_messages(full, chat.now_ms))
        return Turn((Say(words("settling.organiser_accepted", **facts)),), tell=tells)

    async def refuse(self, tx: Tx, chat: Chat, found: Found) -> Turn:
        """Send too little back: its tickets die."""
        await kill_order(tx, found.order.id, chat.now_ms)
        return await give_back(tx, chat, found, RefundReason.UNDERPAID, "settling.underpaid_back")

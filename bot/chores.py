"""What upkeep does for the box office: reminds, ends holds, asks, forgets."""

from dataclasses import dataclass

import structlog

from bot.flows.choosing.waiting import Offering
from bot.flows.organising.consenting import Consenting
from bot.flows.organising.progressing import Progressing
from bot.flows.organising.sale_news import NewSales
from bot.flows.organising.telling import Telling
from bot.flows.tickets.reminding import Reminding
from bot.payments.protocol import MoneyIn
from bot.payments.reconciling import Reconciling
from bot.payments.working import PaymentWork, Tell
from bot.watch.faults import Faults
from boxoffice import rules
from boxoffice.model import Order, PaymentStatus, RefundReason
from chat.engine import Engine
from chat.facts import (
    HoldEnded,
    HoldEnding,
    RefundWanted,
    ReviewOverdue,
    TransferOver,
)
from chat.upkeep import Chore
from gate_scanner import watching
from storage import (
    announcements,
    attempts,
    forgetting,
    inbox,
    media,
    orders,
    outbox,
    overdue,
    pacing,
    papers,
    payments,
    recoveries,
    refunds,
    reviews,
    transfers,
)
from storage.database import Database
from storage.payments import OpenPayment
from storage.reviews import Review

log = structlog.get_logger(__name__)

BATCH_MAX = 200
"""Rows a chore looks at in one go; the next go takes the next ones."""

ASK_FIRST_MS = 5_000
ASK_SLOWEST_MS = 60_000
"""A provider is asked every 5 s at first, slowing to once a minute, until the payment is final."""

EVENT_REFUNDS_AT_ONCE_MAX = 20
"""Orders of an event refunded in five seconds: 14,000 an hour, and every provider keeps up."""

PAYLOADS_KEPT_MS = 7 * rules.DAY_MS
"""What people wrote is kept a week, to look into a fault; its id stays, to recognise a repeat."""

FACTS_AGAIN_MS = rules.HOUR_MS
"""How long a fact waits that no turn could take: as long as other work at fault."""

SENT_KEPT_MS = 7 * rules.DAY_MS

PACES_KEPT_MS = rules.HOUR_MS
"""Whoever was sent nothing for an hour may be sent a burst again: nothing is to be remembered."""

ATTEMPTS_KEPT_MS = 7 * rules.DAY_MS
"""Longer than any window in which tries are counted."""

RECOVERIES_KEPT_MS = 400 * rules.DAY_MS
"""A recovery may be contested until its event is over; few are planned more than a year ahead."""

PAGES_ASKED_FOR_MS = rules.DAY_MS
"""A page that was never paid is not asked about for ever: its notice may still come, and counts."""


@dataclass(frozen=True, slots=True)
class BoxOfficeChores:
    """The chores, each safe to run twice and on several processes."""

    database: Database
    tell: Tell
    work: PaymentWork
    reconciling: Reconciling
    faults: Faults

    def all(self, engine: Engine) -> tuple[Chore, ...]:
        """Every chore of an installation, with its pace."""

        async def take_up(_now_ms: int) -> None:
            await engine.take_up()

        return (
            Chore("take_up", 2_000, take_up),
            Chore("try_facts_again", 10 * rules.MINUTE_MS, self.try_facts_again),
            Chore("remind", 5_000, self.remind),
            Chore("end_holds", 2_000, self.end_holds),
            Chore("ask_providers", 2_500, self.ask_providers),
            Chore("remind_holders", 60_000, Reminding(self.database).remind),
            Chore("tell_sales", 15_000, NewSales(self.database, self.tell).look),
            Chore("tell_many", 5_000, Telling(self.database).queue),
            Chore("ask_consents", 10 * rules.MINUTE_MS, Consenting(self.database).ask_consents),
            Chore("look_at_refunds", 5_000, self.look_at_refunds),
            Chore("end_reviews", 5_000, self.end_reviews),
            Chore("call_off", 5_000, self.call_off),
            Chore("offer_seats", 2_000, Offering(self.database).look),
            Chore("refund_events", 5_000, self.refund_events),
            Chore("show_progress", 5_000, Progressing(self.database).show),
            Chore("end_offers", 30_000, self.end_offers),
            Chore("reconcile", rules.DAY_MS, self.reconciling.look),
            Chore("watch_gates", 30_000, self.watch_gates),
            Chore("forget_soon", 60_000, self.forget_soon),
            Chore("forget", rules.HOUR_MS, self.forget),
        )

    async def try_facts_again(self, now_ms: int) -> None:
        """Try again what the world told of and a fault of ours kept from its turn: money, mostly.

        Each fact counts once however often it is tried, and a program that was mended takes it.
        """
        tried = await self.database.write(
            inbox.try_facts_again,
            failed_before_ms=now_ms - FACTS_AGAIN_MS,
            failed_since_ms=now_ms - PAYLOADS_KEPT_MS,
            limit=BATCH_MAX,
        )
        if tried:
            log.warning("facts_tried_again", inbox=tried)

    async def remind(self, now_ms: int) -> None:
        """Remind buyers whose hold ends soon; a short hold is reminded at its last third."""
        due = await self.database.read(
            overdue.reminders_due,
            before_ms=now_ms + rules.HOLD_REMINDER_MS,
            now_ms=now_ms,
            limit=BATCH_MAX,
        )

        async def remind(order: Order) -> None:
            # Told first, under an id that counts once, then marked: a death between loses nothing.
            await self.tell(order.chat_id, HoldEnding(order.id), f"hold-ending:{order.id}")
            await self.database.write(overdue.mark_reminded, order.id, now_ms)

        await self.faults.each("hold", due, _order_id, remind)

    async def end_holds(self, now_ms: int) -> None:
        """End the holds whose time is over; one whose payment page is open is asked about first.

        A provider that does not answer keeps the seats for at most five minutes past the hold.
        """
        due = await self.database.read(overdue.holds, now_ms=now_ms, limit=BATCH_MAX)

        async def end(order: Order) -> None:
            is_last_chance = now_ms >= order.hold_until_ms + rules.PAYMENT_GRACE_MS
            if is_last_chance or await self._is_unpaid(order.id, order.chat_id):
                fact_id = f"hold-ended:{order.id}:{order.hold_until_ms}"
                await self.tell(order.chat_id, HoldEnded(order.id), fact_id)

        await self.faults.each("hold", due, _order_id, end)

    async def _is_unpaid(self, order_id: int, chat_id: int) -> bool:
        """Ask about every open page of an order: true when each provider says there is no money."""
        for payment in await self.database.read(payments.payments_of, order_id):
            if payment.status is not PaymentStatus.OPEN:
                continue
            try:
                outcome = await self.work.ask(payment, chat_id)
            except Exception as error:  # noqa: BLE001 (unknown: the seats wait for an answer)
                await self.faults.met(f"payment:{payment.id}", error)
                return False
            if isinstance(outcome, MoneyIn):
                return False
        return True

    async def ask_providers(self, now_ms: int) -> None:
        """Ask about open payments: a notice may be lost, or have nowhere to arrive."""
        waiting = await self.database.read(
            payments.unresolved, since_ms=now_ms - PAGES_ASKED_FOR_MS, limit=BATCH_MAX
        )

        async def ask(one: OpenPayment) -> None:
            age_ms = now_ms - one.started_ms
            pace_ms = min(max(ASK_FIRST_MS, age_ms // 10), ASK_SLOWEST_MS)
            if now_ms - (one.asked_ms or one.started_ms) >= pace_ms:
                await self.database.write(payments.asked, one.payment.id, now_ms)
                await self.work.ask(one.payment, one.chat_id)

        await self.faults.each("payment", waiting, lambda one: one.payment.id, ask)

    async def look_at_refunds(self, now_ms: int) -> None:
        """Ask about refunds that a provider accepted and has not told the end of."""
        waiting = await self.database.write(
            refunds.take_accepted,
            looked_before_ms=now_ms - ASK_SLOWEST_MS,
            now_ms=now_ms,
            limit=BATCH_MAX,
        )
        await self.faults.each("refund", waiting, lambda one: one.id, self.work.look_at_refund)

    async def end_reviews(self, now_ms: int) -> None:
        """Send money back about which nobody chose in the stated time."""
        due = await self.database.read(reviews.overdue, now_ms=now_ms, limit=BATCH_MAX)

        async def end(review: Review) -> None:
            fact = ReviewOverdue(review.payment_id)
            await self.tell(review.chat_id, fact, f"review-over:{review.payment_id}")

        await self.faults.each("payment", due, lambda one: one.payment_id, end)

    async def call_off(self, now_ms: int) -> None:
        """End the unpaid holds of cancelled events; refund who has not answered in time."""
        for order in await self.database.read(announcements.holds_of_cancelled, BATCH_MAX):
            await self.tell(order.chat_id, HoldEnded(order.id), f"event-off:{order.id}")
        await self.database.write(announcements.end_overdue, now_ms)

    async def refund_events(self, now_ms: int) -> None:
        """Refund the orders of events that are given up, a few at a time: providers have limits."""
        for event_id in await self.database.read(refunds.events_to_refund):
            some = await self.database.read(orders.paid_orders, event_id, EVENT_REFUNDS_AT_ONCE_MAX)

            async def refund(order: Order) -> None:
                fact = RefundWanted(order.id, RefundReason.EVENT.value)
                await self.tell(order.chat_id, fact, f"refund-event:{order.id}")

            await self.faults.each("order", some, _order_id, refund)
            if not some:
                await self.database.write(refunds.event_done, event_id, now_ms)

    async def end_offers(self, now_ms: int) -> None:
        """End the offers of tickets that nobody accepted in time, and tell their owners."""
        for offer in await self.database.read(transfers.overdue, now_ms=now_ms, limit=BATCH_MAX):
            fact = TransferOver(offer.id)
            await self.tell(offer.from_chat_id, fact, f"transfer-over:{offer.id}")

    async def watch_gates(self, now_ms: int) -> None:
        """Tell supervisors of a wave of forgeries, a silent gate, a venue nearly full."""
        for alarm in await self.database.read(watching.look, now_ms):
            await self.database.write(watching.tell, alarm, now_ms)

    async def forget_soon(self, now_ms: int) -> None:
        """Drop what has minutes to live: where an identity paper lay, copies of pictures."""
        await self.database.write(papers.forget_old, now_ms)
        await self.database.write(media.forget_expired, now_ms=now_ms, limit=BATCH_MAX)

    async def forget(self, now_ms: int) -> None:
        """Drop what is kept for a time only, in small bites."""
        await self.database.write(
            inbox.forget_payloads, done_before_ms=now_ms - PAYLOADS_KEPT_MS, limit=1000
        )
        await self.database.write(outbox.forget, done_before_ms=now_ms - SENT_KEPT_MS, limit=1000)
        await self.database.write(
            attempts.forget_old, before_ms=now_ms - ATTEMPTS_KEPT_MS, limit=1000
        )
        await self.faults.forget(now_ms)
        await self.database.write(
            pacing.forget_rested, before_ms=now_ms - PACES_KEPT_MS, limit=1000
        )
        await self.database.write(forgetting.forget_holders, now_ms)
        await self.database.write(forgetting.end_farewells, now_ms)
        await self.database.write(
            recoveries.forget_old, before_ms=now_ms - RECOVERIES_KEPT_MS, limit=1000
        )


def _order_id(order: Order) -> int:
    return order.id

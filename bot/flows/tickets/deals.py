"""What giving tickets of an order back would mean: which, how much comes back, by which terms."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.flows.event_words import terms_words
from boxoffice.model import Event, EventStatus, Order, OrderStatus
from boxoffice.money import Money
from boxoffice.refund_terms import FULL_REFUND, RefundTerms
from chat.messages import NOTHING, Chat, Moment, Value, Words, words
from storage import announcements, events, payments, returns
from storage.announcements import Announcement
from storage.database import Tx
from storage.ids import to_text
from storage.returns import Returnable


@dataclass(frozen=True, slots=True)
class Deal:
    """Tickets of an order that may be given back, and what comes back for them."""

    order: Order
    event: Event
    tickets: tuple[Returnable, ...]
    terms: RefundTerms
    payment_id: int | None
    """Where the money came from; None where there is none."""
    paid_minor: int
    """What was paid for these tickets."""
    postponed: Announcement | None = None
    """Why all of it comes back, whatever the terms: the event is not when it was sold for."""

    @property
    def back(self) -> Money:
        """What goes back."""
        return Money(self.terms.back_minor(self.paid_minor), self.order.total.currency)

    @property
    def kept(self) -> Money:
        """What the organiser keeps."""
        kept_minor = self.paid_minor - self.back.amount_minor
        return Money(kept_minor, self.order.total.currency)

    @property
    def is_free(self) -> bool:
        """Whether they never cost anything."""
        return self.payment_id is None

    def is_open(self, now_ms: int) -> bool:
        """Say whether these tickets may be given back now."""
        if self.event.status is EventStatus.POSTPONED:
            return self.is_free or self.terms.percent > 0
        on = self.event.status is EventStatus.PUBLISHED
        if self.is_free:
            return on and now_ms < self.event.starts_ms
        return on and self.terms.allow(self.event.starts_ms, now_ms)


async def deal_of(tx: Tx, chat: Chat, order: Order, ranks: Sequence[int]) -> Deal | None:
    """Work out what comes back for these tickets of an order; for all that are left without any."""
    event = await events.event_by_id(tx, order.event_id)
    if event is None or order.status is not OrderStatus.PAID:
        return None
    left = await returns.returnable(tx, order.id, chat.person_id)
    chosen = tuple(one for one in left if not ranks or one.number in ranks)
    prices = sum(one.price_minor for one in chosen)
    paid_by = next(
        (one for one in await payments.payments_of(tx, order.id) if one.left.amount_minor > 0),
        None,
    )
    postponed = await announcements.full_refund_of(tx, order.id, chat.now_ms)
    if paid_by is None or prices == 0:
        return Deal(order, event, chosen, FULL_REFUND, None, 0, postponed)
    paid_minor = min(prices, paid_by.left.amount_minor)
    terms = order.refund_terms if postponed is None else FULL_REFUND
    return Deal(order, event, chosen, terms, paid_by.id, paid_minor, postponed)


def terms_of(deal: Deal) -> Words:
    """Say by which terms these tickets come back."""
    if deal.is_free:
        return words("returning.terms_free")
    if deal.postponed is not None and deal.postponed.answer_until_ms is None:
        return words("returning.put_off")
    if deal.postponed is not None and deal.postponed.answer_until_ms is not None:
        until = Moment(deal.postponed.answer_until_ms, deal.event.zone)
        return words("returning.postponed", until=until)
    return terms_words("returning", deal.terms, deal.event)


def facts_of(deal: Deal) -> dict[str, Value]:
    """Gather what the sentences about a deal need."""
    ranks = ", ".join(str(one.number) for one in deal.tickets)
    return {
        "n": len(deal.tickets),
        "title": deal.event.title,
        "reference": deal.order.reference,
        "which": words("returning.ranks", ranks=ranks) if deal.order.quantity > 1 else NOTHING,
        "paid": Money(deal.paid_minor, deal.order.total.currency),
        "back": deal.back,
        "kept": deal.kept,
        "percent": deal.terms.percent,
    }


def mask_of(chosen: Sequence[Returnable]) -> str:
    """Write ranks as one number for a button: rank 1 is the first bit."""
    return to_text(sum(1 << (one.number - 1) for one in chosen))


def ranks_of(mask: int) -> tuple[int, ...]:
    """Read the ranks back."""
    return tuple(at + 1 for at in range(mask.bit_length()) if mask >> at & 1)

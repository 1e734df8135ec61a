"""Receipts for buyers, and asking somebody else to pay: the money's papers, never its tickets."""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.flows.choices import menu_choices
from bot.flows.choosing.done import became
from bot.flows.event_words import kind_when
from bot.flows.reading import id_at
from bot.flows.tickets.which import told_apart
from boxoffice import rules
from boxoffice.model import Event, Order, OrderStatus, PaymentStatus
from chat.messages import Chat, Choice, Moment, Say, Tap, Then, Turn, Words, words
from chat.talk import Step
from storage import chats, events, orders, payments
from storage.database import Tx
from storage.ids import to_text

LISTED_MAX = 9
"""Orders offered at once, the newest ones: what a list picker holds beside a way back."""


@dataclass(frozen=True, slots=True)
class Receipts:
    """What buyers ask about the papers of their money."""

    def actions(self) -> Mapping[str, Step]:
        """What each button does."""
        return {"receipt": self.send, "share": self.share}

    def commands(self) -> Mapping[str, str]:
        """Words understood from anywhere."""
        return dict.fromkeys(
            ("recu", "recus", "mon recu", "mes recus", "facture", "receipt", "receipts", "invoice"),
            "receipt",
        )

    async def send(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Send the receipt of an order: `receipt:ORDER`; `receipt` alone is the one, or a list."""
        if ":" in tap.action:
            order_id = id_at(tap.action, 1)
            order = await orders.order_by_id(tx, order_id) if order_id is not None else None
            if order is None or order.buyer_id != chat.person_id:
                return Turn((Say(words("buying.not_yours"), menu_choices()),), then=Then())
            return await _receipt(tx, order)
        paid = await payments.paid_orders_of(tx, chat.person_id, LISTED_MAX)
        found = [one for order_id in paid if (one := await orders.order_by_id(tx, order_id))]
        if not found:
            return Turn((Say(words("receipt.none"), menu_choices()),), then=Then())
        if len(found) == 1:
            return await _receipt(tx, found[0])
        labels = told_apart([await _label(tx, order) for order in found], found)
        choices = tuple(
            Choice(label, f"receipt:{to_text(order.id)}")
            for label, order in zip(labels, found, strict=True)
        )
        return Turn((Say(words("receipt.which"), choices),), then=Then())

    async def share(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Write the message by which somebody else pays, to be forwarded: `share:ORDER`."""
        order_id = id_at(tap.action, 1)
        order = await orders.order_by_id(tx, order_id) if order_id is not None else None
        event = await events.event_by_id(tx, order.event_id) if order else None
        if order is None or event is None or order.buyer_id != chat.person_id:
            return Turn((Say(words("buying.not_yours"), menu_choices()),), then=Then())
        page = next(
            (
                one.url
                for one in await payments.payments_of(tx, order.id)
                if one.status is PaymentStatus.OPEN and one.url
            ),
            None,
        )
        seats = await orders.seats_of(tx, order.id)
        kind = await events.kind_by_id(tx, seats[0].kind_id) if seats else None
        if order.status is not OrderStatus.HELD:
            return await became(tx, order)
        if page is None or kind is None:
            return Turn((Say(words("receipt.nothing_to_share"), menu_choices()),), then=Then())
        name = chat.name or await chats.person_name(tx, chat.person_id)
        asked = words(
            "receipt.asked" if name else "receipt.asked_unnamed",
            **({"name": name} if name else {}),
            n=order.quantity,
            kind=kind.name,
            title=event.title,
            when=kind_when(event, kind),
            total=order.total,
            until=Moment(order.hold_until_ms, event.zone),
            reference=order.reference,
            link=page,
        )
        return Turn((Say(asked, alone=True), Say(words("receipt.forward_it", n=order.quantity))))


async def _receipt(tx: Tx, order: Order) -> Turn:
    event = await events.event_by_id(tx, order.event_id)
    if event is None or not any(
        one.paid.amount_minor for one in await payments.payments_of(tx, order.id)
    ):
        return Turn((Say(words("receipt.not_paid"), menu_choices()),), then=Then())
    said = words("receipt.here", title=event.title, reference=order.reference)
    say = Say(said, file=f"receipt:{to_text(order.id)}", instead=await _in_words(tx, order, event))
    return Turn((say,), then=Then())


async def _in_words(tx: Tx, order: Order, event: Event) -> Words:
    """Say what the receipt says, where a file does not pass."""
    paid = [one for one in await payments.payments_of(tx, order.id) if one.paid.amount_minor]
    total = sum((one.paid for one in paid[1:]), paid[0].paid)
    return words("receipt.in_words", title=event.title, reference=order.reference, total=total)


async def _label(tx: Tx, order: Order) -> Words:
    """Name an order by its event, its total and its day: two of one day are named alike."""
    event = await events.event_by_id(tx, order.event_id)
    zone = event.zone if event else "UTC"
    begins_ms, _ = rules.day_window(rules.event_day(order.held_ms, ZoneInfo(zone)), ZoneInfo(zone))
    return words(
        "receipt.order_label",
        title=event.title if event else order.reference,
        total=order.total,
        day=Moment(begins_ms, zone),
    )


def no_file(said: Words) -> Words:
    """Say the same where the paper does not get through."""
    return words("receipt.not_here", said=said)

"""Seats that are held and wait for their payment: what reminds of them, and what can be done."""

from boxoffice.model import Event, Order
from chat.messages import Chat, Choice, Say, Span, words
from storage import events, orders
from storage.database import Tx
from storage.ids import to_text

SHOWN_MAX = 5
"""Holds told of at once; a buyer has one an event, and rarely two."""


async def unpaid(tx: Tx, chat: Chat) -> tuple[Say, ...]:
    """Remind of what the person holds unpaid, each with its buttons; nothing if nothing waits."""
    says = []
    for order in (await orders.holds_of(tx, chat.person_id))[:SHOWN_MAX]:
        event = await events.event_by_id(tx, order.event_id)
        if event is not None:
            says.append(reminder(order, event, chat.now_ms))
    return tuple(says)


def reminder(order: Order, event: Event, now_ms: int) -> Say:
    """Say how long seats are still kept, for how much."""
    say = words(
        "paying.reminder",
        n=order.quantity,
        title=event.title,
        total=order.total,
        left=Span(max(0, order.hold_until_ms - now_ms)),
    )
    return Say(say, hold_choices(order))


def hold_choices(order: Order) -> tuple[Choice, ...]:
    """Pay, or let the seats go."""
    cancel = Choice(words("buying.cancel_hold_label"), f"cancel:{to_text(order.id)}")
    return (pay_choice(order), cancel)


def pay_choice(order: Order) -> Choice:
    """The way back to the payment of a hold."""
    return Choice(words("paying.pay_again"), f"pay:{to_text(order.id)}")

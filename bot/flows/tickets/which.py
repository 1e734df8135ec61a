"""Which ticket a word alone means: `imprimer`, `agenda`, `corriger le nom`, typed anywhere.

One that fits is taken at once; of several the person picks.
"""

from collections.abc import Callable, Sequence

from bot.flows.choices import menu_choices, picked_from
from bot.flows.tickets.standing import opens_nothing
from boxoffice.model import EventStatus, Order
from chat.messages import Chat, Choice, Moment, Say, Tap, Then, Turn, Words, words
from storage import tickets
from storage.database import Tx
from storage.ids import to_text
from storage.tickets import FullTicket

LOOKED_AT_MAX = 100
"""Tickets looked at for one answer."""

SHOWN_MAX = 8
"""Buttons to pick from."""


async def living(tx: Tx, chat: Chat) -> list[FullTicket]:
    """Read the tickets somebody holds that still open a gate."""
    held = await tickets.tickets_of(tx, chat.person_id, now_ms=chat.now_ms, limit=LOOKED_AT_MAX)
    return [one for one in held if not opens_nothing(one)]


def one_an_order(held: Sequence[FullTicket]) -> list[FullTicket]:
    """Keep the first ticket of each order."""
    return list({one.order.id: one for one in reversed(held)}.values())[::-1]


def one_an_event(held: Sequence[FullTicket]) -> list[FullTicket]:
    """Keep the first ticket for each event."""
    return list({one.event.id: one for one in reversed(held)}.values())[::-1]


def pick(
    asked: str, verb: str, held: Sequence[FullTicket], label: Callable[[FullTicket], Words]
) -> Tap | Turn:
    """Press the button of the one ticket there is, or let the person pick."""
    if not held:
        return Turn((Say(words("ticket.none"), menu_choices()),), Then())
    actions = [f"{verb}:{to_text(_named(verb, one))}" for one in held[:SHOWN_MAX]]
    if len(actions) == 1:
        return Tap(actions[0])
    labels = told_apart([label(one) for one in held], [one.order for one in held])
    choices = tuple(Choice(one, action) for one, action in zip(labels, actions, strict=False))
    return picked_from(Say(words(asked), choices))


def told_apart(labels: Sequence[Words], orders: Sequence[Order]) -> list[Words]:
    """Add the order's reference to labels that are equal, so that a person sees which is which."""
    return [
        words("ticket.of_order", label=label, reference=order.reference)
        if labels.count(label) > 1
        else label
        for label, order in zip(labels, orders, strict=True)
    ]


def order_label(one: FullTicket) -> Words:
    """An order on a button."""
    return counted_label(one, one.order.quantity)


def counted_label(one: FullTicket, count: int, *, is_offered: bool = False) -> Words:
    """So many tickets of an order on a button, marked where the event is off or has no date.

    And where one of them is offered to somebody who has not answered.
    """
    label = words("ticket.order_label", n=count, title=one.event.title)
    if one.event.status in {EventStatus.CANCELLED, EventStatus.POSTPONED}:
        label = words(f"ticket.label_{one.event.status.value}", label=label)
    return words("ticket.label_offered", label=label) if is_offered else label


def event_label(one: FullTicket) -> Words:
    """An event on a button."""
    day = Moment(one.event.starts_ms, one.event.zone)
    return words("buying.offer_label", title=one.event.title, day=day)


def holder_label(one: FullTicket) -> Words:
    """A named ticket on a button."""
    return words("renaming.which_label", name=one.ticket.holder or "", title=one.event.title)


def _named(verb: str, one: FullTicket) -> int:
    return one.event.id if verb == "ics" else one.ticket.id

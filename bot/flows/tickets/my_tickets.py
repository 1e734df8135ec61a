"""My tickets: sent again at any time."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import groupby

from bot.flows.choices import menu_choices
from bot.flows.choosing.unpaid import unpaid
from bot.flows.organising.announced import told
from bot.flows.organising.organiser_words import in_lines
from bot.flows.tickets.issuing import ticket_message
from bot.flows.tickets.standing import opens_nothing
from bot.flows.tickets.which import counted_label, one_an_order, told_apart
from boxoffice.model import Event, EventStatus
from chat.messages import Chat, Choice, Say, Tap, Then, Turn, words
from chat.talk import Step
from storage import announcements, tickets, transfers
from storage.database import Tx
from storage.ids import from_text, to_text
from storage.tickets import FullTicket
from storage.transfers import Transfer

SENT_AT_ONCE_MAX = 4
"""Pictures sent in a row; a weak network pays for each, so with more the buyer picks an order."""

TICKETS_MAX = 100
"""Tickets looked at for one answer."""


@dataclass(frozen=True, slots=True)
class MyTickets:
    """A buyer's tickets."""

    def actions(self) -> Mapping[str, Step]:
        """What each button does."""
        return {"tickets": self.send_again}

    async def send_again(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Send what the person holds: all if few, else by order: `tickets` or `tickets:ORDER`."""
        held = await tickets.tickets_of(tx, chat.person_id, now_ms=chat.now_ms, limit=TICKETS_MAX)
        order_id = from_text(tap.action.partition(":")[2])
        if order_id is not None:
            held = [one for one in held if one.order.id == order_id]
        waiting = await unpaid(tx, chat) if order_id is None else ()
        if not held:
            none = Say(words("ticket.none"), () if waiting else menu_choices())
            return Turn((none, *waiting), then=Then())
        if len(held) <= SENT_AT_ONCE_MAX or order_id is not None:
            return Turn((*await _sent(tx, chat, held), *waiting), then=Then())
        offers = await transfers.open_offers_of(tx, chat.person_id, chat.now_ms)
        return Turn((_which_order(held, offers),), then=Then())


async def _sent(tx: Tx, chat: Chat, held: list[FullTicket]) -> tuple[Say, ...]:
    """Say of an event that is called off what was announced, of any other send each ticket."""
    says: list[Say] = []
    offers = await transfers.open_offers_of(tx, chat.person_id, chat.now_ms)
    for _, found in groupby(held, lambda one: one.event.id):
        several = list(found)
        off = await _called_off(tx, chat, several[0].event)
        says += (
            [off]
            if off
            else [ticket_message(one, chat.now_ms, offers.get(one.ticket.id)) for one in several]
        )
    return tuple(says)


async def _called_off(tx: Tx, chat: Chat, event: Event) -> Say | None:
    """Say that an event is called off, with the money's buttons for who paid; None if it is on."""
    newest = await announcements.newest(tx, event.id)
    if event.status is not EventStatus.CANCELLED or newest is None:
        return None
    say = await told(tx, event, newest)
    paid = await announcements.paid_orders_of(tx, event.id, chat.person_id)
    if any(order.total.amount_minor for order in paid):
        return say
    return replace(say, choices=menu_choices())


def _which_order(held: list[FullTicket], offers: Mapping[int, Transfer]) -> Say:
    """Let a person with many tickets pick one order, marked where one of it waits for an answer."""
    counts = Counter(one.order.id for one in held)
    offered = [one.order.id for one in held if one.ticket.id in offers and not opens_nothing(one)]
    shown = one_an_order(held)
    labels = told_apart(
        [
            counted_label(one, counts[one.order.id], is_offered=one.order.id in offered)
            for one in shown
        ],
        [one.order for one in shown],
    )
    choices = tuple(
        Choice(label, f"tickets:{to_text(one.order.id)}")
        for label, one in zip(labels, shown, strict=True)
    )
    asked = words("ticket.which_order", n=len(held))
    if offered:
        asked = in_lines(asked, words("ticket.some_offered", n=len(offered)))
    return Say(asked, choices[:10])

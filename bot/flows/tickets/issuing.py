"""Giving tickets: made once for paid seats, then sent one self-contained image each."""

from collections.abc import Sequence

from bot.flows import approved
from bot.flows.event_words import kind_when, place_words, price_words
from bot.flows.house import House
from bot.flows.tickets.keeping import keep_choices, print_choice
from bot.flows.tickets.offers import fix_choice, give_choice
from bot.flows.tickets.standing import opens_nothing, standing_words
from boxoffice.model import Event, Order, entry_of
from boxoffice.typed_codes import ShortCode
from chat.messages import NOTHING, Choice, Say, Words, words
from storage import events, orders, tickets
from storage.database import Tx
from storage.ids import to_text
from storage.tickets import FullTicket
from storage.transfers import Transfer


async def issue_tickets(
    tx: Tx, house: House, order: Order, event: Event, now_ms: int
) -> tuple[Say, ...]:
    """Make the tickets of a paid order, and the messages that carry them."""
    kinds = {kind.id: kind for kind in await events.kinds_of(tx, event.id)}
    await tickets.issue(
        tx,
        order=order,
        event=event,
        kinds=kinds,
        seats=await orders.seats_of(tx, order.id),
        keyring=house.keyring,
        now_ms=now_ms,
    )
    return ticket_messages(await tickets.just_issued(tx, order, event, kinds), now_ms)


def ticket_messages(full: Sequence[FullTicket], now_ms: int) -> tuple[Say, ...]:
    """One message a ticket: the image with everything in its caption, or the words in its stead."""
    return tuple(ticket_message(one, now_ms) for one in full)


def ticket_message(full: FullTicket, now_ms: int, offer: Transfer | None = None) -> Say:
    """The message that carries one ticket: its image, or words alone where it opens no gate now.

    `offer` is what it was offered to somebody by, while they have not answered.
    """
    about = f"ticket:{to_text(full.ticket.id)}"
    mine = Choice(words("menu.tickets"), "tickets")
    template = approved.tickets(full.event)
    if opens_nothing(full):
        return Say(_caption("ticket.no_more", full), (mine,), about=about, template=template)
    return Say(
        _caption("ticket.caption", full, offer),
        (
            print_choice(full.ticket.id),
            *keep_choices(full.event),
            *fix_choice(full, now_ms),
            *give_choice(full, offer),
            *_back_choice(full),
            mine,
        ),
        picture=about,
        about=about,
        instead=_caption("ticket.in_words", full, offer),
        slow=words("ticket.coming"),
        template=template,
    )


def _back_choice(full: FullTicket) -> tuple[Choice, ...]:
    """The button that gives tickets back, where their buyer may: free, or by the terms accepted."""
    order = full.order
    is_free = order.is_gift or full.kind.price.amount_minor == 0
    may = is_free or order.refund_terms.percent > 0
    is_used = full.ticket.scanned_at_ms is not None
    if not may or is_used or order.buyer_id != full.ticket.owner_id:
        return ()
    return (Choice(words("returning.label"), f"back:{to_text(order.id)}"),)


def _caption(key: str, full: FullTicket, offer: Transfer | None = None) -> Words:
    ticket = full.ticket
    holder = words("ticket.holder", name=ticket.holder) if ticket.holder else NOTHING
    first = standing_words(full, offer)
    rank = (
        words("ticket.rank", rank=ticket.number, count=full.order.quantity)
        if full.order.quantity > 1
        else NOTHING
    )
    return words(
        key,
        state=words("ticket.first", line=first) if first else NOTHING,
        title=full.event.title,
        kind=full.kind.name if ticket.place is None else f"{full.kind.name} · {ticket.place}",
        price=(words("face.invitation") if full.order.is_gift else price_words(full.kind)),
        when=kind_when(full.event, full.kind),
        place=place_words(full.event),
        holder=holder,
        rank=rank,
        rule=words(f"ticket.rule_{entry_of(full.event, full.kind).value}"),
        code=ticket.code,
        short=str(ShortCode(ticket.short_code)),
        reference=full.order.reference,
    )

"""The first step: the list of what is on sale, and one event's page, as one buyer sees them."""

from collections.abc import Sequence

from bot.flows.choices import (
    all_events,
    back_to,
    menu_choices,
    offer_list,
    or_typed,
    quantities,
    reset,
)
from bot.flows.choosing.unpaid import pay_choice
from bot.flows.choosing.waiting import wait_choices
from bot.flows.event_words import event_page, kind_label, price_each, why_not_on_sale
from bot.flows.organising.preview import poster_of
from bot.flows.tickets.keeping import keep_choices
from boxoffice.model import Event, Kind, Order
from chat.messages import Chat, Choice, Moment, Say, Then, Turn, Words, words
from storage import catalogue, events, orders, promos
from storage.catalogue import LISTED_MAX
from storage.database import Tx
from storage.ids import to_text
from storage.promos import Promo


async def list_from(tx: Tx, chat: Chat, skip: int, greeting: Words | None) -> Turn:
    """Show a page of the list, under a greeting if there is one."""
    found = await catalogue.offers(tx, now_ms=chat.now_ms, skip=skip, limit=LISTED_MAX + 1)
    if not found:
        return reset(Say(words("buying.no_events"), menu_choices()))
    head = greeting or words("buying.which_event")
    return reset(offer_list(head, found, skip))


async def show_event_page(tx: Tx, chat: Chat, event_id: int | None) -> Turn:
    """Show an event with its rules and a button a kind, or say why it cannot be bought.

    Who holds seats of it hears above that they stay held, and finds the way back to them.
    """
    event = await events.event_by_id(tx, event_id) if event_id is not None else None
    if event is None:
        return reset(Say(words("buying.unknown_event"), menu_choices()))
    if not event.is_on_sale(chat.now_ms):
        return reset(Say(why_not_on_sale(event, chat.now_ms), menu_choices()))
    kinds = await promos.kinds_for(tx, event.id, chat.person_id, chat.now_ms)
    choices = tuple(
        Choice(kind_label(kind), f"kind:{to_text(kind.id)}") for kind in kinds if kind.left > 0
    )
    page = event_page(event, kinds)
    if any(_is_open(promo, chat.now_ms) for promo in await promos.promos_of(tx, event.id)):
        page = words("asking.lines", lines=(page, words("promo.hint")))
    hold = await orders.active_hold(tx, event.id, chat.person_id)
    kept = (_still_held(hold, event),) if hold else ()
    to_pay = (pay_choice(hold),) if hold else ()
    buttons = (*choices, *wait_choices(kinds), *to_pay, *keep_choices(event), all_events())
    say = Say(page, buttons, picture=poster_of(event), instead=page)
    return Turn((*kept, say), then=Then("buying.kind", {"event": event.id}))


async def ask_quantity(tx: Tx, chat: Chat, kind: Kind, *said: Words) -> Turn:
    """Ask how many of a kind, with a button a number that can still be had."""
    event = await events.event_by_id(tx, kind.event_id)
    if event is None or not event.is_on_sale(chat.now_ms) or kind.left < 1:
        return await show_event_page(tx, chat, kind.event_id)
    most = min(kind.left, event.per_buyer_max)
    choices = quantities(kind, most)
    asked = words("buying.how_many_free", kind=kind.name)
    if kind.price.amount_minor:
        asked = words("buying.how_many", kind=kind.name, price=price_each(kind))
    lines = (*said, asked, *or_typed(most))
    if len(lines) > 1:
        asked = words("asking.lines", lines=lines)
    return Turn(
        (Say(asked, (*choices, back_to(event.id))),),
        then=Then("buying.quantity", {"kind": kind.id}),
    )


def one_kind_first(event_id: int, wishes: Sequence[tuple[int, Kind]]) -> Turn:
    """Say that an order has one kind, with a button a wish: one after the other."""
    said = [words("buying.wish", n=count, kind=kind.name) for count, kind in wishes]
    choices = tuple(
        Choice(said[at], f"want:{to_text(kind.id)}:{count}")
        for at, (count, kind) in enumerate(wishes)
    )
    say = words("buying.one_kind", first=said[0], then=said[1])
    return Turn((Say(say, (*choices, back_to(event_id))),))


async def kind_seen(tx: Tx, chat: Chat, kind_id: int | None) -> Kind | None:
    """Read a kind as this buyer sees it: at the price their code makes of it."""
    if kind_id is None:
        return None
    return await promos.kind_for(tx, kind_id, chat.person_id, chat.now_ms)


def _still_held(hold: Order, event: Event) -> Say:
    until = Moment(hold.hold_until_ms, event.zone)
    return Say(words("buying.still_held", n=hold.quantity, until=until))


def _is_open(promo: Promo, now_ms: int) -> bool:
    """Say whether a code can be used now: a buyer is told where one is typed."""
    begun = promo.from_ms is None or promo.from_ms <= now_ms
    return begun and (promo.until_ms is None or now_ms < promo.until_ms)

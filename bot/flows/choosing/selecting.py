"""The first step: the list of what is on sale, and one event's page, as one buyer sees them."""

from bot.flows.choices import all_events, back_to, menu_choices, offer_list, quantities, reset
from bot.flows.choosing.waiting import wait_choices
from bot.flows.event_words import event_page, kind_label, price_words, why_not_on_sale
from bot.flows.organising.preview import poster_of
from bot.flows.tickets.keeping import keep_choices
from boxoffice.model import Kind
from chat.messages import Chat, Choice, Say, Text, Then, Turn, Words, words
from chat.understanding import fold
from storage import catalogue, events, promos
from storage.catalogue import LISTED_MAX
from storage.database import Tx
from storage.ids import to_text


async def list_from(tx: Tx, chat: Chat, skip: int, greeting: Words | None) -> Turn:
    """Show a page of the list, under a greeting if there is one."""
    found = await catalogue.offers(tx, now_ms=chat.now_ms, skip=skip, limit=LISTED_MAX + 1)
    if not found:
        return reset(Say(words("buying.no_events"), menu_choices()))
    head = greeting or words("buying.which_event")
    return reset(offer_list(head, found, skip))


async def search(tx: Tx, chat: Chat, text: Text) -> Turn | None:
    """Find events by typed words, or None if nothing is found."""
    wanted = fold(text.text)
    if not wanted:
        return None
    found = await catalogue.offers(tx, now_ms=chat.now_ms, found=wanted, limit=LISTED_MAX)
    if not found:
        return None
    if len(found) == 1:
        return await show_event_page(tx, chat, found[0].event.id)
    return reset(offer_list(words("buying.found"), found, 0))


async def show_event_page(tx: Tx, chat: Chat, event_id: int | None) -> Turn:
    """Show an event with its rules and a button a kind, or say why it cannot be bought."""
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
    buttons = (*choices, *wait_choices(kinds), *keep_choices(event), all_events())
    say = Say(page, buttons, picture=poster_of(event), instead=page)
    return Turn((say,), then=Then("buying.kind", {"event": event.id}))


async def ask_quantity(tx: Tx, chat: Chat, kind: Kind) -> Turn:
    """Ask how many of a kind, with a button a number that can still be had."""
    event = await events.event_by_id(tx, kind.event_id)
    if event is None or not event.is_on_sale(chat.now_ms) or kind.left < 1:
        return await show_event_page(tx, chat, kind.event_id)
    choices = quantities(kind, min(kind.left, event.per_buyer_max))
    asked = words("buying.how_many_free", kind=kind.name)
    if kind.price.amount_minor:
        asked = words("buying.how_many", kind=kind.name, price=price_words(kind))
    return Turn(
        (Say(asked, (*choices, back_to(event.id))),),
        then=Then("buying.quantity", {"kind": kind.id}),
    )


async def kind_seen(tx: Tx, chat: Chat, kind_id: int | None) -> Kind | None:
    """Read a kind as this buyer sees it: at the price their code makes of it."""
    if kind_id is None:
        return None
    return await promos.kind_for(tx, kind_id, chat.person_id, chat.now_ms)

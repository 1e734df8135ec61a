"""From a wish to the conditions: what stands in the way, what is still to be asked."""

from collections.abc import Sequence

from bot.flows.choices import all_events, back_to, menu_choices, or_typed, quantities, reset
from bot.flows.choosing import asking
from bot.flows.choosing.accepting import question_offered
from bot.flows.choosing.asking import READY, Asked, ask, spoken
from bot.flows.choosing.selecting import kind_seen, show_event_page
from bot.flows.choosing.waiting import wait_choices
from bot.flows.event_words import age_moment, conditions_words, kind_label
from bot.flows.reading import is_question
from boxoffice import rules
from boxoffice.model import Event, Kind, Order, Seat
from chat.messages import Chat, Choice, Moment, Say, Text, Then, Turn, words
from storage import events, orders, promos, waiting
from storage.database import Tx
from storage.ids import to_text


async def want(tx: Tx, chat: Chat, kind_id: int, count: int) -> Turn:
    """Take a wish for so many tickets of a kind as far as it goes."""
    kind = await kind_seen(tx, chat, kind_id)
    event = await events.event_by_id(tx, kind.event_id) if kind else None
    if kind is None or event is None or not event.is_on_sale(chat.now_ms):
        return await show_event_page(tx, chat, kind.event_id if kind else None)
    hold = await orders.active_hold(tx, event.id, chat.person_id)
    refusal = await why_not(tx, chat, event, kind, count, hold)
    if refusal is not None:
        return refusal
    return await next_question(tx, chat, event, kind, Asked(kind.id, count))


async def want_some(tx: Tx, chat: Chat, event_id: int | None, count: int | None) -> Turn:
    """Take a wish for so many tickets of an event: of its one kind, or of the one asked for now.

    Without a number its page is shown.
    """
    event = await events.event_by_id(tx, event_id) if event_id is not None and count else None
    if event is None or not count:
        return await show_event_page(tx, chat, event_id)
    kinds = await promos.kinds_for(tx, event.id, chat.person_id, chat.now_ms)
    left = [kind for kind in kinds if kind.left > 0]
    if not event.is_on_sale(chat.now_ms) or not left:
        return await show_event_page(tx, chat, event.id)
    if len(kinds) == 1:
        return await want(tx, chat, kinds[0].id, count)
    choices = tuple(Choice(kind_label(kind), f"want:{to_text(kind.id)}:{count}") for kind in left)
    say = Say(words("buying.which_kind", n=count, title=event.title), (*choices, back_to(event.id)))
    return Turn((say,), then=Then("buying.kind", {"event": event.id, "count": count}))


def said_before(chat: Chat) -> int | None:
    """The number of tickets that was said, where only their kind is asked for."""
    count = chat.memory.get("count")
    return count if isinstance(count, int) else None


async def next_question(tx: Tx, chat: Chat, event: Event, kind: Kind, asked: Asked) -> Turn:
    """Ask what is missing of the holders and their seats; then show the conditions."""
    question = await ask(tx, chat, event, kind, asked)
    if question is not None:
        return question
    return show_conditions(event, kind, asked, await spoken(tx, asked))


async def heard(tx: Tx, chat: Chat, text: Text, hear: asking.Hear) -> Turn:
    """Take a typed answer to what was asked, and go on with it."""
    asked = Asked.remembered(chat)
    kind = await kind_seen(tx, chat, asked.kind_id)
    event = await events.event_by_id(tx, kind.event_id) if kind else None
    if kind is None or event is None or not event.is_on_sale(chat.now_ms):
        return await show_event_page(tx, chat, kind.event_id if kind else None)
    if is_question(text.text) and chat.step != READY:
        return question_offered(await next_question(tx, chat, event, kind, asked), text.text)
    answer = await hear(tx, chat, event, kind, asked, text.text)
    return (
        answer if isinstance(answer, Turn) else await next_question(tx, chat, event, kind, answer)
    )


async def why_not(
    tx: Tx, chat: Chat, event: Event, kind: Kind, count: int, hold: Order | None
) -> Turn | None:
    """Refuse a quantity with what is possible instead, or a buyer who pauses, or None.

    What they `hold` of the event already would be changed: it counts as free.
    """
    unpaid = await orders.unpaid_ends(
        tx, chat.person_id, chat.now_ms - rules.UNPAID_HOLDS_WINDOW_MS
    )
    pause_ms = rules.holds_paused_until_ms(unpaid, chat.now_ms)
    if pause_ms is not None:
        until = Moment(pause_ms, event.zone)
        return reset(Say(words("buying.paused", until=until), menu_choices()))
    already = await orders.held_count(tx, event.id, chat.person_id)
    already -= hold.quantity if hold else 0
    verdict = rules.may_buy(count, already, per_buyer_max=event.per_buyer_max)
    if isinstance(verdict, rules.TooMany):
        if verdict.left < 1:
            key = words("buying.no_more_for_you", title=event.title, n=already)
            return reset(Say(key, menu_choices()))
        by_order = event.per_buyer_max - already > rules.TICKETS_PER_ORDER_MAX
        said = words("buying.too_many_at_once" if by_order else "buying.too_many", n=verdict.left)
        say = words("asking.lines", lines=(said, *or_typed(verdict.left)))
        return Turn((Say(say, (*quantities(kind, verdict.left), back_to(event.id))),))
    mine = sum(seat.kind_id == kind.id for seat in await _seats(tx, hold))
    if count <= kind.left + mine:
        return None
    kept = await waiting.offered_to(tx, chat.person_id, kind.id, chat.now_ms)
    return not_enough(event, kind) if count > kept else None


def not_enough(event: Event, kind: Kind) -> Turn:
    """Say how many are left, and what can be done if none is."""
    if kind.left < 1:
        say = words("buying.sold_out", kind=kind.name, title=event.title)
        choices = (*wait_choices((kind,)), back_to(event.id), all_events())
        return reset(Say(say, choices))
    say = words("buying.not_enough", n=kind.left, kind=kind.name)
    return Turn((Say(say, (*quantities(kind, kind.left), back_to(event.id))),))


def show_conditions(event: Event, kind: Kind, asked: Asked, holders: Sequence[str]) -> Turn:
    """Show the conditions in full; one tap below them accepts and declares the age."""
    say = Say(conditions_words(event, kind, asked.count, holders), _answers(event, kind, asked))
    return Turn((say,), then=Then(READY, asked.memory()))


def _answers(event: Event, kind: Kind, asked: Asked) -> tuple[Choice, ...]:
    """The buttons below the conditions: accept, correct the names, or leave."""
    wanted = f"{to_text(kind.id)}:{asked.count}"
    age = words("buying.i_accept")
    if event.age_min:
        age = words("buying.i_accept_aged", n=event.age_min, day=age_moment(event, kind))
    price = to_text(kind.price.amount_minor)
    accept = Choice(age, f"accept:{wanted}:{event.conditions_version}:{price}")
    again = Choice(words("buying.rename", n=asked.count), f"want:{wanted}")
    renamed = (again,) if asked.names else ()
    return (accept, *renamed, Choice(words("buying.no_thanks"), "refuse"))


async def _seats(tx: Tx, hold: Order | None) -> list[Seat]:
    return await orders.seats_of(tx, hold.id) if hold else []

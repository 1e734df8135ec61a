"""The rules of an event, asked for by a word: they stand on its page.

Below an open question they are those of its event, and the question keeps its buttons.
"""

from bot.flows.choosing.asking import READY, nothing_more
from bot.flows.choosing.selecting import list_from, show_event_page
from bot.flows.choosing.unpaid import unpaid
from bot.flows.choosing.wanting import heard
from bot.flows.event_words import event_page
from chat.messages import Chat, Say, Text, Turn, words
from storage import events, orders, promos, tickets, transfers
from storage.database import Tx
from storage.ids import from_text

_PAGE = "buying.kind"
"""Where a chat stands below an event's page: it is shown again whole."""

_STEPS = ("buying.", "taking.", "giving.")
"""Where a chat stands that chooses, buys, gives or takes a ticket."""


async def show_rules(tx: Tx, chat: Chat) -> Turn:
    """Show the page of the event that a buyer looks at; its conditions, where they stand above."""
    if chat.step == READY:
        return await _above_the_buttons(tx, chat)
    asked = await _event_asked(tx, chat)
    if asked is not None and chat.step not in {"", _PAGE}:
        return await _above_the_question(tx, chat, asked)
    holds = await orders.holds_of(tx, chat.person_id)
    event_id = asked or (holds[0].event_id if len(holds) == 1 else None)
    if event_id is None:
        return await list_from(tx, chat, 0, greeting=words("buying.rules_where"))
    turn = await show_event_page(tx, chat, event_id)
    return Turn((turn.say[-1], *await unpaid(tx, chat)), then=turn.then)


async def is_buying(tx: Tx, chat: Chat) -> bool:
    """Say whether somebody is in a purchase, or handed a ticket, whatever else they run."""
    if chat.step:
        return chat.step.startswith(_STEPS)
    return not chat.memory and bool(await orders.holds_of(tx, chat.person_id))


async def _above_the_question(tx: Tx, chat: Chat, event_id: int) -> Turn:
    """Show an event's page and wait for the same answer as before."""
    event = await events.event_by_id(tx, event_id)
    if event is None:
        return await list_from(tx, chat, 0, greeting=words("buying.rules_where"))
    kinds = await promos.kinds_for(tx, event.id, chat.person_id, chat.now_ms)
    lines = (event_page(event, kinds), words("helping.still_asked"))
    return Turn((Say(words("asking.lines", lines=lines), chat.offered),))


async def _above_the_buttons(tx: Tx, chat: Chat) -> Turn:
    """Say that they stand above, with the conditions' own buttons: others may be shown last."""
    turn = await heard(tx, chat, Text(""), nothing_more)
    if turn.then is None or turn.then.step != READY:
        return turn  # Something else stands in the way now: it says so itself.
    return Turn((Say(words("buying.rules_above"), turn.say[0].choices),))


async def _event_asked(tx: Tx, chat: Chat) -> int | None:
    """Find the event of the page or the question that a buyer has in front of them."""
    memory = chat.memory
    if isinstance(event_id := memory.get("event"), int):
        return event_id
    if isinstance(kind_id := memory.get("kind"), int):
        kind = await events.kind_by_id(tx, kind_id)
        return kind.event_id if kind is not None else None
    if isinstance(offered := memory.get("offer"), str):
        transfer = await transfers.transfer_by_claim(tx, offered)
        return await _event_of(tx, transfer.ticket_id) if transfer is not None else None
    # A gift of several tickets is named by their order, with ranks: `7K:1.3`.
    one, _, ranks = str(memory.get("ticket", "")).partition(":")
    order_id = from_text(one) if ranks else _id_of(memory.get("order"))
    if order_id is not None:
        order = await orders.order_by_id(tx, order_id)
        return order.event_id if order is not None else None
    ticket_id = from_text(one)
    return await _event_of(tx, ticket_id) if ticket_id is not None else None


def _id_of(kept: object) -> int | None:
    """Read an id as a conversation remembers it: a number, or as buttons write it."""
    return kept if isinstance(kept, int) else from_text(str(kept or ""))


async def _event_of(tx: Tx, ticket_id: int) -> int | None:
    full = await tickets.ticket_by_id(tx, ticket_id)
    return full.event.id if full is not None else None

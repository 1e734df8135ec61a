"""The rules of an event, asked for by a word: they stand on its page."""

from bot.flows.choosing.asking import READY
from bot.flows.choosing.selecting import list_from, show_event_page
from chat.messages import Chat, Turn, words
from chat.together import shown_again
from storage.database import Tx


async def show_rules(tx: Tx, chat: Chat) -> Turn:
    """Show the page of the event that a buyer looks at; its conditions, where they stand above."""
    if chat.step == READY:
        return Turn((shown_again(chat, "buying.rules_above"),))
    if isinstance(event_id := chat.memory.get("event"), int):
        return await show_event_page(tx, chat, event_id)
    return await list_from(tx, chat, 0, greeting=words("buying.rules_where"))

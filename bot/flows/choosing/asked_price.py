"""What a buyer hears who asks for prices: those of the event in hand, of one named, or of all."""

from bot.flows.choosing.searching import search
from bot.flows.choosing.selecting import list_from, show_event_page
from bot.flows.openings import first_word
from chat.messages import Chat, Text, Turn
from storage.database import Tx


async def show_prices(tx: Tx, chat: Chat, text: Text) -> Turn:
    """Take `prix` or `prix jazz`."""
    _, rest = first_word(text.text)
    found = await search(tx, chat, Text(rest)) if rest else None
    if found is not None:
        return found
    if chat.step == "buying.kind" and isinstance(event_id := chat.memory.get("event"), int):
        return await show_event_page(tx, chat, event_id)
    return await list_from(tx, chat, 0, greeting=None)

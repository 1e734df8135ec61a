"""Who writes English where French is spoken: answered as before, with the way to English once."""

from dataclasses import replace

from boxoffice import rules
from chat.messages import Chat, Choice, Turn, words
from storage import attempts
from storage.database import Tx


async def with_english(tx: Tx, chat: Chat, turn: Turn) -> Turn:
    """Offer English below an answer: once a day, and never a switch unasked.

    As a button where there are others; else in words, so that a typed number means what it meant.
    """
    if chat.language == "en" or not turn.say:
        return turn
    left = await attempts.take(
        tx, f"english:{chat.person_id}", most=1, window_ms=rules.DAY_MS, now_ms=chat.now_ms
    )
    if left is None:
        return turn
    first, *rest = turn.say
    if first.choices:
        english = Choice(words("menu.language_en"), "lang:en")
        first = replace(first, choices=(*first.choices, english))
    else:
        lines = (first.words, words("menu.in_english"))
        first = replace(first, words=words("asking.lines", lines=lines))
    return replace(turn, say=(first, *rest))

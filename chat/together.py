"""What belongs together in a turn: words joined to one message, choices counted, pages of them.

Some apps cost money and patience by the message, and show few buttons at a time. None of this is
needed by an app that does not ask for it.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from chat import codec
from chat.messages import Chat, Choice, Heard, Say, Turn, words
from chat.talk import Step
from storage.database import Tx

LINK = "shown"
"""The first word of what stands for a link among the things to type: `shown:RANK`."""

NEXT_PAGE = "page"
"""The first word of the action that shows the choices which found no room: `page:9:DIGEST`."""

DIGEST_CHARS = 8
"""Enough to tell the choices shown now from those of another day."""


def joined(says: Sequence[Say]) -> tuple[Say, ...]:
    """Join words that follow each other; pictures and what is to be passed on stay alone."""
    found: list[Say] = []
    for say in says:
        if found and _is_words(found[-1]) and _is_words(say) and _one_template(found[-1], say):
            before = found.pop()
            together = words("together", first=before.words, then=say.words)
            template = before.template or say.template
            found.append(Say(together, before.choices + say.choices, template=template))
        else:
            found.append(say)
    return tuple(found)


def numbered(says: Sequence[Say]) -> tuple[Say, ...]:
    """Count a turn's buttons across its messages, links too: `3` is the third of all shown."""
    found = []
    number = 1
    for say in says:
        found.append(replace(say, first_number=number) if number > 1 else say)
        number += len(say.choices)
    return tuple(found)


def next_page_action(actions: Sequence[str], shown: int) -> str:
    """Name the action that shows the choices from the `shown`th on."""
    return f"{NEXT_PAGE}:{shown}:{_digest(actions)}"


def next_page(offered: str, action: str) -> Step | None:
    """Find the step that shows more of the choices offered last; None if they are others by now."""
    choices = [one for one in codec.from_json(offered) if isinstance(one, Choice)]
    _, _, rest = action.partition(":")
    number, _, digest = rest.partition(":")
    if digest != _digest([one.action for one in choices]):
        return None
    left = tuple(choices[int(number) :]) if number.isascii() and number.isdecimal() else ()
    if not left:
        return None

    async def show_more(_tx: Tx, _chat: Chat, _tap: Heard) -> Turn:
        return Turn((Say(words("more_choices"), left),))

    return show_more


def shown_again(chat: Chat, key: str) -> Say:
    """Say a sentence above the buttons shown last: the question they answer still stands."""
    return Say(words(key), chat.offered)


async def show_link(_tx: Tx, chat: Chat, _tap: Heard) -> Turn:
    """Show a link again that somebody counted: it is opened by pressing it, never by typing."""
    return Turn((shown_again(chat, "press_link"),))


def _digest(actions: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(actions).encode()).hexdigest()[:DIGEST_CHARS]


def _is_words(say: Say) -> bool:
    carries = (say.picture, say.file, say.about, say.instead, say.slow)
    return not say.alone and all(one is None for one in carries)


def _one_template(one: Say, other: Say) -> bool:
    """Say whether one approved sentence may stand for both."""
    return one.template is None or other.template is None or one.template == other.template

"""What typed words mean in a chat: the choices shown last there, and what is done about a doubt.

A message that nobody asked for may come between a question and its answer, and an answer may be
typed before the next question is read. A number or a `oui` has two meanings then. Where either
binds, the person is asked which; other words are a label's own, and press it all the same.
Where an app draws buttons, no figure alone does what is final: the button is to be pressed.
"""

from collections.abc import Mapping, Sequence
from functools import cache

from chat import codec
from chat.messages import Chat, Choice, Heard, Link, Say, Turn, words
from chat.talk import Step, Talk
from chat.together import LINK, shown_again
from chat.understanding import ASSENTS, REFUSALS, choose, fold
from storage.chats import ChatRow
from storage.database import Tx

READ_MS = 5_000
"""Nobody reads a message and answers it in less: a number so soon was meant for another."""

_SHORT = ASSENTS | REFUSALS
"""Words that answer whichever question stands above them."""


def chosen(talk: Talk, chat: Chat, row: ChatRow, text: str) -> str | None:
    """Find the action that words press: in what was shown last, or is behind what nobody asked."""
    if chat.step in talk.figure_steps and _is_bare(talk, chat, text):
        return None
    action = _pressed(talk, chat, chat.offered, text, talk.commands)
    if action is None and row.unasked and not fold(text).isdecimal():
        return _pressed(talk, chat, _buttons(row.offered_before), text, {})
    return action


def doubtful(talk: Talk, chat: Chat, row: ChatRow, text: str) -> Step | None:
    """Find the step that asks what an answer means, where an older question's would bind."""
    if chat.received_ms >= row.offered_ms or chat.step in talk.number_steps:
        return None
    folded = fold(text)
    if folded in talk.commands or not (folded.isdecimal() or folded in _SHORT):
        return None
    now, before = (
        _button(offered, talk, chat, folded)
        for offered in (chat.offered, _buttons(row.offered_before))
    )
    if before is None or (now is not None and now.action == before.action):
        return None
    meant = tuple(one for one in (now, before) if one is not None)
    if all(_verb(one) in talk.light for one in meant):
        return None

    async def ask(_tx: Tx, _chat: Chat, _heard: Heard) -> Turn:
        return Turn((Say(words("which_meant", said=text.strip()[:SAID_CHARS_MAX]), meant),))

    return ask


def untouched(talk: Talk, chat: Chat, action: str, text: str) -> Step | None:
    """Find the step that says to press a button, where a figure alone would do what is final."""
    if not (_is_bare(talk, chat, text) and talk.final(action)):
        return None

    async def press(_tx: Tx, chat: Chat, _heard: Heard) -> Turn:
        return Turn((shown_again(chat, "press_button"),))

    return press


def _is_bare(talk: Talk, chat: Chat, text: str) -> bool:
    """Say whether a text is a figure that no message lists: the app draws its buttons."""
    return chat.channel not in talk.numbered and fold(text).isdecimal()


SAID_CHARS_MAX = 20
"""As much of an answer as is quoted."""


def _pressed(
    talk: Talk,
    chat: Chat,
    offered: Sequence[Choice | Link],
    text: str,
    commands: Mapping[str, str],
) -> str | None:
    return choose(
        text,
        _labels(talk, offered, chat.language),
        commands,
        numbers_choose=chat.step not in talk.number_steps,
        light=_with_links(talk.light),
        phrases=talk.phrases,
        confirms=talk.confirms,
    )


@cache
def _with_links(light: frozenset[str]) -> frozenset[str]:
    """What binds nobody, links too: opening one shows a page."""
    return light | {LINK}


def _button(offered: Sequence[Choice | Link], talk: Talk, chat: Chat, folded: str) -> Choice | None:
    """Find the button of a list that an answer presses."""
    action = _pressed(talk, chat, offered, folded, {})
    found = (one for one in offered if isinstance(one, Choice) and one.action == action)
    return next(found, None)


def _buttons(offered: str) -> tuple[Choice | Link, ...]:
    found: tuple[Choice | Link, ...] = codec.from_json(offered)
    return found


def _labels(talk: Talk, buttons: Sequence[Choice | Link], language: str) -> list[tuple[str, str]]:
    """Render buttons as the person read them, links too: they are counted with the others."""
    return [
        (
            talk.texts.render(one.label, language),
            f"{LINK}:{rank}" if isinstance(one, Link) else one.action,
        )
        for rank, one in enumerate(buttons, 1)
    ]


def _verb(choice: Choice) -> str:
    return choice.action.partition(":")[0]

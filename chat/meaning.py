"""What typed words mean in a chat: the choices shown last there, and what is done about a doubt.

A message that nobody asked for may come between a question and its answer, and an answer may be
typed before the next question is read. A number then has two meanings. Where either binds, the
person is asked which; words are a label's own, and press it behind an unasked message too.
"""

from collections.abc import Sequence

from chat import codec
from chat.messages import Chat, Choice, Heard, Say, Turn, words
from chat.talk import Step, Talk
from chat.understanding import choose, fold
from storage.chats import ChatRow
from storage.database import Tx

READ_MS = 5_000
"""Nobody reads a message and types its number in less: a number so soon was meant for another."""


def chosen(talk: Talk, chat: Chat, row: ChatRow, text: str) -> str | None:
    """Find the action that words press: in what was shown last, or is behind what nobody asked."""
    lists = [row.offered]
    if row.unasked and not fold(text).isdecimal():
        lists.append(row.offered_before)
    for offered in lists:
        action = choose(
            text,
            _labels(talk, _choices(offered), row.language),
            talk.commands,
            numbers_choose=chat.step not in talk.number_steps,
            light=talk.light,
            phrases=talk.phrases,
        )
        if action is not None:
            return action
    return None


def doubtful(talk: Talk, chat: Chat, row: ChatRow, text: str) -> Step | None:
    """Find the step that asks what a number means, if it may be an older list's, and binds."""
    if chat.received_ms >= row.offered_ms or chat.step in talk.number_steps:
        return None
    folded = fold(text)
    if not (folded.isascii() and folded.isdecimal()) or folded in talk.commands:
        return None
    now, before = (
        _ranked(_choices(offered), int(folded[:4])) for offered in (row.offered, row.offered_before)
    )
    if before is None or (now is not None and now.action == before.action):
        return None
    meant = tuple(one for one in (now, before) if one is not None)
    if all(_verb(one) in talk.light for one in meant):
        return None

    async def ask(_tx: Tx, _chat: Chat, _heard: Heard) -> Turn:
        return Turn((Say(words("which_number", number=folded), meant),))

    return ask


def _ranked(choices: Sequence[Choice], rank: int) -> Choice | None:
    return choices[rank - 1] if 1 <= rank <= len(choices) else None


def _choices(offered: str) -> tuple[Choice, ...]:
    found: tuple[Choice, ...] = codec.from_json(offered)
    return found


def _labels(talk: Talk, choices: Sequence[Choice], language: str) -> list[tuple[str, str]]:
    """Render choices as the person read them."""
    return [(talk.texts.render(one.label, language), one.action) for one in choices]


def _verb(choice: Choice) -> str:
    return choice.action.partition(":")[0]

"""A line typed before its event was known: `jauge VIP 350`, `jauge VIP nuit du jazz 350`.

The event's title may stand in the line; else the question which one keeps the line, and whatever
answers it goes on with what was asked for.
"""

from collections.abc import Iterable
from dataclasses import replace

from bot.flows.organising.event_panel import event_list, events_of
from boxoffice.model import Event
from chat.messages import Chat, Choice, Then, Turn, words
from chat.understanding import fold
from storage.database import Tx

ASKED = "asked"
"""What a chat remembers of the line, while it is asked which event it is about."""


def named_in(events: Iterable[Event], text: str) -> tuple[Event, str] | None:
    """Find the one event whose title stands in a line, and the line without it."""
    typed = text.split()
    folded = [fold(word) for word in typed]
    found: list[tuple[int, Event, str]] = []
    for event in events:
        title = fold(event.title).split()
        for at in range(1, len(typed) - len(title) + 1):
            if title and folded[at : at + len(title)] == title:
                rest = " ".join(typed[:at] + typed[at + len(title) :])
                found.append((len(title), event, rest))
                break
    longest = max((length for length, _, _ in found), default=0)
    meant = [(event, rest) for length, event, rest in found if length == longest]
    return meant[0] if len(meant) == 1 else None


async def ask_event(tx: Tx, chat: Chat, verb: str, line: str) -> Turn:
    """Ask which event a line is about, a button each that leads to `verb:EVENT`."""
    found = await events_of(tx, chat)
    turn = event_list(found, words("organising.which" if found else "organising.none_yet"), verb)
    then = turn.then or Then()
    return replace(turn, then=Then(then.step, {**then.memory, ASKED: line}))


def asked_before(chat: Chat, action: str) -> str | None:
    """Read the line that a button answers, if its question is the one shown last."""
    line = chat.memory.get(ASKED)
    is_shown = any(isinstance(one, Choice) and one.action == action for one in chat.offered)
    return line if isinstance(line, str) and is_shown else None

"""What stands for a message after 24 hours of silence, where an app takes approved sentences alone.

Whatever goes out by our own doing (a reminder, an answer of the world, a word to somebody else's
chat) says here which sentence stands for it; NEWS fits everything and asks to be answered, then the
message itself follows. bot/handlers/whatsapp/registry.py holds the sentences, docs/whatsapp.md
tells when each is sent, and a transcript fails where a message would go out so and names none.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.flows.event_words import when_words
from boxoffice.model import Event
from chat.messages import Chat, Say, Turn, Words
from chat.talk import Step
from storage.database import Tx

NEWS = Words("news")
"""A message awaits: its button brings it."""


def tickets(event: Event) -> Words:
    """Tickets are ready: the button brings them."""
    return Words("tickets", {"title": event.title})


def reminder(event: Event) -> Words:
    """An event comes near; says it all."""
    return Words("reminder", {"title": event.title, "when": when_words(event)})


def postponed(event: Event) -> Words:
    """An event has another date, that of `event`; says it all."""
    return Words("postponed", {"title": event.title, "when": when_words(event)})


def cancelled(event: Event) -> Words:
    """An event is called off; says it all."""
    return Words("cancelled", {"title": event.title})


def offer(event: Event) -> Words:
    """A place from the waiting list; its button does what the message's first one does."""
    return Words("offer", {"title": event.title, "when": when_words(event)})


def code(digits: str) -> Words:
    """One-time digits: what WhatsApp says of them is its own, and all there is to say."""
    return Words("code", {"code": digits})


def by_news(heard: Mapping[type, Step]) -> dict[type, Step]:
    """Let NEWS stand for what these answers to the world say without a sentence of their own."""
    return {fact: _by_news(step) for fact, step in heard.items()}


def _by_news(step: Step) -> Step:
    async def answer(tx: Tx, chat: Chat, fact: Any) -> Turn:  # noqa: ANN401 (a step takes any)
        turn = await step(tx, chat, fact)
        tell = tuple(replace(one, say=_named(one.say)) for one in turn.tell)
        return replace(turn, say=tuple(map(_named, turn.say)), tell=tell)

    return answer


def _named(say: Say) -> Say:
    return say if say.template is not None else replace(say, template=NEWS)

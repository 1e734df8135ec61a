"""Becoming an organiser: anybody asks, the platform's owner answers; drafts can be made before."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.flows.organising.answers import clean
from bot.flows.organising.new_questions import first_question
from bot.flows.organising.organiser_words import create_button, list_button
from bot.flows.team.noting import note_of
from chat.messages import Chat, Choice, Say, Tap, Tell, Text, Then, Turn, words
from chat.talk import Step
from storage import loans, organisers, platform
from storage.database import Tx
from storage.ids import to_text

STEP = "applying"

NAME_CHARS_MAX = 60
"""A name that fits on a button and at the head of a statement."""


@dataclass(frozen=True, slots=True)
class Applying:
    """Asking to be an organiser."""

    def actions(self) -> Mapping[str, Step]:
        """What each button does, by the first word of its action."""
        return {"apply": self.ask}

    def steps(self) -> Mapping[str, Step]:
        """What free text means while the name is awaited."""
        return {STEP: self.hear}

    def number_steps(self) -> frozenset[str]:
        """Where typed words are an answer."""
        return frozenset({STEP})

    def commands(self) -> Mapping[str, str]:
        """Folded words that work everywhere, with the action each stands for."""
        return dict.fromkeys(
            ("devenir organisateur", "organisateur", "become an organiser", "become organiser"),
            "apply",
        )

    async def ask(self, tx: Tx, chat: Chat, _tap: Tap) -> Turn:
        """Ask for the organisation's name."""
        organiser_id = await organisers.organiser_of(tx, chat.person_id)
        if organiser_id is not None:
            return await _as_it_stands(tx, chat, organiser_id)
        if await organisers.first_organiser(tx) is None:
            return Turn((Say(words("applying.nobody")),))
        return Turn((Say(words("applying.ask")),), Then(STEP))

    async def hear(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Make an organiser that waits for an answer, and ask the platform's owners."""
        organiser_id = await organisers.organiser_of(tx, chat.person_id)
        if organiser_id is not None:
            return await _as_it_stands(tx, chat, organiser_id)
        name = clean(text.text)
        if not any(char.isalpha() for char in name) or len(name) > NAME_CHARS_MAX:
            return Turn((Say(words("applying.name_again", most=NAME_CHARS_MAX)),))
        organiser_id = await organisers.make_organiser(
            tx, name=name, owner_id=chat.person_id, now_ms=chat.now_ms
        )
        await platform.set_status(tx, organiser_id, "asked")
        await note_of(tx, chat, organiser_id, words("journal.organiser_asked", name=name))
        organiser_text = to_text(organiser_id)
        answers = tuple(
            Choice(words(f"platform.{one}"), f"org:{organiser_text}:{one}")
            for one in ("approve", "refuse")
        )
        request = Say(words("applying.request", organiser=name), answers)
        tell = tuple(Tell(one, request) for one in await loans.owner_chats(tx))
        turn = first_question(words("applying.asked", organiser=name))
        return Turn(turn.say, turn.then, tell)


async def _as_it_stands(tx: Tx, chat: Chat, organiser_id: int) -> Turn:
    row = await platform.organiser_row(tx, organiser_id, chat.now_ms)
    status = row.status if row else "approved"
    said = words(f"applying.is_{status}", organiser=row.name if row else "")
    return Turn((Say(said, (create_button(), list_button())),), Then())

"""Help: what the bot can do, and a question that reaches the organiser's chat and comes back.

A question has a reference people can read out. The organiser answers under it, the asker may answer
again, and neither learns the other's account.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.flows.choosing.accepting import QUESTION
from bot.flows.house import House
from bot.flows.openings import first_word
from bot.flows.organising.answers import clean
from bot.flows.organising.organiser_words import create_button, list_button
from boxoffice.model import Event, Order
from boxoffice.rules import DAY_MS
from boxoffice.spelling import ALPHABET, random_text
from chat.messages import Chat, Choice, Say, Tap, Tell, Text, Then, Turn, Words, words
from chat.talk import Step
from chat.understanding import fold
from storage import chats, events, orders, organisers, questions, tickets
from storage.database import Tx
from storage.ids import from_text, to_text
from storage.questions import Question

QUESTION_CHARS_MAX = 4096
"""A question is kept whole up to the longest message any channel carries."""

BESIDE_CHARS_MAX = 3000
"""A longer text travels as a message of its own, so that nothing of it is cut by a channel."""

QUESTIONS_OPEN_MAX = 5
"""Unanswered questions of one person: an organiser's chat is not to be flooded."""

OPEN_FOR_MS = 7 * DAY_MS
"""After a week an unanswered question counts no more: nobody is silenced for ever."""

REFERENCE_LENGTH = 5
"""25 random bits: short enough to read out; a reference taken twice is drawn again."""

REFERENCES_TRIED_MAX = 12
"""Words of a question looked up as an order's reference: it stands at the beginning."""

START_CHARS_MAX = 200
"""So much of a question is repeated above its answer: enough to know it again."""

BUYERS_HELP = "help:buyer"
"""The button with which an organiser reads what buyers read."""

STRANGERS_ORDER = "helping.about_stranger"
"""What an organiser reads of a question that names an order its asker has no part in."""

_REFERENCE = re.compile(rf"(?:[{ALPHABET.lower()}]{{7}}|q[{ALPHABET.lower()}]{{5}})(?: |$)")
"""What stands on a ticket and in answers, and is nobody's name."""

_NAMELESS = frozenset({"buying.quantity", "buying.birth", "buying.seat"})
"""Steps whose answers are numbers: `aide` and more is no answer there."""

_NAMES = frozenset({"buying.name", "renaming", "taking.name", "giving.name"})
"""Steps whose answer is a name; an Aïdé writes her accents there, or her surname first."""

_ASKED = _NAMELESS | _NAMES
"""Where a question stands that help does not answer: it is waited for afterwards too."""

_CALLS = frozenset(
    {"aide", "a l aide", "au secours", "besoin d aide", "j ai besoin d aide"}
    | {"help", "i need help", "sos"}
)
"""Folded words that call for help, and say nothing of what about."""

_PLEASE_WORDS = "moi me us nous s il te vous plait please svp stp pls plz merci thanks"
_PLEASE = frozenset(_PLEASE_WORDS.split())
"""Words around a call for help that are no question, folded."""

OPENING_WORDS_MIN = 2
"""A single word after `aide` is no question yet."""


@dataclass(frozen=True, slots=True)
class Helping:
    """Questions and answers between buyers and organisers."""

    house: House

    def actions(self) -> Mapping[str, Step]:
        """What each button does, by the first word of its action."""
        return {
            "help": self.explain,
            "ask": self.begin_question,
            "reply": self.begin_reply,
            "again": self.begin_again,
        }

    def steps(self) -> Mapping[str, Step]:
        """What free text means, by what was asked."""
        return {
            "helping.ask": self.hear_question,
            "helping.reply": self.hear_reply,
            "helping.again": self.hear_again,
        }

    def number_steps(self) -> frozenset[str]:
        """Where typed words are a message to somebody, not like a button."""
        return frozenset(self.steps())

    def commands(self) -> Mapping[str, str]:
        """Folded words that work everywhere, with the action each stands for."""
        return dict.fromkeys(_CALLS, "help")

    def openings(self) -> Mapping[str, Step]:
        """What typed words mean by the first of them, from anywhere: `aide K7M2P9X mon billet`."""
        return dict.fromkeys(("aide", "aidez", "help"), self.hear_opening)

    def insists(self, chat: Chat, text: str) -> bool:
        """Say whether `aide` asks for help where an answer is awaited, and is no part of it.

        Such a question reaches its organiser from every step but where a message is written.
        """
        opening, rest = first_word(text)
        if opening not in self.openings() or chat.step in self.steps():
            return False
        if chat.step in _NAMES and opening in text.casefold():
            return True
        return chat.step in _NAMELESS or _REFERENCE.match(fold(rest)) is not None

    # ---- The buyer's side --------------------------------------------------------------------

    async def explain(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Say what the bot can do for this person; the conversation stays where it stood.

        An organiser hears of organising; `help:buyer` is what everybody else hears.
        """
        runs = await organisers.organiser_of(tx, chat.person_id) is not None
        if runs and tap.action != BUYERS_HELP:
            return Turn((Say(words("helping.organiser"), _organising_choices()),))
        other = "en" if chat.language == "fr" else "fr"
        choices = (
            Choice(words("helping.write"), "ask"),
            Choice(words(f"menu.language_{other}"), f"lang:{other}"),
        )
        return Turn((Say(_still(chat, words("helping.explain")), choices),))

    async def begin_question(self, tx: Tx, chat: Chat, heard: Tap | Text) -> Turn:
        """Ask for the question, unless nobody would read it; `ask:no` gives it up."""
        if heard == Tap("ask:no"):
            return Turn((Say(words("helping.cancelled")),), Then())
        if heard == Tap("ask:this") and isinstance(typed := chat.memory.get(QUESTION), str):
            left = {key: known for key, known in chat.memory.items() if key != QUESTION}
            turn = await self.hear_question(tx, chat, Text(typed))
            return replace(turn, then=Then(chat.step, left))
        refused = await self._why_not_ask(tx, chat)
        if refused is not None:
            return refused
        return Turn((Say(words("helping.ask"), (_cancel(),)),), Then("helping.ask"))

    async def hear_opening(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take `aide REFERENCE text` whole; `aide moi` is asked what it is about.

        In the middle of an order it is explained, and the order goes on.
        """
        _, rest = first_word(text.text)
        telling = [word for word in fold(rest).split() if word not in _PLEASE]
        if len(telling) < OPENING_WORDS_MIN:
            if chat.step in _ASKED:
                return await self.explain(tx, chat, Tap(BUYERS_HELP))
            return await self.begin_question(tx, chat, text)
        return await self.hear_question(tx, chat, Text(rest))

    async def hear_question(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Keep a question and forward it to everyone who works for the organiser."""
        body, is_cut = _body(text.text)
        if not body:
            return Turn((Say(words("helping.empty"), (_cancel(),)),), Then("helping.ask"))
        event_id = await _event_asked_about(tx, chat, body)
        organiser_id = await _organiser_of(tx, event_id)
        refused = await self._why_not_ask(tx, chat, organiser_id)
        if refused is not None:
            return refused
        reference = "Q" + random_text(REFERENCE_LENGTH)
        question_id = await questions.ask(
            tx,
            reference=reference,
            chat_id=chat.id,
            organiser_id=organiser_id,
            event_id=event_id,
            body=body,
            now_ms=chat.now_ms,
        )
        event = await events.event_by_id(tx, event_id) if event_id is not None else None
        about = await _about(tx, chat, event, body)
        reply = Choice(words("helping.reply"), f"reply:{to_text(question_id)}")
        to_organiser = _message("helping.asked", reference, body, reply, about=about)
        tell = await _tell_organiser(tx, organiser_id, to_organiser)
        # Whoever tries references of others learns nothing of their orders.
        named = None if about.key == STRANGERS_ORDER else event
        said = _sent(reference, named, is_cut=is_cut)
        # Asked in the middle of something else, that goes on: a buyer still stands where they were.
        then = Then() if chat.step == "helping.ask" else None
        return Turn((Say(_still(chat, said)),), then, tell=tell)

    async def begin_again(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Let the asker answer an answer: `again:ID`."""
        question = await _question_of(tx, tap.action)
        if question is None or not await _asked_by(tx, question, chat.person_id):
            return _not_yours()
        ask = words("helping.ask_again", reference=question.reference)
        return Turn((Say(ask, (_cancel(),)),), _then("helping.again", question))

    async def hear_again(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Forward what the asker adds, under the same reference."""
        question = await _question_of(tx, f":{chat.memory.get('question', '')}")
        if question is None or not await _asked_by(tx, question, chat.person_id):
            return _not_yours()
        body, is_cut = _body(text.text)
        if not body:
            return Turn((Say(words("helping.empty"), (_cancel(),)),))
        if not await questions.ask_again(tx, question.id, body, chat.now_ms):
            said = words("helping.still_waiting", reference=question.reference)
            return Turn((Say(said, (Choice(words("helping.write"), "ask"),)),), Then())
        reply = Choice(words("helping.reply"), f"reply:{to_text(question.id)}")
        message = _message("helping.asked_again", question.reference, body, reply)
        tell = await _tell_organiser(tx, question.organiser_id, message)
        if not tell:
            return Turn((Say(words("helping.nobody")),), Then())
        said = _sent(question.reference, None, is_cut=is_cut)
        return Turn((Say(said),), Then(), tell=tell)

    async def _why_not_ask(
        self, tx: Tx, chat: Chat, organiser_id: int | None = None
    ) -> Turn | None:
        """Say why a question cannot be sent: nobody to read it, or too many wait already."""
        if organiser_id is None:
            organiser_id = await _organiser_of(
                tx, await questions.latest_event_of(tx, chat.person_id)
            )
        if organiser_id is None or not await organisers.organiser_chats(tx, organiser_id):
            return Turn((Say(words("helping.nobody")),), Then())
        waiting = await questions.open_count(tx, chat.person_id, chat.now_ms - OPEN_FOR_MS)
        if waiting >= QUESTIONS_OPEN_MAX:
            return Turn((Say(words("helping.too_many", n=waiting)),), Then())
        return None

    # ---- The organiser's side ----------------------------------------------------------------

    async def begin_reply(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Ask the organiser for the answer: `reply:ID`."""
        question = await _question_of(tx, tap.action)
        if question is None or not await _works_on(tx, question, chat.person_id):
            return _not_yours()
        key = "helping.reply_more" if question.is_answered else "helping.reply_now"
        said = words(key, reference=question.reference, start=question.body[:START_CHARS_MAX])
        return Turn((Say(said, (_cancel(),)),), _then("helping.reply", question))

    async def hear_reply(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Send the answer to the asker's chat, and tell the other organisers of it."""
        question = await _question_of(tx, f":{chat.memory.get('question', '')}")
        if question is None or not await _works_on(tx, question, chat.person_id):
            return _not_yours()
        body, is_cut = _body(text.text)
        if not body:
            return Turn((Say(words("helping.empty"), (_cancel(),)),))
        await questions.mark_answered(tx, question.id, chat.now_ms)
        again = Choice(words("helping.again"), f"again:{to_text(question.id)}")
        answer = _message("helping.answered", question.reference, body, again)
        tell = [Tell(question.chat_id, say) for say in answer]
        others = await organisers.organiser_chats(tx, question.organiser_id or 0)
        note = Say(words("helping.answered_by_other", reference=question.reference))
        tell += [Tell(other, note) for other in others if other != chat.id]
        key = "helping.reply_sent_cut" if is_cut else "helping.reply_sent"
        said = words(key, reference=question.reference, most=QUESTION_CHARS_MAX)
        return Turn((Say(said),), Then(), tell=tuple(tell))


def _organising_choices() -> tuple[Choice, ...]:
    """What organisers look for most; the rest is a word or a panel away."""
    return (
        list_button(),
        create_button(),
        Choice(words("figures.label"), "figures"),
        Choice(words("guests.label"), "guests"),
        Choice(words("casting.label"), "cast"),
        Choice(words("codes.label"), "codes"),
        Choice(words("team.label"), "team"),
        Choice(words("helping.of_buyers"), BUYERS_HELP),
    )


def _still(chat: Chat, said: Words) -> Words:
    """Add that a question is still waited for, where one stands."""
    if chat.step not in _ASKED:
        return said
    return words("asking.lines", lines=(said, words("helping.still_asked")))


def _message(
    key: str, reference: str, body: str, button: Choice, **facts: Words
) -> tuple[Say, ...]:
    """Carry a text to somebody with a button under it; a long one in a message of its own."""
    if len(body) <= BESIDE_CHARS_MAX:
        return (Say(words(key, reference=reference, body=body, **facts), (button,)),)
    head = words(key, reference=reference, body=words("helping.below"), **facts)
    whole = Say(words("helping.body", body=body))
    return (Say(head, (button,)), whole)


def _body(text: str) -> tuple[str, bool]:
    """Give the text as it is kept, and whether it was cut."""
    body = clean(text, keep_lines=True)
    return body[:QUESTION_CHARS_MAX], len(body) > QUESTION_CHARS_MAX


def _sent(reference: str, event: Event | None, *, is_cut: bool) -> Words:
    """Say that a message left; a first one names its event, which may have been guessed."""
    if is_cut:
        return words("helping.sent_cut", reference=reference, most=QUESTION_CHARS_MAX)
    if event is None:
        return words("helping.sent", reference=reference)
    return words("helping.sent_about", reference=reference, title=event.title)


async def _event_asked_about(tx: Tx, chat: Chat, body: str) -> int | None:
    """Find the event a question is about: an order's it names, else the person's latest."""
    order = await _order_named(tx, body)
    return order.event_id if order else await questions.latest_event_of(tx, chat.person_id)


async def _order_named(tx: Tx, body: str) -> Order | None:
    """Find the order whose reference stands at the beginning of a question."""
    for word in re.findall(r"[A-Za-z0-9-]{5,16}", body)[:REFERENCES_TRIED_MAX]:
        order = await orders.order_by_reference(tx, word.upper())
        if order is not None:
            return order
    return None


async def _about(tx: Tx, chat: Chat, event: Event | None, body: str) -> Words:
    """Say what a question is about; who names another's order is not taken for its buyer."""
    if event is None:
        return words("helping.about_none")
    order = await _order_named(tx, body)
    if order is None or order.buyer_id == chat.person_id:
        return words("helping.about", title=event.title)
    held = await tickets.tickets_of_order(tx, order.id)
    mine = any(one.ticket.owner_id == chat.person_id for one in held)
    key = "helping.about_holder" if mine else STRANGERS_ORDER
    return words(key, title=event.title, reference=order.reference)


async def _organiser_of(tx: Tx, event_id: int | None) -> int | None:
    """Find who answers: the event's organiser, else the first of this box office."""
    event = await events.event_by_id(tx, event_id) if event_id is not None else None
    return event.organiser_id if event else await organisers.first_organiser(tx)


async def _tell_organiser(
    tx: Tx, organiser_id: int | None, message: tuple[Say, ...]
) -> tuple[Tell, ...]:
    chat_ids = await organisers.organiser_chats(tx, organiser_id) if organiser_id else []
    return tuple(Tell(chat_id, say) for chat_id in chat_ids for say in message)


async def _question_of(tx: Tx, action: str) -> Question | None:
    question_id = from_text(action.partition(":")[2])
    return await questions.question_by_id(tx, question_id) if question_id is not None else None


async def _asked_by(tx: Tx, question: Question, person_id: int) -> bool:
    asker = await chats.chat_by_id(tx, question.chat_id)
    return asker is not None and asker.person_id == person_id


async def _works_on(tx: Tx, question: Question, person_id: int) -> bool:
    organiser_id = question.organiser_id
    return organiser_id is not None and await organisers.works_for(tx, person_id, organiser_id)


def _then(step: str, question: Question) -> Then:
    return Then(step, {"question": to_text(question.id)})


def _not_yours() -> Turn:
    return Turn((Say(words("helping.not_yours")),), Then())


def _cancel() -> Choice:
    return Choice(words("helping.cancel"), "ask:no")

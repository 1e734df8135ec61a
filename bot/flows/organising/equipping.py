"""E-tickets are sold only where the venue can scan: with its own phones, or terminals lent."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.flows.organising.dates import When, read_when
from bot.flows.organising.organiser_words import event_run_by, foreign, list_button
from boxoffice import rules
from boxoffice.model import Equipment, Event
from chat.messages import Chat, Choice, Moment, Say, Tap, Tell, Text, Then, Turn, Words, words
from chat.talk import Step
from storage import event_rules, events, loans
from storage.database import Tx
from storage.ids import from_text, to_text
from storage.loans import TERMINALS_MAX, Loan

KEPT_BEFORE_MS = rules.DAY_MS
"""Terminals come a day before the doors and go back a day after the end, unless told otherwise."""


@dataclass(frozen=True, slots=True)
class Equipping:
    """How a venue comes to scan."""

    def actions(self) -> Mapping[str, Step]:
        """What each button does."""
        return {"equip": self.equipped, "lend": self.ask, "loan": self.answer}

    def steps(self) -> Mapping[str, Step]:
        """What free text means while the owner is asked how many and when."""
        return {"lending": self.hear_terms}

    def number_steps(self) -> frozenset[str]:
        """Where typed words are an answer."""
        return frozenset({"lending"})

    async def equipped(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Keep that the venue scans with its own phones: `equip:EVENT`."""
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat)
        await event_rules.set_equipment(tx, event.id, Equipment.EQUIPPED)
        publish = Choice(words("organising.publish"), f"pub:{to_text(event.id)}")
        said = words("equipping.equipped", title=event.title)
        return Turn((Say(said, (publish, list_button())),))

    async def ask(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Ask the platform's owner for terminals: `lend:EVENT`."""
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat)
        asked = await loans.ask(
            tx, event.id, person_id=chat.person_id, chat_id=chat.id, now_ms=chat.now_ms
        )
        if not asked:
            return Turn((Say(words("equipping.asked_already"), (list_button(),)),))
        seats = sum(kind.quota for kind in await events.kinds_of(tx, event.id))
        request = words(
            "equipping.request",
            title=event.title,
            n=seats,
            venue=event.venue,
            starts=Moment(event.starts_ms, event.zone),
        )
        tell = tuple(
            Tell(owner, Say(request, _answers(event))) for owner in await loans.owner_chats(tx)
        )
        return Turn((Say(words("equipping.asked"), (list_button(),)),), tell=tell)

    async def answer(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Take the owner's button: `loan:EVENT:yes`, `no`, `handed`, `returned`."""
        _, _, rest = tap.action.partition(":")
        id_text, _, word = rest.partition(":")
        event_id = from_text(id_text)
        event = await events.event_by_id(tx, event_id) if event_id is not None else None
        loan = await loans.loan_of(tx, event.id) if event else None
        if event is None or loan is None or not await loans.owns_platform(tx, chat.person_id):
            return await foreign(tx, chat)
        match word:
            case "yes" if loan.status == "asked":
                memory = {"event": id_text}
                said = words("equipping.how_many", title=event.title)
                return Turn((Say(said),), Then("lending", memory))
            case "no" if await loans.refuse(tx, event.id, chat.now_ms):
                told = Say(words("equipping.refused", title=event.title), (list_button(),))
                return _both(chat, loan, told)
            case "handed" if await loans.hand_over(tx, event.id, chat.now_ms):
                back = Choice(words("equipping.returned_label"), f"loan:{id_text}:returned")
                return _both(chat, loan, _said("equipping.handed_over", event, loan), back)
            case "returned" if await loans.give_back(tx, event.id, chat.now_ms):
                return _both(chat, loan, _said("equipping.returned", event, loan))
        return Turn((Say(words(f"equipping.is_{loan.status}", title=event.title)),))

    async def hear_terms(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take how many terminals and when: `4`, or `4 du 11 juin 9h au 13 juin 18h`."""
        event_id = from_text(str(chat.memory.get("event", "")))
        event = await events.event_by_id(tx, event_id) if event_id is not None else None
        if event is None or not await loans.owns_platform(tx, chat.person_id):
            return await foreign(tx, chat)
        terms = read_terms(text.text, event, chat.now_ms)
        if terms is None:
            return Turn((Say(words("equipping.terms_again")),))
        count, from_ms, until_ms = terms
        done = await loans.accept(
            tx, event.id, terminals=count, from_ms=from_ms, until_ms=until_ms, now_ms=chat.now_ms
        )
        loan = await loans.loan_of(tx, event.id)
        if loan is None or not done:
            return Turn((Say(words("equipping.asked_already"), (list_button(),)),), Then())
        told = _said("equipping.accepted", event, loan)
        publish = Choice(words("organising.publish"), f"pub:{to_text(event.id)}")
        handed = Choice(words("equipping.handed_label"), f"loan:{to_text(event.id)}:handed")
        tell = Tell(loan.asked_chat_id, Say(told.words, (publish, list_button())))
        if loan.asked_chat_id == chat.id:
            return Turn((Say(told.words, (publish, handed)),), Then())
        return Turn((Say(told.words, (handed,)),), Then(), (tell,))


def read_terms(text: str, event: Event, now_ms: int) -> tuple[int, int, int] | None:
    """Read how many terminals, and from when until when; without dates, around the event."""
    found = re.fullmatch(
        r"\s*(\d{1,3})(?:\s+\D*?)?(?:\s+(?:du|from)\s+(.+?)\s+(?:au|to|until)\s+(.+))?\s*",
        text[:200],
        re.IGNORECASE,
    )
    if found is None or not 1 <= int(found[1]) <= TERMINALS_MAX:
        return None
    if found[2] is None:
        around = (event.doors_ms - KEPT_BEFORE_MS, event.ends_ms + KEPT_BEFORE_MS)
        return (int(found[1]), *around)
    zone = ZoneInfo(event.zone)
    ends = [read_when(found[at], zone, now_ms) for at in (2, 3)]
    times = [end.starts_ms for end in ends if isinstance(end, When)]
    if len(times) != len(ends) or times[0] >= times[1]:
        return None
    return int(found[1]), times[0], times[1]


def _answers(event: Event) -> tuple[Choice, ...]:
    event_id = to_text(event.id)
    return (
        Choice(words("equipping.accept_label"), f"loan:{event_id}:yes"),
        Choice(words("equipping.refuse_label"), f"loan:{event_id}:no"),
    )


def _said(key: str, event: Event, loan: Loan) -> Say:
    said: Words = words(
        key,
        title=event.title,
        n=loan.terminals or 0,
        start=Moment(loan.from_ms or event.doors_ms, event.zone),
        end=Moment(loan.until_ms or event.ends_ms, event.zone),
    )
    return Say(said)


def _both(chat: Chat, loan: Loan, told: Say, *mine: Choice) -> Turn:
    """Say it here, and to who asked when that is another chat."""
    tell = () if loan.asked_chat_id == chat.id else (Tell(loan.asked_chat_id, told),)
    return Turn((Say(told.words, mine or told.choices),), tell=tell)

"""E-tickets are sold only where the venue can scan: with its own phones, or terminals lent."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.flows.organising.dates import When, read_when
from bot.flows.organising.event_panel import PANEL, choose_event, sales_button
from bot.flows.organising.organiser_words import (
    event_run_by,
    foreign,
    in_lines,
    list_button,
    short_title,
)
from bot.flows.team.noting import note
from boxoffice import rules
from boxoffice.model import Equipment, Event, EventStatus
from chat.messages import Chat, Choice, Moment, Say, Tap, Tell, Text, Then, Turn, Words, words
from chat.talk import Step
from storage import event_rules, events, loans
from storage.database import Tx
from storage.ids import from_text, to_text
from storage.loans import TERMINALS_MAX, Loan

KEPT_BEFORE_MS = rules.DAY_MS
"""Terminals come a day before the doors and go back a day after the end, unless told otherwise."""


NEXT = {"asked": ("yes", "no"), "accepted": ("handed",), "handed_over": ("returned",)}
"""What the platform's owner may answer to a loan, by how it stands."""


@dataclass(frozen=True, slots=True)
class Equipping:
    """How a venue comes to scan."""

    def actions(self) -> Mapping[str, Step]:
        """What each button does."""
        return {
            "devices": self.show,
            "equip": self.equipped,
            "lend": self.ask,
            "unlend": self.withdraw,
            "loan": self.answer,
        }

    def commands(self) -> Mapping[str, str]:
        """Folded words that work everywhere, with the action each stands for."""
        return dict.fromkeys(("terminaux", "les terminaux", "terminals", "devices"), "devices")

    def steps(self) -> Mapping[str, Step]:
        """What free text means while the owner is asked how many and when."""
        return {"lending": self.hear_terms}

    def number_steps(self) -> frozenset[str]:
        """Where typed words are an answer."""
        return frozenset({"lending"})

    async def show(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Show who scans an event, `devices:EVENT`; to who lends, `devices` shows every loan."""
        if ":" in tap.action:
            event = await event_run_by(tx, chat, tap.action)
            return await _scanned_by(tx, event) if event else await foreign(tx, chat, tap.action)
        if await loans.owns_platform(tx, chat.person_id):
            return await _every_loan(tx)
        return await choose_event(tx, chat, "devices", self.show)

    async def equipped(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Keep that the venue scans with its own phones: `equip:EVENT`."""
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat)
        await event_rules.set_equipment(tx, event.id, Equipment.EQUIPPED)
        await note(tx, chat, event, "equipped")
        if event.status is not EventStatus.DRAFT:
            return await _scanned_by(tx, await events.event_by_id(tx, event.id) or event)
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
        await note(tx, chat, event, "loan_asked")
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
        withdraw = Choice(words("equipping.withdraw_label"), f"unlend:{to_text(event.id)}")
        return Turn((Say(words("equipping.asked"), (withdraw, list_button())),), tell=tell)

    async def withdraw(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Take a request back that nobody has answered: `unlend:EVENT`."""
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat)
        if not await loans.withdraw(tx, event.id):
            return await _scanned_by(tx, event)
        await note(tx, chat, event, "loan_withdrawn")
        said = Say(words("equipping.withdrawn", title=event.title))
        tell = tuple(Tell(one, said) for one in await loans.owner_chats(tx) if one != chat.id)
        turn = await _scanned_by(tx, event, said.words)
        return Turn(turn.say, turn.then, tell)

    async def answer(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Take the owner's button: `loan:EVENT:yes`, `no`, `handed`, `returned`."""
        _, _, rest = tap.action.partition(":")
        id_text, _, word = rest.partition(":")
        event_id = from_text(id_text)
        event = await events.event_by_id(tx, event_id) if event_id is not None else None
        loan = await loans.loan_of(tx, event.id) if event else None
        if event is None or not await loans.owns_platform(tx, chat.person_id):
            return await foreign(tx, chat)
        if loan is None:
            return Turn((Say(words("equipping.withdrawn", title=event.title), (list_button(),)),))
        match word:
            case "yes" if loan.status == "asked":
                memory = {"event": id_text}
                said = words("equipping.how_many", title=event.title)
                return Turn((Say(said),), Then("lending", memory))
            case "no" if await loans.refuse(tx, event.id, chat.now_ms):
                await note(tx, chat, event, "loan_refused")
                told = Say(words("equipping.refused", title=event.title), (list_button(),))
                return _both(chat, loan, told)
            case "handed" if await loans.hand_over(tx, event.id, chat.now_ms):
                await note(tx, chat, event, "loan_handed_over", n=loan.terminals or 0)
                back = Choice(words("equipping.returned_label"), f"loan:{id_text}:returned")
                return _both(chat, loan, _said("equipping.handed_over", event, loan), back)
            case "returned" if await loans.give_back(tx, event.id, chat.now_ms):
                await note(tx, chat, event, "loan_returned", n=loan.terminals or 0)
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
        await note(tx, chat, event, "loan_accepted", n=count)
        told = _said("equipping.accepted", event, loan)
        publish = Choice(words("organising.publish"), f"pub:{to_text(event.id)}")
        handed = Choice(words("equipping.handed_label"), f"loan:{to_text(event.id)}:handed")
        tell = Tell(loan.asked_chat_id, Say(told.words, (publish, list_button())))
        if loan.asked_chat_id == chat.id:
            return Turn((Say(told.words, (publish, handed)),), Then())
        return Turn((Say(told.words, (handed,)),), Then(), (tell,))


async def _scanned_by(tx: Tx, event: Event, *notes: Words) -> Turn:
    """Say how tickets are scanned at an event, how a loan stands, and what may be done."""
    event_id = to_text(event.id)
    loan = await loans.loan_of(tx, event.id)
    lines = [words(f"equipping.by_{event.equipment.value}", title=event.title)]
    ask = Choice(words("equipping.lend_label"), f"lend:{event_id}")
    ways = (ask,) if loan is None or loan.status == "refused" else ()
    if loan is not None:
        lines.append(_standing(loan, event))
    if loan is not None and loan.status == "asked":
        ways = (Choice(words("equipping.withdraw_label"), f"unlend:{event_id}"),)
    if event.equipment is not Equipment.EQUIPPED:
        ways = (Choice(words("equipping.equipped_label"), f"equip:{event_id}"), *ways)
    doors = Choice(words("doors.all"), f"doors:{event_id}")
    say = Say(in_lines(*notes, *lines), (*ways, doors, sales_button(event)))
    return Turn((say,), Then("", {PANEL: event_id}))


async def _every_loan(tx: Tx) -> Turn:
    """Show the platform's owner what is asked, promised and handed over, with what comes next."""
    found = await loans.open_loans(tx)
    lines, choices = [words("equipping.loans" if found else "equipping.no_loans")], []
    for loan in found:
        event = await events.event_by_id(tx, loan.event_id)
        if event is None:
            continue
        lines.append(words("equipping.loan_line", title=event.title, loan=_standing(loan, event)))
        event_id, title = to_text(event.id), short_title(event.title)
        choices += [
            Choice(words(f"equipping.do_{word}", title=title), f"loan:{event_id}:{word}")
            for word in NEXT[loan.status]
        ]
    return Turn((Say(in_lines(*lines), (*choices, list_button())),), Then())


def _standing(loan: Loan, event: Event) -> Words:
    return words(
        f"equipping.loan_{loan.status}",
        n=loan.terminals or 0,
        start=Moment(loan.from_ms or event.doors_ms, event.zone),
        end=Moment(loan.until_ms or event.ends_ms, event.zone),
    )


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

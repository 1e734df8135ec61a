"""Correcting the spelling of a beneficiary's name: a new code, no free seat needed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from bot.flows.choices import menu_choices
from bot.flows.choosing.asking import NAME_WORDS_MIN, read_holder, why_no_holder
from bot.flows.house import House
from bot.flows.openings import first_word
from bot.flows.team.noting import note
from bot.flows.tickets.issuing import ticket_message
from bot.flows.tickets.standing import why_name_stays
from bot.flows.tickets.which import holder_label, living, pick
from boxoffice.model import Event, Naming, TicketStatus
from chat.messages import (
    Chat,
    Choice,
    Moment,
    Say,
    Tap,
    Tell,
    Text,
    Then,
    Turn,
    Value,
    Words,
    words,
)
from chat.talk import Step
from chat.understanding import fold
from storage import orders, organisers, renames, tickets
from storage.database import Tx
from storage.ids import from_text, to_text
from storage.tickets import FullTicket

ALIKE_MIN = 0.6
"""A misspelt name keeps most of its letters; another person's does not: that is a transfer."""

CORRECTIONS_MAX = 2
"""A slip, and a slip in its correction; a third change is asked of the organiser."""


@dataclass(frozen=True, slots=True)
class Renaming:
    """The holder corrects a spelling; the organiser corrects any name."""

    house: House

    def actions(self) -> Mapping[str, Step]:
        """What each button does."""
        return {"fix": self.ask}

    def steps(self) -> Mapping[str, Step]:
        """What free text means while a name is awaited."""
        return {"renaming": self.hear}

    def number_steps(self) -> frozenset[str]:
        """Where typed words are an answer."""
        return frozenset({"renaming"})

    def commands(self) -> Mapping[str, str]:
        """Words understood from everywhere."""
        said = ("corriger", "corriger le nom", "corriger un nom", "corriger mon nom")
        return dict.fromkeys((*said, "correct the name"), "fix")

    def openings(self) -> Mapping[str, Step]:
        """What an organiser types: `nom K7M2P9X 2 Awa Dossou`."""
        return {"nom": self.by_organiser, "name": self.by_organiser}

    async def ask(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Ask for the right spelling: `fix:TICKET`, or of which ticket: `fix`."""
        if ":" not in tap.action:
            named = [
                one
                for one in await living(tx, chat)
                if one.event.naming is Naming.NOMINATIVE and one.ticket.holder
            ]
            open_yet = [one for one in named if why_name_stays(one, chat.now_ms) is None]
            found = pick("renaming.which", "fix", open_yet or named[:1], holder_label)
            return found if isinstance(found, Turn) else await self.ask(tx, chat, found)
        full = await self._own(tx, chat, tap.action.partition(":")[2])
        if isinstance(full, Turn):
            return full
        return _question(full)

    async def hear(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take the corrected name."""
        full = await self._own(tx, chat, str(chat.memory.get("ticket", "")))
        if isinstance(full, Turn):
            return full
        name = read_holder(text.text)
        if name is None:
            return _question(full, why_no_holder(text.text))
        if name == full.ticket.holder:
            return _question(full, words("renaming.same", name=name))
        first = await renames.first_name(tx, full.order.id, full.ticket.number)
        if len(fold(name).split()) < NAME_WORDS_MIN <= len(fold(first).split()):
            return _question(full, words("renaming.whole_name", said=name))
        if not is_spelling(first, name):
            return _question(full, words("renaming.other_person", name=first))
        done = await renames.corrections_of(tx, full.order.id, full.ticket.number)
        if done >= CORRECTIONS_MAX:
            return Turn((Say(words("renaming.enough", n=done), menu_choices()),), Then())
        return await self._renamed(tx, chat, full, name)

    async def by_organiser(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Let the organiser give a ticket of an order a name: `nom REFERENCE RANK NAME`."""
        if await organisers.organiser_of(tx, chat.person_id) is None:
            return Turn((Say(words("organising.reserved")),))
        _, rest = first_word(text.text)
        found = re.fullmatch(r"(\w{5,10})\s+(\d{1,2})\s+(.+)", rest)
        order = await orders.order_by_reference(tx, found[1].upper()) if found else None
        name = read_holder(found[3]) if found else None
        runs = order and await organisers.runs_event(tx, chat.person_id, order.event_id)
        if found is None or order is None or name is None or not runs:
            return Turn((Say(words("renaming.how")),))
        held = await tickets.tickets_of_order(tx, order.id)
        full = next((one for one in held if one.ticket.number == int(found[2])), None)
        if full is None:
            return Turn((Say(words("renaming.no_ticket", reference=order.reference)),))
        if (closed := names_closed(full.event, chat.now_ms)) is not None:
            return Turn((Say(closed),))
        facts: dict[str, Value] = {
            "reference": order.reference,
            "rank": full.ticket.number,
            "name": name,
        }
        await note(tx, chat, full.event, "renamed", old=full.ticket.holder or "", **facts)
        return await self._renamed(tx, chat, full, name)

    async def _renamed(self, tx: Tx, chat: Chat, full: FullTicket, name: str) -> Turn:
        """Kill the old code and send the new ticket to its owner's chat."""
        renamed_id = await renames.rename(
            tx, full.ticket.id, name, keyring=self.house.keyring, now_ms=chat.now_ms
        )
        renamed = await tickets.ticket_by_id(tx, renamed_id) if renamed_id is not None else None
        if renamed is None:
            return Turn((Say(words("renaming.refused"), menu_choices()),), Then())
        done = Say(words("renaming.done", old=full.ticket.holder or "", name=name))
        ticket = ticket_message(renamed, chat.now_ms)
        if full.ticket.owner_id == chat.person_id:
            return Turn((done, ticket), Then())
        owner = await organisers.chat_of(tx, full.ticket.owner_id)
        tell = (Tell(owner, done), Tell(owner, ticket)) if owner is not None else ()
        return Turn((done,), Then(), tell)

    async def _own(self, tx: Tx, chat: Chat, ticket_text: str) -> FullTicket | Turn:
        ticket_id = from_text(ticket_text)
        full = await tickets.ticket_by_id(tx, ticket_id) if ticket_id is not None else None
        if full is None or full.ticket.owner_id != chat.person_id:
            return Turn((Say(words("buying.not_yours"), menu_choices()),), Then())
        if full.ticket.status is not TicketStatus.VALID:
            return Turn((Say(words("ticket.dead"), menu_choices()),), Then())
        if (why := why_name_stays(full, chat.now_ms)) is not None:
            return Turn((Say(why, menu_choices()),), Then())
        return full


def _question(full: FullTicket, *refused: Words) -> Turn:
    """Ask for the right spelling, below why the one before was refused."""
    until = Moment(full.event.renaming_until_ms, full.event.zone)
    question = words("renaming.ask", name=full.ticket.holder or "", until=until)
    said = words("asking.lines", lines=(*refused, question)) if refused else question
    say = Say(said, (Choice(words("menu.tickets"), "tickets"),))
    return Turn((say,), Then("renaming", {"ticket": to_text(full.ticket.id)}))


def names_closed(event: Event, now_ms: int) -> Words | None:
    """Say to an event's organiser that its names can be corrected no more; None while they can."""
    until_ms = event.renaming_until_ms
    if now_ms < until_ms:
        return None
    return words("renaming.closed", until=Moment(until_ms, event.zone))


def is_spelling(first: str, name: str) -> bool:
    """Tell whether a name is the other with a slip, its words in any order."""
    one, other = (" ".join(sorted(fold(each).split())) for each in (first, name))
    return SequenceMatcher(None, one, other).ratio() >= ALIKE_MIN

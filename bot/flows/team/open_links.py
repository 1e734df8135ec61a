"""The links to the door that nobody has opened yet: whom each is for, and a way to withdraw it."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.flows.organising.event_panel import PANEL, invite_button
from bot.flows.organising.organiser_words import (
    ask_sure,
    event_run_by,
    foreign,
    in_lines,
    is_sure,
)
from bot.flows.team.noting import note
from boxoffice.model import Event
from chat.messages import Chat, Choice, Moment, Say, Tap, Then, Turn, Words, words
from chat.talk import Step
from gate_scanner.shifts import tell_terms
from storage import invitations, staff
from storage.database import Tx
from storage.ids import to_text
from storage.invitations import Invitation

SHOWN_MAX = 7
"""Links under one message: the oldest, the likeliest lost."""


@dataclass(frozen=True, slots=True)
class OpenLinks:
    """Looking at unused links, and withdrawing one."""

    def actions(self) -> Mapping[str, Step]:
        """What each button does, by the first word of its action."""
        return {"links": self.show, "linkoff": self.withdraw}

    async def show(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """List the unused links of an event: `links:EVENT`."""
        event = await event_run_by(tx, chat, tap.action)
        return await _page(tx, chat, event) if event else await foreign(tx, chat, tap.action)

    async def withdraw(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Ask whether a link goes, `linkoff:EVENT:HASH`, and withdraw it, `...:yes`."""
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat, tap.action)
        token_hash = tap.action.partition(":")[2].partition(":")[2].partition(":")[0]
        if not is_sure(tap):
            listed = await invitations.open_of(tx, event.id, chat.now_ms)
            asked = next((one for one in listed if one.token_hash == token_hash), None)
            return _ask(event, asked) if asked else await _page(tx, chat, event, _GONE)
        link = await invitations.withdraw(tx, event.id, token_hash, chat.now_ms)
        if link is None:
            return await _page(tx, chat, event, _GONE)
        await note(tx, chat, event, "staff_link_off", role=_role(link))
        return await _page(tx, chat, event, words("links.withdrawn", role=_role(link)))


_GONE = words("links.gone")


def _ask(event: Event, link: Invitation) -> Turn:
    event_text = to_text(event.id)
    said = words("links.ask", role=_role(link), until=Moment(link.expires_ms, event.zone))
    action = f"linkoff:{event_text}:{link.token_hash}"
    do, then = words("links.withdraw_now"), Then("", {PANEL: event_text})
    return ask_sure(said, do, action, f"links:{event_text}", then)


async def _page(tx: Tx, chat: Chat, event: Event, *said: Words) -> Turn:
    """List the unused links with a button each that withdraws it."""
    found = await invitations.open_of(tx, event.id, chat.now_ms)
    gates = {gate.id: gate.name for gate in await staff.gates_of(tx, event.id)}
    lines = [words("links.head" if found else "links.none", title=event.title, n=len(found))]
    choices, event_text = [], to_text(event.id)
    for rank, link in enumerate(found[:SHOWN_MAX], 1):
        until = Moment(link.expires_ms, event.zone)
        lines.append(words("links.line", rank=rank, role=_role(link), until=until))
        gate = gates.get(link.gate_id) if link.gate_id else None
        lines += tell_terms(gate, link.from_ms, link.until_ms, event.zone)
        label = words("links.withdraw", rank=rank)
        choices.append(Choice(label, f"linkoff:{event_text}:{link.token_hash}"))
    team = Choice(words("gateteam.show"), f"gateteam:{event_text}")
    buttons = (*choices, invite_button(event), team)
    return Turn((Say(in_lines(*said, *lines), buttons),), Then("", {PANEL: event_text}))


def _role(link: Invitation) -> Words:
    return words(f"gateteam.{link.role}")

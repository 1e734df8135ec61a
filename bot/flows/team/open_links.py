"""The links to the door that nobody has opened yet: whom each is for, and a way to withdraw it."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.flows.organising.event_panel import PANEL, invite_button
from bot.flows.organising.organiser_words import (
    event_run_by,
    foreign,
    is_sure,
)
from bot.flows.team.noting import note
from bot.flows.team.unused import GONE, Unused, ask_withdraw, unused_page
from boxoffice.model import Event
from chat.messages import Chat, Choice, Moment, Tap, Then, Turn, Words, words
from chat.talk import Step
from gate_scanner.shifts import tell_terms
from storage import invitations, staff
from storage.database import Tx
from storage.ids import to_text
from storage.invitations import Invitation

NO_GATES: Mapping[int, str] = {}
"""Where a link is only asked about, its gate is not said again."""


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
            if asked is None:
                return await _page(tx, chat, event, GONE)
            event_text = to_text(event.id)
            off, back = f"linkoff:{event_text}", f"links:{event_text}"
            link_asked = _unused(asked, event)
            return ask_withdraw(link_asked, off, back, Then("", {PANEL: event_text}))
        link = await invitations.withdraw(tx, event.id, token_hash, chat.now_ms)
        if link is None:
            return await _page(tx, chat, event, GONE)
        await note(tx, chat, event, "staff_link_off", role=_role(link))
        return await _page(tx, chat, event, words("links.withdrawn", role=_role(link)))


async def _page(tx: Tx, chat: Chat, event: Event, *said: Words) -> Turn:
    """List the unused links with a button each that withdraws it."""
    found = await invitations.open_of(tx, event.id, chat.now_ms)
    gates = {gate.id: gate.name for gate in await staff.gates_of(tx, event.id)}
    head = words("links.head" if found else "links.none", title=event.title, n=len(found))
    event_text = to_text(event.id)
    links = [_unused(one, event, gates) for one in found]
    team = Choice(words("gateteam.show"), f"gateteam:{event_text}")
    off, ways = f"linkoff:{event_text}", (invite_button(event), team)
    return Turn((unused_page(head, links, off, ways, *said),), Then("", {PANEL: event_text}))


def _unused(link: Invitation, event: Event, gates: Mapping[int, str] = NO_GATES) -> Unused:
    gate = gates.get(link.gate_id) if link.gate_id else None
    terms = tell_terms(gate, link.from_ms, link.until_ms, event.zone)
    return Unused(link.token_hash, _role(link), Moment(link.expires_ms, event.zone), tuple(terms))


def _role(link: Invitation) -> Words:
    return words(f"gateteam.{link.role}")

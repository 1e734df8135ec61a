"""The people at the door as their organiser sees them: invited for a gate and hours, changed, off.

Inviter : porte et heures      ->  « Jardin 18h-23h30 »  ->  a message to forward
équipe                         ->  the team, a button each: other hours, or out
renvoyer Kofi                  ->  out, from the next scan on
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.flows.house import House
from bot.flows.organising.event_panel import PANEL, choose_event, event_in_hand, sales_button
from bot.flows.organising.organiser_words import (
    ask_sure,
    event_run_by,
    foreign,
    in_lines,
    is_sure,
)
from bot.flows.reading import id_at
from bot.flows.team.inviting_staff import InvitingStaff
from bot.flows.team.noting import note
from bot.flows.team.same_names import numbered
from boxoffice.model import Event
from chat.messages import Chat, Choice, Say, Tap, Text, Then, Turn, Words, words
from chat.talk import Step
from chat.understanding import fold
from gate_scanner.shifts import Terms, read_terms, tell_terms
from storage import invitations, organisers, staff, supervision
from storage.database import Tx
from storage.ids import to_text
from storage.supervision import Member

TERMS_CHARS_MAX = 60
"""As much of what was typed as the journal keeps: a gate and hours are shorter."""


@dataclass(frozen=True, slots=True)
class GateTeam:
    """Who works at an event's gates."""

    house: House

    def actions(self) -> Mapping[str, Step]:
        """What each button does, by the first word of its action."""
        return {
            "invitefor": self.ask_terms,
            "gateteam": self.show,
            "gatehours": self.ask_hours,
            "gateoff": self.dismiss,
        }

    def steps(self) -> Mapping[str, Step]:
        """What free text means."""
        return {"gateteam.invite": self.hear_terms, "gateteam.hours": self.hear_hours}

    def commands(self) -> Mapping[str, str]:
        """Words understood from anywhere."""
        return dict.fromkeys(
            ("controleurs", "equipe de porte", "stewards", "door team"), "gateteam"
        )

    def openings(self) -> Mapping[str, Step]:
        """What typed words mean by the first of them."""
        return {"renvoyer": self.dismiss_named, "dismiss": self.dismiss_named}

    # ---- Inviting for a gate and hours -----------------------------------------------------------

    async def ask_terms(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Ask for which gate and which hours somebody is invited: `invitefor:EVENT`."""
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat, tap.action)
        return await _ask(tx, event, "gateteam.invite", {PANEL: to_text(event.id)})

    async def hear_terms(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Make an invitation for what was typed."""
        event = await event_in_hand(tx, chat)
        if event is None:
            return await foreign(tx, chat)
        terms = await _read(tx, chat, event, text.text)
        if terms is None:
            return await _ask(tx, event, "gateteam.invite", chat.memory)
        return await InvitingStaff(self.house).invitation(tx, chat, event, "steward", terms)

    # ---- The team --------------------------------------------------------------------------------

    async def show(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Show who works at the gates: `gateteam:EVENT`, or of the event in hand."""
        if ":" not in tap.action:
            return await choose_event(tx, chat, "gateteam", self.show)
        event = await event_run_by(tx, chat, tap.action)
        return await _team(tx, chat, event) if event else await foreign(tx, chat, tap.action)

    async def ask_hours(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Ask where and when somebody works from now on: `gatehours:EVENT:STAFF`."""
        found = await _member(tx, chat, tap)
        if found is None:
            return await self._gone(tx, chat, tap)
        event, member = found
        memory = {PANEL: to_text(event.id), "staff": member.staff_id}
        return await _ask(tx, event, "gateteam.hours", memory)

    async def hear_hours(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Change where and when somebody works, from their next scan on."""
        event, staff_id = await event_in_hand(tx, chat), chat.memory.get("staff")
        if event is None or not isinstance(staff_id, int):
            return await foreign(tx, chat)
        terms = await _read(tx, chat, event, text.text)
        if terms is None:
            return await _ask(tx, event, "gateteam.hours", chat.memory)
        changed = await staff.set_terms(
            tx,
            staff_id,
            event_id=event.id,
            gate_id=terms.gate_id,
            from_ms=terms.from_ms,
            until_ms=terms.until_ms,
        )
        if changed:
            members = await supervision.team_of(tx, event.id)
            who = next((one.name for one in members if one.staff_id == staff_id), "–")
            said = words("fact", fact=" ".join(text.text.split())[:TERMS_CHARS_MAX])
            await note(tx, chat, event, "staff_hours", who=who, terms=said)
        return await _team(tx, chat, event)

    # ---- Out -------------------------------------------------------------------------------------

    async def dismiss(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Ask whether somebody goes, `gateoff:EVENT:STAFF`, and take their place, `...:yes`."""
        found = await _member(tx, chat, tap)
        if found is None:
            return await self._gone(tx, chat, tap)
        return await _dismissed(tx, chat, *found) if is_sure(tap) else _ask_out(*found)

    async def _gone(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Show who is left, where somebody was dismissed before."""
        event = await event_run_by(tx, chat, tap.action)
        return await _team(tx, chat, event) if event else await foreign(tx, chat, tap.action)

    async def dismiss_named(self, tx: Tx, chat: Chat, heard: Text) -> Turn:
        """Take a place back by name: `renvoyer Kofi`."""
        if await organisers.organiser_of(tx, chat.person_id) is None:
            return await foreign(tx, chat)
        event = await event_in_hand(tx, chat)
        if event is None:
            return await choose_event(tx, chat, "gateteam", self.show)
        name = fold(heard.text.strip().partition(" ")[2])
        members = await supervision.team_of(tx, event.id)
        told = numbered([one.name for one in members])
        named = [
            one
            for one, numbered in zip(members, told, strict=True)
            if name and (fold(numbered) == name or fold(one.name).startswith(name))
        ]
        if len(named) != 1:
            return await _team(tx, chat, event)
        return await _dismissed(tx, chat, event, named[0])


def _ask_out(event: Event, member: Member) -> Turn:
    """Say what dismissing somebody means."""
    name, event_text = member.name or "–", to_text(event.id)
    said = words("gateteam.ask_off", name=name, title=event.title)
    action = f"gateoff:{event_text}:{to_text(member.staff_id)}"
    back = f"gateteam:{event_text}"
    return ask_sure(
        said, words("gateteam.off", name=name), action, back, Then("", {PANEL: event_text})
    )


async def _team(tx: Tx, chat: Chat, event: Event, *notes: Words) -> Turn:
    members = await supervision.team_of(tx, event.id)
    links = await invitations.open_count(tx, event.id, chat.now_ms)
    lines = [words("gateteam.head" if members else "gateteam.nobody", title=event.title)]
    choices: list[Choice] = []
    names = numbered([one.name or "–" for one in members])
    for one, name in zip(members, names, strict=True):
        role = words(f"gateteam.{one.role}")
        lines.append(words("gateteam.line", name=name, role=role))
        lines += tell_terms(one.gate, one.from_ms, one.until_ms, event.zone)
        about = f"{to_text(event.id)}:{to_text(one.staff_id)}"
        choices.append(Choice(words("gateteam.hours", name=name), f"gatehours:{about}"))
        choices.append(Choice(words("gateteam.off", name=name), f"gateoff:{about}"))
    event_text = to_text(event.id)
    choices.append(Choice(words("organising.invite"), f"invite:{event_text}"))
    choices.append(Choice(words("organising.invite_supervisor"), f"invitechief:{event_text}"))
    choices.append(Choice(words("gateteam.invite"), f"invitefor:{event_text}"))
    if links:
        choices.append(Choice(words("links.label", n=links), f"links:{event_text}"))
    choices.append(sales_button(event))
    return Turn((Say(in_lines(*notes, *lines), tuple(choices)),), Then("", {PANEL: event_text}))


async def _ask(tx: Tx, event: Event, step: str, memory: Mapping[str, object]) -> Turn:
    gates = await staff.gates_of(tx, event.id)
    named = ", ".join(gate.name for gate in gates)
    asked = words("gateteam.ask", gates=named, gate=gates[0].name if gates else "–")
    return Turn((Say(asked, (sales_button(event),)),), Then(step, memory))


async def _read(tx: Tx, chat: Chat, event: Event, said: str) -> Terms | None:
    gates = await staff.gates_of(tx, event.id)
    return read_terms(said, gates, zone=event.zone, starts_ms=event.starts_ms, now_ms=chat.now_ms)


async def _member(tx: Tx, chat: Chat, tap: Tap) -> tuple[Event, Member] | None:
    """Find the somebody of a button, if this person runs their event."""
    event, staff_id = await event_run_by(tx, chat, tap.action), id_at(tap.action, 2)
    if event is None:
        return None
    members = await supervision.team_of(tx, event.id)
    found = next((one for one in members if one.staff_id == staff_id), None)
    return (event, found) if found else None


async def _dismissed(tx: Tx, chat: Chat, event: Event, member: Member) -> Turn:
    if await staff.dismiss(tx, member.staff_id, chat.now_ms):
        await note(tx, chat, event, "staff_off", who=member.name or "–")
    return await _team(tx, chat, event, words("gateteam.dismissed", name=member.name or "–"))

"""One-use links for the people at the door, as messages to forward."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.flows.house import House
from bot.flows.organising.event_panel import PANEL, panel, sales_button
from bot.flows.organising.organiser_words import event_run_by, foreign, in_lines
from bot.flows.team.noting import note
from boxoffice.model import Event, EventStatus
from boxoffice.rules import DAY_MS
from boxoffice.tokens import new_token
from chat.messages import Chat, Choice, Moment, Say, Tap, Then, Turn, words
from chat.talk import Step
from gate_scanner.shifts import Terms, tell_terms
from storage import invitations, staff
from storage.database import Tx
from storage.ids import to_text

INVITATION_MS = 7 * DAY_MS
"""How long a steward has to open the link: teams are made in the week before."""

INVITATIONS_OPEN_MAX = 50
"""Unused links of one event: a large team; more is a slip, and each is a key to the gate."""


@dataclass(frozen=True, slots=True)
class InvitingStaff:
    """Inviting stewards and supervisors."""

    house: House

    def actions(self) -> Mapping[str, Step]:
        """What each button does, by the first word of its action."""
        return {"invite": self.invite, "invitechief": self.invite}

    async def invite(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Make a one-use link for a steward, as a message to forward: `invite:ID`."""
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat)
        if event.status is not EventStatus.PUBLISHED or event.ends_ms <= chat.now_ms:
            return await panel(tx, chat, event, words("organising.invite_published_only"))
        if await invitations.open_count(tx, event.id, chat.now_ms) >= INVITATIONS_OPEN_MAX:
            note = words("organising.too_many_invitations", most=INVITATIONS_OPEN_MAX)
            return await panel(tx, chat, event, note)
        role = "supervisor" if tap.action.startswith("invitechief:") else "steward"
        return await self.invitation(tx, chat, event, role, Terms())

    async def invitation(self, tx: Tx, chat: Chat, event: Event, role: str, terms: Terms) -> Turn:
        """Make the link, for a gate and hours or for all of them."""
        token = new_token()
        expires_ms = chat.now_ms + INVITATION_MS
        await invitations.invite(
            tx,
            token,
            purpose="staff",
            expires_ms=expires_ms,
            now_ms=chat.now_ms,
            event_id=event.id,
            gate_id=terms.gate_id,
            role=role,
            invited_by=chat.person_id,
            from_ms=terms.from_ms,
            until_ms=terms.until_ms,
        )
        await note(tx, chat, event, "staff_invited", role=words(f"gateteam.{role}"))
        link = self.house.scanner_link(chat.channel, f"s_{token}")
        how = "link" if link else "token"
        to_forward = words(
            f"organising.invitation_{'chief_' if role == 'supervisor' else ''}{how}",
            title=event.title,
            starts=Moment(event.starts_ms, event.zone),
            link=link or f"s_{token}",
            expires=Moment(expires_ms, event.zone),
        )
        again = Choice(words("organising.invite_another"), f"invite:{to_text(event.id)}")
        chief = Choice(words("organising.invite_supervisor"), f"invitechief:{to_text(event.id)}")
        limited = Choice(words("gateteam.invite"), f"invitefor:{to_text(event.id)}")
        team = Choice(words("gateteam.show"), f"gateteam:{to_text(event.id)}")
        choices = (again, chief, limited, team, sales_button(event))
        forward = Say(words("organising.forward_it"), choices)
        gates = {gate.id: gate.name for gate in await staff.gates_of(tx, event.id)}
        gate = gates.get(terms.gate_id) if terms.gate_id else None
        told = tell_terms(gate, terms.from_ms, terms.until_ms, event.zone)
        said = Say(in_lines(to_forward, *told), alone=True)
        return Turn((said, forward), Then("", {PANEL: to_text(event.id)}))

"""Running events by chat: their list, how sales stand, the page as buyers read it.

Every button asks again, when it is pressed, whether this person runs this very event.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.charts.chart import WARM
from bot.flows.event_words import event_page, why_not_on_sale
from bot.flows.house import House
from bot.flows.openings import first_word
from bot.flows.organising.asked_line import ASKED
from bot.flows.organising.casting import Casting
from bot.flows.organising.cloning import Cloning
from bot.flows.organising.codes import Codes
from bot.flows.organising.creating import Creating
from bot.flows.organising.desk import Desk
from bot.flows.organising.editing import Editing
from bot.flows.organising.event_panel import (
    PANEL,
    event_in_hand,
    event_list,
    events_of,
    panel,
    sales_button,
)
from bot.flows.organising.exporting import Exporting
from bot.flows.organising.figures import Figures
from bot.flows.organising.kinds import Kinds
from bot.flows.organising.organiser_words import (
    event_run_by,
    foreign,
    in_lines,
    list_button,
    reserved,
)
from bot.flows.organising.postering import poster_button
from bot.flows.organising.preview import poster_of
from bot.flows.organising.publishing import Publishing
from bot.flows.organising.reporting import Reporting
from bot.flows.team.applying import Applying
from bot.flows.team.doors import Doors
from bot.flows.team.gate_team import GateTeam
from bot.flows.team.inviting_staff import InvitingStaff
from bot.flows.team.journaling import Journaling
from bot.flows.team.open_links import OpenLinks
from bot.flows.team.platform import Platform
from bot.flows.team.team import Team
from bot.flows.team.team_links import TeamLinks
from bot.flows.tickets.renaming import Renaming
from bot.flows.troubled import help_out, trouble_in
from boxoffice.model import Event, EventStatus
from chat.messages import Chat, Job, Say, Tap, Text, Then, Turn, words
from chat.talk import Step
from chat.understanding import fold
from storage import events, organisers
from storage.database import Tx
from storage.ids import to_text


@dataclass(frozen=True, slots=True)
class Organising:
    """What organisers do with the events they have, and making new ones."""

    house: House

    @property
    def team(self) -> Team:
        """Who opens a link into a team."""
        return Team(self.house)

    def actions(self) -> Mapping[str, Step]:
        """What each button does, by the first word of its action."""
        return {
            **Creating(self.house).actions(),
            **Publishing(self.house).actions(),
            **InvitingStaff(self.house).actions(),
            **GateTeam(self.house).actions(),
            **OpenLinks().actions(),
            **TeamLinks(self.house.zone).actions(),
            **Doors().actions(),
            **Kinds(self.house).actions(),
            **Editing(self.house).actions(),
            **Cloning().actions(),
            **Journaling(self.house.zone).actions(),
            **Desk(Renaming(self.house)).actions(),
            **Exporting().actions(),
            **Codes(self.house).actions(),
            **Team(self.house).actions(),
            **Casting().actions(),
            **Reporting().actions(),
            **Applying().actions(),
            **Platform(self.house.zone).actions(),
            **Figures().actions(),
            "organise": self.list_events,
            "sales": self.show_sales,
            "look": self.look_at_page,
        }

    def steps(self) -> Mapping[str, Step]:
        """What free text means, by where the organiser stands."""
        return {
            **Creating(self.house).steps(),
            **Kinds(self.house).steps(),
            **Editing(self.house).steps(),
            **Cloning().steps(),
            **Desk(Renaming(self.house)).steps(),
            **Codes(self.house).steps(),
            **GateTeam(self.house).steps(),
            **Doors().steps(),
            **Team(self.house).steps(),
            **Casting().steps(),
            **Applying().steps(),
            **Platform(self.house.zone).steps(),
            "organising.list": self.hear_title,
        }

    def number_steps(self) -> frozenset[str]:
        """Where a typed number is an answer."""
        desk = Desk(Renaming(self.house))
        parts = (
            Creating(self.house),
            Kinds(self.house),
            Editing(self.house),
            Cloning(),
            desk,
            Codes(self.house),
            Applying(),
            Casting(),
            Doors(),
            Platform(self.house.zone),
        )
        return frozenset[str]().union(*(part.number_steps() for part in parts))

    def commands(self) -> Mapping[str, str]:
        """Folded words that work everywhere, with the action each stands for."""
        return {
            **Creating(self.house).commands(),
            **Journaling(self.house.zone).commands(),
            **Desk(Renaming(self.house)).commands(),
            **Exporting().commands(),
            **Codes(self.house).commands(),
            **Team(self.house).commands(),
            **Casting().commands(),
            **Reporting().commands(),
            **Applying().commands(),
            **Platform(self.house.zone).commands(),
            **Figures().commands(),
            **Cloning().commands(),
            **GateTeam(self.house).commands(),
            **Doors().commands(),
            "organiser": "organise",
            "organise": "organise",
            "organize": "organise",
            "mes evenements": "organise",
            "my events": "organise",
            "ventes": "sales",
            "sales": "sales",
        }

    def openings(self) -> Mapping[str, Step]:
        """What typed words mean by the first of them, from everywhere."""
        return {
            **Kinds(self.house).openings(),
            **Desk(Renaming(self.house)).openings(),
            **GateTeam(self.house).openings(),
            **Reporting().openings(),
            **Figures().openings(),
            **dict.fromkeys(("ventes", "sales"), self.hear_sales),
        }

    # ---- The list ----------------------------------------------------------------------------

    async def list_events(self, tx: Tx, chat: Chat, _heard: Tap) -> Turn:
        """Show the person's events, soonest first, a button each."""
        if await organisers.organiser_of(tx, chat.person_id) is None:
            return reserved()
        found = await events_of(tx, chat)
        return event_list(found, words("organising.list" if found else "organising.none_yet"))

    async def hear_title(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Find an event by a part of its title."""
        if await organisers.organiser_of(tx, chat.person_id) is None:
            return reserved()
        every = await events_of(tx, chat)
        wanted = fold(text.text)
        found = [offer for offer in every if wanted and wanted in fold(offer.event.title)]
        if len(found) == 1:
            line = chat.memory.get(ASKED)
            if isinstance(line, str):
                return await Kinds(self.house).take_line(tx, chat, found[0].event, line)
            return await panel(tx, chat, found[0].event)
        if not found and trouble_in(wanted):
            return await help_out(tx, chat)
        return event_list(
            found or every, words("organising.found" if found else "organising.not_found")
        )

    async def hear_sales(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take `ventes nuit du jazz`."""
        return await self.hear_title(tx, chat, Text(first_word(text.text)[1]))

    # ---- How sales stand ---------------------------------------------------------------------

    async def show_sales(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Show how one event sells: `sales:ID`; `sales` alone is the event in hand, or the list."""
        if ":" in tap.action:
            event = await event_run_by(tx, chat, tap.action)
            return await _opened(tx, chat, event) if event else await foreign(tx, chat)
        if await organisers.organiser_of(tx, chat.person_id) is None:
            return reserved()
        if (event := await event_in_hand(tx, chat)) is not None:
            return await _opened(tx, chat, event)
        found = await events_of(tx, chat)
        return event_list(found, words("organising.which" if found else "organising.none_yet"))

    async def look_at_page(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Show an event's page as buyers read it: `look:ID`."""
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat)
        page = event_page(event, await events.kinds_of(tx, event.id))
        if event.status is EventStatus.PUBLISHED and not event.is_on_sale(chat.now_ms):
            why = why_not_on_sale(event, chat.now_ms)
            page = in_lines(words("publishing.page_unsold", why=why), page)
        choices = (poster_button(event), sales_button(event), list_button())
        then = Then("", {PANEL: to_text(event.id)})
        return Turn((Say(page, choices, picture=poster_of(event), instead=page),), then)


async def _opened(tx: Tx, chat: Chat, event: Event) -> Turn:
    """Show the panel; who reads it may soon want the chart, so a worker gets ready to draw."""
    return replace(await panel(tx, chat, event), jobs=(Job(WARM, {}),))

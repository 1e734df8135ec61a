"""The unused links into an organiser's team and to its tills, and withdrawing one."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.flows.organising.event_panel import PANEL, still
from bot.flows.organising.organiser_words import (
    event_run_by,
    foreign,
    is_sure,
    list_button,
    reserved,
)
from bot.flows.team.noting import note, note_of
from bot.flows.team.unused import GONE, Unused, ask_withdraw, unused_page
from boxoffice.model import Event
from chat.messages import Chat, Choice, Moment, Say, Tap, Then, Turn, Words, words
from chat.talk import Step
from storage import organisers, sellers, teams
from storage.database import Tx
from storage.ids import to_text
from storage.sellers import SellerLink
from storage.teams import TeamLink


@dataclass(frozen=True, slots=True)
class TeamLinks:
    """What is still open of who was invited, for who may invite."""

    zone: str

    def actions(self) -> Mapping[str, Step]:
        """What each button does, by the first word of its action."""
        return {
            "teamlinks": self.show_team,
            "teamlinkoff": self.withdraw_team,
            "selllinks": self.show_sellers,
            "selllinkoff": self.withdraw_seller,
        }

    # ---- Into the team -----------------------------------------------------------------------

    async def show_team(self, tx: Tx, chat: Chat, _tap: Tap) -> Turn:
        """List the unused links into the team this person owns."""
        organiser_id = await organisers.owned_by(tx, chat.person_id)
        if organiser_id is None:
            return await not_the_owner(tx, chat)
        return await self._team_page(tx, chat, organiser_id)

    async def withdraw_team(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Ask whether a link into the team goes, `teamlinkoff:HASH`; withdraw it, `...:yes`."""
        organiser_id = await organisers.owned_by(tx, chat.person_id)
        if organiser_id is None:
            return await not_the_owner(tx, chat)
        token_hash = tap.action.partition(":")[2].partition(":")[0]
        if not is_sure(tap):
            listed = await teams.open_of(tx, organiser_id, chat.now_ms)
            asked = next((one for one in listed if one.token_hash == token_hash), None)
            if asked is None:
                return await self._team_page(tx, chat, organiser_id, GONE)
            return ask_withdraw(self._of_team(asked), "teamlinkoff", "teamlinks", still(chat))
        link = await teams.withdraw(tx, organiser_id, token_hash, chat.now_ms)
        if link is None:
            return await self._team_page(tx, chat, organiser_id, GONE)
        role = self._of_team(link).role
        await note_of(tx, chat, organiser_id, words("journal.team_link_off", role=role))
        return await self._team_page(tx, chat, organiser_id, words("links.withdrawn", role=role))

    async def _team_page(self, tx: Tx, chat: Chat, organiser_id: int, *said: Words) -> Turn:
        found = await teams.open_of(tx, organiser_id, chat.now_ms)
        head = words("links.head_team" if found else "links.none_team", n=len(found))
        links = [self._of_team(one) for one in found]
        ways = (Choice(words("team.label"), "team"), list_button())
        return Turn((unused_page(head, links, "teamlinkoff", ways, *said),), still(chat))

    def _of_team(self, link: TeamLink) -> Unused:
        until = Moment(link.expires_ms, self.zone)
        return Unused(link.token_hash, words(f"team.role_{link.role}"), until)

    # ---- To the tills ------------------------------------------------------------------------

    async def show_sellers(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """List the unused links of an event's sellers: `selllinks:EVENT`."""
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat, tap.action)
        return await _sellers_page(tx, chat, event)

    async def withdraw_seller(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Ask whether a seller's link goes, `selllinkoff:EVENT:HASH`; withdraw it, `...:yes`."""
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat, tap.action)
        event_text = to_text(event.id)
        token_hash = tap.action.partition(":")[2].partition(":")[2].partition(":")[0]
        if not is_sure(tap):
            listed = await sellers.open_of(tx, event.id, chat.now_ms)
            asked = next((one for one in listed if one.token_hash == token_hash), None)
            if asked is None:
                return await _sellers_page(tx, chat, event, GONE)
            off, back = f"selllinkoff:{event_text}", f"selllinks:{event_text}"
            return ask_withdraw(_of_seller(asked, event), off, back, Then("", {PANEL: event_text}))
        link = await sellers.withdraw(tx, event.id, token_hash, chat.now_ms)
        if link is None:
            return await _sellers_page(tx, chat, event, GONE)
        role = _of_seller(link, event).role
        await note(tx, chat, event, "seller_link_off", role=role)
        return await _sellers_page(tx, chat, event, words("links.withdrawn", role=role))


async def not_the_owner(tx: Tx, chat: Chat) -> Turn:
    """Say to who works for an organiser that its owner alone does this; to others, what it is."""
    if await organisers.organiser_of(tx, chat.person_id) is None:
        return reserved()
    return Turn((Say(words("organising.not_your_role"), (list_button(),)),))


async def _sellers_page(tx: Tx, chat: Chat, event: Event, *said: Words) -> Turn:
    found = await sellers.open_of(tx, event.id, chat.now_ms)
    key = "links.head_sellers" if found else "links.none_sellers"
    links = [_of_seller(one, event) for one in found]
    event_text = to_text(event.id)
    back = Choice(words("sellers.back"), f"sellers:{event_text}")
    head = words(key, title=event.title, n=len(found))
    say = unused_page(head, links, f"selllinkoff:{event_text}", (back,), *said)
    return Turn((say,), Then("", {PANEL: event_text}))


def _of_seller(link: SellerLink, event: Event) -> Unused:
    role = words(f"links.seller_{link.kind}", n=link.quota)
    return Unused(link.token_hash, role, Moment(link.expires_ms, event.zone))

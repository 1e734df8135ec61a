"""An organiser's team by chat: who is in it, one-use links into it, and out of it with one word.

`équipe` shows it; `retirer Moussa` takes somebody out. What they open or press afterwards says that
they are not in the team any more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.flows.house import House
from bot.flows.organising.event_panel import event_in_hand, still
from bot.flows.organising.organiser_words import (
    ask_sure,
    create_button,
    in_lines,
    is_sure,
    list_button,
)
from bot.flows.team.noting import note_of
from bot.flows.team.same_names import numbered, ranks
from bot.flows.team.team_links import not_the_owner
from bot.flows.team.unused import links_button
from boxoffice.rules import DAY_MS
from boxoffice.tokens import new_token
from chat.messages import Chat, Choice, Moment, Say, Tap, Tell, Text, Then, Turn, Words, words
from chat.talk import Step
from chat.understanding import fold
from storage import organisers, teams
from storage.database import Tx
from storage.ids import from_text, to_text
from storage.teams import Member

STEP = "team"
LINK_MS = 7 * DAY_MS
"""How long a link into the team may be used: a week, and once."""

ROLES = ("manager", "owner")

OFF_WORDS = frozenset({"retirer", "renvoyer", "remove", "revoke"})


@dataclass(frozen=True, slots=True)
class Team:
    """Showing the team, inviting into it, taking somebody out."""

    house: House

    def actions(self) -> Mapping[str, Step]:
        """What each button does, by the first word of its action."""
        return {
            "team": self.show,
            "teamnew": self.invite,
            "teamoff": self.remove,
            "teamjoin": self.join,
        }

    def steps(self) -> Mapping[str, Step]:
        """What free text means while the team is shown."""
        return {STEP: self.hear}

    def commands(self) -> Mapping[str, str]:
        """Folded words that work everywhere, with the action each stands for."""
        return dict.fromkeys(("equipe", "mon equipe", "team"), "team")

    # ---- The owner's side --------------------------------------------------------------------

    async def show(self, tx: Tx, chat: Chat, _tap: Tap) -> Turn:
        """Show the team of the organiser this person owns."""
        organiser_id = await organisers.owned_by(tx, chat.person_id)
        if organiser_id is None:
            return await not_the_owner(tx, chat)
        return await self._page(tx, chat, organiser_id)

    async def invite(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Make a one-use link, as a message to forward: `teamnew:manager`, `teamnew:owner`."""
        organiser_id = await organisers.owned_by(tx, chat.person_id)
        if organiser_id is None:
            return await not_the_owner(tx, chat)
        role = tap.action.partition(":")[2]
        if role not in ROLES:
            return await self._page(tx, chat, organiser_id)
        token, expires_ms = new_token(), chat.now_ms + LINK_MS
        made = await teams.invite(
            tx,
            token,
            organiser_id=organiser_id,
            role=role,
            by=chat.person_id,
            expires_ms=expires_ms,
            now_ms=chat.now_ms,
        )
        if not made:
            return await self._page(tx, chat, organiser_id, words("team.too_many"))
        invited = words("journal.team_invited", role=words(f"team.role_{role}"))
        await note_of(tx, chat, organiser_id, invited)
        link = self.house.seller_link(chat.channel, f"m_{token}")
        forward = words(
            f"team.invitation_{role}",
            organiser=await _called(tx, organiser_id),
            link=link or f"m_{token}",
            expires=Moment(expires_ms, self.house.zone),
        )
        after = Say(words("organising.forward_it"), (_team_button(), list_button()))
        return Turn((Say(forward, alone=True), after), still(chat))

    async def hear(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take `retirer Moussa`, or a name alone."""
        organiser_id = await organisers.owned_by(tx, chat.person_id)
        if organiser_id is None:
            return await not_the_owner(tx, chat)
        said = fold(text.text)
        first, _, rest = said.partition(" ")
        wanted = rest if first in OFF_WORDS else said
        team = await teams.members(tx, organiser_id)
        told = zip(team, _names(team), numbered([one.name for one in team]), strict=True)
        found = [(one, who, fold(name)) for one, who, name in told if wanted in fold(name)]
        exact = [one for one in found if one[2] == wanted]
        meant = [(one, who) for one, who, _ in exact or found] if wanted else []
        if len(meant) > 1:
            return self._ask_which(chat, meant)
        if not meant:
            return await self._page(tx, chat, organiser_id, words("team.who"))
        return _ask_out(chat, *meant[0])

    async def remove(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Ask whether somebody goes, `teamoff:PERSON`, and take them out, `teamoff:PERSON:yes`."""
        organiser_id = await organisers.owned_by(tx, chat.person_id)
        if organiser_id is None:
            return await not_the_owner(tx, chat)
        person_id = from_text(tap.action.split(":")[1]) if ":" in tap.action else None
        team = await teams.members(tx, organiser_id)
        told = zip(team, _names(team), strict=True)
        found = next((one for one in told if one[0].person_id == person_id), None)
        if found is None:
            return await self._page(tx, chat, organiser_id, words("team.gone"))
        if not is_sure(tap):
            return _ask_out(chat, *found)
        return await self._remove(tx, chat, organiser_id, found[0])

    async def _remove(self, tx: Tx, chat: Chat, organiser_id: int, member: Member) -> Turn:
        if not await teams.remove(tx, organiser_id, member.person_id, chat.now_ms):
            return await self._page(tx, chat, organiser_id, words("team.last_owner"))
        who = _name(member)
        await note_of(tx, chat, organiser_id, words("journal.team_removed", who=who))
        name = await _called(tx, organiser_id)
        chat_id = await organisers.chat_of(tx, member.person_id)
        told = Say(words("team.you_are_out", organiser=name))
        tell = () if chat_id in {None, chat.id} else (Tell(int(chat_id or 0), told),)
        if member.person_id == chat.person_id:
            return Turn((told,), Then())
        turn = await self._page(tx, chat, organiser_id, words("team.removed", who=who))
        return Turn(turn.say, turn.then, tell)

    async def _page(self, tx: Tx, chat: Chat, organiser_id: int, *noted: Words) -> Turn:
        """Show the team with a button to take each one out, and the ways in."""
        team = await teams.members(tx, organiser_id)
        names = _names(team)
        lines = tuple(self._line(one, who) for one, who in zip(team, names, strict=True))
        head = words("team.page", organiser=await _called(tx, organiser_id), lines=lines)
        out = tuple(
            _out(one, who)
            for one, who in zip(team, names, strict=True)
            if one.person_id != chat.person_id
        )
        event = await event_in_hand(tx, chat)
        doors = (
            ()
            if event is None
            else (
                Choice(words("organising.invite"), f"invite:{to_text(event.id)}"),
                Choice(words("team.sellers"), f"sellers:{to_text(event.id)}"),
            )
        )
        ways = tuple(Choice(words(f"team.invite_{role}"), f"teamnew:{role}") for role in ROLES)
        unused = links_button(len(await teams.open_of(tx, organiser_id, chat.now_ms)), "teamlinks")
        say = Say(in_lines(*noted, head), (*ways, *out, *unused, *doors, list_button()))
        return Turn((say,), still(chat, STEP))

    def _line(self, member: Member, who: Words) -> Words:
        """Say who somebody is in the team; since when, of several who have one name."""
        role = words(f"team.role_{member.role}")
        if who.key != "team.numbered":
            return words("team.line", who=who, role=role)
        since = Moment(member.since_ms, self.house.zone)
        return words("team.line_since", who=who, role=role, since=since)

    def _ask_which(self, chat: Chat, found: Sequence[tuple[Member, Words]]) -> Turn:
        """Ask which of several is meant, and leave everybody in."""
        lines = tuple(self._line(one, who) for one, who in found)
        choices = tuple(_out(one, who) for one, who in found)
        say = Say(in_lines(words("team.which"), *lines), (*choices, _team_button()))
        return Turn((say,), still(chat, STEP))

    # ---- The invited -------------------------------------------------------------------------

    async def opened(self, tx: Tx, chat: Chat, token: str) -> Turn:
        """Say what a link is, with the button that uses it; previews must not burn it."""
        link = await teams.look_at(tx, token, chat.now_ms)
        if link is None:
            return await _gone(tx, chat)
        said = words(f"team.opened_{link.role}", organiser=link.organiser)
        return Turn((Say(said, (Choice(words("team.join"), f"teamjoin:{link.token_hash}"),)),))

    async def join(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Use a link: `teamjoin:HASH`."""
        link = await teams.join(tx, tap.action.partition(":")[2], chat.person_id, chat.now_ms)
        if link is None:
            return await _gone(tx, chat)
        role = words(f"team.role_{link.role}")
        await note_of(tx, chat, link.organiser_id, words("journal.team_joined", role=role))
        said = words("team.joined", organiser=link.organiser, role=role)
        others = await organisers.organiser_chats(tx, link.organiser_id)
        who = chat.name or await organisers.name_of(tx, chat.person_id)
        who_said: Words | str = who or words("team.somebody")
        news = Say(words("team.has_joined", who=who_said, role=role))
        tell = tuple(Tell(one, news) for one in others if one != chat.id)
        return Turn((Say(said, (create_button(), list_button())),), Then(), tell)


def _ask_out(chat: Chat, member: Member, who: Words) -> Turn:
    """Say what it means to take somebody out."""
    said = words("team.ask_remove", who=who, role=words(f"team.role_{member.role}"))
    out = _out(member, who)
    return ask_sure(said, out.label, out.action, "team", still(chat))


def _out(member: Member, who: Words) -> Choice:
    """Offer to take somebody out."""
    return Choice(words("team.remove", who=who), f"teamoff:{to_text(member.person_id)}")


def _names(team: Sequence[Member]) -> list[Words]:
    """Name everybody in a team, numbered where several have one name."""
    told = zip(team, ranks([one.name for one in team]), strict=True)
    return [
        words("team.numbered", who=_name(one), rank=rank) if rank else _name(one)
        for one, rank in told
    ]


async def _called(tx: Tx, organiser_id: int) -> str:
    return await organisers.organiser_name(tx, organiser_id) or ""


def _name(member: Member) -> Words:
    return words("team.name", name=member.name) if member.name else words("team.somebody")


def _team_button() -> Choice:
    return Choice(words("team.label"), "team")


async def _gone(tx: Tx, chat: Chat) -> Turn:
    """Explain a used or expired link; to whom it let in, kindly."""
    if await organisers.organiser_of(tx, chat.person_id) is not None:
        return Turn((Say(words("owner.already"), (create_button(), list_button())),))
    return Turn((Say(words("team.link_gone")),))

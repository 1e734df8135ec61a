"""Running events by chat: their list, how sales stand, quotas, the gate's team, on sale and off.

Every button asks again, when it is pressed, whether this person runs this very event.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.flows import equipping
from bot.flows.answers import read_quota_line
from bot.flows.choices import all_events
from bot.flows.creating import Creating
from bot.flows.event_words import event_page
from bot.flows.house import House
from bot.flows.openings import first_word
from bot.flows.organiser_words import (
    create_button,
    event_run_by,
    foreign,
    in_lines,
    list_button,
    reserved,
    short_title,
)
from bot.flows.postering import PANEL, poster_button
from bot.flows.preview import poster_of
from bot.flows.ruling import rules_button
from boxoffice.codes import Mode
from boxoffice.model import Equipment, Event, EventStatus, Kind
from boxoffice.money import Money
from boxoffice.rules import DAY_MS
from chat.messages import Chat, Choice, Link, Moment, Say, Tap, Text, Then, Turn, Words, words
from chat.talk import Step
from chat.understanding import fold
from storage import events, invitations, organisers, staff
from storage.database import Tx
from storage.events import LISTED_MAX, Offer
from storage.ids import to_text

SEARCHED_MAX = 200
"""Events of one organiser looked through by a typed title; the soonest ones."""

INVITATION_MS = 7 * DAY_MS
"""How long a steward has to open the link: teams are made in the week before."""

INVITATIONS_OPEN_MAX = 50
"""Unused links of one event: a large team; more is a slip, and each is a key to the gate."""


@dataclass(frozen=True, slots=True)
class Organising:
    """What organisers do with the events they have, and making new ones."""

    house: House

    def actions(self) -> Mapping[str, Step]:
        """What each button does, by the first word of its action."""
        return {
            **Creating(self.house).actions(),
            "organise": self.list_events,
            "sales": self.show_sales,
            "look": self.look_at_page,
            "pub": self.publish,
            "unpub": self.unpublish,
            "drop": self.drop,
            "invite": self.invite,
            "invitechief": self.invite,
            "quota": self.ask_quota,
        }

    def steps(self) -> Mapping[str, Step]:
        """What free text means, by where the organiser stands."""
        return {
            **Creating(self.house).steps(),
            "organising.list": self.hear_title,
            "organising.quota": self.hear_quota,
        }

    def number_steps(self) -> frozenset[str]:
        """Where a typed number is an answer."""
        return Creating(self.house).number_steps() | {"organising.quota"}

    def commands(self) -> Mapping[str, str]:
        """Folded words that work everywhere, with the action each stands for."""
        return {
            **Creating(self.house).commands(),
            "organiser": "organise",
            "organise": "organise",
            "organize": "organise",
            "mes evenements": "organise",
            "my events": "organise",
            "ventes": "sales",
            "sales": "sales",
        }

    def openings(self) -> Mapping[str, Step]:
        """What typed words mean by the first of them, from everywhere: `jauge VIP 350`."""
        return {"jauge": self.hear_quota, "quota": self.hear_quota}

    # ---- The list ----------------------------------------------------------------------------

    async def list_events(self, tx: Tx, chat: Chat, _heard: Tap) -> Turn:
        """Show the person's events, soonest first, a button each."""
        if await organisers.organiser_of(tx, chat.person_id) is None:
            return reserved()
        found = await _events_of(tx, chat)
        return _list(found, words("organising.list" if found else "organising.none_yet"))

    async def hear_title(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Find an event by a part of its title."""
        if await organisers.organiser_of(tx, chat.person_id) is None:
            return reserved()
        every = await _events_of(tx, chat)
        wanted = fold(text.text)
        found = [offer for offer in every if wanted and wanted in fold(offer.event.title)]
        if len(found) == 1:
            return await self._panel(tx, found[0].event)
        return _list(found or every, words("organising.found" if found else "organising.not_found"))

    # ---- How sales stand ---------------------------------------------------------------------

    async def show_sales(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Show how one event sells: `sales:ID`; `sales` alone is the only event, or the list."""
        if ":" in tap.action:
            event = await event_run_by(tx, chat, tap.action)
            return await self._panel(tx, event) if event else await foreign(tx, chat)
        if await organisers.organiser_of(tx, chat.person_id) is None:
            return reserved()
        found = await _events_of(tx, chat)
        if len(found) == 1:
            return await self._panel(tx, found[0].event)
        return _list(found, words("organising.which" if found else "organising.none_yet"))

    async def look_at_page(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Show an event's page as buyers read it: `look:ID`."""
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat)
        page = event_page(event, await events.kinds_of(tx, event.id))
        choices = (poster_button(event), _sales_button(event), list_button())
        then = Then("", {PANEL: to_text(event.id)})
        return Turn((Say(page, choices, picture=poster_of(event), instead=page),), then)

    async def _panel(self, tx: Tx, event: Event, *notes: Words) -> Turn:
        """Say how an event sells, under what has just been done to it."""
        lines = await organisers.sales_of(tx, event.id)
        money = Money(sum(line.money_minor for line in lines), event.currency)
        panel = words(
            "organising.panel",
            title=event.title,
            starts=Moment(event.starts_ms, event.zone),
            status=words(f"organising.status_{event.status.value}"),
            kinds=tuple(
                words(
                    "organising.kind_sales",
                    kind=line.name,
                    sold=line.sold,
                    quota=line.quota,
                    held=line.held,
                    n=line.scanned,
                    money=Money(line.money_minor, event.currency),
                )
                for line in lines
            ),
            sold=sum(line.sold for line in lines),
            quota=sum(line.quota for line in lines),
            money=money,
        )
        say = Say(in_lines(*notes, panel), _panel_choices(event))
        return Turn((say,), Then("", {PANEL: to_text(event.id)}))

    # ---- Quotas ------------------------------------------------------------------------------

    async def ask_quota(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Ask which kind gets how many places: `quota:ID`."""
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat)
        kinds = await events.kinds_of(tx, event.id)
        return _ask_quota(event, kinds, words("organising.ask_quota", kinds=_quota_lines(kinds)))

    async def hear_quota(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Change a quota: `VIP 350`, or `jauge VIP 350`; never under what is taken."""
        if await organisers.organiser_of(tx, chat.person_id) is None:
            return reserved()
        event = await _event_in_hand(tx, chat)
        if event is None:
            found = await _events_of(tx, chat)
            return _list(found, words("organising.which" if found else "organising.none_yet"))
        kinds = await events.kinds_of(tx, event.id)
        first, rest = first_word(text.text)
        line = read_quota_line(rest if first in self.openings() else text.text)
        if line is None:
            lines = _quota_lines(kinds)
            return _ask_quota(event, kinds, words("organising.bad_quota", kinds=lines))
        kind = _kind_named(kinds, line.name)
        if kind is None:
            lines = _quota_lines(kinds)
            return _ask_quota(
                event, kinds, words("organising.no_such_kind", name=line.name, kinds=lines)
            )
        done = await events.change_quota(tx, kind.id, line.quota)
        now = await events.kind_by_id(tx, kind.id) or kind
        key = "organising.quota_changed" if done else "organising.quota_refused"
        said = words(key, kind=kind.name, old=kind.quota, new=line.quota, n=now.taken)
        return await self._panel(tx, event, said)

    # ---- On sale and off ---------------------------------------------------------------------

    async def publish(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Put a draft on sale and open its first gate: `pub:ID`; again, it gives the link again."""
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat)
        kinds = await events.kinds_of(tx, event.id)
        is_priced = any(kind.price.amount_minor for kind in kinds)
        if self.house.mode is Mode.LIVE and is_priced and not self.house.providers:
            note = words("organising.no_provider", title=event.title)
            return Turn((Say(note, (_sales_button(event), list_button())),))
        is_over = event.ends_ms <= chat.now_ms
        unknown = event.equipment is Equipment.UNKNOWN
        if event.status is EventStatus.DRAFT and unknown and not is_over and kinds:
            return equipping.refused(event)
        if await events.publish(tx, event.id, chat.now_ms):
            if not await staff.has_entrance(tx, event.id):
                name = self.house.texts.render(words("organising.gate_name"), chat.language)
                await staff.add_gate(tx, event.id, name, chat.now_ms)
        elif not event.is_on_sale(chat.now_ms):
            return await self._panel(tx, event, _why_not_published(event, kinds, chat.now_ms))
        return self._published(chat, event)

    def _published(self, chat: Chat, event: Event) -> Turn:
        link = self.house.seller_link(chat.channel, f"e_{to_text(event.id)}")
        said = (
            words("organising.published_link", title=event.title, link=link)
            if link
            else words("organising.published", title=event.title)
        )
        choices = (_invite_button(event), _sales_button(event))
        return Turn((Say(said, choices),), Then("", {PANEL: to_text(event.id)}))

    async def unpublish(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Take an event off sale, as long as nobody has a seat: `unpub:ID`."""
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat)
        done = await events.unpublish(tx, event.id)
        event = await events.event_by_id(tx, event.id) or event
        kinds = await events.kinds_of(tx, event.id)
        if done or event.status is not EventStatus.PUBLISHED:
            return await self._panel(tx, event, words("organising.off_sale"))
        taken = sum(kind.taken for kind in kinds)
        return await self._panel(tx, event, words("organising.still_taken", n=taken))

    async def drop(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Forget a draft: `drop:ID`; what was ever bought is kept."""
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat)
        if not await events.drop_draft(tx, event.id):
            return await self._panel(tx, event, words("organising.not_dropped"))
        said = words("organising.dropped", title=event.title)
        return Turn((Say(said, (create_button(), list_button())),), Then())

    # ---- The gate's team ---------------------------------------------------------------------

    async def invite(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Make a one-use link for a steward, as a message to forward: `invite:ID`."""
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat)
        if not event.is_on_sale(chat.now_ms):
            return await self._panel(tx, event, words("organising.invite_published_only"))
        if await invitations.open_count(tx, event.id, chat.now_ms) >= INVITATIONS_OPEN_MAX:
            note = words("organising.too_many_invitations", most=INVITATIONS_OPEN_MAX)
            return await self._panel(tx, event, note)
        role = "supervisor" if tap.action.startswith("invitechief:") else "steward"
        token = invitations.new_token()
        expires_ms = chat.now_ms + INVITATION_MS
        await invitations.invite(
            tx,
            token,
            purpose="staff",
            expires_ms=expires_ms,
            now_ms=chat.now_ms,
            event_id=event.id,
            role=role,
            invited_by=chat.person_id,
        )
        link = self.house.scanner_link(chat.channel, f"s_{token}")
        to_forward = words(
            "organising.invitation_link" if link else "organising.invitation_token",
            title=event.title,
            starts=Moment(event.starts_ms, event.zone),
            link=link or f"s_{token}",
            expires=Moment(expires_ms, event.zone),
        )
        again = Choice(words("organising.invite_another"), f"invite:{to_text(event.id)}")
        chief = Choice(words("organising.invite_supervisor"), f"invitechief:{to_text(event.id)}")
        forward = Say(words("organising.forward_it"), (again, chief, _sales_button(event)))
        return Turn((Say(to_forward, alone=True), forward))


# ---- Parts of the answers ------------------------------------------------------------------------


async def _events_of(tx: Tx, chat: Chat) -> list[Offer]:
    return await events.events_of_organisers(
        tx, chat.person_id, now_ms=chat.now_ms, limit=SEARCHED_MAX
    )


async def _event_in_hand(tx: Tx, chat: Chat) -> Event | None:
    """Find the event a typed quota is about: the last one looked at, or the only one."""
    looked_at = chat.memory.get(PANEL)
    if isinstance(looked_at, str):
        event = await event_run_by(tx, chat, f":{looked_at}")
        if event is not None:
            return event
    found = await _events_of(tx, chat)
    return found[0].event if len(found) == 1 else None


def _list(found: Sequence[Offer], head: Words) -> Turn:
    lines = tuple(
        words(
            "organising.event_line",
            title=offer.event.title,
            starts=Moment(offer.event.starts_ms, offer.event.zone),
            status=words(f"organising.status_{offer.event.status.value}"),
            taken=offer.quota - offer.left,
            quota=offer.quota,
        )
        for offer in found[:LISTED_MAX]
    )
    more = (words("organising.more"),) if len(found) > LISTED_MAX else ()
    buttons = tuple(
        Choice(
            words("organising.event_button", title=short_title(offer.event.title)),
            f"sales:{to_text(offer.event.id)}",
        )
        for offer in found[:LISTED_MAX]
    )
    say = Say(in_lines(head, *lines, *more), (*buttons, create_button(), all_events()))
    return Turn((say,), Then("organising.list" if found else ""))


def _ask_quota(event: Event, kinds: Sequence[Kind], said: Words) -> Turn:
    back = Choice(words("organising.back"), f"sales:{to_text(event.id)}")
    step = "organising.quota" if kinds else ""
    return Turn((Say(said, (back,)),), Then(step, {PANEL: to_text(event.id)}))


def _quota_lines(kinds: Sequence[Kind]) -> tuple[Words, ...]:
    return tuple(
        words("organising.kind_quota", kind=kind.name, n=kind.quota, taken=kind.taken)
        for kind in kinds
    )


def _kind_named(kinds: Sequence[Kind], name: str) -> Kind | None:
    """Find a kind by its name or an unmistakable part of it; without a name, the only one."""
    wanted = fold(name)
    if not wanted:
        return kinds[0] if len(kinds) == 1 else None
    for kind in kinds:
        if fold(kind.name) == wanted:
            return kind
    near = [kind for kind in kinds if wanted in fold(kind.name)]
    return near[0] if len(near) == 1 else None


def _panel_choices(event: Event) -> tuple[Choice | Link, ...]:
    event_id = to_text(event.id)
    look = Choice(words("organising.look"), f"look:{event_id}")
    if event.status is EventStatus.DRAFT:
        return (
            Choice(words("organising.publish"), f"pub:{event_id}"),
            Choice(words("organising.change"), f"edit:{event_id}"),
            rules_button(event),
            look,
            Choice(words("organising.drop"), f"drop:{event_id}"),
            list_button(),
        )
    return (
        Choice(words("organising.refresh"), f"sales:{event_id}"),
        _invite_button(event),
        Choice(words("organising.change_quota"), f"quota:{event_id}"),
        Choice(words("organising.unpublish"), f"unpub:{event_id}"),
        rules_button(event),
        look,
        list_button(),
    )


def _why_not_published(event: Event, kinds: Sequence[Kind], now_ms: int) -> Words:
    if event.ends_ms <= now_ms:
        return words("organising.over")
    return words("organising.not_published" if kinds else "organising.no_kinds")


def _sales_button(event: Event) -> Choice:
    return Choice(words("organising.sales"), f"sales:{to_text(event.id)}")


def _invite_button(event: Event) -> Choice:
    return Choice(words("organising.invite"), f"invite:{to_text(event.id)}")

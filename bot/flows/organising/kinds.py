"""The kinds of an event that may be on sale: prices, quotas, names; one more, or one fewer.

By buttons from the panel, or typed from anywhere: `jauge VIP 350`, `prix Standard 5000`. A price
changes for who buys from then on: what was held or sold keeps its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.flows.choosing.asked_price import show_prices
from bot.flows.house import House
from bot.flows.organising.answers import KINDS_MAX, KindLine, QuotaLine
from bot.flows.organising.asked_line import ask_event, asked_before, named_in
from bot.flows.organising.changing import KINDS, propose, why_not
from bot.flows.organising.event_panel import PANEL, event_in_hand, events_of, panel
from bot.flows.organising.kind_lines import (
    DropLine,
    Line,
    NameLine,
    PriceLine,
    read_line,
    why_unread,
)
from bot.flows.organising.organiser_words import event_run_by, foreign, in_lines, reserved
from bot.flows.organising.party_names import read_party
from bot.flows.organising.rule_fields import party_of
from boxoffice.codes import Mode
from boxoffice.model import Event, EventStatus, Kind
from boxoffice.money import Money
from boxoffice.scan_facts import Entry
from chat.messages import Chat, Choice, Say, Tap, Text, Then, Turn, Words, words
from chat.talk import Step
from chat.understanding import fold
from storage import events, organisers, places, rule_changes
from storage.database import Tx
from storage.event_changes import Wanted
from storage.ids import new_id, to_text

_PARTY_FITS = (Entry.ONCE, Entry.PARTY)
"""Where a kind may be a party's: a day pass, or going out and in again, is for one person."""

QUOTA = "organising.quota"
"""The step of a chat that was asked for a quota."""


@dataclass(frozen=True, slots=True)
class Kinds:
    """Changing the kinds of an event."""

    house: House

    def actions(self) -> Mapping[str, Step]:
        """What each button does, by the first word of its action."""
        return {"kinds": self.show, "quota": self.ask_quota}

    def steps(self) -> Mapping[str, Step]:
        """What free text means while a kind is awaited."""
        return {KINDS: self.hear, QUOTA: self.hear_quota}

    def number_steps(self) -> frozenset[str]:
        """Where typed words are an answer."""
        return frozenset(self.steps())

    def openings(self) -> Mapping[str, Step]:
        """What typed words mean by the first of them, from everywhere: `jauge VIP 350`."""
        return dict.fromkeys(("jauge", "quota", "prix", "price"), self.hear_shortcut)

    async def show(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Show the kinds and how each is changed: `kinds:EVENT`."""
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat, tap.action)
        line = asked_before(chat, tap.action)
        return await self.take_line(tx, chat, event, line) if line else await _kinds(tx, event)

    async def ask_quota(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Ask which kind gets how many places: `quota:ID`."""
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat, tap.action)
        if (line := asked_before(chat, tap.action)) is not None:
            return await self.take_line(tx, chat, event, line)
        kinds = await events.kinds_of(tx, event.id)
        return _ask_quota(event, kinds, words("organising.ask_quota", kinds=_quota_lines(kinds)))

    # ---- What is typed -----------------------------------------------------------------------

    async def hear(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take one line at the list of kinds."""
        event = await event_run_by(tx, chat, f":{chat.memory.get('event', '')}")
        if event is None:
            return await foreign(tx, chat)
        line = read_line(text.text, event.currency)
        if line is None:
            return await _kinds(tx, event, why_unread(text.text, event.currency))
        return await self._take(tx, chat, event, line)

    async def hear_quota(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take `VIP 350`, where a quota was asked for."""
        first = fold(text.text).partition(" ")[0]
        said = text.text if first in self.openings() else f"jauge {text.text}"
        return await self.hear_shortcut(tx, chat, Text(said))

    async def hear_shortcut(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take `jauge VIP 350` or `prix Standard 5000`, from anywhere; a buyer asks for prices."""
        if await organisers.organiser_of(tx, chat.person_id) is None:
            asks = fold(text.text).startswith(("prix", "price"))
            return await show_prices(tx, chat, text) if asks else reserved()
        named = named_in([one.event for one in await events_of(tx, chat)], text.text)
        if named is not None:
            return await self.take_line(tx, chat, *named)
        event = await event_in_hand(tx, chat)
        if event is None:
            is_price = fold(text.text).startswith(("prix", "price"))
            return await ask_event(tx, chat, "kinds" if is_price else "quota", text.text)
        return await self.take_line(tx, chat, event, text.text)

    async def take_line(self, tx: Tx, chat: Chat, event: Event, text: str) -> Turn:
        """Take `jauge VIP 350` or `prix Standard 5000` for an event that is known."""
        line = read_line(text, event.currency)
        if isinstance(line, QuotaLine | PriceLine):
            return await self._take(tx, chat, event, line)
        kinds = await events.kinds_of(tx, event.id)
        if fold(text).startswith(("prix", "price")):
            return await _kinds(tx, event, words("kinds.bad_price"))
        return _ask_quota(event, kinds, words("organising.bad_quota", kinds=_quota_lines(kinds)))

    async def _take(self, tx: Tx, chat: Chat, event: Event, line: Line) -> Turn:
        kinds = await events.kinds_of(tx, event.id)
        if event.status is EventStatus.CANCELLED:
            return await panel(tx, chat, event, words("editing.cancelled_event"))
        kind = _kind_named(kinds, line.name)
        if isinstance(line, KindLine) and kind is None:
            return await self._add(tx, chat, event, kinds, line)
        if kind is None:
            said = words("organising.no_such_kind", name=line.name, kinds=_quota_lines(kinds))
            return _ask_quota(event, kinds, said)
        match line:
            case QuotaLine(_, quota):
                return await self._quota(tx, chat, event, kind, quota)
            case KindLine(_, price, quota) if price == kind.price:
                return await self._quota(tx, chat, event, kind, quota)
            case PriceLine(_, price) | KindLine(_, price, _):
                return await self._price(tx, chat, event, kind, price)
            case NameLine(_, new_name):
                return await self._rename(tx, chat, event, kind, new_name)
            case DropLine():
                return await self._drop(tx, chat, event, kind)

    async def _price(self, tx: Tx, chat: Chat, event: Event, kind: Kind, price: Money) -> Turn:
        if price == kind.price:
            return await _kinds(tx, event, words("editing.same"))
        if price.amount_minor and not self._can_be_paid():
            return await panel(tx, chat, event, words("kinds.no_provider"))
        wanted = Wanted(
            field="price",
            old={"price_minor": kind.price.amount_minor},
            new={"price_minor": price.amount_minor},
            kind_id=kind.id,
        )
        return await self._propose(tx, chat, event, wanted)

    async def _rename(self, tx: Tx, chat: Chat, event: Event, kind: Kind, name: str) -> Turn:
        others = [one for one in await events.kinds_of(tx, event.id) if one.id != kind.id]
        if any(fold(one.name) == fold(name) for one in others):
            return await _kinds(tx, event, words("kinds.name_taken", kind=name))
        wanted = Wanted(field="name", old={"name": kind.name}, new={"name": name}, kind_id=kind.id)
        size = read_party(name)
        if size in {1, kind.party_size, read_party(kind.name)}:
            return await self._propose(tx, chat, event, wanted)
        # The name says how many come in: the ticket says the same, or keeps its name.
        party = party_of(event, [*others, kind], kind, size)
        if event.entry in _PARTY_FITS and await why_not(tx, chat, event, party) is None:
            return await propose(tx, chat, event, [wanted, party])
        why = words("kinds.name_is_party", kind=name, n=size, persons=kind.party_size)
        return await self._refused(tx, chat, event, why)

    def _can_be_paid(self) -> bool:
        return self.house.mode is not Mode.LIVE or bool(self.house.providers)

    async def _quota(self, tx: Tx, chat: Chat, event: Event, kind: Kind, quota: int) -> Turn:
        """Set a quota: more places at once, fewer once their effect was read."""
        if quota == kind.quota:
            return await self._refused(tx, chat, event, words("editing.same"))
        old, new = {"quota": kind.quota}, {"quota": quota}
        wanted = Wanted(field="quota", old=old, new=new, kind_id=kind.id)
        return await self._propose(tx, chat, event, wanted)

    async def _add(
        self, tx: Tx, chat: Chat, event: Event, kinds: Sequence[Kind], line: KindLine
    ) -> Turn:
        """Sell one more kind; nobody loses anything by it."""
        if len(kinds) >= KINDS_MAX:
            return await _kinds(tx, event, words("creating.kinds_many", most=KINDS_MAX))
        if line.price.amount_minor and not self._can_be_paid():
            return await panel(tx, chat, event, words("kinds.no_provider"))
        new = {
            "name": line.name,
            "price_minor": line.price.amount_minor,
            "quota": line.quota,
            "valid_from_ms": event.doors_ms,
            "valid_until_ms": event.ends_ms,
            "party_size": read_party(line.name) if event.entry in _PARTY_FITS else 1,
            "hidden": 0,
            "plan": "",
        }
        wanted = Wanted(field="kind", old={}, new=new, kind_id=new_id(chat.now_ms))
        return await self._propose(tx, chat, event, wanted)

    async def _drop(self, tx: Tx, chat: Chat, event: Event, kind: Kind) -> Turn:
        if not await rule_changes.may_drop(tx, kind.id):
            return await _kinds(tx, event, words("kinds.not_dropped", kind=kind.name))
        old = {
            "name": kind.name,
            "price_minor": kind.price.amount_minor,
            "quota": kind.quota,
            "valid_from_ms": kind.valid_from_ms,
            "valid_until_ms": kind.valid_until_ms,
            "party_size": kind.party_size,
            "hidden": int(kind.is_hidden),
            "plan": await places.plan_of(tx, kind.id),
        }
        wanted = Wanted(field="kind", old=old, new={}, kind_id=kind.id)
        return await self._propose(tx, chat, event, wanted)

    async def _propose(self, tx: Tx, chat: Chat, event: Event, wanted: Wanted) -> Turn:
        """Show what a change does, or do it; one that cannot be leaves its question open."""
        why = await why_not(tx, chat, event, wanted)
        return (
            await propose(tx, chat, event, [wanted])
            if why is None
            else await self._refused(tx, chat, event, why)
        )

    async def _refused(self, tx: Tx, chat: Chat, event: Event, why: Words) -> Turn:
        """Say why a line changes nothing, and go on asking where it answered a question."""
        if chat.step == KINDS:
            return await _kinds(tx, event, why)
        if chat.step != QUOTA:
            return await panel(tx, chat, event, why)
        kinds = await events.kinds_of(tx, event.id)
        asked = words("organising.ask_quota", kinds=_quota_lines(kinds))
        return _ask_quota(event, kinds, in_lines(why, asked))


async def _kinds(tx: Tx, event: Event, *said: Words) -> Turn:
    """List the kinds as they stand, with every way to change them."""
    kinds = await events.kinds_of(tx, event.id)
    lines = tuple(
        words("kinds.line", kind=kind.name, price=kind.price, n=kind.quota, taken=kind.taken)
        for kind in kinds
    )
    example = kinds[0].name if kinds else "VIP"
    head = words("kinds.head", title=event.title, lines=lines, kind=example)
    back = Choice(words("organising.back"), f"ch:{to_text(event.id)}")
    return Turn(
        (Say(in_lines(*said, head), (back,)),),
        Then(KINDS, {"event": to_text(event.id), PANEL: to_text(event.id)}),
    )


def _ask_quota(event: Event, kinds: Sequence[Kind], said: Words) -> Turn:
    back = Choice(words("organising.back"), f"sales:{to_text(event.id)}")
    step = QUOTA if kinds else ""
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

"""Promo codes by chat: made by a typed line, shown with their link and how often they were used."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.flows.house import House
from bot.flows.organising.code_lines import CodeLine, DropCode, read_code_line
from bot.flows.organising.event_panel import PANEL, choose_event, sales_button
from bot.flows.organising.organiser_words import event_run_by, foreign, in_lines
from bot.flows.team.noting import note
from boxoffice.model import Event, Kind
from boxoffice.money import Money
from chat.messages import NOTHING, Chat, Choice, Moment, Say, Tap, Text, Then, Turn, Words, words
from chat.talk import Step
from chat.understanding import fold
from storage import events, promos
from storage.database import Tx
from storage.ids import to_text
from storage.promos import TICKETS_MAX, NewPromo, Promo

STEP = "codes"

AGAIN_PARTS = 2
"""`again` and a code, behind the event of a button."""

CODES_MAX = 30
"""Living codes of one event: one a radio and one a friend; a list on a phone holds no more."""


@dataclass(frozen=True, slots=True)
class Codes:
    """What organisers do with codes."""

    house: House

    def actions(self) -> Mapping[str, Step]:
        """What each button does, by the first word of its action."""
        return {"codes": self.show}

    def steps(self) -> Mapping[str, Step]:
        """What free text means while codes are shown."""
        return {STEP: self.hear}

    def number_steps(self) -> frozenset[str]:
        """Where typed words are an answer."""
        return frozenset({STEP})

    def commands(self) -> Mapping[str, str]:
        """Folded words that work everywhere, with the action each stands for."""
        return dict.fromkeys(("codes", "codes promo", "promo", "promo codes"), "codes")

    async def show(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Show an event's codes, `codes:EVENT`; take a removal back: `codes:EVENT:again:CODE`."""
        if ":" not in tap.action:
            return await choose_event(tx, chat, "codes", self.show)
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat, tap.action)
        _, _, *again = tap.action.split(":")
        if len(again) != AGAIN_PARTS:
            return await self._codes(tx, chat, event)
        done = await promos.revive(tx, event.id, again[1])
        if done:
            await note(tx, chat, event, "code_again", code=again[1])
        said = words("codes.again" if done else "codes.not_again", code=again[1])
        return await self._codes(tx, chat, event, said)

    async def hear(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take a typed code, or the name of one to take away."""
        event = await event_run_by(tx, chat, f"codes:{chat.memory.get('event', '')}")
        if event is None:
            return await foreign(tx, chat)
        line = read_code_line(text.text, event.currency, ZoneInfo(event.zone), chat.now_ms)
        first: tuple[Choice, ...] = ()
        match line:
            case None:
                said = words("codes.unread")
            case DropCode(code):
                done = await promos.revoke(tx, event.id, code, chat.now_ms)
                if done:
                    await note(tx, chat, event, "code_dropped", code=code)
                    undo = f"codes:{to_text(event.id)}:again:{code}"
                    first = (Choice(words("editing.undo"), undo),)
                said = words("codes.dropped" if done else "codes.no_such_code", code=code)
            case CodeLine():
                said = await self._make(tx, chat, event, line)
        return await self._codes(tx, chat, event, said, first=first)

    async def _make(self, tx: Tx, chat: Chat, event: Event, line: CodeLine) -> Words:
        """Make a code; answers with what became of it."""
        kinds = await events.kinds_of(tx, event.id)
        kind = next((one for one in kinds if fold(one.name) == fold(line.kind)), None)
        if line.kind and kind is None:
            listed = ", ".join(one.name for one in kinds)
            return words("ruling.no_such_kind", kind=line.kind, kinds=listed)
        if len(await promos.promos_of(tx, event.id)) >= CODES_MAX:
            return words("codes.too_many", most=CODES_MAX)
        new = NewPromo(
            event_id=event.id,
            code=line.code,
            percent=line.percent,
            amount_minor=line.off.amount_minor if line.off else 0,
            kind_id=kind.id if kind else None,
            tickets_max=line.uses or TICKETS_MAX,
            per_buyer_max=line.per_buyer or TICKETS_MAX,
            from_ms=line.from_ms,
            until_ms=line.until_ms,
        )
        if await promos.make(tx, new, chat.person_id, chat.now_ms) is None:
            return words("codes.there_already", code=line.code)
        if line.shows and kind is not None:
            await promos.hide(tx, kind.id, 1)
        promo = await promos.find(tx, event.id, line.code)
        effect = _effect(promo, kinds, event) if promo else NOTHING
        await note(tx, chat, event, "code_made", code=line.code, effect=effect)
        return words("codes.made", code=line.code, effect=effect)

    async def _codes(
        self, tx: Tx, chat: Chat, event: Event, *said: Words, first: tuple[Choice, ...] = ()
    ) -> Turn:
        """List the codes as they stand, with how one is made."""
        kinds = await events.kinds_of(tx, event.id)
        lines = tuple(
            self._line(chat, one, kinds, event) for one in await promos.promos_of(tx, event.id)
        )
        listed = lines or (words("codes.none"),)
        example = kinds[-1].name if kinds else "VIP"
        head = words("codes.head", title=event.title, lines=listed, kind=example)
        return Turn(
            (Say(in_lines(*said, head), (*first, sales_button(event))),),
            Then(STEP, {"event": to_text(event.id), PANEL: to_text(event.id)}),
        )

    def _line(self, chat: Chat, promo: Promo, kinds: Sequence[Kind], event: Event) -> Words:
        link = self.house.seller_link(chat.channel, f"p_{to_text(event.id)}_{promo.code}")
        limits = []
        if promo.tickets_max != TICKETS_MAX:
            limits.append(words("codes.uses", n=promo.tickets_max))
        if promo.per_buyer_max != TICKETS_MAX:
            limits.append(words("codes.per_buyer", n=promo.per_buyer_max))
        if promo.from_ms is not None:
            limits.append(words("codes.from", at=Moment(promo.from_ms, event.zone)))
        if promo.until_ms is not None:
            limits.append(_until(promo.until_ms, event.zone))
        return words(
            "codes.line",
            code=promo.code,
            effect=_effect(promo, kinds, event),
            limits=_joined(limits),
            n=promo.taken,
            link=words("codes.link", link=link) if link else NOTHING,
        )


def _effect(promo: Promo, kinds: Sequence[Kind], event: Event) -> Words:
    """Say what a code makes of the prices, or which kind it shows."""
    kind = next((one for one in kinds if one.id == promo.kind_id), None)
    of = words("codes.of_kind", kind=kind.name) if kind else NOTHING
    if promo.percent:
        return words("codes.percent", percent=promo.percent, of=of)
    if promo.amount_minor:
        return words("codes.amount", amount=Money(promo.amount_minor, event.currency), of=of)
    return words("codes.shows", kind=kind.name if kind else "")


def _joined(lines: Sequence[Words]) -> Words:
    joined = NOTHING
    for line in lines:
        joined = words("codes.and", before=joined, line=line) if joined.key else line
    return words("codes.limits", limits=joined) if joined.key else NOTHING


def _until(until_ms: int, zone: str) -> Words:
    """Say when a code ends: with the whole day that was typed, or at its hour."""
    local = datetime.fromtimestamp(until_ms / 1000, UTC).astimezone(ZoneInfo(zone))
    if local.hour or local.minute:
        return words("codes.until", at=Moment(until_ms, zone))
    return words("codes.until_day", day=Moment(until_ms - 1, zone))

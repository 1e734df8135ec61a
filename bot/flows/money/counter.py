"""Selling for cash and giving tickets away: guided, or typed `vente VIP 2 espèces`.

Nothing is sold before the seller has confirmed what is in their hand; pressed twice, it is one
sale. Then the tickets are handed over: by a one-use link, or shown and printed from this chat.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.flows.choices import picked_from
from bot.flows.event_words import price_words
from bot.flows.house import House
from bot.flows.money.at_once import (
    AT_ONCE_MAX,
    Party,
    Source,
    asks_holders,
    make_at_once,
    memory_of,
    read_party,
    remembered,
)
from bot.flows.money.gifts_waiting import gifts_button
from bot.flows.money.handing import handing_choices
from bot.flows.openings import first_word
from bot.flows.organising.asked_line import ASKED, asked_before, named_in
from bot.flows.organising.organiser_words import event_run_by, foreign, reserved, short_title
from bot.flows.reading import counted, id_at, number_at, quantity_and_kind
from bot.flows.team.noting import note
from bot.flows.team.roles import may
from boxoffice.model import Event, Kind, Naming, Order
from boxoffice.spelling import random_text
from chat.messages import Chat, Choice, Moment, Say, Tap, Text, Then, Turn, Value, Words, words
from chat.talk import Step
from storage import events, orders, organisers, sellers
from storage.database import Tx
from storage.ids import to_text
from storage.sellers import Seller

REFERENCE_LENGTH = 7
EVENTS_MAX = 9
QUANTITIES_SHOWN_MAX = 5

_CASH = re.compile(r"\b(?:en\s+)?(?:esp[eè]ces?|cash|liquide|comptant)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Counter:
    """One of the two: `sell` for cash, or `gift`."""

    house: House
    verb: str

    def actions(self) -> Mapping[str, Step]:
        """What each button does."""
        return {
            self.verb: self.begin,
            f"{self.verb}k": self.choose_kind,
            f"{self.verb}n": self.choose_count,
            f"{self.verb}ok": self.confirm,
        }

    def steps(self) -> Mapping[str, Step]:
        """What free text means."""
        return {
            f"{self.verb}.kind": self.hear,
            f"{self.verb}.count": self.hear_count,
            f"{self.verb}.names": self.hear_names,
        }

    def number_steps(self) -> frozenset[str]:
        """Where typed numbers are answers."""
        return frozenset({f"{self.verb}.count", f"{self.verb}.names"})

    def commands(self) -> Mapping[str, str]:
        """Words understood from anywhere."""
        said = {
            "sell": ("vente", "vendre", "sell", "caisse vente"),
            "gift": ("invitations", "gifts"),
        }
        return dict.fromkeys(said[self.verb], self.verb)

    def openings(self) -> Mapping[str, Step]:
        """What typed words mean by the first of them: `vente VIP 2 espèces`."""
        said = {"sell": ("vente", "vendre", "sell"), "gift": ("invitation", "invitations", "gift")}
        return dict.fromkeys(said[self.verb], self.hear)

    # ---- Which event, which kind, how many -----------------------------------------------------

    async def begin(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Begin for an event: `sell:EVENT`; `sell` alone is the only one, or a list."""
        if ":" in tap.action:
            event = await event_run_by(tx, chat, tap.action)
            if event is None:
                return await foreign(tx, chat)
            line = asked_before(chat, tap.action)
            return await self._hear_for(tx, chat, event, line or "")
        event = await self._event_in_hand(tx, chat)
        if event is not None:
            return await self._kinds(tx, chat, event)
        return await self._which(tx, chat)

    async def hear(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take `vente VIP 2 espèces`, or `VIP 2` where the kinds were shown."""
        named = named_in(await self._sold_here(tx, chat), f"- {text.text}")
        if named is not None:
            return await self._hear_for(tx, chat, named[0], named[1].removeprefix("- "))
        event = await self._event_in_hand(tx, chat)
        if event is None:
            return await self._which(tx, chat, text.text)
        return await self._hear_for(tx, chat, event, text.text)

    async def _hear_for(self, tx: Tx, chat: Chat, event: Event, line: str) -> Turn:
        """Take `vente VIP 2` for an event that is known; without a kind, ask which."""
        first, rest = first_word(line)
        said = _CASH.sub(" ", rest if first in self.openings() else line)
        if not said.strip():
            return await self._kinds(tx, chat, event)
        kinds = await events.kinds_of(tx, event.id)
        wanted = quantity_and_kind(said, kinds)
        if wanted is None:
            return await self._kinds(tx, chat, event, words("counter.not_read"))
        count, kind = wanted
        if count is None:
            return await self._ask_count(tx, chat, event, kind)
        return await self._take(tx, chat, event, kind, count)

    async def choose_kind(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Ask how many of a kind: `sellk:KIND`."""
        found = await self._kind(tx, chat, tap)
        return await self._ask_count(tx, chat, *found) if found else await foreign(tx, chat)

    async def choose_count(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Take a number of tickets: `selln:KIND:COUNT`."""
        found, count = await self._kind(tx, chat, tap), number_at(tap.action, 2)
        if found is None or not count:
            return await foreign(tx, chat)
        return await self._take(tx, chat, *found, count)

    async def hear_count(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take a typed number of tickets, or another kind with its number."""
        found = await self._kind_of(tx, chat, int(chat.memory["kind"]))
        if found is None:
            return await foreign(tx, chat)
        event, kind = found
        other = quantity_and_kind(text.text, await events.kinds_of(tx, event.id))
        count = counted(text.text)
        if other is not None and other[0]:
            return await self._take(tx, chat, event, other[1], other[0])
        return await (
            self._take(tx, chat, event, kind, count)
            if count
            else self._ask_count(tx, chat, event, kind)
        )

    async def hear_names(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take the holders, a line each."""
        found = await self._kind_of(tx, chat, int(chat.memory["kind"]))
        if found is None:
            return await foreign(tx, chat)
        event, kind = found
        count = int(chat.memory["count"])
        party = read_party(event, count, text.text, chat.now_ms)
        if not isinstance(party, Party):
            return self._ask_names(event, kind, count, party)
        return self._ask_confirmation(event, kind, party)

    async def _take(self, tx: Tx, chat: Chat, event: Event, kind: Kind, count: int) -> Turn:
        """Say why not so many, ask for whom, or ask for the confirmation."""
        if not event.is_on_sale(chat.now_ms) and not self._is_at_the_door(event, chat.now_ms):
            return Turn((Say(words("counter.not_on_sale", title=event.title)),), Then())
        if count > AT_ONCE_MAX:
            return await self._ask_count(
                tx, chat, event, kind, words("counter.too_many", most=AT_ONCE_MAX)
            )
        if count > kind.left:
            wrong = words("counter.too_few_left", n=kind.left, kind=kind.name)
            return await self._kinds(tx, chat, event, wrong)
        seller = await self._seller(tx, chat, event)
        if seller is not None and count > seller.left:
            wrong = words("counter.quota", n=max(0, seller.left))
            return await self._kinds(tx, chat, event, wrong)
        if asks_holders(event):
            return self._ask_names(event, kind, count)
        return self._ask_confirmation(event, kind, Party(count))

    # ---- Done --------------------------------------------------------------------------------

    async def confirm(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Sell or give: `sellok:KIND:COUNT:TOTAL:REFERENCE`; the same again is the same order."""
        found, count = await self._kind(tx, chat, tap), number_at(tap.action, 2)
        parts = tap.action.split(":")
        if found is None or not count or len(parts) != 5:  # noqa: PLR2004 (as said above)
            return await foreign(tx, chat)
        event, kind = found
        known = await orders.order_by_reference(tx, parts[4])
        if known is not None:
            return self._made_before(event, kind, known, chat)
        party = remembered(chat, kind, count)
        if not party.is_complete(event) or parts[3] != str(self._total(kind, count)):
            return await self._take(tx, chat, event, kind, count)
        if count > AT_ONCE_MAX or not self._may_still(event, chat):
            return await self._take(tx, chat, event, kind, count)
        seller = await self._seller(tx, chat, event)
        if seller is not None and not await sellers.take_quota(tx, seller.id, count):
            return await self._take(tx, chat, event, kind, count)
        source: Source = "counter" if self.verb == "sell" else "invitation"
        order = await make_at_once(
            tx, self.house, chat, event, kind, party, reference=parts[4], source=source
        )
        if order is None:
            if seller is not None:
                await sellers.take_quota(tx, seller.id, -count)
            fresh = await events.kind_by_id(tx, kind.id) or kind
            wrong = words("counter.too_few_left", n=fresh.left, kind=kind.name)
            return await self._kinds(tx, chat, event, wrong)
        facts: dict[str, Value] = {"n": count, "kind": kind.name, "reference": order.reference}
        if self.verb == "gift":
            await note(tx, chat, event, "gift", **facts)
        else:
            await note(tx, chat, event, "sold", total=order.total, **facts)
        return self._made(event, kind, order)

    def _made(self, event: Event, kind: Kind, order: Order) -> Turn:
        made = words(
            f"counter.made_{self.verb}",
            n=order.quantity,
            kind=kind.name,
            title=event.title,
            total=order.total,
            reference=order.reference,
        )
        return Turn((Say(made, handing_choices(order, self.verb)),), Then("", _panel(event)))

    def _made_before(self, event: Event, kind: Kind, order: Order, chat: Chat) -> Turn:
        """Answer a second press with the order that the first one made."""
        if order.sold_by != chat.person_id:
            return Turn((Say(words("organising.not_yours")),))
        return self._made(event, kind, order)

    # ---- Questions -----------------------------------------------------------------------------

    async def _sold_here(self, tx: Tx, chat: Chat) -> list[Event]:
        """Read the events this person may sell or give of."""
        return [
            event
            for event_id in await sellers.events_sold_by(
                tx, chat.person_id, chat.now_ms, EVENTS_MAX
            )
            if (event := await events.event_by_id(tx, event_id))
            and may(self.verb, await organisers.roles_for(tx, chat.person_id, event_id))
        ]

    async def _which(self, tx: Tx, chat: Chat, line: str = "") -> Turn:
        """Ask which event; the line that was typed is kept through the question."""
        found = await self._sold_here(tx, chat)
        if not found:
            ids = await sellers.events_sold_by(tx, chat.person_id, chat.now_ms, 1)
            if await organisers.organiser_of(tx, chat.person_id) is None and not ids:
                return reserved()
            return Turn((Say(words("counter.no_event")),), Then())
        choices = tuple(
            Choice(
                words("organising.event_button", title=short_title(event.title)),
                f"{self.verb}:{to_text(event.id)}",
            )
            for event in found
        )
        kept = {ASKED: line} if line else {}
        return picked_from(Say(words(f"counter.which_{self.verb}"), choices), **kept)

    async def _kinds(self, tx: Tx, chat: Chat, event: Event, *notes: Words) -> Turn:
        kinds = await events.kinds_of(tx, event.id)
        choices = tuple(
            Choice(
                words("counter.kind_label", kind=kind.name, price=price_words(kind)),
                f"{self.verb}k:{to_text(kind.id)}",
            )
            for kind in kinds
            if kind.left > 0
        )
        seller = await self._seller(tx, chat, event)
        left = (words("counter.yours_left", n=max(0, seller.left)),) if seller else ()
        asked = words(
            f"counter.ask_{self.verb}",
            title=event.title,
            starts=Moment(event.starts_ms, event.zone),
            kinds=tuple(
                words("counter.kind_line", kind=kind.name, price=price_words(kind), n=kind.left)
                for kind in kinds
            ),
        )
        back: tuple[Choice, ...] = ()
        if await organisers.runs_event(tx, chat.person_id, event.id):
            waiting = await gifts_button(tx, event) if self.verb == "gift" else ()
            back = (*waiting, Choice(words("organising.back"), f"sales:{to_text(event.id)}"))
        say = Say(words("counter.lines", lines=(*notes, asked, *left)), (*choices, *back))
        return Turn((say,), Then(f"{self.verb}.kind", _panel(event)))

    async def _ask_count(
        self, _tx: Tx, _chat: Chat, event: Event, kind: Kind, *notes: Words
    ) -> Turn:
        choices = tuple(
            Choice(
                words("counter.count_label", n=count), f"{self.verb}n:{to_text(kind.id)}:{count}"
            )
            for count in range(1, min(kind.left, QUANTITIES_SHOWN_MAX) + 1)
        )
        back = Choice(words("counter.other_kind"), f"{self.verb}:{to_text(event.id)}")
        asked = words(f"counter.count_{self.verb}", kind=kind.name)
        memory = {"kind": kind.id, **_panel(event)}
        say = Say(words("counter.lines", lines=(*notes, asked)), (*choices, back))
        return Turn((say,), Then(f"{self.verb}.count", memory))

    def _ask_names(self, event: Event, kind: Kind, count: int, *notes: Words) -> Turn:
        key = "names_births" if event.checks_age else "names"
        if event.checks_age and event.naming is not Naming.NOMINATIVE:
            key = "births"
        asked = words(f"counter.ask_{key}", n=count)
        memory = {"kind": kind.id, "count": count, **_panel(event)}
        back = Choice(words("counter.other_kind"), f"{self.verb}:{to_text(event.id)}")
        say = Say(words("counter.lines", lines=(*notes, asked)), (back,))
        return Turn((say,), Then(f"{self.verb}.names", memory))

    def _ask_confirmation(self, event: Event, kind: Kind, party: Party) -> Turn:
        """Show what will happen, with the one button that does it."""
        total = self._total(kind, party.count)
        reference = random_text(REFERENCE_LENGTH)
        action = f"{self.verb}ok:{to_text(kind.id)}:{party.count}:{total}:{reference}"
        asked = words(
            f"counter.confirm_{self.verb}",
            n=party.count,
            kind=kind.name,
            title=event.title,
            total=kind.price * party.count,
            left=kind.left - party.count,
        )
        age = (words("counter.age", years=event.age_min),) if event.age_min else ()
        names = (words("counter.for_whom", names=", ".join(party.names)),) if party.names else ()
        label = words(f"counter.do_{self.verb}", total=kind.price * party.count, n=party.count)
        back = Choice(words("counter.other_kind"), f"{self.verb}:{to_text(event.id)}")
        memory = memory_of(kind, party) | _panel(event)
        say = Say(
            words("counter.lines", lines=(asked, *names, *age)), (Choice(label, action), back)
        )
        return Turn((say,), Then("", memory))

    # ---- What is asked of the database ---------------------------------------------------------

    async def _event_in_hand(self, tx: Tx, chat: Chat) -> Event | None:
        """Find the event it is about: the last one looked at, or the only one."""
        looked_at = chat.memory.get("panel")
        if isinstance(looked_at, str):
            event = await event_run_by(tx, chat, f"{self.verb}:{looked_at}")
            if event is not None:
                return event
        ids = await sellers.events_sold_by(tx, chat.person_id, chat.now_ms, 2)
        if len(ids) != 1:
            return None
        return await event_run_by(tx, chat, f"{self.verb}:{to_text(ids[0])}")

    async def _kind(self, tx: Tx, chat: Chat, tap: Tap) -> tuple[Event, Kind] | None:
        kind_id = id_at(tap.action, 1)
        return await self._kind_of(tx, chat, kind_id) if kind_id is not None else None

    async def _kind_of(self, tx: Tx, chat: Chat, kind_id: int) -> tuple[Event, Kind] | None:
        """Read a kind and its event, if this person may sell or give of it, now."""
        kind = await events.kind_by_id(tx, kind_id)
        if kind is None:
            return None
        event = await event_run_by(tx, chat, f"{self.verb}:{to_text(kind.event_id)}")
        return (event, kind) if event else None

    async def _seller(self, tx: Tx, chat: Chat, event: Event) -> Seller | None:
        """Read the seller whose quota counts; who runs the event has none."""
        if await organisers.runs_event(tx, chat.person_id, event.id):
            return None
        return await sellers.seller_of(tx, event.id, chat.person_id)

    def _may_still(self, event: Event, chat: Chat) -> bool:
        return event.is_on_sale(chat.now_ms) or self._is_at_the_door(event, chat.now_ms)

    def _is_at_the_door(self, event: Event, now_ms: int) -> bool:
        """Say whether sales by chat are over, but the evening is not."""
        return event.status.value == "published" and now_ms < event.ends_ms

    def _total(self, kind: Kind, count: int) -> int:
        return kind.price.amount_minor * count if self.verb == "sell" else 0


def _panel(event: Event) -> dict[str, str]:
    return {"panel": to_text(event.id)}

"""Waiting lists: joining where a kind is sold out, the offer that keeps seats, leaving.

Nothing is accepted by waiting: an offer keeps seats for a stated time, and whoever takes it goes on
to the conditions like everybody who buys. What is not taken goes to the next.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.flows import approved
from bot.flows.choices import QUANTITIES_SHOWN_MAX, all_events, back_to, menu_choices
from bot.flows.event_words import why_not_on_sale
from bot.flows.reading import counted, id_at, number_at
from boxoffice import rules
from boxoffice.model import Event, Kind
from chat import codec
from chat.facts import SeatsForMoney
from chat.messages import (
    Chat,
    Choice,
    Moment,
    Say,
    Span,
    Tap,
    Text,
    Then,
    Turn,
    words,
)
from chat.saying import PRIORITY_DIALOGUE, queue_say
from chat.talk import Step
from storage import events, inbox, orders, waiting
from storage.database import Database, Tx
from storage.ids import to_text
from storage.waiting import Waiting

QUANTITY = "waiting.quantity"
"""Where a chat stands that was asked how many seats it waits for."""

BATCH_MAX = 100
"""Offers ended, or lines closed, in one transaction."""

LISTED_MAX = 8
"""Lines told of at once: nobody waits for more evenings."""


@dataclass(frozen=True, slots=True)
class WaitingList:
    """The conversation of who waits."""

    def actions(self) -> Mapping[str, Step]:
        """What each button does."""
        return {"wait": self.join, "waits": self.list_mine, "unwait": self.leave}

    def steps(self) -> Mapping[str, Step]:
        """What free text means while a number of seats is awaited."""
        return {QUANTITY: self.hear_quantity}

    def number_steps(self) -> frozenset[str]:
        """Where a number is an answer."""
        return frozenset({QUANTITY})

    def commands(self) -> Mapping[str, str]:
        """Words understood from everywhere."""
        said = ("liste d attente", "listes d attente", "attente", "waiting list", "waitlist")
        return dict.fromkeys(said, "waits")

    # ---- Joining -----------------------------------------------------------------------------

    async def join(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Ask how many seats, `wait:KIND`, or join: `wait:KIND:COUNT`."""
        kind_id, count = id_at(tap.action, 1), number_at(tap.action, 2)
        return await self._join(tx, chat, kind_id, count)

    async def hear_quantity(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take a typed number of seats."""
        return await self._join(tx, chat, int(chat.memory["kind"]), counted(text.text))

    async def _join(self, tx: Tx, chat: Chat, kind_id: int | None, count: int | None) -> Turn:
        kind = await events.kind_by_id(tx, kind_id) if kind_id is not None else None
        event = await events.event_by_id(tx, kind.event_id) if kind else None
        if kind is None or event is None:
            return Turn((Say(words("buying.unknown_event"), menu_choices()),), then=Then())
        if not event.is_on_sale(chat.now_ms):
            return Turn((Say(why_not_on_sale(event, chat.now_ms), menu_choices()),), then=Then())
        mine = await waiting.place_of(tx, kind.id, chat.person_id)
        if mine is not None:
            return Turn((await _standing(tx, event, kind, mine),), then=Then())
        already = await orders.held_count(tx, event.id, chat.person_id)
        most = rules.may_buy(
            rules.TICKETS_PER_ORDER_MAX + 1, already, per_buyer_max=event.per_buyer_max
        )
        left = most.left if isinstance(most, rules.TooMany) else rules.TICKETS_PER_ORDER_MAX
        if left < 1:
            say = words("buying.no_more_for_you", title=event.title, n=already)
            return Turn((Say(say, menu_choices()),), then=Then())
        most_seats = min(left, kind.quota)
        if not count or count > most_seats:
            return _how_many(event, kind, most_seats, again=bool(count))
        if kind.left >= count:
            take = Choice(words("waiting.take", n=count), f"want:{to_text(kind.id)}:{count}")
            say = words("waiting.free", kind=kind.name, title=event.title)
            return Turn((Say(say, (take, back_to(event.id))),), then=Then())
        mine = await waiting.join(
            tx,
            event_id=event.id,
            kind_id=kind.id,
            person_id=chat.person_id,
            chat_id=chat.id,
            quantity=count,
            now_ms=chat.now_ms,
        ) or await waiting.place_of(tx, kind.id, chat.person_id)
        assert mine is not None  # noqa: S101 (joined, or there already)
        return Turn((await _standing(tx, event, kind, mine),), then=Then())

    # ---- Looking and leaving -----------------------------------------------------------------

    async def list_mine(self, tx: Tx, chat: Chat, _tap: Tap) -> Turn:
        """Say where a person stands in every line."""
        says = []
        for mine in await waiting.places_of(tx, chat.person_id, LISTED_MAX):
            event = await events.event_by_id(tx, mine.event_id)
            kind = await events.kind_by_id(tx, mine.kind_id)
            if event is not None and kind is not None and mine.payment_id is None:
                says.append(await _standing(tx, event, kind, mine))
        if not says:
            says = [Say(words("waiting.nowhere"), menu_choices())]
        return Turn(tuple(says), then=Then())

    async def leave(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Leave a line; what was offered goes to the next: `unwait:PLACE`."""
        place_id = id_at(tap.action, 1)
        mine = await waiting.by_id(tx, place_id) if place_id is not None else None
        if mine is None or mine.person_id != chat.person_id or mine.payment_id is not None:
            return Turn((Say(words("buying.not_yours"), menu_choices()),), then=Then())
        event = await events.event_by_id(tx, mine.event_id)
        title = event.title if event else ""
        left = await waiting.leave(tx, mine.id, chat.now_ms)
        key = "waiting.left" if left else "waiting.left_already"
        return Turn((Say(words(key, title=title), (all_events(),)),), then=Then())


# ---- Upkeep --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Offering:
    """The chore that offers seats to who waits, and passes on what was not taken."""

    database: Database

    async def look(self, now_ms: int) -> None:
        """End what is over, then offer what is free; each step is safe to do twice."""
        await self.database.write(end_offers, now_ms)
        await self.database.write(close_lines, now_ms)
        for kind_id in await self.database.read(waiting.kinds_to_offer, now_ms):
            while await self.database.write(offer_next, kind_id, now_ms):
                pass


async def offer_next(tx: Tx, kind_id: int, now_ms: int) -> bool:
    """Offer seats of a kind to the next in its line, told in the same transaction."""
    kind = await events.kind_by_id(tx, kind_id)
    event = await events.event_by_id(tx, kind.event_id) if kind else None
    if kind is None or event is None:
        return False
    until = {event.id: rules.offer_until_ms(now_ms, event.starts_ms)}
    offer = await waiting.offer_next(tx, kind_id, until, now_ms)
    if offer is None:
        return False
    place = await waiting.by_id(tx, offer.waiting_id)
    assert place is not None  # noqa: S101 (its offer was made a line above)
    if place.payment_id is not None:
        fact = SeatsForMoney(place.payment_id, offer.id)
        await inbox.put_fact(
            tx,
            chat_id=place.chat_id,
            message_id=f"seats-for-money:{offer.id}",
            payload=codec.to_json(fact),
            now_ms=now_ms,
        )
        return True
    said = words(
        "waiting.offer",
        n=offer.quantity,
        kind=kind.name,
        title=event.title,
        left=Span(offer.until_ms - now_ms),
        until=Moment(offer.until_ms, event.zone),
    )
    choices = (
        Choice(
            words("waiting.take", n=offer.quantity), f"want:{to_text(kind.id)}:{offer.quantity}"
        ),
        Choice(words("waiting.no_thanks"), f"unwait:{to_text(place.id)}"),
    )
    say = Say(said, choices, template=approved.offer(event), about=f"offer:{to_text(offer.id)}")
    await queue_say(tx, place.chat_id, say, PRIORITY_DIALOGUE, now_ms)
    return True


async def end_offers(tx: Tx, now_ms: int) -> None:
    """Pass on the seats that were not taken in time, and say so."""
    for offer in await waiting.end_offers(tx, now_ms, BATCH_MAX):
        event = await events.event_by_id(tx, offer.event_id)
        place = await waiting.by_id(tx, offer.waiting_id)
        if event is None or place is None or place.payment_id is not None:
            continue
        again = Choice(words("waiting.again"), f"wait:{to_text(offer.kind_id)}")
        said = words("waiting.passed", n=offer.quantity, title=event.title)
        say = Say(said, (again, all_events()), template=approved.NEWS)
        await queue_say(tx, place.chat_id, say, PRIORITY_DIALOGUE, now_ms)


async def close_lines(tx: Tx, now_ms: int) -> None:
    """Close the lines of events cancelled or over; who waited for a cancelled one hears it."""
    for place in await waiting.close_lines(tx, now_ms, BATCH_MAX):
        event = await events.event_by_id(tx, place.event_id)
        if event is None or place.payment_id is not None or event.ends_ms <= now_ms:
            continue
        said = words("waiting.closed", title=event.title)
        say = Say(said, (all_events(),), template=approved.NEWS)
        await queue_say(tx, place.chat_id, say, PRIORITY_DIALOGUE, now_ms)


# ---- Parts of the answers ------------------------------------------------------------------------


def wait_choices(kinds: Sequence[Kind]) -> tuple[Choice, ...]:
    """A button for each kind that is sold out: its waiting list."""
    return tuple(
        Choice(words("waiting.label", kind=kind.name), f"wait:{to_text(kind.id)}")
        for kind in kinds
        if kind.left < 1
    )


def _how_many(event: Event, kind: Kind, most: int, *, again: bool) -> Turn:
    choices = tuple(
        Choice(words("buying.quantity_label", n=count), f"wait:{to_text(kind.id)}:{count}")
        for count in range(1, min(most, QUANTITIES_SHOWN_MAX) + 1)
    )
    key = "waiting.too_many" if again else "waiting.how_many"
    said = words(key, kind=kind.name, title=event.title, n=most)
    return Turn((Say(said, (*choices, back_to(event.id))),), then=Then(QUANTITY, {"kind": kind.id}))


async def _standing(tx: Tx, event: Event, kind: Kind, mine: Waiting) -> Say:
    """Say where somebody stands in a line, or that it is their turn."""
    leave = Choice(words("waiting.leave"), f"unwait:{to_text(mine.id)}")
    facts = {"kind": kind.name, "title": event.title}
    if mine.status == "offered":
        take = Choice(
            words("waiting.take", n=mine.quantity), f"want:{to_text(kind.id)}:{mine.quantity}"
        )
        return Say(words("waiting.your_turn", n=mine.quantity, **facts), (take, leave))
    place = await waiting.position(tx, mine)
    said = words("waiting.joined", n=mine.quantity, place=place, **facts)
    return Say(said, (leave, all_events()))

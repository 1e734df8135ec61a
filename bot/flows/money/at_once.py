"""Tickets made at once: sold over the counter, or given away. No hold, no page, no buyer's chat.

The order belongs to whoever made it until it is handed over, by a link or by showing its tickets.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal
from zoneinfo import ZoneInfo

from bot.flows.choosing.asking import read_birth, read_holder
from bot.flows.event_words import conditions_words
from bot.flows.house import House
from boxoffice import rules, seating
from boxoffice.model import Event, Kind, Naming, Order, Seat
from chat.messages import Chat, Moment, Words, words
from storage import acceptances, cash, events, fees, ledger, orders, places, tickets
from storage.database import Tx

Source = Literal["counter", "invitation"]

AT_ONCE_MAX = 50
"""Tickets of one sale over the counter: a coach; each is a message if they are shown."""


@dataclass(frozen=True, slots=True)
class Party:
    """So many tickets, and for whom where the event asks."""

    count: int
    names: tuple[str, ...] = ()
    births: tuple[date, ...] = ()
    places: tuple[int, ...] = field(default=())

    def is_complete(self, event: Event) -> bool:
        """Say whether everything the event asks of its holders is known."""
        names = event.naming is not Naming.NOMINATIVE or len(self.names) == self.count
        return names and (not event.checks_age or len(self.births) == self.count)


def memory_of(kind: Kind, party: Party) -> dict[str, object]:
    """What a chat remembers of who comes, until it is confirmed."""
    return {
        "kind": kind.id,
        "count": party.count,
        "names": list(party.names),
        "births": [born.isoformat() for born in party.births],
    }


def remembered(chat: Chat, kind: Kind, count: int) -> Party:
    """Read the holders that were named for this kind and number."""
    memory = chat.memory
    if memory.get("kind") != kind.id or memory.get("count") != count:
        return Party(count)
    births = tuple(date.fromisoformat(born) for born in memory.get("births", ()))
    return Party(count, tuple(memory.get("names", ())), births)


def asks_holders(event: Event) -> bool:
    """Say whether the event wants names or birth dates."""
    return event.naming is Naming.NOMINATIVE or event.checks_age


def read_party(event: Event, count: int, text: str, now_ms: int) -> Party | Words:
    """Read holders, a line each: `Awa Dossou`, with a date of birth where it is checked.

    Answers with what is wrong if they are not `count` people who may come.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) != count:
        return words("counter.other_number", n=count)
    zone = ZoneInfo(event.zone)
    names, births = [], []
    for line in lines:
        name, _, born_text = line.partition(",") if event.checks_age else (line, "", "")
        if event.checks_age and event.naming is not Naming.NOMINATIVE:
            born_text = born_text or name
        holder = read_holder(name) or ""
        if event.naming is Naming.NOMINATIVE and not holder:
            return words("counter.bad_name", line=line)
        if event.checks_age:
            born = read_birth(born_text, rules.event_day(now_ms, zone))
            if born is None:
                return words("counter.bad_birth", line=line)
            if rules.age_on(born, rules.event_day(event.starts_ms, zone)) < event.age_min:
                day = Moment(event.starts_ms, event.zone)
                return words("asking.too_young", years=event.age_min, day=day)
            births.append(born)
        if event.naming is Naming.NOMINATIVE:
            names.append(holder)
    return Party(count, tuple(names), tuple(births))


async def make_at_once(
    tx: Tx,
    house: House,
    chat: Chat,
    event: Event,
    kind: Kind,
    party: Party,
    *,
    reference: str,
    source: Source,
) -> Order | None:
    """Take the seats, record the cash, make the tickets: all in this turn, or None if too few."""
    seats = await _with_places(tx, kind, party)
    if seats is None:
        return None
    price_minor = kind.price.amount_minor if source == "counter" else 0
    new = orders.NewOrder(
        reference=reference,
        event_id=event.id,
        buyer_id=chat.person_id,
        chat_id=chat.id,
        seats=[
            Seat(
                rank + 1,
                kind.id,
                price_minor,
                seats.names[rank] if seats.names else None,
                seats.births[rank] if seats.births else None,
                seats.places[rank] if seats.places else None,
            )
            for rank in range(seats.count)
        ],
        currency=event.currency,
        hold_until_ms=chat.now_ms,
        source=source,
        sold_by=chat.person_id,
    )
    order = await orders.hold(tx, new, chat.now_ms)
    if order is None:
        return None
    body, digest = conditions_text(
        house, event, kind, seats.count, seats.names, chat.language, is_gift=order.is_gift
    )
    await acceptances.accept(
        tx,
        order_id=order.id,
        person_id=chat.person_id,
        digest=digest,
        event_id=event.id,
        version=event.conditions_version,
        language=chat.language,
        body=body,
        age_min=event.age_min,
        now_ms=chat.now_ms,
    )
    if order.total.amount_minor:
        payment_id = await cash.take(
            tx, order.id, order.total, by=chat.person_id, now_ms=chat.now_ms
        )
        await ledger.taken(tx, payment_id, order.total, chat.now_ms)
        await ledger.sold(tx, payment_id, order.total, chat.now_ms)
        await fees.charge(tx, order, payment_id, event.organiser_id, chat.now_ms)
    await tickets.issue(
        tx,
        order=order,
        event=event,
        kinds={one.id: one for one in await events.kinds_of(tx, event.id)},
        seats=await orders.seats_of(tx, order.id),
        keyring=house.keyring,
        now_ms=chat.now_ms,
    )
    return order


def conditions_text(
    house: House,
    event: Event,
    kind: Kind,
    count: int,
    names: Sequence[str],
    language: str,
    *,
    is_gift: bool = False,
) -> tuple[str, str]:
    """Say the conditions as they are accepted, with their digest."""
    said = conditions_words(event, kind, count, names, is_gift=is_gift)
    body = house.texts.render(said, language)
    return body, hashlib.sha256(body.encode()).hexdigest()


async def _with_places(tx: Tx, kind: Kind, party: Party) -> Party | None:
    """Choose the best numbered seats that are free, where the kind has a plan."""
    if not kind.is_numbered:
        return party
    best = seating.best(await places.free_of(tx, kind.id), party.count)
    return replace(party, places=tuple(place.id for place in best)) if best else None

"""The answers an organiser has given so far, and the event they make."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from bot.flows.house import House
from bot.tickets.face import accent_of
from boxoffice.model import Equipment, Event, Kind, Naming
from boxoffice.rules import AGE_MIN_DEFAULT, HOLD_MS_DEFAULT, HOUR_MS, TICKETS_PER_BUYER_MAX
from chat.messages import Chat
from chat.understanding import fold
from storage.drafts import NewEvent

DOORS_BEFORE_MS = HOUR_MS
"""Doors open an hour before the start, as posters say."""


@dataclass(frozen=True, slots=True)
class Draft:
    """The answers so far, as the chat remembers them."""

    title: str = ""
    starts_ms: int = 0
    ends_ms: int = 0
    venue: str = ""
    city: str = ""
    kinds: tuple[tuple[str, int, int, int], ...] = ()
    """Name, price in minor units, quota, persons on one ticket."""
    age_min: int = AGE_MIN_DEFAULT
    naming: str = Naming.TRANSFERABLE.value
    description: str = ""
    day_said: str = ""
    """A day typed without its hour, which may follow alone."""
    misread: int = 0
    """How many times in a row a time was not understood."""
    unkept: tuple[str, ...] = ()
    """Lines typed for kinds that are none, so far."""
    town_asked: bool = False
    """The venue is known, and its town was asked for alone."""
    event_id: int | None = None
    """The draft in the box office that these answers change."""


def new_event(house: House, draft: Draft, organiser_id: int) -> NewEvent:
    """Complete the answers with what makes sense for everybody.

    Without refund terms of its own an event has the standing ones, in each reader's language.
    """
    return NewEvent(
        organiser_id=organiser_id,
        mode=house.mode,
        title=draft.title,
        description=draft.description,
        venue=draft.venue,
        city=draft.city,
        folded=fold(f"{draft.title} {draft.venue} {draft.city}"),
        zone=house.zone,
        doors_ms=draft.starts_ms - DOORS_BEFORE_MS,
        starts_ms=draft.starts_ms,
        ends_ms=draft.ends_ms,
        currency=house.currency,
        age_min=draft.age_min,
        naming=Naming(draft.naming),
        conditions="",
        per_buyer_max=TICKETS_PER_BUYER_MAX,
        hold_ms=HOLD_MS_DEFAULT,
        accent=accent_of(draft.title),
        equipment=Equipment.UNKNOWN,
    )


def remembered(chat: Chat) -> Draft:
    """Read the answers so far from the chat's memory."""
    known = {one.name for one in fields(Draft)}
    memory: dict[str, Any] = {name: value for name, value in chat.memory.items() if name in known}
    memory["kinds"] = tuple(_kind(*kind) for kind in memory.get("kinds", ()))
    memory["unkept"] = tuple(memory.get("unkept", ()))
    return Draft(**memory)


def _kind(name: str, price: int, quota: int, party: int = 1) -> tuple[str, int, int, int]:
    """Take a kind back; one that was noted before parties were read is for one person."""
    return name, price, quota, party


def draft_of(event: Event, kinds: Sequence[Kind]) -> Draft:
    """Take the answers back from a draft of the box office, to change them."""
    return Draft(
        title=event.title,
        starts_ms=event.starts_ms,
        ends_ms=event.ends_ms,
        venue=event.venue,
        city=event.city,
        kinds=tuple(
            (kind.name, kind.price.amount_minor, kind.quota, kind.party_size) for kind in kinds
        ),
        age_min=event.age_min,
        naming=event.naming.value,
        description=event.description,
        event_id=event.id,
    )

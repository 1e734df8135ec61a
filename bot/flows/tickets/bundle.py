"""Tickets that change hands together: one or several of an order, and how they are spoken of."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bot.flows.event_words import kind_when, when_words
from boxoffice import rules
from boxoffice.model import Event, Naming, TicketStatus
from chat.messages import Words
from chat.understanding import fold
from storage import tickets, transfers
from storage.database import Tx
from storage.ids import from_text, to_text
from storage.tickets import FullTicket
from storage.transfers import Transfer

TOGETHER_MAX = 10
"""Tickets in one offer: their ranks fit into a button, and the agreement on a page."""

_ALL = frozenset({"tous", "toutes", "tout", "tous les billets", "all", "all of them"})


@dataclass(frozen=True, slots=True)
class Bundle:
    """Tickets of one order, by rank: there is always one at least."""

    fulls: tuple[FullTicket, ...]

    @property
    def event(self) -> Event:
        """The event they are for."""
        return self.fulls[0].event

    @property
    def first(self) -> FullTicket:
        """The one that is valid first: a holder who is old enough for it is for all."""
        return min(self.fulls, key=lambda one: one.kind.valid_from_ms)

    @property
    def n(self) -> int:
        """How many they are."""
        return len(self.fulls)

    @property
    def when(self) -> Words:
        """When they are for: the one day of all of them, else the event's time."""
        days = [kind_when(self.event, one.kind) for one in self.fulls]
        return days[0] if all(one == days[0] for one in days) else when_words(self.event)

    @property
    def kinds(self) -> str:
        """What they are: a kind with its seat, or `2 × Standard, VIP · A12`."""
        counted = Counter(kind_name(one) for one in self.fulls)
        return ", ".join(name if n == 1 else f"{n} × {name}" for name, n in counted.items())

    @property
    def starts_ms(self) -> int:
        """When what they are for begins: the first of them."""
        return rules.day_starts_ms(self.event.starts_ms, self.first.kind.valid_from_ms)

    @property
    def valid_until_ms(self) -> int:
        """Until when all of them can be given."""
        return min(one.kind.valid_until_ms for one in self.fulls)

    @property
    def key(self) -> str:
        """How a button names them: a ticket, or an order with ranks (`7K:1.3`)."""
        if self.n == 1:
            return to_text(self.fulls[0].ticket.id)
        ranks = ".".join(str(one.ticket.number) for one in self.fulls)
        return f"{to_text(self.fulls[0].order.id)}:{ranks}"


async def of_transfer(tx: Tx, transfer: Transfer) -> Bundle | None:
    """Read the tickets that an offer is, or was, about."""
    parts = await transfers.together(tx, transfer)
    read = [await tickets.ticket_by_id(tx, part.ticket_id) for part in parts]
    fulls = tuple(one for one in read if one is not None)
    return Bundle(fulls) if fulls else None


async def givable_of(tx: Tx, order_id: int, person_id: int) -> list[FullTicket]:
    """Read what somebody has of an order and could give away, as far as can be seen here."""
    return [
        one
        for one in await tickets.tickets_of_order(tx, order_id)
        if one.ticket.owner_id == person_id and is_givable(one)
    ][:TOGETHER_MAX]


async def named(tx: Tx, key: str, person_id: int) -> Bundle | None:
    """Read the several tickets that a button names (`ORDER:1.3`); None unless all can be given."""
    order_text, _, listed = key.partition(":")
    order_id = from_text(order_text)
    ranks = {int(one) for one in listed.split(".") if one.isascii() and one.isdecimal()}
    if order_id is None or not ranks:
        return None
    held = await givable_of(tx, order_id, person_id)
    chosen = tuple(one for one in held if one.ticket.number in ranks)
    return Bundle(chosen) if len(chosen) == len(ranks) else None


def is_givable(full: FullTicket) -> bool:
    """Say whether nothing that can be seen here stands in the way of giving a ticket."""
    return (
        full.ticket.status is TicketStatus.VALID
        and full.ticket.scanned_at_ms is None
        and full.event.naming is Naming.TRANSFERABLE
    )


def chosen(text: str, held: Sequence[FullTicket]) -> tuple[FullTicket, ...]:
    """Read `1, 3`, `1 et 3` or `tous`; nothing if a number is none of theirs."""
    if fold(text) in _ALL:
        return tuple(held)
    ranks = {int(one) for one in re.findall(r"\d{1,4}", text)}
    found = tuple(one for one in held if one.ticket.number in ranks)
    return found if len(found) == len(ranks) else ()


def kind_name(full: FullTicket) -> str:
    """A ticket's kind, with its seat where it has one."""
    place = full.ticket.place
    return full.kind.name if place is None else f"{full.kind.name} · {place}"

"""Finding an order by what people remember of it: its reference, a name, the end of a number.

The database looks roughly, the same on both engines: letters that may carry an accent match any
letter. What it finds is compared again in folded words by whoever asked.
"""

from dataclasses import dataclass

from boxoffice.money import Money
from storage.database import Row, Tx

ROUGH_MAX = 300
"""Orders compared by their folded names: the newest; a rarer part of the name finds older ones."""

_MAY_CARRY = frozenset("aceinosuyz")
"""Letters of the languages around that are also written with an accent, a cedilla or a tilde."""

DIGITS_MIN = 4
"""Fewer digits of a phone's number are no search."""


@dataclass(frozen=True, slots=True)
class FoundOrder:
    """An order as somebody looks for it."""

    id: int
    reference: str
    event_id: int
    title: str
    zone: str
    buyer: str
    holders: str
    status: str
    quantity: int
    total: Money
    held_ms: int


_FOUND = (
    "SELECT orders.id, orders.reference, orders.event_id, orders.status, orders.quantity,"
    " orders.total_minor, orders.currency, orders.held_ms, events.title, events.zone,"
    " people.name AS buyer"
    " FROM orders JOIN events ON events.id = orders.event_id"
    " JOIN memberships ON memberships.organiser_id = events.organiser_id"
    "  AND memberships.person_id = :person_id AND memberships.revoked_ms IS NULL"
    " JOIN people ON people.id = orders.buyer_id"
)
"""Orders of events that this person's organiser runs, and of no other."""


async def by_reference(tx: Tx, person_id: int, reference: str) -> list[FoundOrder]:
    """Find one of the person's orders by its reference."""
    rows = await tx.rows(
        f"{_FOUND} WHERE orders.reference = :reference",
        person_id=person_id,
        reference=reference,
    )
    return [await _found(tx, row) for row in rows]


async def by_name(tx: Tx, person_id: int, folded: str) -> list[FoundOrder]:
    """Find orders whose buyer or a beneficiary may be called like that, newest first."""
    pattern = rough(folded)
    rows = await tx.rows(
        f"{_FOUND} WHERE LOWER(people.name) LIKE :pattern OR EXISTS (SELECT 1 FROM seats"
        "  WHERE seats.order_id = orders.id AND LOWER(seats.holder) LIKE :pattern)"
        " ORDER BY orders.held_ms DESC LIMIT :limit",
        person_id=person_id,
        pattern=pattern,
        limit=ROUGH_MAX,
    )
    return [await _found(tx, row) for row in rows]


async def by_number(tx: Tx, person_id: int, digits: str) -> list[FoundOrder]:
    """Find orders by the end of a telephone number: the buyer's on WhatsApp, or the payer's."""
    rows = await tx.rows(
        f"{_FOUND} WHERE EXISTS (SELECT 1 FROM chats WHERE chats.person_id = orders.buyer_id"
        "  AND chats.channel = 'whatsapp' AND chats.ref LIKE :pattern)"
        " OR EXISTS (SELECT 1 FROM payments WHERE payments.order_id = orders.id"
        "  AND payments.payer_phone LIKE :pattern)"
        " ORDER BY orders.held_ms DESC LIMIT :limit",
        person_id=person_id,
        pattern=f"%{digits}",
        limit=ROUGH_MAX,
    )
    return [await _found(tx, row) for row in rows]


def rough(folded: str) -> str:
    """Make a pattern that finds a folded text however its letters were accented and set apart."""
    letters = ("_" if char in _MAY_CARRY else char for char in folded if char not in "%_")
    return "%" + "".join("%" if char == " " else char for char in letters) + "%"


async def _found(tx: Tx, row: Row) -> FoundOrder:
    names = await tx.rows(
        "SELECT DISTINCT holder FROM seats WHERE order_id = :id AND holder IS NOT NULL"
        " ORDER BY holder",
        id=row["id"],
    )
    return FoundOrder(
        row["id"],
        row["reference"],
        row["event_id"],
        row["title"],
        row["zone"],
        row["buyer"],
        ", ".join(one["holder"] for one in names),
        row["status"],
        row["quantity"],
        Money(row["total_minor"], row["currency"]),
        row["held_ms"],
    )

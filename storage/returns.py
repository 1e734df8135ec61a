"""Tickets that their buyer gives back: which may be, and killing those chosen, all or none."""

from collections.abc import Sequence
from dataclasses import dataclass

from boxoffice.model import TicketStatus
from boxoffice.seating import place_name
from storage.database import Tx


@dataclass(frozen=True, slots=True)
class Returnable:
    """A ticket that may still be given back: unused, valid, and its buyer's own."""

    ticket_id: int
    number: int
    kind: str
    price_minor: int
    holder: str | None
    place: str | None


_UNUSED = (
    "tickets.status = 'valid' AND tickets.entries = 0 AND tickets.scanned_at_ms IS NULL"
    " AND tickets.owner_id = :person_id"
)


async def returnable(tx: Tx, order_id: int, person_id: int) -> list[Returnable]:
    """Read what a buyer still has of an order and has not used, by rank."""
    rows = await tx.rows(
        "SELECT tickets.id, tickets.number, tickets.holder, kinds.name, seats.price_minor,"
        " places.row_name, places.number AS seat_number FROM tickets"
        " JOIN kinds ON kinds.id = tickets.kind_id"
        " JOIN orders ON orders.id = tickets.order_id"
        " JOIN seats ON seats.order_id = tickets.order_id AND seats.number = tickets.number"
        " LEFT JOIN places ON places.id = tickets.place_id"
        " WHERE tickets.order_id = :order_id AND orders.buyer_id = :person_id"
        f" AND orders.status = 'paid' AND {_UNUSED} ORDER BY tickets.number",
        order_id=order_id,
        person_id=person_id,
    )
    return [
        Returnable(
            row["id"],
            row["number"],
            row["name"],
            row["price_minor"],
            row["holder"],
            None if row["row_name"] is None else place_name(row["row_name"], row["seat_number"]),
        )
        for row in rows
    ]


async def orders_with_tickets(tx: Tx, person_id: int, *, now_ms: int, limit: int) -> list[int]:
    """Read the orders of which a buyer has unused tickets to come, the soonest event first."""
    rows = await tx.rows(
        "SELECT orders.id FROM orders JOIN events ON events.id = orders.event_id"
        " WHERE orders.buyer_id = :person_id AND orders.status = 'paid'"
        " AND events.ends_ms > :now_ms AND EXISTS (SELECT 1 FROM tickets"
        f"  WHERE tickets.order_id = orders.id AND {_UNUSED})"
        " ORDER BY events.starts_ms, orders.id LIMIT :limit",
        person_id=person_id,
        now_ms=now_ms,
        limit=limit,
    )
    return [row["id"] for row in rows]


async def give_back(
    tx: Tx,
    order_id: int,
    person_id: int,
    numbers: Sequence[int],
    *,
    status: TicketStatus,
    before_ms: int,
    now_ms: int,
) -> bool:
    """Kill these tickets of a buyer's order, all or none; from the commit on no gate lets them in.

    Each is killed by one conditional statement, until so long before the event begins; of one
    that waits for its new date, always. One that
    was used or killed in between makes those before it valid again.
    """
    killed: list[int] = []
    for number in sorted(numbers):
        row = await tx.row(
            "UPDATE tickets SET status = :status, status_ms = :now_ms"
            f" WHERE order_id = :order_id AND number = :number AND {_UNUSED}"
            " AND EXISTS (SELECT 1 FROM orders JOIN events ON events.id = orders.event_id"
            "  WHERE orders.id = :order_id AND orders.buyer_id = :person_id"
            "  AND orders.status = 'paid' AND events.status IN ('published', 'postponed')"
            "  AND (events.status = 'postponed' OR events.starts_ms - :before_ms > :now_ms))"
            " RETURNING id",
            order_id=order_id,
            number=number,
            person_id=person_id,
            status=status.value,
            before_ms=before_ms,
            now_ms=now_ms,
        )
        if row is None:
            for ticket_id in killed:
                await tx.run(
                    "UPDATE tickets SET status = 'valid' WHERE id = :id AND status = :status",
                    id=ticket_id,
                    status=status.value,
                )
            return False
        killed.append(row["id"])
    return bool(killed)

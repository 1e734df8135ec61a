"""Everybody with a ticket of an event, read in chunks, for a list that leaves the house."""

from dataclasses import dataclass

from boxoffice.money import Money
from boxoffice.seating import place_name
from storage.database import Row, Tx

CHUNK = 1_000
"""Tickets read at once: a read never holds its connection for long."""


@dataclass(frozen=True, slots=True)
class Participant:
    """One ticket as its organiser lists it; never its code, which opens a gate."""

    ticket_id: int
    reference: str
    rank: int
    kind: str
    place: str | None
    holder: str
    buyer: str
    status: str
    price: Money
    bought_ms: int
    entered_ms: int | None


async def participants_after(tx: Tx, event_id: int, after_id: int) -> list[Participant]:
    """Read the next tickets of an event in the order of their ids; replaced codes are left out.

    Who took a ticket over is its holder, by the name in the agreement; who bought it stays so.
    """
    rows = await tx.rows(
        "SELECT tickets.id, tickets.number, tickets.holder, tickets.status, tickets.created_ms,"
        " tickets.scanned_at_ms, (SELECT transfers.to_name FROM tickets AS given"
        "  JOIN transfers ON transfers.ticket_id = given.id AND transfers.status = 'accepted'"
        "  WHERE given.order_id = tickets.order_id AND given.number = tickets.number"
        "  ORDER BY transfers.ended_ms DESC, transfers.id DESC LIMIT 1) AS taker,"
        " orders.reference, kinds.name AS kind, seats.price_minor,"
        " orders.currency, people.name AS buyer, places.row_name, places.number AS seat_number"
        " FROM tickets JOIN orders ON orders.id = tickets.order_id"
        " JOIN kinds ON kinds.id = tickets.kind_id"
        " JOIN people ON people.id = orders.buyer_id"
        " JOIN seats ON seats.order_id = tickets.order_id AND seats.number = tickets.number"
        " LEFT JOIN places ON places.id = tickets.place_id"
        " WHERE tickets.event_id = :event_id AND tickets.id > :after_id"
        " AND tickets.status <> 'revoked' ORDER BY tickets.id LIMIT :limit",
        event_id=event_id,
        after_id=after_id,
        limit=CHUNK,
    )
    return [_participant(row) for row in rows]


def _participant(row: Row) -> Participant:
    place = None if row["row_name"] is None else place_name(row["row_name"], row["seat_number"])
    return Participant(
        row["id"],
        row["reference"],
        row["number"],
        row["kind"],
        place,
        row["holder"] or row["taker"] or "",
        row["buyer"],
        row["status"],
        Money(row["price_minor"], row["currency"]),
        row["created_ms"],
        row["scanned_at_ms"],
    )

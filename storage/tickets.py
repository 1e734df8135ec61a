"""Tickets: issued once for paid seats, found by their owner, delivered with a state."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from boxoffice.codes import Keyring, make_code
from boxoffice.model import Event, Kind, Order, Seat, Ticket, TicketStatus
from boxoffice.money import Money
from boxoffice.seating import place_name
from boxoffice.typed_codes import make_short_code
from boxoffice.values import value
from storage import fees
from storage.database import Row, Tx
from storage.events import KIND, event_of, kind_of
from storage.ids import new_id
from storage.orders import order_of


@value
class FullTicket:
    """A ticket with all that stands on it."""

    ticket: Ticket
    event: Event
    kind: Kind
    order: Order


async def issue(
    tx: Tx,
    *,
    order: Order,
    event: Event,
    kinds: Mapping[int, Kind],
    seats: Sequence[Seat],
    keyring: Keyring,
    now_ms: int,
) -> list[int]:
    """Make one valid ticket a seat. The index `tickets_one_living` refuses a second one."""
    return [
        await _issue_one(tx, order, event, kinds[seat.kind_id], seat, keyring, now_ms)
        for seat in seats
    ]


async def _issue_one(  # noqa: PLR0917 (all that stands on a ticket)
    tx: Tx, order: Order, event: Event, kind: Kind, seat: Seat, keyring: Keyring, now_ms: int
) -> int:
    ticket_id = new_id(now_ms)
    while True:
        # A short code is drawn again when this event has it already; the long one never repeats.
        made = await tx.run(
            "INSERT INTO tickets (id, order_id, number, event_id, kind_id, owner_id, mode, code,"
            " short_code, holder, naming, status, status_ms, valid_from_ms, valid_until_ms,"
            " delivery, created_ms, birth_date, place_id, entry, party_size)"
            " VALUES (:id, :order_id, :number, :event_id, :kind_id,"
            " :owner_id, :mode, :code, :short_code, :holder, :naming, 'valid', :now_ms,"
            " :valid_from_ms, :valid_until_ms, 'queued', :now_ms, :birth_date, :place_id, :entry,"
            " :party_size)"
            " ON CONFLICT (event_id, short_code) DO NOTHING",
            id=ticket_id,
            order_id=order.id,
            number=seat.number,
            event_id=event.id,
            kind_id=kind.id,
            owner_id=order.buyer_id,
            mode=event.mode.value,
            code=make_code(keyring, event.mode, event.tag),
            short_code=make_short_code(),
            holder=seat.holder,
            naming=event.naming.value,
            now_ms=now_ms,
            valid_from_ms=kind.valid_from_ms,
            valid_until_ms=kind.valid_until_ms,
            birth_date=seat.birth_date.isoformat() if seat.birth_date else None,
            place_id=seat.place_id,
            entry=event.entry.value,
            party_size=kind.party_size,
        )
        if made == 1:
            return ticket_id


async def end(
    tx: Tx, order_id: int, status: TicketStatus, now_ms: int, *, ticket_id: int | None = None
) -> list[Ticket]:
    """Kill the living tickets of an order, or one of them: `refunded`, `charged_back`, ...

    Answers those killed now, by rank. From the moment this commits no gate lets them in.
    """
    rows = await tx.rows(
        "UPDATE tickets SET status = :status, status_ms = :now_ms WHERE order_id = :order_id"
        " AND status IN ('valid', 'blocked') AND id = COALESCE(:ticket_id, id) RETURNING *",
        order_id=order_id,
        status=status.value,
        ticket_id=ticket_id,
        now_ms=now_ms,
    )
    killed = sorted((ticket_of(row) for row in rows), key=lambda ticket: ticket.number)
    for ticket in killed:
        await fees.give_back(tx, order_id, ticket.number, now_ms)
    return killed


async def charged_back_of(tx: Tx, order_id: int) -> list[Ticket]:
    """Read the tickets of an order whose money a bank took, by rank."""
    rows = await tx.rows(
        "SELECT * FROM tickets WHERE order_id = :order_id AND status = 'charged_back'"
        " ORDER BY number",
        order_id=order_id,
    )
    return [ticket_of(row) for row in rows]


async def earned_of(tx: Tx, order_id: int) -> int:
    """Sum what was paid for tickets whose money a bank took once they had served, or could have.

    They opened a gate before, or their time was over.
    """
    row = await tx.row(
        "SELECT CAST(COALESCE(SUM(price_minor), 0) AS BIGINT) AS minor FROM tickets"
        " JOIN seats ON seats.order_id = tickets.order_id AND seats.number = tickets.number"
        "  AND returned_ms IS NULL"
        " WHERE tickets.order_id = :order_id AND status = 'charged_back'"
        " AND (entries > 0 OR valid_until_ms <= status_ms)",
        order_id=order_id,
    )
    return int(row["minor"]) if row else 0


async def revive(tx: Tx, order_id: int, now_ms: int) -> list[Ticket]:
    """Let the tickets live again whose money a bank took and gave back; answers them, by rank.

    None for which money was asked back since, or whose seat was given back. One that was blocked
    before is blocked again. The fee that was given back for it is not asked twice.
    """
    rows = await tx.rows(
        "UPDATE tickets SET status = CASE WHEN status_note IS NULL THEN 'valid' ELSE 'blocked' END,"
        " status_ms = :now_ms WHERE order_id = :order_id AND status = 'charged_back'"
        " AND EXISTS (SELECT 1 FROM seats WHERE seats.order_id = tickets.order_id"
        "  AND seats.number = tickets.number AND returned_ms IS NULL)"
        " AND NOT EXISTS (SELECT 1 FROM refunds JOIN payments ON payments.id = refunds.payment_id"
        "  WHERE payments.order_id = tickets.order_id AND refunds.asked_ms >= tickets.status_ms)"
        " RETURNING *",
        order_id=order_id,
        now_ms=now_ms,
    )
    revived = sorted((ticket_of(row) for row in rows), key=lambda ticket: ticket.number)
    for ticket in revived:
        await fees.forget(tx, order_id, ticket.number)
    return revived


async def opens_later(tx: Tx, order_id: int, now_ms: int) -> bool:
    """Say whether a living ticket of an order can still open a gate, now or later."""
    row = await tx.row(
        "SELECT 1 AS yes FROM tickets WHERE order_id = :order_id AND status = 'valid'"
        " AND valid_until_ms > :now_ms LIMIT 1",
        order_id=order_id,
        now_ms=now_ms,
    )
    return row is not None


async def block(tx: Tx, order_id: int, note: str, now_ms: int) -> int:
    """Block an order's valid tickets while its money is under review."""
    return await tx.run(
        "UPDATE tickets SET status = 'blocked', status_ms = :now_ms, status_note = :note"
        " WHERE order_id = :order_id AND status = 'valid'",
        order_id=order_id,
        note=note,
        now_ms=now_ms,
    )


async def unblock(tx: Tx, order_id: int, note: str, now_ms: int) -> int:
    """Make the tickets valid again that were blocked for this reason alone."""
    return await tx.run(
        "UPDATE tickets SET status = 'valid', status_ms = :now_ms, status_note = NULL"
        " WHERE order_id = :order_id AND status = 'blocked' AND status_note = :note",
        order_id=order_id,
        note=note,
        now_ms=now_ms,
    )


async def block_notes(tx: Tx, order_id: int) -> list[str]:
    """Read why tickets of an order are blocked, each reason once."""
    rows = await tx.rows(
        "SELECT DISTINCT status_note FROM tickets WHERE order_id = :order_id"
        " AND status = 'blocked' AND status_note IS NOT NULL ORDER BY status_note",
        order_id=order_id,
    )
    return [row["status_note"] for row in rows]


async def is_dead(tx: Tx, ticket_id: int) -> bool:
    """Say whether a ticket's code will never open a gate again: another has its seat, or nobody."""
    row = await tx.row(
        "SELECT 1 AS dead FROM tickets WHERE id = :id AND status NOT IN ('valid', 'blocked')",
        id=ticket_id,
    )
    return row is not None


async def mark_delivery(tx: Tx, ticket_id: int, delivery: str, now_ms: int) -> None:
    """Keep how a ticket reached its owner (`sent`, `text_only`, `failed`), never back from sent."""
    await tx.run(
        "UPDATE tickets SET delivery = :delivery, delivered_ms = :now_ms"
        " WHERE id = :id AND delivery <> 'sent'",
        id=ticket_id,
        delivery=delivery,
        now_ms=now_ms,
    )


async def take_back_delivery(tx: Tx, ticket_id: int) -> None:
    """Note that a ticket which seemed sent did not arrive: it is being sent again."""
    await tx.run(
        "UPDATE tickets SET delivery = 'queued', delivered_ms = NULL"
        " WHERE id = :id AND delivery IN ('sent', 'text_only')",
        id=ticket_id,
    )


_FULL = (
    "SELECT tickets.*, seats.price_minor AS sold_minor, places.row_name,"
    " places.number AS seat_number FROM tickets"
    " LEFT JOIN seats ON seats.order_id = tickets.order_id AND seats.number = tickets.number"
    " LEFT JOIN places ON places.id = tickets.place_id"
)
"""A ticket with what its seat cost and where it is."""


async def ticket_by_id(tx: Tx, ticket_id: int) -> FullTicket | None:
    """Read a ticket with its event, kind and order."""
    found = await _full(tx, await tx.rows(f"{_FULL} WHERE tickets.id = :id", id=ticket_id))
    return found[0] if found else None


async def ticket_by_code(tx: Tx, code: str) -> FullTicket | None:
    """Read the ticket of a whole code, changing nothing."""
    found = await _full(tx, await tx.rows(f"{_FULL} WHERE tickets.code = :code", code=code))
    return found[0] if found else None


async def tickets_of(tx: Tx, owner_id: int, *, now_ms: int, limit: int) -> list[FullTicket]:
    """Read a person's tickets that can still open a gate, the soonest event first."""
    rows = await tx.rows(
        f"{_FULL} JOIN events ON events.id = tickets.event_id"
        " JOIN orders ON orders.id = tickets.order_id AND orders.handed IN ('buyer', 'claimed')"
        " WHERE owner_id = :owner_id AND tickets.status = 'valid' AND valid_until_ms > :now_ms"
        " ORDER BY events.starts_ms, tickets.order_id, tickets.number LIMIT :limit",
        owner_id=owner_id,
        now_ms=now_ms,
        limit=limit,
    )
    return await _full(tx, rows)


async def undelivered_of(tx: Tx, event_id: int, limit: int) -> list[FullTicket]:
    """Read the valid tickets of an event that reached nobody, oldest first."""
    rows = await tx.rows(
        f"{_FULL} WHERE tickets.event_id = :event_id AND tickets.status = 'valid'"
        " AND tickets.delivery = 'failed' ORDER BY tickets.id LIMIT :limit",
        event_id=event_id,
        limit=limit,
    )
    return await _full(tx, rows)


async def send_again(tx: Tx, ticket_id: int) -> bool:
    """Note that a ticket which reached nobody is on its way again; false if it is already."""
    return (
        await tx.run(
            "UPDATE tickets SET delivery = 'queued', delivered_ms = NULL"
            " WHERE id = :id AND delivery = 'failed'",
            id=ticket_id,
        )
        == 1
    )


_OF_ORDER = (
    f"{_FULL} WHERE tickets.order_id = :order_id AND tickets.status = 'valid'"
    " ORDER BY tickets.number"
)


async def tickets_of_order(tx: Tx, order_id: int) -> list[FullTicket]:
    """Read the valid tickets of an order, by rank."""
    return await _full(tx, await tx.rows(_OF_ORDER, order_id=order_id))


async def unsent_of_order(tx: Tx, order_id: int) -> list[FullTicket]:
    """Read the valid tickets of an order that no message has brought to their owners, by rank."""
    rows = await tx.rows(
        f"{_FULL} WHERE tickets.order_id = :order_id AND tickets.status = 'valid'"
        " AND tickets.delivery = 'queued' ORDER BY tickets.number",
        order_id=order_id,
    )
    return await _full(tx, rows)


async def just_issued(
    tx: Tx, order: Order, event: Event, kinds: Mapping[int, Kind]
) -> list[FullTicket]:
    """Read the valid tickets of an order, by rank; what they share was read when they were made."""
    rows = await tx.rows(_OF_ORDER, order_id=order.id)
    return [_together(row, event, kinds[row["kind_id"]], order) for row in rows]


async def living_of_order(tx: Tx, order_id: int) -> list[Ticket]:
    """Read the tickets of an order that are valid, or blocked for a while, by rank."""
    rows = await tx.rows(
        "SELECT * FROM tickets WHERE order_id = :order_id AND status IN ('valid', 'blocked')"
        " ORDER BY number",
        order_id=order_id,
    )
    return [ticket_of(row) for row in rows]


async def returned_of_order(tx: Tx, order_id: int) -> list[Ticket]:
    """Read the tickets of an order that were given back, by rank."""
    rows = await tx.rows(
        "SELECT * FROM tickets WHERE order_id = :order_id AND status = 'refunded' ORDER BY number",
        order_id=order_id,
    )
    return [ticket_of(row) for row in rows]


async def _full(tx: Tx, rows: Sequence[Row]) -> list[FullTicket]:
    """Put tickets together with what they share: each event, kind and order is read once."""
    known: dict[tuple[str, int], Row] = {}

    async def read(sql: str, row_id: int, ticket_id: int) -> Row:
        if (sql, row_id) not in known:
            found = await tx.row(sql, id=row_id)
            if found is None:
                raise LookupError(f"ticket {ticket_id} stands alone")
            known[sql, row_id] = found
        return known[sql, row_id]

    full = []
    for row in rows:
        event = await read("SELECT * FROM events WHERE id = :id", row["event_id"], row["id"])
        kind = await read(f"SELECT {KIND} WHERE kinds.id = :id", row["kind_id"], row["id"])
        order = await read("SELECT * FROM orders WHERE id = :id", row["order_id"], row["id"])
        full.append(_together(row, event_of(event), kind_of(kind), order_of(order)))
    return full


def _together(row: Row, event: Event, kind: Kind, order: Order) -> FullTicket:
    ticket = ticket_of(row)
    if row["row_name"] is not None:
        ticket = replace(ticket, place=place_name(row["row_name"], row["seat_number"]))
    # What stands on a ticket is the price it was sold at, whatever its kind costs by now.
    sold = replace(kind, price=Money(row["sold_minor"], kind.price.currency))
    return FullTicket(ticket, event, sold, order)


def ticket_of(row: Row) -> Ticket:
    """Make a Ticket of a row of the tickets table."""
    return Ticket(
        id=row["id"],
        order_id=row["order_id"],
        number=row["number"],
        event_id=row["event_id"],
        kind_id=row["kind_id"],
        owner_id=row["owner_id"],
        code=row["code"],
        short_code=row["short_code"],
        holder=row["holder"],
        status=TicketStatus(row["status"]),
        scanned_at_ms=row["scanned_at_ms"],
    )

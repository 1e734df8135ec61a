"""What supervisors see and may do: tickets found by name, entries forced, tickets blocked."""

from dataclasses import dataclass

from storage.database import Row, Tx
from storage.passages import DEED
from storage.scans import Hand

FOUND_MAX = 5
"""Tickets shown for one search: a supervisor at a door types one more letter instead."""

TEAM_MAX = 20
"""People listed with a button each."""


@dataclass(frozen=True, slots=True)
class FoundTicket:
    """A ticket as a supervisor sees it."""

    id: int
    kind: str
    holder: str | None
    buyer: str
    reference: str
    number: int
    """Which of its order's tickets, as it is printed."""
    short_code: str
    status: str
    status_ms: int
    """Since when it is so."""
    zone: str
    scanned_ms: int | None
    gate: str | None
    owner_id: int
    note: str | None
    """Why it is blocked, as whoever did so said."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of a ticket when somebody was asked about it: one answer finds it so again."""

    entries: int
    deeds: int
    """Passages and their undoing, in the journal: an entry undone is not the same as none."""


@dataclass(frozen=True, slots=True)
class UnpaidOrder:
    """An order that nobody has paid: held still, or run out."""

    id: int
    reference: str
    quantity: int
    buyer: str
    payment_id: int | None
    """The payment begun last, which its provider can be asked about."""


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of a team."""

    staff_id: int
    name: str
    role: str
    gate: str | None = None
    """The only gate where they may stand."""
    from_ms: int | None = None
    until_ms: int | None = None


_FOUND = (
    "SELECT t.id, k.name AS kind, t.holder, p.name AS buyer, o.reference, t.number,"
    " t.short_code, t.status, t.status_ms, e.zone, t.scanned_at_ms, g.name AS gate,"
    " t.owner_id, t.status_note"
    " FROM tickets AS t"
    " JOIN kinds AS k ON k.id = t.kind_id JOIN events AS e ON e.id = t.event_id"
    " JOIN orders AS o ON o.id = t.order_id JOIN people AS p ON p.id = t.owner_id"
    " LEFT JOIN gates AS g ON g.id = t.scanned_gate_id"
)


async def search(tx: Tx, event_id: int, sought: str) -> list[FoundTicket]:
    """Find tickets by the beginning of an order's reference, or a part of a name.

    Whoever took a ticket over is also known by the name they signed with.
    """
    escaped = _escaped(sought)
    rows = await tx.rows(
        f"{_FOUND} LEFT JOIN transfers AS taken ON taken.successor_id = t.id"
        " WHERE t.event_id = :event_id AND (LOWER(o.reference) LIKE :begins ESCAPE '\\'"
        " OR LOWER(t.holder) LIKE :part ESCAPE '\\' OR LOWER(p.name) LIKE :part ESCAPE '\\'"
        " OR LOWER(taken.to_name) LIKE :part ESCAPE '\\')"
        " ORDER BY o.reference, t.number, t.id LIMIT :limit",
        event_id=event_id,
        begins=f"{escaped}%",
        part=f"%{escaped}%",
        limit=FOUND_MAX + 1,
    )
    return [_found(row) for row in rows]


async def with_code(tx: Tx, event_id: int, code: str | None, end: str | None) -> list[FoundTicket]:
    """Find the ticket of a whole code, or those whose short code ends so; nobody comes in by it."""
    rows = await tx.rows(
        f"{_FOUND} WHERE t.event_id = :event_id AND (t.code = CAST(:code AS TEXT)"
        " OR t.short_code LIKE CAST(:ends AS TEXT)) ORDER BY o.reference, t.number LIMIT :limit",
        event_id=event_id,
        code=code,
        ends=f"%{end}" if end else None,
        limit=FOUND_MAX + 1,
    )
    return [_found(row) for row in rows]


async def ticket_of(tx: Tx, event_id: int, ticket_id: int) -> FoundTicket | None:
    """Read one ticket of an event."""
    row = await tx.row(
        f"{_FOUND} WHERE t.id = :id AND t.event_id = :event_id", id=ticket_id, event_id=event_id
    )
    return _found(row) if row else None


_SUPERVISOR_ONLY = (
    "EXISTS (SELECT 1 FROM staff AS s WHERE s.id = :staff_id AND s.person_id = :person_id"
    " AND s.event_id = tickets.event_id AND s.revoked_ms IS NULL AND s.role = 'supervisor')"
)


_DEEDS = f"(SELECT COUNT(*) FROM scans WHERE scans.ticket_id = tickets.id AND {DEED})"


async def seen_of(tx: Tx, ticket_id: int) -> Seen:
    """Read what a question about a ticket is asked after."""
    row = await tx.row(
        f"SELECT entries, {_DEEDS} AS deeds FROM tickets WHERE id = :id", id=ticket_id
    )
    return Seen(row["entries"], row["deeds"]) if row else Seen(0, 0)


async def force(tx: Tx, hand: Hand, ticket_id: int, seen: Seen) -> bool:
    """Let a ticket in over every refusal, by a supervisor; one used before keeps its first scan.

    False changes nothing: something was done with the ticket since it was seen.
    """
    row = await tx.row(
        "UPDATE tickets SET scanned_at_ms = COALESCE(scanned_at_ms, :now_ms),"
        " scanned_gate_id = CASE WHEN scanned_at_ms IS NULL THEN :gate_id ELSE scanned_gate_id END,"
        " scanned_staff_id = CASE WHEN scanned_at_ms IS NULL THEN :staff_id"
        "  ELSE scanned_staff_id END, entries = entries + 1, inside = inside + 1"
        f" WHERE id = :id AND entries = :entries AND {_DEEDS} = :deeds AND {_SUPERVISOR_ONLY}"
        " RETURNING id",
        id=ticket_id,
        entries=seen.entries,
        deeds=seen.deeds,
        staff_id=hand.staff_id,
        person_id=hand.person_id,
        gate_id=hand.gate_id,
        now_ms=hand.now_ms,
    )
    return row is not None


async def hold_back(tx: Tx, hand: Hand, ticket_id: int, seen_ms: int, note: str) -> bool:
    """Block a valid ticket for a reason, by a supervisor: no gate lets it in until it is freed."""
    row = await tx.row(
        "UPDATE tickets SET status = 'blocked', status_ms = :now_ms, status_note = :note"
        f" WHERE id = :id AND status = 'valid' AND status_ms = :seen_ms AND {_SUPERVISOR_ONLY}"
        " RETURNING id",
        id=ticket_id,
        seen_ms=seen_ms,
        note=note,
        staff_id=hand.staff_id,
        person_id=hand.person_id,
        now_ms=hand.now_ms,
    )
    return row is not None


async def free(tx: Tx, hand: Hand, ticket_id: int, seen_ms: int) -> bool:
    """Make a ticket valid again that people blocked; what its money waits for is not theirs."""
    row = await tx.row(
        "UPDATE tickets SET status = 'valid', status_ms = :now_ms, status_note = NULL"
        " WHERE id = :id AND status = 'blocked' AND status_note <> 'payment_under_review'"
        f" AND status_ms = :seen_ms AND {_SUPERVISOR_ONLY} RETURNING id",
        id=ticket_id,
        seen_ms=seen_ms,
        staff_id=hand.staff_id,
        person_id=hand.person_id,
        now_ms=hand.now_ms,
    )
    return row is not None


async def unpaid_orders(tx: Tx, event_id: int, sought: str) -> list[UnpaidOrder]:
    """Find orders without tickets, by the beginning of a reference or a part of a name."""
    escaped = _escaped(sought)
    rows = await tx.rows(
        "SELECT o.id, o.reference, o.quantity, o.status, p.name AS buyer,"
        " (SELECT MAX(payments.id) FROM payments WHERE payments.order_id = o.id) AS payment_id"
        " FROM orders AS o JOIN people AS p ON p.id = o.buyer_id"
        " WHERE o.event_id = :event_id AND o.status IN ('held', 'expired')"
        " AND (LOWER(o.reference) LIKE :begins ESCAPE '\\' OR LOWER(p.name) LIKE :part ESCAPE '\\')"
        " ORDER BY o.id DESC LIMIT :limit",
        event_id=event_id,
        begins=f"{escaped}%",
        part=f"%{escaped}%",
        limit=FOUND_MAX,
    )
    return [
        UnpaidOrder(row["id"], row["reference"], row["quantity"], row["buyer"], row["payment_id"])
        for row in rows
    ]


async def unpaid_order(tx: Tx, event_id: int, order_id: int) -> UnpaidOrder | None:
    """Read one order of an event that has no tickets yet."""
    row = await tx.row(
        "SELECT o.id, o.reference, o.quantity, p.name AS buyer,"
        " (SELECT MAX(payments.id) FROM payments WHERE payments.order_id = o.id) AS payment_id"
        " FROM orders AS o JOIN people AS p ON p.id = o.buyer_id"
        " WHERE o.id = :id AND o.event_id = :event_id AND o.status IN ('held', 'expired')",
        id=order_id,
        event_id=event_id,
    )
    if row is None:
        return None
    return UnpaidOrder(
        row["id"], row["reference"], row["quantity"], row["buyer"], row["payment_id"]
    )


async def rest_of_order(tx: Tx, event_id: int, ticket_id: int, limit: int) -> dict[int, str]:
    """Find the other tickets of a ticket's order, of the same owner, that may still come in.

    Each with its code, by rank.
    """
    rows = await tx.rows(
        "SELECT t.id, t.code FROM tickets AS t JOIN tickets AS shown ON shown.order_id = t.order_id"
        " WHERE shown.id = :id AND shown.event_id = :event_id AND t.event_id = :event_id"
        # What was given away of an order comes in with its new owner.
        " AND t.owner_id = shown.owner_id"
        " AND shown.scanned_at_ms IS NOT NULL AND t.id <> shown.id AND t.status = 'valid'"
        " AND t.scanned_at_ms IS NULL ORDER BY t.number LIMIT :limit",
        id=ticket_id,
        event_id=event_id,
        limit=limit,
    )
    return {row["id"]: row["code"] for row in rows}


async def team_of(tx: Tx, event_id: int) -> list[Member]:
    """Read who is in a team now, where and when."""
    rows = await tx.rows(
        "SELECT s.id, s.name, s.role, s.from_ms, s.until_ms, g.name AS gate FROM staff AS s"
        " LEFT JOIN gates AS g ON g.id = s.bound_gate_id"
        " WHERE s.event_id = :event_id AND s.revoked_ms IS NULL"
        " ORDER BY s.name, s.id LIMIT :limit",
        event_id=event_id,
        limit=TEAM_MAX,
    )
    return [
        Member(row["id"], row["name"], row["role"], row["gate"], row["from_ms"], row["until_ms"])
        for row in rows
    ]


def _escaped(sought: str) -> str:
    """Take the meaning off the signs of LIKE."""
    return sought.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_").lower()


def _found(row: Row) -> FoundTicket:
    return FoundTicket(
        id=row["id"],
        kind=row["kind"],
        holder=row["holder"],
        buyer=row["buyer"],
        reference=row["reference"],
        number=row["number"],
        short_code=row["short_code"],
        status=row["status"],
        status_ms=row["status_ms"],
        zone=row["zone"],
        scanned_ms=row["scanned_at_ms"],
        gate=row["gate"],
        owner_id=row["owner_id"],
        note=row["status_note"],
    )

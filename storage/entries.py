"""Entries made without network: uploaded later, kept once, and set in their order of time."""

from dataclasses import dataclass
from datetime import date

from storage.database import Tx
from storage.passages import NOT_UNDONE
from storage.scans import Hand


@dataclass(frozen=True, slots=True)
class EnteredTicket:
    """A ticket that somebody came in with while there was no network."""

    id: int
    event_id: int
    status: str
    kind: str
    holder: str | None
    zone: str
    entry: str
    """How often it opens a gate: once, daily, reentry or party."""


@dataclass(frozen=True, slots=True)
class Passage:
    """One admission of a ticket: when, at which gate, by whom."""

    at_ms: int
    gate_id: int | None
    gate: str
    staff_id: int | None
    staff: str


async def claim_entry(
    tx: Tx, entry_id: str, *, terminal_id: int, at_ms: int, now_ms: int
) -> str | None:
    """Keep an uploaded entry; None the first time, its outcome when it was uploaded before."""
    row = await tx.row(
        "INSERT INTO offline_entries (id, terminal_id, at_ms, outcome, uploaded_ms)"
        " VALUES (:id, :terminal_id, :at_ms, '', :now_ms)"
        " ON CONFLICT (id) DO NOTHING RETURNING id",
        id=entry_id,
        terminal_id=terminal_id,
        at_ms=at_ms,
        now_ms=now_ms,
    )
    if row is not None:
        return None
    known = await tx.row("SELECT outcome FROM offline_entries WHERE id = :id", id=entry_id)
    return "" if known is None else str(known["outcome"])


async def settle_entry(tx: Tx, entry_id: str, outcome: str, ticket_id: int | None) -> None:
    """Keep what became of an entry."""
    await tx.run(
        "UPDATE offline_entries SET outcome = :outcome, ticket_id = :ticket_id WHERE id = :id",
        id=entry_id,
        outcome=outcome,
        ticket_id=ticket_id,
    )


async def entered_ticket(tx: Tx, code: str) -> EnteredTicket | None:
    """Read the ticket of a code, whatever became of it."""
    row = await tx.row(
        "SELECT t.id, t.event_id, t.status, t.holder, t.entry, k.name AS kind, e.zone"
        " FROM tickets AS t"
        " JOIN kinds AS k ON k.id = t.kind_id JOIN events AS e ON e.id = t.event_id"
        " WHERE t.code = :code",
        code=code,
    )
    if row is None:
        return None
    return EnteredTicket(
        row["id"],
        row["event_id"],
        row["status"],
        row["kind"],
        row["holder"],
        row["zone"],
        row["entry"],
    )


async def staff_revoked_ms(tx: Tx, staff_id: int) -> int | None:
    """Read when a place in the team was taken back."""
    row = await tx.row("SELECT revoked_ms FROM staff WHERE id = :id", id=staff_id)
    return None if row is None else row["revoked_ms"]


async def take_free(tx: Tx, ticket_id: int, hand: Hand) -> bool:
    """Mark a ticket as come in at the time it did, if nobody came in with it before."""
    row = await tx.row(
        "UPDATE tickets SET scanned_at_ms = :at_ms, scanned_gate_id = :gate_id,"
        " scanned_staff_id = :staff_id, entries = entries + 1, inside = inside + 1"
        " WHERE id = :id AND scanned_at_ms IS NULL"
        " AND status = 'valid' RETURNING id",
        id=ticket_id,
        at_ms=hand.received_ms,
        gate_id=hand.gate_id,
        staff_id=hand.staff_id,
    )
    return row is not None


# A passage that is told late changes who is inside only if none that came after it is known.
_AGAIN = (
    "UPDATE tickets SET entries = entries + 1,"
    " scanned_gate_id = CASE WHEN scanned_at_ms IS NULL OR scanned_at_ms <= :at_ms"
    "  THEN :gate_id ELSE scanned_gate_id END,"
    " scanned_staff_id = CASE WHEN scanned_at_ms IS NULL OR scanned_at_ms <= :at_ms"
    "  THEN :staff_id ELSE scanned_staff_id END,"
    " scanned_at_ms = CASE WHEN scanned_at_ms IS NULL OR scanned_at_ms <= :at_ms"
    "  THEN :at_ms ELSE scanned_at_ms END,"
    " inside = CASE WHEN entry = 'reentry' AND passed_ms > :at_ms THEN inside"
    "  WHEN entry = 'reentry' THEN 1 ELSE inside + 1 END,"
    " entered_day = CASE WHEN entered_day IS NULL OR entered_day < CAST(:day AS TEXT)"
    "  THEN CAST(:day AS TEXT) ELSE entered_day END,"
    " passed_ms = CASE WHEN passed_ms IS NULL OR passed_ms <= :at_ms THEN :at_ms ELSE passed_ms END"
    " WHERE id = :id AND status = 'valid' AND CASE entry"
    "  WHEN 'reentry' THEN inside = 0 OR passed_ms > :at_ms"
    "  WHEN 'party' THEN entries < party_size"
    "  ELSE NOT EXISTS (SELECT 1 FROM scans WHERE scans.ticket_id = :id"
    f"   AND scans.verdict = 'admitted' AND {NOT_UNDONE} AND scans.received_ms >= :from_ms"
    "   AND scans.received_ms < :until_ms) END RETURNING id"
)


async def take_again(
    tx: Tx, ticket_id: int, hand: Hand, *, day: date, from_ms: int, until_ms: int
) -> bool:
    """Mark an entry of a ticket for several, at the time it was, if its rule allows one more.

    `day` is the event's day of the entry, from `from_ms` until `until_ms`: a daily pass opens once
    in it, whenever each terminal tells.
    """
    row = await tx.row(
        _AGAIN,
        id=ticket_id,
        at_ms=hand.received_ms,
        gate_id=hand.gate_id,
        staff_id=hand.staff_id,
        day=day.isoformat(),
        from_ms=from_ms,
        until_ms=until_ms,
    )
    return row is not None


async def take_out(tx: Tx, ticket_id: int, hand: Hand) -> bool:
    """Mark that somebody left, at the time they did; false if nobody was known to be inside."""
    row = await tx.row(
        "UPDATE tickets SET inside = inside - 1, passed_ms = :at_ms,"
        " passed_gate_id = :gate_id, passed_staff_id = :staff_id WHERE id = :id AND inside > 0"
        " AND (passed_ms IS NULL OR passed_ms <= :at_ms) RETURNING id",
        id=ticket_id,
        at_ms=hand.received_ms,
        gate_id=hand.gate_id,
        staff_id=hand.staff_id,
    )
    return row is not None


async def count_crowd(tx: Tx, event_id: int, by: int) -> None:
    """Count somebody in or out after the fact, where people are counted: they are in or out."""
    await tx.run(
        "UPDATE occupancy SET inside = CASE WHEN inside + :by > 0 THEN inside + :by ELSE 0 END"
        " WHERE event_id = :event_id",
        event_id=event_id,
        by=by,
    )


async def gate_of(tx: Tx, gate_id: int, event_id: int) -> str | None:
    """Read which way a gate of an event leads; None if it has no such gate."""
    row = await tx.row(
        "SELECT direction FROM gates WHERE id = :id AND event_id = :event_id",
        id=gate_id,
        event_id=event_id,
    )
    return None if row is None else str(row["direction"])


async def take_earlier(tx: Tx, ticket_id: int, hand: Hand) -> bool:
    """Take a ticket from a later admission: the first by time keeps it."""
    row = await tx.row(
        "UPDATE tickets SET scanned_at_ms = :at_ms, scanned_gate_id = :gate_id,"
        " scanned_staff_id = :staff_id WHERE id = :id AND scanned_at_ms > :at_ms RETURNING id",
        id=ticket_id,
        at_ms=hand.received_ms,
        gate_id=hand.gate_id,
        staff_id=hand.staff_id,
    )
    return row is not None


async def admission(tx: Tx, ticket_id: int) -> Passage | None:
    """Read the admission that a ticket has now; None if it has none."""
    row = await tx.row(
        "SELECT t.scanned_at_ms, t.scanned_gate_id, t.scanned_staff_id, g.name AS gate,"
        " s.name AS staff FROM tickets AS t"
        " LEFT JOIN gates AS g ON g.id = t.scanned_gate_id"
        " LEFT JOIN staff AS s ON s.id = t.scanned_staff_id"
        " WHERE t.id = :id AND t.scanned_at_ms IS NOT NULL",
        id=ticket_id,
    )
    if row is None:
        return None
    return Passage(
        row["scanned_at_ms"],
        row["scanned_gate_id"],
        row["gate"] or "–",
        row["scanned_staff_id"],
        row["staff"] or "–",
    )


async def passage_of(tx: Tx, hand: Hand) -> Passage:
    """Name the gate and the staff of a hand."""
    row = await tx.row(
        "SELECT (SELECT name FROM gates WHERE id = :gate_id) AS gate,"
        " (SELECT name FROM staff WHERE id = :staff_id) AS staff",
        gate_id=hand.gate_id,
        staff_id=hand.staff_id,
    )
    gate, who = (row["gate"], row["staff"]) if row else (None, None)
    return Passage(hand.received_ms, hand.gate_id, gate or "–", hand.staff_id, who or "–")

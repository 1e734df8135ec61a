"""What a terminal takes with it for the time without network: the tickets of its event."""

from collections.abc import Sequence
from dataclasses import dataclass

from storage.database import Row, Tx

CHUNK = 2_000
"""Tickets read at once: a read never holds its connection for long."""


@dataclass(frozen=True, slots=True)
class PackKind:
    """A kind of the event."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class PackGate:
    """A gate of the event, and the kinds it admits: none listed means every kind."""

    id: int
    name: str
    status: str
    opens_ms: int | None
    closes_ms: int | None
    kind_ids: tuple[int, ...]
    direction: str


@dataclass(frozen=True, slots=True)
class PackTicket:
    """A ticket as a copy needs it; the holder only where the name must be compared."""

    id: int
    code: str
    kind_id: int
    status: str
    nominative: bool
    holder: str | None
    valid_from_ms: int
    valid_until_ms: int
    scanned_at_ms: int | None
    """The last entry; the day it was on is the day a daily pass was used."""
    scanned_gate_id: int | None
    birth_date: str | None
    entry: str
    party_size: int
    entries: int
    is_inside: bool


async def kinds_and_gates(tx: Tx, event_id: int) -> tuple[list[PackKind], list[PackGate]]:
    """Read the kinds and the gates of an event."""
    kinds = await tx.rows(
        "SELECT id, name FROM kinds WHERE event_id = :event_id ORDER BY position, id",
        event_id=event_id,
    )
    gates = await tx.rows(
        "SELECT id, name, status, opens_ms, closes_ms, direction FROM gates"
        " WHERE event_id = :event_id ORDER BY name, id",
        event_id=event_id,
    )
    listed = await tx.rows(
        "SELECT gate_kinds.gate_id, gate_kinds.kind_id FROM gate_kinds"
        " JOIN gates ON gates.id = gate_kinds.gate_id WHERE gates.event_id = :event_id",
        event_id=event_id,
    )
    return (
        [PackKind(row["id"], row["name"]) for row in kinds],
        [_gate(row, listed) for row in gates],
    )


async def occupancy(tx: Tx, event_id: int) -> tuple[int, int] | None:
    """Read how many are inside and may be, where that is counted."""
    row = await tx.row(
        "SELECT inside, inside_max FROM occupancy WHERE event_id = :event_id", event_id=event_id
    )
    return None if row is None else (row["inside"], row["inside_max"])


async def tickets_after(tx: Tx, event_id: int, after_id: int) -> list[PackTicket]:
    """Read the next tickets of an event, in the order of their ids."""
    rows = await tx.rows(
        "SELECT id, code, kind_id, status, status_note, naming, holder, valid_from_ms,"
        " valid_until_ms, scanned_at_ms, scanned_gate_id, birth_date, entry, party_size,"
        " entries, inside FROM tickets"
        " WHERE event_id = :event_id AND id > :after_id ORDER BY id LIMIT :limit",
        event_id=event_id,
        after_id=after_id,
        limit=CHUNK,
    )
    return [_ticket(row) for row in rows]


def _gate(row: Row, listed: Sequence[Row]) -> PackGate:
    kind_ids = tuple(one["kind_id"] for one in listed if one["gate_id"] == row["id"])
    return PackGate(
        row["id"],
        row["name"],
        row["status"],
        row["opens_ms"],
        row["closes_ms"],
        kind_ids,
        row["direction"],
    )


def _ticket(row: Row) -> PackTicket:
    nominative = row["naming"] == "nominative"
    return PackTicket(
        id=row["id"],
        code=row["code"],
        kind_id=row["kind_id"],
        status="under_review" if _is_under_review(row) else row["status"],
        nominative=nominative,
        holder=row["holder"] if nominative else None,
        valid_from_ms=row["valid_from_ms"],
        valid_until_ms=row["valid_until_ms"],
        scanned_at_ms=row["scanned_at_ms"],
        scanned_gate_id=row["scanned_gate_id"],
        birth_date=row["birth_date"],
        entry=row["entry"],
        party_size=row["party_size"],
        entries=row["entries"],
        is_inside=row["inside"] > 0,
    )


def _is_under_review(row: Row) -> bool:
    return bool(row["status"] == "blocked" and row["status_note"] == "payment_under_review")

"""The facts of a scan: everything the judge may look at, read and never changed."""

from dataclasses import dataclass, replace
from datetime import date
from zoneinfo import ZoneInfo

from boxoffice.codes import Mode
from boxoffice.rules import age_day, event_day, latest_birth_date
from boxoffice.scan_facts import (
    NOTHING_SEEN,
    Direction,
    Entry,
    EventState,
    Reading,
    ScanFacts,
    TicketState,
)
from boxoffice.seating import place_name
from storage.database import Row, Tx
from storage.scans import (
    ADMITS_KIND,
    NO_PAPER,
    SOUGHT,
    Hand,
    Known,
    Paper,
    Sought,
    Story,
    sought_values,
)

GATES_NAMED_MAX = 3
"""As many right gates as a person at a wrong one can remember."""


@dataclass(frozen=True, slots=True)
class Door:
    """The staff and the gate of a hand, as far as they exist."""

    event_id: int | None
    zone: str
    gate_name: str
    staff_allowed: bool
    gate_open: bool
    direction: Direction = Direction.IN
    supervises: bool = False
    shift: tuple[int, int] | None = None
    """The hours of this person, where they are of the team and it is not their time."""


_DOOR = (
    "SELECT s.event_id, s.role, s.revoked_ms, s.from_ms, s.until_ms, s.bound_gate_id,"
    " e.zone, g.id AS gate_id, g.name AS gate_name, g.status AS gate_status,"
    " g.opens_ms, g.closes_ms, g.direction"
    " FROM staff AS s JOIN events AS e ON e.id = s.event_id"
    " LEFT JOIN gates AS g ON g.id = :gate_id AND g.event_id = s.event_id"
    " WHERE s.id = :staff_id AND s.person_id = :person_id"
)

_TICKET = (
    "SELECT t.id, t.event_id, t.kind_id, t.mode, t.holder, t.naming, t.status, t.status_ms,"
    " t.status_note,"
    " t.valid_from_ms, t.valid_until_ms, t.scanned_at_ms, t.scanned_gate_id, t.scanned_staff_id,"
    " t.birth_date, t.entry, t.party_size, t.entries, t.inside, t.entered_day,"
    " t.passed_ms, t.passed_gate_id, t.passed_staff_id, p.row_name, p.number AS seat_number,"
    " o.inside AS occupancy, o.inside_max,"
    " k.name AS kind, e.title, e.zone, e.status AS event_status, e.age_min, e.starts_ms,"
    " (SELECT gates.name FROM gates WHERE gates.id = t.scanned_gate_id) AS scanned_gate,"
    " (SELECT staff.role FROM staff WHERE staff.id = t.scanned_staff_id) AS scanned_role,"
    " (SELECT COUNT(*) FROM staff AS known WHERE known.event_id = t.event_id"
    "  AND known.person_id = :person_id AND known.revoked_ms IS NULL) AS event_known,"
    f" CASE WHEN {ADMITS_KIND} THEN 1 ELSE 0 END AS gate_admits"
    " FROM tickets AS t JOIN kinds AS k ON k.id = t.kind_id JOIN events AS e ON e.id = t.event_id"
    " LEFT JOIN places AS p ON p.id = t.place_id"
    " LEFT JOIN occupancy AS o ON o.event_id = t.event_id"
    " WHERE {sought}"
)
_TICKET_BY = {sought: _TICKET.replace("{sought}", where) for sought, where in SOUGHT.items()}

_EVENT_STATES = {
    "published": EventState.ON,
    "cancelled": EventState.CANCELLED,
    "postponed": EventState.POSTPONED,
    "draft": EventState.POSTPONED,  # taken back by its organiser: nobody comes in for now
}


async def door(tx: Tx, hand: Hand) -> Door:
    """Read who scans and where, without looking at any ticket."""
    row = None
    if hand.staff_id is not None:
        row = await tx.row(
            _DOOR, staff_id=hand.staff_id, gate_id=hand.gate_id, person_id=hand.person_id
        )
    if row is None:
        return Door(None, "UTC", "", staff_allowed=False, gate_open=False)
    on_duty = row["revoked_ms"] is None and _holds(row["from_ms"], row["until_ms"], hand.now_ms)
    here = row["bound_gate_id"] in {None, row["gate_id"]}
    opened = row["gate_status"] == "open" and _holds(row["opens_ms"], row["closes_ms"], hand.now_ms)
    return Door(
        row["event_id"],
        row["zone"],
        row["gate_name"] or "",
        staff_allowed=on_duty and here,
        gate_open=opened,
        direction=Direction(row["direction"] or "in"),
        supervises=row["role"] == "supervisor",
        shift=_missed_shift(row, hand.now_ms),
    )


def _missed_shift(row: Row, now_ms: int) -> tuple[int, int] | None:
    from_ms, until_ms = row["from_ms"], row["until_ms"]
    if row["revoked_ms"] is not None or from_ms is None or until_ms is None:
        return None
    return None if _holds(from_ms, until_ms, now_ms) else (from_ms, until_ms)


def facts_without_ticket(at: Door, hand: Hand, reading: Reading) -> ScanFacts:
    """Gather what the judge may know when no ticket was looked for, or none was found."""
    return replace(_at_the_door(at, hand, ZoneInfo(at.zone)), reading=reading)


def _at_the_door(at: Door, hand: Hand, zone: ZoneInfo) -> ScanFacts:
    """Gather who asks, where and when; the day is that of the event's place."""
    return replace(
        NOTHING_SEEN,
        staff_allowed=at.staff_allowed,
        gate_open=at.gate_open,
        direction=at.direction,
        now_ms=hand.now_ms,
        today=event_day(hand.now_ms, zone),
    )


async def look(
    tx: Tx, at: Door, hand: Hand, sought: Sought, *, mode: Mode, paper: Paper = NO_PAPER
) -> tuple[ScanFacts, Story | None]:
    """Read everything the judge may look at, and what the answer may tell; changes nothing."""
    row = await tx.row(
        _TICKET_BY[type(sought)],
        **sought_values(sought, hand) | {"gate_id": hand.gate_id, "person_id": hand.person_id},
    )
    if row is None:
        return facts_without_ticket(at, hand, Reading.AUTHENTIC), None
    zone = ZoneInfo(row["zone"])
    entry = Entry(row["entry"])
    at_the_door = _at_the_door(at, hand, zone)
    today = at_the_door.today
    same_hand = (row["passed_staff_id"], row["passed_gate_id"]) == (hand.staff_id, hand.gate_id)
    # A ticket for one entry is used by being scanned, whatever was counted.
    used = int(row["scanned_at_ms"] is not None)
    facts = replace(
        at_the_door,
        reading=Reading.AUTHENTIC,
        ticket=_ticket_state(row),
        mode_is_ours=row["mode"] == mode.value,
        event_is_ours=row["event_id"] == at.event_id,
        event=_EVENT_STATES[row["event_status"]],
        valid_from_ms=row["valid_from_ms"],
        valid_until_ms=row["valid_until_ms"],
        first_day=event_day(row["valid_from_ms"], zone),
        last_day=event_day(row["valid_until_ms"] - 1, zone),
        gate_admits_kind=row["gate_admits"] == 1,
        age_min=row["age_min"],
        birth_date=date.fromisoformat(row["birth_date"]) if row["birth_date"] else None,
        event_day=age_day(row["starts_ms"], row["valid_from_ms"], zone),
        nominative=row["naming"] == "nominative",
        id_check=paper.id_check,
        id_asked_ms=paper.asked_ms,
        entry=entry,
        party_size=row["party_size"],
        entries=used if entry is Entry.ONCE else row["entries"],
        entries_today=int(row["entered_day"] == today.isoformat()),
        inside=row["inside"] > 0,
        same_hand_ms=row["passed_ms"] if same_hand else None,
        occupancy=row["occupancy"] or 0,
        occupancy_max=row["inside_max"],
    )
    return facts, await _story(tx, row, facts, at)


async def _story(tx: Tx, row: Row, facts: ScanFacts, at: Door) -> Story:
    gates: tuple[str, ...] = ()
    if facts.event_is_ours and not facts.gate_admits_kind:
        gates = await _right_gates(tx, row["event_id"], row["kind_id"])
    return Story(
        ticket_id=row["id"],
        event_id=row["event_id"],
        kind=row["kind"],
        holder=row["holder"],
        zone=row["zone"],
        event_title=row["title"] if facts.event_is_ours or row["event_known"] else None,
        valid_from_ms=row["valid_from_ms"],
        valid_until_ms=row["valid_until_ms"],
        status_ms=row["status_ms"],
        scanned_ms=row["scanned_at_ms"],
        passed_ms=row["passed_ms"],
        scanned_gate=row["scanned_gate"],
        scanned_role=row["scanned_role"],
        gates=gates,
        entry=row["entry"],
        entries=row["entries"],
        party_size=row["party_size"],
        place=None if row["row_name"] is None else place_name(row["row_name"], row["seat_number"]),
        note=row["status_note"] if at.supervises and facts.ticket is TicketState.BLOCKED else None,
    )


def known_by(facts: ScanFacts) -> Known:
    """Return what the statement cannot find out by itself, from facts that were read."""
    born_by = latest_birth_date(facts.age_min, facts.event_day) if facts.birth_date else None
    going_in = facts.direction is Direction.IN
    counted = going_in and facts.occupancy_max is not None and facts.event_is_ours
    return Known(today=facts.today, born_by=born_by, counted=counted)


async def _right_gates(tx: Tx, event_id: int, kind_id: int) -> tuple[str, ...]:
    rows = await tx.rows(
        "SELECT g.name FROM gates AS g WHERE g.event_id = :event_id AND g.status = 'open'"
        " AND (NOT EXISTS (SELECT 1 FROM gate_kinds AS listed WHERE listed.gate_id = g.id)"
        "  OR EXISTS (SELECT 1 FROM gate_kinds AS own"
        "   WHERE own.gate_id = g.id AND own.kind_id = :kind_id))"
        " ORDER BY g.name LIMIT :limit",
        event_id=event_id,
        kind_id=kind_id,
        limit=GATES_NAMED_MAX,
    )
    return tuple(row["name"] for row in rows)


def _holds(from_ms: int | None, until_ms: int | None, now_ms: int) -> bool:
    """Tell whether a moment lies in hours that may be open at either end."""
    return (from_ms is None or from_ms <= now_ms) and (until_ms is None or now_ms < until_ms)


def _ticket_state(row: Row) -> TicketState:
    """What became of a ticket; one that waits for its money's review is blocked for that alone."""
    if row["status"] == "blocked" and row["status_note"] == "payment_under_review":
        return TicketState.UNDER_REVIEW
    return TicketState(row["status"])

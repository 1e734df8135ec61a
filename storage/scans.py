"""Scans: one conditional statement lets a ticket in, and the journal keeps every judgement.

`admit` is the only thing here that uses a ticket. Its WHERE says every condition of the green path
at once, so that two gates can never both say yes. `storage/scan_facts.py` reads the same conditions
as facts for the judge, and a test holds the two to the same answer.
"""

from dataclasses import dataclass

from boxoffice.admission import IdCheck, Verdict, paper_holds
from boxoffice.codes import Mode
from boxoffice.rules import MINUTE_MS
from storage.database import Tx, Value
from storage.ids import new_id

TYPING_FAILURES_MAX = 10
"""Ten unknown codes in ten minutes is not a tired hand; 35 random bits need no more."""

TYPING_WINDOW_MS = 10 * MINUTE_MS


@dataclass(frozen=True, slots=True)
class Hand:
    """Who scans, where and when. Without a place in a team, `staff_id` and `gate_id` are None."""

    person_id: int
    staff_id: int | None
    gate_id: int | None
    channel: str
    received_ms: int
    now_ms: int


@dataclass(frozen=True, slots=True)
class ByCode:
    """A ticket sought by the code in its QR, authentic and in canonical spelling."""

    code: str


@dataclass(frozen=True, slots=True)
class ByShortCode:
    """A ticket sought by its typed code: only among those of the staff's own event."""

    code: str


@dataclass(frozen=True, slots=True)
class ById:
    """A ticket sought by its id, from a button of ours."""

    ticket_id: int


Sought = ByCode | ByShortCode | ById


@dataclass(frozen=True, slots=True)
class Paper:
    """What staff said of the holder's identity paper, and when they were asked."""

    id_check: IdCheck
    asked_ms: int | None


NO_PAPER = Paper(IdCheck.NOT_YET, None)


@dataclass(frozen=True, slots=True)
class Story:
    """What the answer may tell of a ticket; times are _ms since 1970 UTC."""

    ticket_id: int
    kind: str
    holder: str | None
    zone: str
    event_title: str | None = None
    """The ticket's event, where this person may know it."""
    valid_from_ms: int = 0
    valid_until_ms: int = 0
    status_ms: int = 0
    scanned_ms: int | None = None
    scanned_gate: str | None = None
    scanned_role: str | None = None
    gates: tuple[str, ...] = ()
    """Gates that admit this kind, when this one does not."""


# ---- The statement -------------------------------------------------------------------------------

SOUGHT: dict[type[Sought], str] = {
    ByCode: "t.code = :sought",
    ByShortCode: "t.short_code = :sought"
    " AND t.event_id = (SELECT mine.event_id FROM staff AS mine WHERE mine.id = :staff_id)",
    ById: "t.id = :sought",
}

ADMITS_KIND = (
    "(NOT EXISTS (SELECT 1 FROM gate_kinds AS listed WHERE listed.gate_id = :gate_id)"
    " OR EXISTS (SELECT 1 FROM gate_kinds AS own WHERE own.gate_id = :gate_id"
    "  AND own.kind_id = t.kind_id))"
)

_ADMIT = (
    "UPDATE tickets AS t SET scanned_at_ms = :now_ms, scanned_gate_id = :gate_id,"
    " scanned_staff_id = :staff_id"
    " WHERE {sought}"
    " AND t.status = 'valid' AND t.scanned_at_ms IS NULL AND t.mode = :mode"
    " AND t.valid_from_ms <= :now_ms AND :now_ms < t.valid_until_ms"
    " AND (t.naming = 'transferable' OR CAST(:id_seen AS BIGINT) = 1)"
    " AND EXISTS (SELECT 1 FROM staff AS s"
    "  JOIN events AS e ON e.id = s.event_id"
    "  JOIN gates AS g ON g.event_id = s.event_id"
    "  WHERE s.id = :staff_id AND s.person_id = :person_id AND s.event_id = t.event_id"
    "  AND s.revoked_ms IS NULL"
    "  AND (s.from_ms IS NULL OR s.from_ms <= :now_ms)"
    "  AND (s.until_ms IS NULL OR :now_ms < s.until_ms)"
    "  AND (s.bound_gate_id IS NULL OR s.bound_gate_id = g.id)"
    "  AND g.id = :gate_id AND g.status = 'open'"
    "  AND (g.opens_ms IS NULL OR g.opens_ms <= :now_ms)"
    "  AND (g.closes_ms IS NULL OR :now_ms < g.closes_ms)"
    "  AND e.status = 'published')"
    f" AND {ADMITS_KIND}"
    " RETURNING id, holder,"
    " (SELECT kinds.name FROM kinds WHERE kinds.id = kind_id) AS kind,"
    " (SELECT events.zone FROM events WHERE events.id = event_id) AS zone"
)
_ADMIT_BY = {sought: _ADMIT.replace("{sought}", where) for sought, where in SOUGHT.items()}


async def admit(
    tx: Tx, hand: Hand, sought: Sought, *, mode: Mode, paper: Paper = NO_PAPER
) -> Story | None:
    """Let a ticket in, if every condition holds at this very moment; None changes nothing."""
    if hand.staff_id is None or hand.gate_id is None:
        return None
    row = await tx.row(
        _ADMIT_BY[type(sought)],
        **sought_values(sought, hand)
        | {
            "staff_id": hand.staff_id,
            "gate_id": hand.gate_id,
            "person_id": hand.person_id,
            "mode": mode.value,
            "id_seen": int(paper_holds(paper.id_check, paper.asked_ms, hand.now_ms)),
            "now_ms": hand.now_ms,
        },
    )
    if row is None:
        return None
    return Story(row["id"], row["kind"], row["holder"], row["zone"])


# ---- The journal ---------------------------------------------------------------------------------


async def journal(
    tx: Tx,
    hand: Hand,
    verdict: Verdict,
    *,
    raw_hash: str,
    typed: bool,
    event_id: int | None = None,
    ticket_id: int | None = None,
    note: str | None = None,
) -> None:
    """Keep a judgement for ever: refusals too, and never the code itself.

    Without an `event_id`, the event is that of the staff.
    """
    await tx.run(
        "INSERT INTO scans (id, event_id, gate_id, staff_id, person_id, ticket_id, raw_hash,"
        " channel, typed, verdict, received_ms, judged_ms, note) VALUES (:id,"
        " COALESCE(CAST(:event_id AS BIGINT),"
        "  (SELECT staff.event_id FROM staff WHERE staff.id = :staff_id)),"
        " :gate_id, :staff_id, :person_id, :ticket_id, :raw_hash, :channel, :typed, :verdict,"
        " :received_ms, :now_ms, :note)",
        id=new_id(hand.now_ms),
        event_id=event_id,
        gate_id=hand.gate_id,
        staff_id=hand.staff_id,
        person_id=hand.person_id,
        ticket_id=ticket_id,
        raw_hash=raw_hash,
        channel=hand.channel,
        typed=int(typed),
        verdict=verdict.value,
        received_ms=hand.received_ms,
        now_ms=hand.now_ms,
        note=note,
    )


async def was_judged(tx: Tx, event_id: int, raw_hash: str, verdict: Verdict) -> bool:
    """Tell whether this very text got this verdict before, at this event: one alarm is enough."""
    row = await tx.row(
        "SELECT 1 AS found FROM scans WHERE event_id = :event_id AND raw_hash = :raw_hash"
        " AND verdict = :verdict LIMIT 1",
        event_id=event_id,
        raw_hash=raw_hash,
        verdict=verdict.value,
    )
    return row is not None


# ---- Typed codes ---------------------------------------------------------------------------------


async def typing_paused_until_ms(tx: Tx, person_id: int, now_ms: int) -> int | None:
    """Read until when a person must wait before typing codes again; None means go on."""
    row = await tx.row(
        "SELECT since_ms FROM typing_failures WHERE person_id = :person_id"
        " AND failures >= :failures_max AND since_ms > :since_ms",
        person_id=person_id,
        failures_max=TYPING_FAILURES_MAX,
        since_ms=now_ms - TYPING_WINDOW_MS,
    )
    return None if row is None else int(row["since_ms"]) + TYPING_WINDOW_MS


async def count_typing_failure(tx: Tx, person_id: int, now_ms: int) -> None:
    """Count a well-formed code that names no ticket; the count starts again after its window."""
    await tx.run(
        "INSERT INTO typing_failures (person_id, failures, since_ms)"
        " VALUES (:person_id, 1, :now_ms) ON CONFLICT (person_id) DO UPDATE SET"
        " failures = CASE WHEN typing_failures.since_ms > :expired_ms"
        "  THEN typing_failures.failures + 1 ELSE 1 END,"
        " since_ms = CASE WHEN typing_failures.since_ms > :expired_ms"
        "  THEN typing_failures.since_ms ELSE excluded.since_ms END",
        person_id=person_id,
        now_ms=now_ms,
        expired_ms=now_ms - TYPING_WINDOW_MS,
    )


async def forgive_typing(tx: Tx, person_id: int) -> None:
    """Forget a person's wrong codes: a right one came."""
    await tx.run("DELETE FROM typing_failures WHERE person_id = :person_id", person_id=person_id)


def sought_values(sought: Sought, hand: Hand) -> dict[str, Value]:
    """Return what a statement that seeks a ticket binds for it."""
    match sought:
        case ByCode(code):
            return {"sought": code}
        case ByShortCode(code):
            return {"sought": code, "staff_id": hand.staff_id}
        case ById(ticket_id):
            return {"sought": ticket_id}

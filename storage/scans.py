"""Scans: one conditional statement lets a ticket in, and the journal keeps every judgement.

`admit` is the only thing here that uses a ticket. Its WHERE says every condition of the green path
at once, so that two gates can never both say yes. `storage/scan_facts.py` reads the same conditions
as facts for the judge, and a test holds the two to the same answer.
"""

from datetime import date

from boxoffice.admission import REPLAY_MS, paper_holds
from boxoffice.codes import Mode
from boxoffice.scan_facts import IdCheck
from boxoffice.seating import place_name
from boxoffice.values import value
from boxoffice.verdicts import Verdict
from storage.database import Tx, Value
from storage.ids import new_id


@value
class Hand:
    """Who scans, where and when. Without a place in a team, `staff_id` and `gate_id` are None."""

    person_id: int
    staff_id: int | None
    gate_id: int | None
    channel: str
    received_ms: int
    now_ms: int
    answer_id: int | None = None
    """What several codes of one answer share: they are taken back together."""


@value
class ByCode:
    """A ticket sought by the code in its QR, authentic and in canonical spelling."""

    code: str


@value
class ByShortCode:
    """A ticket sought by its typed code: only among those of the staff's own event."""

    code: str


@value
class ById:
    """A ticket sought by its id, from a button of ours."""

    ticket_id: int


Sought = ByCode | ByShortCode | ById


@value
class Paper:
    """What staff said of the holder's identity paper, and when they were asked."""

    id_check: IdCheck
    asked_ms: int | None


NO_PAPER = Paper(IdCheck.NOT_YET, None)


@value
class Together:
    """Several persons of one party let in at once, after so many entries were seen.

    The button says what it was shown after: pressed twice, the second press finds another number
    and changes nothing; so it needs no pause between the first person and the others.
    """

    persons: int
    after_entries: int


@value
class Known:
    """What only a read could tell of a ticket before the statement that lets it in."""

    today: date | None = None
    """The event's day that this moment belongs to, at its place."""
    born_by: date | None = None
    """The birth date of the youngest who are old enough on the event's date."""
    counted: bool = False
    """People inside are counted and limited."""


NOTHING_KNOWN = Known()


@value
class Story:
    """What the answer may tell of a ticket; times are _ms since 1970 UTC."""

    ticket_id: int
    event_id: int
    kind: str
    holder: str | None
    zone: str
    event_title: str | None = None
    """The ticket's event, where this person may know it."""
    valid_from_ms: int = 0
    valid_until_ms: int = 0
    status_ms: int = 0
    scanned_ms: int | None = None
    passed_ms: int | None = None
    """The last passage, in or out."""
    scanned_gate: str | None = None
    scanned_role: str | None = None
    gates: tuple[str, ...] = ()
    """Gates that admit this kind, when this one does not."""
    entry: str = "once"
    entries: int = 0
    """Entries so far, this one included."""
    party_size: int = 1
    is_out: bool = False
    place: str | None = None
    """The numbered seat."""
    note: str | None = None
    """Why it is blocked, for supervisors alone."""


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

# Who scans where, while both may: looked up once, for everything that depends on it.
_DOOR = (
    "(SELECT s.event_id AS here, CASE g.direction WHEN 'out' THEN 1 ELSE 0 END AS leads_out"
    "  FROM staff AS s JOIN events AS e ON e.id = s.event_id JOIN gates AS g"
    "   ON g.event_id = s.event_id"
    "  WHERE s.id = :staff_id AND s.person_id = :person_id AND s.revoked_ms IS NULL"
    "  AND (s.from_ms IS NULL OR s.from_ms <= :now_ms)"
    "  AND (s.until_ms IS NULL OR :now_ms < s.until_ms)"
    "  AND (s.bound_gate_id IS NULL OR s.bound_gate_id = g.id)"
    "  AND g.id = :gate_id AND g.status = 'open'"
    "  AND (g.opens_ms IS NULL OR g.opens_ms <= :now_ms)"
    "  AND (g.closes_ms IS NULL OR :now_ms < g.closes_ms)"
    "  AND e.status = 'published') AS door"
)

# Which way the gate leads decides what is asked of the ticket, and what becomes of it.
_OUT = "door.leads_out = 1"

_NOT_REPLAYED = (
    "(CAST(:after AS BIGINT) IS NOT NULL OR t.passed_ms IS NULL"
    " OR t.passed_gate_id <> :gate_id OR t.passed_staff_id <> :staff_id"
    f" OR :now_ms - t.passed_ms > {REPLAY_MS} OR :now_ms < t.passed_ms)"
)

_MAY_ENTER = (
    "t.valid_from_ms <= :now_ms AND :now_ms < t.valid_until_ms"
    " AND (t.naming = 'transferable' OR CAST(:id_seen AS BIGINT) = 1)"
    " AND (t.birth_date IS NULL OR t.birth_date <= CAST(:born_by AS TEXT))"
    # Where the house is counted, the counter was raised before this statement.
    " AND (CAST(:counted AS BIGINT) = 1 OR NOT EXISTS"
    "  (SELECT 1 FROM occupancy WHERE occupancy.event_id = t.event_id))"
    " AND CASE t.entry"
    "  WHEN 'once' THEN t.scanned_at_ms IS NULL"
    "  WHEN 'reentry' THEN t.inside = 0"
    "  WHEN 'daily' THEN CAST(:today AS TEXT) IS NOT NULL"
    "   AND (t.entered_day IS NULL OR t.entered_day <> CAST(:today AS TEXT))"
    "  ELSE t.entries + CAST(:persons AS BIGINT) <= t.party_size"
    "   AND (CAST(:after AS BIGINT) IS NULL OR t.entries = CAST(:after AS BIGINT)) END"
    " AND (CAST(:persons AS BIGINT) = 1 OR t.entry = 'party')"
)

_ADMIT = (
    f"UPDATE tickets AS t SET"
    f" scanned_at_ms = CASE WHEN {_OUT} THEN t.scanned_at_ms ELSE :now_ms END,"
    f" scanned_gate_id = CASE WHEN {_OUT} THEN t.scanned_gate_id ELSE :gate_id END,"
    f" scanned_staff_id = CASE WHEN {_OUT} THEN t.scanned_staff_id ELSE :staff_id END,"
    f" entries = t.entries + CASE WHEN {_OUT} THEN 0 ELSE CAST(:persons AS BIGINT) END,"
    f" inside = t.inside + CASE WHEN {_OUT} THEN -1 ELSE CAST(:persons AS BIGINT) END,"
    f" entered_day = CASE WHEN {_OUT} THEN t.entered_day ELSE CAST(:today AS TEXT) END,"
    " passed_ms = :now_ms, passed_gate_id = :gate_id, passed_staff_id = :staff_id"
    f" FROM {_DOOR}"
    " WHERE {sought} AND t.event_id = door.here"
    " AND t.status = 'valid' AND t.mode = :mode"
    f" AND {_NOT_REPLAYED}"
    f" AND CASE WHEN {_OUT} THEN t.inside > 0 ELSE ({_MAY_ENTER}) END"
    f" AND {ADMITS_KIND}"
    # SQLite lets RETURNING name the updated table alone (sqlite.org/lang_returning.html).
    " RETURNING id, event_id, holder, entry, entries, party_size,"
    " (SELECT CASE gates.direction WHEN 'out' THEN 1 ELSE 0 END FROM gates"
    "  WHERE gates.id = :gate_id) AS is_out,"
    " (SELECT kinds.name FROM kinds WHERE kinds.id = kind_id) AS kind,"
    " (SELECT events.zone FROM events WHERE events.id = event_id) AS zone,"
    " (SELECT places.row_name FROM places WHERE places.id = place_id) AS row_name,"
    " (SELECT places.number FROM places WHERE places.id = place_id) AS seat_number"
)
_ADMIT_BY = {sought: _ADMIT.replace("{sought}", where) for sought, where in SOUGHT.items()}


async def admit(
    tx: Tx,
    hand: Hand,
    sought: Sought,
    *,
    mode: Mode,
    paper: Paper = NO_PAPER,
    known: Known = NOTHING_KNOWN,
    together: Together | None = None,
) -> Story | None:
    """Let a ticket pass, if every condition holds at this very moment; None changes nothing.

    A pass of one entry a day, a birth date and a counted house need something that only a read can
    tell (`known`): without it they are refused, and the caller reads and tries again.
    """
    if hand.staff_id is None or hand.gate_id is None:
        return None
    persons = together.persons if together else 1
    if known.counted and not await _count_in(tx, hand, persons):
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
            "born_by": known.born_by.isoformat() if known.born_by else None,
            "today": known.today.isoformat() if known.today else None,
            "counted": int(known.counted),
            "persons": persons,
            "after": together.after_entries if together else None,
        },
    )
    if known.counted and row is None:
        await _count_out(tx, hand, persons)
    if row is None:
        return None
    if row["is_out"]:
        await _count_out(tx, hand)
    return Story(
        row["id"],
        row["event_id"],
        row["kind"],
        row["holder"],
        row["zone"],
        entry=row["entry"],
        entries=row["entries"],
        party_size=row["party_size"],
        is_out=row["is_out"] == 1,
        place=None if row["row_name"] is None else place_name(row["row_name"], row["seat_number"]),
    )


async def _count_in(tx: Tx, hand: Hand, persons: int) -> bool:
    """Raise the number of people inside, if there is room."""
    row = await tx.row(
        "UPDATE occupancy SET inside = inside + :persons WHERE inside + :persons <= inside_max"
        " AND event_id ="
        " (SELECT staff.event_id FROM staff WHERE staff.id = :staff_id) RETURNING inside",
        staff_id=hand.staff_id,
        persons=persons,
    )
    return row is not None


async def _count_out(tx: Tx, hand: Hand, persons: int = 1) -> None:
    """Lower it again: somebody went out, or was not let in after all."""
    await tx.run(
        "UPDATE occupancy SET inside = inside - :persons WHERE inside >= :persons AND event_id ="
        " (SELECT staff.event_id FROM staff WHERE staff.id = :staff_id)",
        staff_id=hand.staff_id,
        persons=persons,
    )


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
    moved: int = 0,
    undoes: int | None = None,
) -> None:
    """Keep a judgement for ever: refusals too, and never the code itself.

    Without an `event_id`, the event is that of the staff. `moved` is how many it let in, or -1 for
    an exit; `undoes` the judgement that it takes back.

    Raises:
        ConstraintBroken: that judgement was taken back meanwhile; its transaction is undone.
    """
    await tx.run(
        "INSERT INTO scans (id, event_id, gate_id, staff_id, person_id, ticket_id, raw_hash,"
        " channel, typed, verdict, received_ms, judged_ms, note, moved, answer_id, undoes)"
        " VALUES (:id,"
        " COALESCE(CAST(:event_id AS BIGINT),"
        "  (SELECT staff.event_id FROM staff WHERE staff.id = :staff_id)),"
        " :gate_id, :staff_id, :person_id, :ticket_id, :raw_hash, :channel, :typed, :verdict,"
        " :received_ms, :now_ms, :note, :moved, :answer_id, :undoes)",
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
        moved=moved,
        answer_id=hand.answer_id,
        undoes=undoes,
    )


async def was_forged(tx: Tx, event_id: int, raw_hash: str) -> bool:
    """Tell whether this very text was found forged before, at this event: one alarm is enough."""
    # The verdict stands here in letters: so the small index of forgeries is used, not the journal.
    row = await tx.row(
        "SELECT 1 AS found FROM scans WHERE event_id = :event_id AND raw_hash = :raw_hash"
        " AND verdict = 'forged' LIMIT 1",
        event_id=event_id,
        raw_hash=raw_hash,
    )
    return row is not None


def sought_values(sought: Sought, hand: Hand) -> dict[str, Value]:
    """Return what a statement that seeks a ticket binds for it."""
    match sought:
        case ByCode(code):
            return {"sought": code}
        case ByShortCode(code):
            return {"sought": code, "staff_id": hand.staff_id}
        case ById(ticket_id):
            return {"sought": ticket_id}

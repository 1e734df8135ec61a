"""Passages as the journal knows them, and taking them back: each once, and as much as it let in."""

from dataclasses import dataclass

from boxoffice.admission import ANNUL_MS
from boxoffice.scan_facts import Entry
from boxoffice.verdicts import Verdict
from storage.database import Row, Tx
from storage.scans import Hand

NOT_UNDONE = "NOT EXISTS (SELECT 1 FROM scans AS undone WHERE undone.undoes = scans.id)"
"""A judgement that nobody took back."""

DEED = "scans.verdict IN ('admitted', 'forced', 'annulled')"
"""A judgement that let somebody pass, or took that back: their number only grows."""


@dataclass(frozen=True, slots=True)
class Passage:
    """One passage of one ticket: who made it, when, and how many came in with it."""

    id: int
    ticket_id: int
    staff_id: int
    at_ms: int
    answer_id: int | None
    verdict: Verdict
    moved: int
    """Persons let in; -1 for one who left."""
    gate: str | None
    """The gate's name, where it was made at one."""
    on_terminal: bool
    """Made on the page at the door, which others of the team may hold."""

    @property
    def persons(self) -> int:
        """How many came in."""
        return max(self.moved, 0)


@dataclass(frozen=True, slots=True)
class OwnAnswer:
    """What one answer let pass, and who gave it may still take back."""

    passages: tuple[Passage, ...]
    is_latest: bool
    """They let nobody else in since, and undid nothing: "the last one" can only mean this one."""


@dataclass(frozen=True, slots=True)
class Deed:
    """What was done with a ticket at a door: let in, forced or taken back, and when."""

    verdict: Verdict
    at_ms: int


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A passage that was undone, and what it left of the ticket."""

    passage: Passage
    entry: Entry
    entries: int
    """Entries that remain."""
    party_size: int


# A terminal without network tells later when it let in; a chat's photo passes when it is judged.
_AT = "CASE WHEN scans.channel = 'terminal' THEN scans.received_ms ELSE scans.judged_ms END"

# Of two who came in with one ticket that opens once, only the first holds it: the other has nothing
# to give back. What was journalled before the numbers were is known by its ticket alone.
_PASSAGES = (
    f"SELECT scans.id, scans.ticket_id, scans.staff_id, {_AT} AS at_ms, scans.answer_id,"
    " scans.verdict, COALESCE(scans.moved, 1) AS moved, scans.channel, gates.name AS gate"
    " FROM scans JOIN tickets ON tickets.id = scans.ticket_id"
    " LEFT JOIN gates ON gates.id = scans.gate_id"
    f" WHERE scans.verdict IN ('admitted', 'forced') AND {NOT_UNDONE}"
    " AND (scans.moved < 0 OR tickets.entries > 0)"
    " AND (tickets.entry = 'once' OR scans.moved IS NOT NULL)"
    " AND (tickets.entry <> 'once' OR scans.verdict = 'forced' OR scans.moved < 0"
    f"  OR (tickets.scanned_at_ms = {_AT} AND tickets.scanned_staff_id = scans.staff_id))"
)

_LAST = f" ORDER BY {_AT} DESC, scans.id DESC LIMIT 1"

_OWN = (
    f"{_PASSAGES} AND scans.event_id = (SELECT event_id FROM staff WHERE id = :staff_id)"
    f" AND scans.judged_ms >= :since_ms AND {_AT} >= :since_ms AND scans.staff_id = :staff_id"
)

_LATEST_DEED = (
    "SELECT id, verdict FROM scans"
    " WHERE event_id = (SELECT event_id FROM staff WHERE id = :staff_id)"
    " AND judged_ms >= :since_ms AND staff_id = :staff_id"
    " AND verdict IN ('admitted', 'forced', 'annulled') ORDER BY id DESC LIMIT 1"
)


async def last_answer(tx: Tx, staff_id: int, now_ms: int) -> OwnAnswer | None:
    """Find what this staff's last answer let pass, as far as they may undo it."""
    since_ms = now_ms - ANNUL_MS
    row = await tx.row(f"{_OWN}{_LAST}", staff_id=staff_id, since_ms=since_ms)
    if row is None:
        return None
    passages = await _together(tx, _passage(row), staff_id, since_ms)
    latest = await tx.row(_LATEST_DEED, staff_id=staff_id, since_ms=since_ms)
    is_latest = latest is not None and latest["id"] in {one.id for one in passages}
    return OwnAnswer(passages, is_latest)


async def answer_with(tx: Tx, staff_id: int, scan_id: int, now_ms: int) -> tuple[Passage, ...]:
    """Find one passage of this staff, with all that the same answer let pass, if not undone."""
    since_ms = now_ms - ANNUL_MS
    row = await tx.row(
        f"{_OWN} AND scans.id = :scan_id", staff_id=staff_id, since_ms=since_ms, scan_id=scan_id
    )
    return () if row is None else await _together(tx, _passage(row), staff_id, since_ms)


async def own_passage(tx: Tx, staff_id: int, ticket_id: int, now_ms: int) -> Passage | None:
    """Find the last passage of a ticket that this staff made and may undo."""
    row = await tx.row(
        f"{_OWN} AND scans.ticket_id = :ticket_id{_LAST}",
        staff_id=staff_id,
        since_ms=now_ms - ANNUL_MS,
        ticket_id=ticket_id,
    )
    return _passage(row) if row else None


async def passage_of_ticket(tx: Tx, ticket_id: int) -> Passage | None:
    """Find the last passage of a ticket, whoever made it."""
    row = await tx.row(f"{_PASSAGES} AND scans.ticket_id = :ticket_id{_LAST}", ticket_id=ticket_id)
    return _passage(row) if row else None


async def passage_with(tx: Tx, ticket_id: int, scan_id: int) -> Passage | None:
    """Find one passage of a ticket, whoever made it, if nobody took it back."""
    row = await tx.row(
        f"{_PASSAGES} AND scans.ticket_id = :ticket_id AND scans.id = :scan_id",
        ticket_id=ticket_id,
        scan_id=scan_id,
    )
    return _passage(row) if row else None


async def undoing_of(tx: Tx, scan_id: int) -> Deed | None:
    """Read when a passage was taken back."""
    row = await tx.row(
        f"SELECT scans.verdict, {_AT} AS at_ms FROM scans WHERE scans.undoes = :scan_id",
        scan_id=scan_id,
    )
    return Deed(Verdict(row["verdict"]), row["at_ms"]) if row else None


async def deed_after(tx: Tx, ticket_id: int, deeds: int) -> Deed | None:
    """Read what was done first with a ticket after so many deeds were seen."""
    row = await tx.row(
        f"SELECT scans.verdict, {_AT} AS at_ms FROM scans"
        f" WHERE scans.ticket_id = :ticket_id AND {DEED} ORDER BY scans.id LIMIT 1 OFFSET :deeds",
        ticket_id=ticket_id,
        deeds=deeds,
    )
    return Deed(Verdict(row["verdict"]), row["at_ms"]) if row else None


async def _together(tx: Tx, passage: Passage, staff_id: int, since_ms: int) -> tuple[Passage, ...]:
    if passage.answer_id is None:
        return (passage,)
    rows = await tx.rows(
        f"{_OWN} AND scans.answer_id = :answer_id ORDER BY scans.id",
        staff_id=staff_id,
        since_ms=since_ms,
        answer_id=passage.answer_id,
    )
    return tuple(_passage(row) for row in rows)


# The ticket shows its last entry: where that one is undone, the entry before it is shown again.
_SHOWN = (
    "(CAST(:is_scan AS BIGINT) = 1"
    " AND scanned_at_ms = :at_ms AND scanned_staff_id = CAST(:made_by AS BIGINT))"
)
_EMPTIED = "(CAST(:persons AS BIGINT) > 0 AND entries <= CAST(:persons AS BIGINT))"

_UNDO = (
    "UPDATE tickets SET"
    + ",".join(
        f" {column} = CASE WHEN {_EMPTIED} THEN NULL"
        f" WHEN {_SHOWN} THEN COALESCE(CAST(:{before} AS BIGINT), {column}) ELSE {column} END"
        for column, before in (
            ("scanned_at_ms", "before_ms"),
            ("scanned_gate_id", "before_gate"),
            ("scanned_staff_id", "before_staff"),
        )
    )
    + ", entries = CASE WHEN entries > :persons THEN entries - :persons ELSE 0 END,"
    " inside = CASE WHEN inside > :moved THEN inside - :moved ELSE 0 END,"
    f" entered_day = CASE WHEN {_SHOWN} THEN NULL ELSE entered_day END,"
    " passed_ms = NULL, passed_gate_id = NULL, passed_staff_id = NULL"
    " WHERE id = :id AND (entries > 0 OR CAST(:moved AS BIGINT) < 0)"
    f" AND (entry <> 'once' OR CAST(:is_scan AS BIGINT) = 0 OR {_SHOWN})"
    " AND EXISTS (SELECT 1 FROM staff AS s WHERE s.id = :staff_id AND s.person_id = :person_id"
    "  AND s.event_id = tickets.event_id AND s.revoked_ms IS NULL AND (s.role = 'supervisor'"
    "  OR (s.id = CAST(:made_by AS BIGINT) AND CAST(:at_ms AS BIGINT) >= :since_ms)))"
    " RETURNING entry, entries, party_size"
)

_BEFORE = (
    f"SELECT {_AT} AS at_ms, scans.gate_id, scans.staff_id FROM scans"
    " WHERE scans.ticket_id = :ticket_id AND scans.id <> :scan_id"
    " AND scans.verdict IN ('admitted', 'forced')"
    f" AND COALESCE(scans.moved, 1) > 0 AND {NOT_UNDONE}{_LAST}"
)


async def take_back(tx: Tx, hand: Hand, passage: Passage) -> TakenBack | None:
    """Undo a passage: by who made it within fifteen minutes, by a supervisor always.

    The journal must then be told which one (`scans.journal`, `undoes`): it takes each back once.
    None where it is not theirs, or the ticket changed hands meanwhile.
    """
    before = await tx.row(_BEFORE, ticket_id=passage.ticket_id, scan_id=passage.id)
    row = await tx.row(
        _UNDO,
        id=passage.ticket_id,
        at_ms=passage.at_ms,
        made_by=passage.staff_id,
        is_scan=int(passage.verdict is Verdict.ADMITTED and passage.moved > 0),
        persons=passage.persons,
        moved=passage.moved,
        before_ms=before["at_ms"] if before else None,
        before_gate=before["gate_id"] if before else None,
        before_staff=before["staff_id"] if before else None,
        staff_id=hand.staff_id,
        person_id=hand.person_id,
        since_ms=hand.now_ms - ANNUL_MS,
    )
    if row is None:
        return None
    return TakenBack(passage, Entry(row["entry"]), row["entries"], row["party_size"])


async def entries_of_order(tx: Tx, ticket_id: int) -> int:
    """Count who came in with the tickets of a ticket's order."""
    row = await tx.row(
        "SELECT COALESCE(SUM(entries), 0) AS entries FROM tickets"
        " WHERE order_id = (SELECT order_id FROM tickets WHERE id = :id)",
        id=ticket_id,
    )
    return 0 if row is None else int(row["entries"])


def _passage(row: Row) -> Passage:
    return Passage(
        row["id"],
        row["ticket_id"],
        row["staff_id"],
        row["at_ms"],
        row["answer_id"],
        Verdict(row["verdict"]),
        row["moved"],
        row["gate"],
        row["channel"] == "terminal",
    )

"""The judge of the gate: one answer per code, by one precedence, for every path.

A chat photo, a typed code, a terminal and an offline pack all end here. `PRECEDENCE` is the rule
book: its rows are asked in order, and the first that holds is the answer; when none holds, the
person comes in. Staff first, then authenticity, then state, then history.

Online, a ticket is let in by one conditional statement in the database, and the judge explains why
it was not; the tests hold the two to the same answer. Offline, the judge alone decides, on a page
that must pass every case of `boxoffice/truth_table.py`.
"""

from collections.abc import Callable
from enum import StrEnum

from boxoffice.rules import MINUTE_MS, age_on
from boxoffice.scan_facts import (
    Direction,
    Entry,
    EventState,
    IdCheck,
    Reading,
    ScanFacts,
    TicketState,
)
from boxoffice.values import value
from boxoffice.verdicts import Verdict

REPLAY_MS = 5_000
"""A finger taps twice, a network sends twice: within five seconds it is the same person."""

ID_QUESTION_MS = 5 * MINUTE_MS
"""After five minutes nobody remembers whose paper was seen: the question is asked again."""

ANNUL_MS = 15 * MINUTE_MS
"""How long the staff who scanned may undo it; a supervisor always may."""


class Passage(StrEnum):
    """What an admission was."""

    ENTRY = "entry"
    REENTRY = "reentry"
    EXIT = "exit"


@value
class Judgement:
    """The answer; `number` of `party_size` persons are in when the ticket is a party's."""

    verdict: Verdict
    passage: Passage | None = None
    number: int = 0
    party_size: int = 1


def judge(facts: ScanFacts) -> Judgement:
    """Give the one answer to a scan: the first row of `PRECEDENCE` that holds, else come in."""
    for verdict, holds in PRECEDENCE:
        if holds(facts):
            passage = Passage.EXIT if verdict is Verdict.NOT_INSIDE else None
            return Judgement(verdict, passage, facts.entries, facts.party_size)
    verdict = Verdict.OFFLINE_UNVERIFIED if facts.from_pack else Verdict.ADMITTED
    if facts.direction is Direction.OUT:
        return Judgement(verdict, Passage.EXIT, facts.entries, facts.party_size)
    returns = facts.entry is Entry.REENTRY and facts.entries > 0
    passage = Passage.REENTRY if returns else Passage.ENTRY
    return Judgement(verdict, passage, facts.entries + 1, facts.party_size)


def paper_holds(id_check: IdCheck, id_asked_ms: int | None, now_ms: int) -> bool:
    """Tell whether the holder's paper was seen, and not too long after it was asked for."""
    asked_lately = id_asked_ms is not None and now_ms - id_asked_ms <= ID_QUESTION_MS
    return id_check is IdCheck.SEEN and asked_lately


def _outside(facts: ScanFacts) -> bool:
    """Tell whether an entry comes out of the ticket's window; one may always go out."""
    inside = facts.valid_from_ms <= facts.now_ms < facts.valid_until_ms
    return _going_in(facts) and not inside


def _on_its_day(facts: ScanFacts) -> bool:
    return facts.first_day <= facts.today <= facts.last_day


def _too_early(facts: ScanFacts) -> bool:
    return _outside(facts) and _on_its_day(facts) and facts.now_ms < facts.valid_from_ms


def _too_late(facts: ScanFacts) -> bool:
    return _outside(facts) and _on_its_day(facts) and facts.now_ms >= facts.valid_until_ms


def _wrong_day(facts: ScanFacts) -> bool:
    return _outside(facts) and not _on_its_day(facts)


def _underage(facts: ScanFacts) -> bool:
    """Tell whether a birth date is known and too recent; an event that checks no age asks none."""
    if facts.birth_date is None:
        return False
    return _going_in(facts) and age_on(facts.birth_date, facts.event_day) < facts.age_min


def _replayed(facts: ScanFacts) -> bool:
    if facts.same_hand_ms is None:
        return False
    return 0 <= facts.now_ms - facts.same_hand_ms <= REPLAY_MS


def _going_in(facts: ScanFacts) -> bool:
    return facts.direction is Direction.IN


def _spent(facts: ScanFacts, entry: Entry, passes: int, passes_max: int) -> bool:
    return facts.entry is entry and _going_in(facts) and passes >= passes_max


def _full(facts: ScanFacts) -> bool:
    limit = facts.occupancy_max
    return _going_in(facts) and limit is not None and facts.occupancy >= limit


def _id_refused(facts: ScanFacts) -> bool:
    return facts.nominative and _going_in(facts) and facts.id_check is IdCheck.REFUSED


def _id_unseen(facts: ScanFacts) -> bool:
    """Tell whether the holder's paper must be seen, or was seen too long ago."""
    if not (facts.nominative and _going_in(facts)):
        return False
    return not paper_holds(facts.id_check, facts.id_asked_ms, facts.now_ms)


Row = tuple[Verdict, Callable[[ScanFacts], bool]]

PRECEDENCE: tuple[Row, ...] = (
    # Staff first: nobody else learns anything from this gate.
    (Verdict.STAFF_NOT_ALLOWED, lambda f: not f.staff_allowed),
    (Verdict.UNREADABLE, lambda f: f.reading is Reading.UNREADABLE),
    (Verdict.NOT_A_TICKET, lambda f: f.reading is Reading.NOT_OURS),
    (Verdict.GATE_CLOSED, lambda f: not f.gate_open),
    # Authenticity: no table has been asked yet, and no date may be told.
    (Verdict.FORGED, lambda f: f.reading is Reading.FORGED),
    (Verdict.TEST_TICKET, lambda f: f.reading is Reading.OTHER_MODE),
    (Verdict.UNKNOWN, lambda f: f.ticket is TicketState.UNKNOWN),
    (Verdict.TEST_TICKET, lambda f: not f.mode_is_ours),
    # State: what became of the event and of the ticket, whatever was scanned before.
    (Verdict.WRONG_EVENT, lambda f: not f.event_is_ours),
    (Verdict.EVENT_CANCELLED, lambda f: f.event is EventState.CANCELLED),
    (Verdict.EVENT_POSTPONED, lambda f: f.event is EventState.POSTPONED),
    (Verdict.REVOKED, lambda f: f.ticket is TicketState.REVOKED),
    (Verdict.CANCELLED, lambda f: f.ticket is TicketState.CANCELLED),
    (Verdict.REFUNDED, lambda f: f.ticket is TicketState.REFUNDED),
    (Verdict.CHARGED_BACK, lambda f: f.ticket is TicketState.CHARGED_BACK),
    (Verdict.BLOCKED, lambda f: f.ticket is TicketState.BLOCKED),
    (Verdict.UNPAID, lambda f: f.ticket is TicketState.UNPAID),
    (Verdict.PAYMENT_UNDER_REVIEW, lambda f: f.ticket is TicketState.UNDER_REVIEW),
    (Verdict.TOO_EARLY, _too_early),
    (Verdict.TOO_LATE, _too_late),
    (Verdict.WRONG_DAY, _wrong_day),
    (Verdict.WRONG_GATE, lambda f: not f.gate_admits_kind),
    (Verdict.UNDERAGE, _underage),
    # History: the first scan wins.
    (Verdict.REPLAY, _replayed),
    (Verdict.ALREADY_USED, lambda f: _spent(f, Entry.ONCE, f.entries, 1)),
    (Verdict.ALREADY_INSIDE, lambda f: _spent(f, Entry.REENTRY, int(f.inside), 1)),
    (Verdict.NOT_INSIDE, lambda f: f.direction is Direction.OUT and not f.inside),
    (Verdict.DAY_ALREADY_USED, lambda f: _spent(f, Entry.DAILY, f.entries_today, 1)),
    (Verdict.PARTY_EXHAUSTED, lambda f: _spent(f, Entry.PARTY, f.entries, f.party_size)),
    (Verdict.VENUE_FULL, _full),
    # The paper is asked for last, when it is all that stands between a person and the door.
    (Verdict.HOLDER_MISMATCH, _id_refused),
    (Verdict.ID_CHECK_REQUIRED, _id_unseen),
)
"""The rule book, in order. A verdict outside it is an act of people or of the machine."""

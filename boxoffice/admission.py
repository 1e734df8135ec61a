"""The judge of the gate: one answer per code, by one precedence, for every path.

A chat photo, a typed code, a terminal and an offline pack all end here. `PRECEDENCE` is the rule
book: its rows are asked in order, and the first that holds is the answer; when none holds, the
person comes in. Staff first, then authenticity, then state, then history.

Online, a ticket is let in by one conditional statement in the database, and the judge explains why
it was not; the tests hold the two to the same answer. Offline, the judge alone decides, on a page
that must pass every case of `boxoffice/truth_table.py`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from boxoffice.rules import MINUTE_MS, age_on

REPLAY_MS = 5_000
"""A finger taps twice, a network sends twice: within five seconds it is the same person."""

ID_QUESTION_MS = 5 * MINUTE_MS
"""After five minutes nobody remembers whose paper was seen: the question is asked again."""

ANNUL_MS = 15 * MINUTE_MS
"""How long the staff who scanned may undo it; a supervisor always may."""


class Light(StrEnum):
    """What a tired person sees at two metres."""

    GREEN = "green"
    GREEN_FLAGGED = "green_flagged"
    GREEN_STRIPED = "green_striped"
    BLUE = "blue"
    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"
    RED_ALERT = "red_alert"
    ALERT = "alert"
    GREY = "grey"
    WHITE = "white"
    MIXED = "mixed"


class Use(StrEnum):
    """What an answer does to the ticket."""

    NO = "no"
    YES = "yes"
    EACH = "each"
    PROVISIONAL = "provisional"
    RELEASES = "releases"


class Verdict(StrEnum):
    """Everything the gate may answer."""

    UNREADABLE = "unreadable"
    SEVERAL_CODES = "several_codes"
    NOT_A_TICKET = "not_a_ticket"
    STAFF_NOT_ALLOWED = "staff_not_allowed"
    GATE_CLOSED = "gate_closed"
    FORGED = "forged"
    UNKNOWN = "unknown"
    TEST_TICKET = "test_ticket"
    WRONG_EVENT = "wrong_event"
    EVENT_CANCELLED = "event_cancelled"
    EVENT_POSTPONED = "event_postponed"
    REVOKED = "revoked"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"
    CHARGED_BACK = "charged_back"
    BLOCKED = "blocked"
    UNPAID = "unpaid"
    PAYMENT_UNDER_REVIEW = "payment_under_review"
    TOO_EARLY = "too_early"
    TOO_LATE = "too_late"
    WRONG_DAY = "wrong_day"
    WRONG_GATE = "wrong_gate"
    UNDERAGE = "underage"
    ID_CHECK_REQUIRED = "id_check_required"
    HOLDER_MISMATCH = "holder_mismatch"
    REPLAY = "replay"
    ALREADY_USED = "already_used"
    ALREADY_INSIDE = "already_inside"
    NOT_INSIDE = "not_inside"
    DAY_ALREADY_USED = "day_already_used"
    PARTY_EXHAUSTED = "party_exhausted"
    VENUE_FULL = "venue_full"
    OFFLINE_UNVERIFIED = "offline_unverified"
    CONFLICT = "conflict"
    ANNULLED = "annulled"
    FORCED = "forced"
    ADMITTED = "admitted"
    ERROR = "error"

    @property
    def light(self) -> Light:
        """The light this answer shows."""
        return ANSWERS[self][0]

    @property
    def use(self) -> Use:
        """What this answer does to the ticket."""
        return ANSWERS[self][1]


ANSWERS: Mapping[Verdict, tuple[Light, Use]] = MappingProxyType(
    dict.fromkeys(Verdict, (Light.RED, Use.NO))
    | {
        Verdict.UNREADABLE: (Light.WHITE, Use.NO),
        Verdict.SEVERAL_CODES: (Light.MIXED, Use.EACH),
        Verdict.NOT_A_TICKET: (Light.WHITE, Use.NO),
        Verdict.STAFF_NOT_ALLOWED: (Light.WHITE, Use.NO),
        Verdict.GATE_CLOSED: (Light.WHITE, Use.NO),
        Verdict.FORGED: (Light.RED_ALERT, Use.NO),
        Verdict.WRONG_EVENT: (Light.ORANGE, Use.NO),
        Verdict.EVENT_CANCELLED: (Light.ORANGE, Use.NO),
        Verdict.EVENT_POSTPONED: (Light.ORANGE, Use.NO),
        Verdict.UNPAID: (Light.ORANGE, Use.NO),
        Verdict.PAYMENT_UNDER_REVIEW: (Light.ORANGE, Use.NO),
        Verdict.TOO_EARLY: (Light.ORANGE, Use.NO),
        Verdict.TOO_LATE: (Light.ORANGE, Use.NO),
        Verdict.WRONG_DAY: (Light.ORANGE, Use.NO),
        Verdict.WRONG_GATE: (Light.ORANGE, Use.NO),
        Verdict.ID_CHECK_REQUIRED: (Light.YELLOW, Use.NO),
        Verdict.REPLAY: (Light.BLUE, Use.NO),
        Verdict.NOT_INSIDE: (Light.GREY, Use.YES),
        Verdict.VENUE_FULL: (Light.ORANGE, Use.NO),
        Verdict.OFFLINE_UNVERIFIED: (Light.GREEN_STRIPED, Use.PROVISIONAL),
        Verdict.CONFLICT: (Light.ALERT, Use.NO),
        Verdict.ANNULLED: (Light.GREY, Use.RELEASES),
        Verdict.FORCED: (Light.GREEN_FLAGGED, Use.YES),
        Verdict.ADMITTED: (Light.GREEN, Use.YES),
        Verdict.ERROR: (Light.WHITE, Use.NO),
    }
)
"""The light of every verdict and what it does to the ticket; whatever is not listed is red."""


class Reading(StrEnum):
    """What is known of a code before any table is asked."""

    UNREADABLE = "unreadable"
    NOT_OURS = "not_ours"
    FORGED = "forged"
    OTHER_MODE = "other_mode"
    """A demo's code at a live gate, or the reverse: its keys and its tickets are elsewhere."""
    AUTHENTIC = "authentic"


class EventState(StrEnum):
    """What became of the event."""

    ON = "on"
    POSTPONED = "postponed"
    CANCELLED = "cancelled"


class TicketState(StrEnum):
    """What became of the ticket; its order's money included."""

    UNKNOWN = "unknown"
    VALID = "valid"
    REVOKED = "revoked"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"
    CHARGED_BACK = "charged_back"
    BLOCKED = "blocked"
    UNPAID = "unpaid"
    UNDER_REVIEW = "under_review"


class Entry(StrEnum):
    """How often a ticket opens a gate."""

    ONCE = "once"
    REENTRY = "reentry"
    """In and out: a person is inside or is not."""
    DAILY = "daily"
    """Once on every day of its window."""
    PARTY = "party"
    """Once for each person of the party, together or one by one."""


class Direction(StrEnum):
    """Which way the gate leads."""

    IN = "in"
    OUT = "out"


class IdCheck(StrEnum):
    """What staff said about the holder's identity paper."""

    NOT_YET = "not_yet"
    SEEN = "seen"
    REFUSED = "refused"


class Passage(StrEnum):
    """What an admission was."""

    ENTRY = "entry"
    REENTRY = "reentry"
    EXIT = "exit"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanFacts:
    """Everything the judge may look at, and nothing else; times are _ms since 1970 UTC.

    Days are the event's own: a night belongs to the day it began (`rules.event_day`).
    """

    # Who asks, where and when.
    staff_allowed: bool
    gate_open: bool
    direction: Direction
    now_ms: int
    today: date
    # The code, then the ticket it names; without a ticket the rest says nothing.
    reading: Reading
    ticket: TicketState
    mode_is_ours: bool
    event_is_ours: bool
    event: EventState
    # When and where the ticket opens a gate, and for whom.
    valid_from_ms: int
    valid_until_ms: int
    first_day: date
    last_day: date
    gate_admits_kind: bool
    age_min: int
    birth_date: date | None
    event_day: date
    nominative: bool
    id_check: IdCheck
    id_asked_ms: int | None
    # What happened before.
    entry: Entry
    party_size: int
    entries: int
    entries_today: int
    inside: bool
    same_hand_ms: int | None
    """When the same staff at the same gate last let this code pass."""
    occupancy: int
    occupancy_max: int | None
    from_pack: bool
    """The judge sits on a phone without network, with the tickets as they were when it left."""


_NO_DAY = date(1970, 1, 1)

NOTHING_SEEN = ScanFacts(
    staff_allowed=False,
    gate_open=False,
    direction=Direction.IN,
    now_ms=0,
    today=_NO_DAY,
    reading=Reading.UNREADABLE,
    ticket=TicketState.UNKNOWN,
    mode_is_ours=False,
    event_is_ours=False,
    event=EventState.CANCELLED,
    valid_from_ms=0,
    valid_until_ms=0,
    first_day=_NO_DAY,
    last_day=_NO_DAY,
    gate_admits_kind=False,
    age_min=0,
    birth_date=None,
    event_day=_NO_DAY,
    nominative=False,
    id_check=IdCheck.NOT_YET,
    id_asked_ms=None,
    entry=Entry.ONCE,
    party_size=1,
    entries=0,
    entries_today=0,
    inside=False,
    same_hand_ms=None,
    occupancy=0,
    occupancy_max=None,
    from_pack=False,
)
"""What is known before anything is looked at: nothing that would let anybody in."""


@dataclass(frozen=True, slots=True)
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

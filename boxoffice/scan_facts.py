"""Everything the judge of the gate may look at: who asks, the code, the ticket, its history.

`storage/scan_facts.py` reads it from the database; a terminal without network, from its pack.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


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

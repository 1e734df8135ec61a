"""Everything the gate may answer: its name, the light it shows, what it does to the ticket.

Which of them answers a scan is decided in `boxoffice/admission.py`.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


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

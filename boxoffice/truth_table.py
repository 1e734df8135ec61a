"""The judge's truth table: cases with their answers, for any judge in any language.

The answers are written here by hand and never asked of `judge`: the judge is tested against them,
and so is the page that judges on a phone without network.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from itertools import combinations
from typing import Any

from boxoffice.admission import ID_QUESTION_MS, REPLAY_MS, Judgement, Passage
from boxoffice.rules import HOUR_MS
from boxoffice.scan_facts import (
    NOTHING_SEEN,
    Direction,
    Entry,
    EventState,
    IdCheck,
    Reading,
    ScanFacts,
    TicketState,
)
from boxoffice.verdicts import Verdict

NOW_MS = int(datetime(2026, 6, 13, 22, tzinfo=UTC).timestamp() * 1000)
TODAY = date(2026, 6, 13)

ORDINARY = replace(
    NOTHING_SEEN,
    staff_allowed=True,
    gate_open=True,
    now_ms=NOW_MS,
    today=TODAY,
    reading=Reading.AUTHENTIC,
    ticket=TicketState.VALID,
    mode_is_ours=True,
    event_is_ours=True,
    event=EventState.ON,
    valid_from_ms=NOW_MS - HOUR_MS,
    valid_until_ms=NOW_MS + 5 * HOUR_MS,
    first_day=TODAY,
    last_day=TODAY,
    gate_admits_kind=True,
    age_min=21,
    event_day=TODAY,
)
"""A ticket that comes in: every case is this one with something changed."""

Changes = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """A scan and the answer it must get."""

    name: str
    facts: ScanFacts
    judgement: Judgement


def _state(state: TicketState) -> Changes:
    return {"ticket": state}


_TODAY_ONLY: Changes = {"direction": Direction.IN, "first_day": TODAY, "last_day": TODAY}

# In the order of the written precedence: when two troubles meet, the earlier one is the answer.
TROUBLES: tuple[tuple[Verdict, Changes], ...] = (
    (Verdict.STAFF_NOT_ALLOWED, {"staff_allowed": False}),
    (Verdict.UNREADABLE, {"reading": Reading.UNREADABLE}),
    (Verdict.NOT_A_TICKET, {"reading": Reading.NOT_OURS}),
    (Verdict.GATE_CLOSED, {"gate_open": False}),
    (Verdict.FORGED, {"reading": Reading.FORGED}),
    (Verdict.TEST_TICKET, {"reading": Reading.OTHER_MODE}),
    (Verdict.UNKNOWN, _state(TicketState.UNKNOWN)),
    (Verdict.TEST_TICKET, {"mode_is_ours": False}),
    (Verdict.WRONG_EVENT, {"event_is_ours": False}),
    (Verdict.EVENT_CANCELLED, {"event": EventState.CANCELLED}),
    (Verdict.EVENT_POSTPONED, {"event": EventState.POSTPONED}),
    (Verdict.REVOKED, _state(TicketState.REVOKED)),
    (Verdict.CANCELLED, _state(TicketState.CANCELLED)),
    (Verdict.REFUNDED, _state(TicketState.REFUNDED)),
    (Verdict.CHARGED_BACK, _state(TicketState.CHARGED_BACK)),
    (Verdict.BLOCKED, _state(TicketState.BLOCKED)),
    (Verdict.UNPAID, _state(TicketState.UNPAID)),
    (Verdict.PAYMENT_UNDER_REVIEW, _state(TicketState.UNDER_REVIEW)),
    (
        Verdict.TOO_EARLY,
        _TODAY_ONLY | {"valid_from_ms": NOW_MS + 1, "valid_until_ms": NOW_MS + 2},
    ),
    (
        Verdict.TOO_LATE,
        _TODAY_ONLY | {"valid_from_ms": NOW_MS - 1, "valid_until_ms": NOW_MS},
    ),
    (
        Verdict.WRONG_DAY,
        {
            "direction": Direction.IN,
            "valid_from_ms": NOW_MS + 12 * HOUR_MS,
            "valid_until_ms": NOW_MS + 24 * HOUR_MS,
            "first_day": date(2026, 6, 14),
            "last_day": date(2026, 6, 14),
        },
    ),
    (Verdict.WRONG_GATE, {"gate_admits_kind": False}),
    (Verdict.UNDERAGE, {"direction": Direction.IN, "birth_date": date(2005, 6, 14)}),
    (Verdict.REPLAY, {"same_hand_ms": NOW_MS - REPLAY_MS, "entries": 1, "inside": True}),
    (Verdict.ALREADY_USED, {"direction": Direction.IN, "entry": Entry.ONCE, "entries": 1}),
    (
        Verdict.ALREADY_INSIDE,
        {"direction": Direction.IN, "entry": Entry.REENTRY, "entries": 1, "inside": True},
    ),
    (Verdict.NOT_INSIDE, {"direction": Direction.OUT, "inside": False}),
    (
        Verdict.DAY_ALREADY_USED,
        {"direction": Direction.IN, "entry": Entry.DAILY, "entries": 2, "entries_today": 1},
    ),
    (
        Verdict.PARTY_EXHAUSTED,
        {"direction": Direction.IN, "entry": Entry.PARTY, "party_size": 4, "entries": 4},
    ),
    (Verdict.VENUE_FULL, {"direction": Direction.IN, "occupancy": 800, "occupancy_max": 800}),
    (
        Verdict.HOLDER_MISMATCH,
        {"direction": Direction.IN, "nominative": True, "id_check": IdCheck.REFUSED},
    ),
    (
        Verdict.ID_CHECK_REQUIRED,
        {"direction": Direction.IN, "nominative": True, "id_check": IdCheck.NOT_YET},
    ),
)

_LEAVING: Changes = {"direction": Direction.OUT, "entry": Entry.REENTRY, "entries": 1}
_SEEN: Changes = {"nominative": True, "id_check": IdCheck.SEEN}
_PARTY: Changes = {"entry": Entry.PARTY, "party_size": 4}
_IN, _AGAIN, _OUT = Passage.ENTRY, Passage.REENTRY, Passage.EXIT

# What lets a person pass: the changes, the passage, and the number of the person in the party.
WELCOMES: tuple[tuple[str, Changes, Passage, int], ...] = (
    ("an ordinary ticket", {}, _IN, 1),
    ("the first millisecond", {"valid_from_ms": NOW_MS}, _IN, 1),
    ("the last millisecond", {"valid_until_ms": NOW_MS + 1}, _IN, 1),
    ("the twenty-first birthday", {"birth_date": date(2005, 6, 13)}, _IN, 1),
    ("one place left", {"occupancy": 799, "occupancy_max": 800}, _IN, 1),
    ("a paper just seen", _SEEN | {"id_asked_ms": NOW_MS - ID_QUESTION_MS}, _IN, 1),
    ("a first time in", {"entry": Entry.REENTRY}, _IN, 1),
    ("out of a re-entry event", _LEAVING | {"inside": True}, _OUT, 1),
    ("out when all is over", _LEAVING | {"inside": True, "valid_until_ms": NOW_MS}, _OUT, 1),
    ("in again after going out", {"entry": Entry.REENTRY, "entries": 1}, _AGAIN, 2),
    ("the first day of a pass", {"entry": Entry.DAILY}, _IN, 1),
    ("the second day of a pass", {"entry": Entry.DAILY, "entries": 1}, _IN, 2),
    ("the first of a party", _PARTY, _IN, 1),
    ("the second of a party", _PARTY | {"entries": 1}, _IN, 2),
    ("the last of a party", _PARTY | {"entries": 3, "same_hand_ms": NOW_MS - 5001}, _IN, 4),
)


def truth_table() -> list[dict[str, Any]]:
    """Export every case as JSON can carry it: name, facts, verdict, passage, number, party_size."""
    return [
        {
            "name": case.name,
            "facts": {name: _plain(value) for name, value in asdict(case.facts).items()},
            **asdict(case.judgement),
        }
        for case in cases()
    ]


def cases() -> Iterator[Case]:
    """Yield every case: each welcome online and from a pack, each trouble, and each two of them."""
    for name, changes, passage, number in WELCOMES:
        facts = replace(ORDINARY, **changes)
        welcome = Judgement(Verdict.ADMITTED, passage, number, facts.party_size)
        yield Case(name, facts, welcome)
        offline = replace(welcome, verdict=Verdict.OFFLINE_UNVERIFIED)
        yield Case(f"{name}, from a pack", replace(facts, from_pack=True), offline)
    for verdict, changes in TROUBLES:
        yield _refusal(_name(verdict, changes), changes, verdict)
    for (verdict, changes), (later, other_changes) in combinations(TROUBLES, 2):
        name = f"{_name(verdict, changes)} before {_name(later, other_changes)}"
        yield _refusal(name, {**other_changes, **changes}, verdict)
    lapsed = _SEEN | {"id_asked_ms": NOW_MS - ID_QUESTION_MS - 1}
    yield _refusal("a paper seen too long ago", lapsed, Verdict.ID_CHECK_REQUIRED)
    used = _SEEN | {"id_asked_ms": NOW_MS, "entries": 1}
    yield _refusal("used while the paper was looked at", used, Verdict.ALREADY_USED)
    slow = {"same_hand_ms": NOW_MS - REPLAY_MS - 1, "entries": 1}
    yield _refusal("too slow to be a replay", slow, Verdict.ALREADY_USED)


def _name(verdict: Verdict, changes: Changes) -> str:
    return f"{verdict} ({', '.join(changes)})"


def _refusal(name: str, changes: Changes, verdict: Verdict) -> Case:
    facts = replace(ORDINARY, **changes)
    passage = Passage.EXIT if verdict is Verdict.NOT_INSIDE else None
    return Case(name, facts, Judgement(verdict, passage, facts.entries, facts.party_size))


def _plain(value: object) -> object:
    """Return a value as JSON can carry it; days are ISO 8601."""
    return value.isoformat() if isinstance(value, date) else value

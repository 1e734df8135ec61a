"""The judge: one answer per code, by one precedence, and no yes by accident."""

import json
from dataclasses import fields, replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boxoffice.admission import PRECEDENCE, judge
from boxoffice.scan_facts import (
    Direction,
    Entry,
    EventState,
    IdCheck,
    Reading,
    ScanFacts,
    TicketState,
)
from boxoffice.truth_table import NOW_MS, ORDINARY, TODAY, TROUBLES, Case, cases, truth_table
from boxoffice.verdicts import ANSWERS, Light, Use, Verdict

GREENS = {Light.GREEN, Light.GREEN_FLAGGED, Light.GREEN_STRIPED}
# Acts of staff or of the machine: no scan alone leads to them.
ACTS = {
    Verdict.SEVERAL_CODES,
    Verdict.CONFLICT,
    Verdict.ANNULLED,
    Verdict.FORCED,
    Verdict.ERROR,
}

near = st.integers(-10_000, 10_000).map(lambda shift: NOW_MS + shift)
near_days = st.integers(-2, 2).map(lambda shift: TODAY + timedelta(days=shift))
any_facts = st.builds(
    ScanFacts,
    staff_allowed=st.booleans(),
    gate_open=st.booleans(),
    direction=st.sampled_from(Direction),
    now_ms=near,
    today=near_days,
    reading=st.sampled_from(Reading),
    ticket=st.sampled_from(TicketState),
    mode_is_ours=st.booleans(),
    event_is_ours=st.booleans(),
    event=st.sampled_from(EventState),
    valid_from_ms=near,
    valid_until_ms=near,
    first_day=near_days,
    last_day=near_days,
    gate_admits_kind=st.booleans(),
    age_min=st.sampled_from([0, 18, 21]),
    birth_date=st.none() | st.dates(date(2000, 1, 1), date(2012, 1, 1)),
    event_day=near_days,
    nominative=st.booleans(),
    id_check=st.sampled_from(IdCheck),
    id_asked_ms=st.none() | near,
    entry=st.sampled_from(Entry),
    party_size=st.integers(1, 5),
    entries=st.integers(0, 5),
    entries_today=st.integers(0, 2),
    inside=st.booleans(),
    same_hand_ms=st.none() | near,
    occupancy=st.integers(0, 3),
    occupancy_max=st.none() | st.integers(0, 3),
    from_pack=st.booleans(),
)
ORDER = [verdict for verdict, _ in TROUBLES]


@pytest.mark.parametrize("case", list(cases()), ids=lambda case: case.name)
def test_the_judge_passes_every_case_of_the_truth_table(case: Case) -> None:
    """The cases that the offline page must pass hold here first."""
    assert judge(case.facts) == case.judgement


def test_the_truth_table_travels_as_json() -> None:
    """Another language can read the cases: nothing in them is Python's own."""
    table = truth_table()
    assert json.loads(json.dumps(table)) == table
    assert len({case["name"] for case in table}) == len(table)
    assert set(table[0]["facts"]) == {field.name for field in fields(ScanFacts)}


def test_every_verdict_is_reached_or_is_an_act() -> None:
    """The table leaves out no verdict that a scan can lead to."""
    assert {case.judgement.verdict for case in cases()} == set(Verdict) - ACTS


def test_the_rule_book_has_the_order_of_the_verdicts() -> None:
    """The judge asks its rows in the order of the written precedence."""
    assert [verdict for verdict, _ in PRECEDENCE] == ORDER


@given(st.sets(st.integers(0, len(TROUBLES) - 1), min_size=1))
def test_of_many_troubles_the_first_is_told(met: set[int]) -> None:
    """However many things are wrong with a ticket, the earliest row is the answer."""
    changes: dict[str, object] = {}
    for place in sorted(met, reverse=True):
        changes |= TROUBLES[place][1]
    verdict = judge(replace(ORDINARY, **changes)).verdict  # type: ignore[arg-type] # any facts
    assert verdict is TROUBLES[min(met)][0]


@given(any_facts)
def test_yes_needs_every_condition(facts: ScanFacts) -> None:
    """Whatever the facts, an answer that lets in means that nothing at all stood against it."""
    verdict = judge(facts).verdict
    if verdict.use in {Use.YES, Use.PROVISIONAL} and facts.direction is Direction.IN:
        assert facts.staff_allowed
        assert facts.gate_open
        assert facts.reading is Reading.AUTHENTIC
        assert facts.ticket is TicketState.VALID
        assert facts.mode_is_ours
        assert facts.event_is_ours
        assert facts.event is EventState.ON
        assert facts.valid_from_ms <= facts.now_ms < facts.valid_until_ms
        assert facts.gate_admits_kind
        assert facts.entry is not Entry.ONCE or facts.entries == 0
        assert not facts.nominative or facts.id_check is IdCheck.SEEN
    else:
        assert verdict.light not in GREENS or facts.direction is Direction.OUT


@given(any_facts)
def test_strangers_and_forgers_learn_nothing(facts: ScanFacts) -> None:
    """Without a right to ask, or with a forged code, the rest of the facts changes nothing."""
    stranger = replace(facts, staff_allowed=False)
    assert judge(stranger).verdict is Verdict.STAFF_NOT_ALLOWED
    forged = replace(facts, staff_allowed=True, gate_open=True, reading=Reading.FORGED)
    assert judge(forged).verdict is Verdict.FORGED


@given(any_facts)
def test_the_judge_always_says_the_same(facts: ScanFacts) -> None:
    """The same facts give the same answer, and never one that only people or faults give."""
    assert judge(facts) == judge(facts)
    assert judge(facts).verdict not in ACTS


def test_a_used_and_cancelled_ticket_is_cancelled() -> None:
    """What became of the ticket is told before what it was used for."""
    facts = replace(ORDINARY, ticket=TicketState.CANCELLED, entries=1)
    assert judge(facts).verdict is Verdict.CANCELLED


def test_an_error_never_admits() -> None:
    """Our own fault shows no green and uses nothing."""
    assert (Verdict.ERROR.light, Verdict.ERROR.use) == (Light.WHITE, Use.NO)


def test_a_green_light_always_uses_the_ticket_and_no_other_admits() -> None:
    """Green and letting in are the same thing; a replay is never plain green."""
    assert set(ANSWERS) == set(Verdict)
    for verdict in Verdict:
        lets_in = verdict.use in {Use.YES, Use.PROVISIONAL} and verdict is not Verdict.NOT_INSIDE
        assert (verdict.light in GREENS) == lets_in
    assert Verdict.REPLAY.light is Light.BLUE


def test_a_forgery_raises_the_alarm() -> None:
    """A forged code is the one red that also alerts."""
    assert [v for v in Verdict if v.light is Light.RED_ALERT] == [Verdict.FORGED]

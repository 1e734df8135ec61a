"""How often a ticket opens a gate: once, once a day, in and out, a party, in a counted house."""

import asyncio
from typing import Any

import pytest

from boxoffice.admission import ID_QUESTION_MS, Passage
from boxoffice.rules import DAY_MS, HOUR_MS, MINUTE_MS
from boxoffice.scan_facts import IdCheck
from boxoffice.verdicts import Verdict
from gate_scanner.judging import Answer
from storage.database import Database, Tx
from storage.scans import Paper, Together
from tests.gate_scanner.door import GATEKEEPER, NOW_MS, Doors


@pytest.fixture
async def doors(database: Database) -> Doors:
    """An event with a kind, a gate and a steward, on each engine."""
    return await Doors(database).build()


async def scan(doors: Doors, raw: str, **hand: Any) -> Answer:  # noqa: ANN401 (any field of a hand)
    """Judge a text that a camera read."""
    return await doors.database.write(GATEKEEPER.judge_scanned, doors.hand(**hand), raw)


async def test_a_pass_opens_once_a_day_and_the_night_belongs_to_its_evening(doors: Doors) -> None:
    """A day ends at six in the morning at the event's place; the next evening is a new one."""
    _, code = await doors.ticket(entry="daily", valid_until_ms=NOW_MS + 3 * DAY_MS)
    assert (await scan(doors, code)).verdict is Verdict.ADMITTED
    # 23:00 in Cotonou; at 05:59 it is still that day, at 06:00 the next one has begun.
    later = NOW_MS + 6 * HOUR_MS + 59 * MINUTE_MS
    assert (await scan(doors, code, now_ms=later)).verdict is Verdict.DAY_ALREADY_USED
    answer = await scan(doors, code, now_ms=later + MINUTE_MS)
    assert (answer.verdict, answer.judgement.number) == (Verdict.ADMITTED, 2)


async def test_out_and_in_again(doors: Doors) -> None:
    """Nobody is inside twice; out is scanned, and without having come in it is told as it is."""
    exit_id = await doors.gate("Sortie", direction="out")
    _, code = await doors.ticket(entry="reentry")

    async def at(gate_id: int, minute: int) -> Answer:
        return await scan(doors, code, gate_id=gate_id, now_ms=NOW_MS + minute * MINUTE_MS)

    assert (await at(exit_id, 0)).verdict is Verdict.NOT_INSIDE
    assert (await at(doors.gate_id, 1)).judgement.passage is Passage.ENTRY
    assert (await at(doors.gate_id, 2)).verdict is Verdict.ALREADY_INSIDE
    assert (await at(exit_id, 3)).judgement.passage is Passage.EXIT
    assert (await at(exit_id, 4)).verdict is Verdict.NOT_INSIDE
    assert (await at(doors.gate_id, 5)).judgement.passage is Passage.REENTRY


async def test_a_ticket_for_one_entry_stays_used_after_the_exit(doors: Doors) -> None:
    """Going out of an event without re-entry is possible, coming back is not."""
    exit_id = await doors.gate("Sortie", direction="out")
    _, code = await doors.ticket()
    await scan(doors, code)
    out = await scan(doors, code, gate_id=exit_id, now_ms=NOW_MS + MINUTE_MS)
    assert out.judgement.passage is Passage.EXIT
    back = await scan(doors, code, now_ms=NOW_MS + 2 * MINUTE_MS)
    assert back.verdict is Verdict.ALREADY_USED
    assert back.story is not None
    assert back.story.scanned_ms == NOW_MS


async def test_a_party_comes_in_one_by_one(doors: Doors) -> None:
    """Three people on one ticket: three entries with their numbers, then no more."""
    _, code = await doors.ticket(entry="party", party_size=3)
    for number in (1, 2, 3):
        answer = await scan(doors, code, now_ms=NOW_MS + number * MINUTE_MS)
        assert answer.verdict is Verdict.ADMITTED
        assert (answer.judgement.number, answer.judgement.party_size) == (number, 3)
    assert (await scan(doors, code, now_ms=NOW_MS + HOUR_MS)).verdict is Verdict.PARTY_EXHAUSTED


async def test_racing_hands_never_let_a_party_grow(doors: Doors) -> None:
    """Of forty scans at once by forty hands, exactly the party comes in."""
    hands = []
    for _ in range(40):
        person_id = await doors.person()
        hands.append({"person_id": person_id, "staff_id": await doors.staff(person_id)})
    _, code = await doors.ticket(entry="party", party_size=4)
    answers = await asyncio.gather(*(scan(doors, code, **hand) for hand in hands))
    assert [one.verdict for one in answers].count(Verdict.ADMITTED) == 4


async def test_a_button_for_several_counts_once_however_often_it_is_pressed(doors: Doors) -> None:
    """Three more of four, pressed eight times at once: three come in, once, and are counted."""
    await doors.database.write(_limit, doors.event_id, 10)
    ticket_id, code = await doors.ticket(entry="party", party_size=4)
    assert (await scan(doors, code)).verdict is Verdict.ADMITTED

    async def press(persons: int, after: int) -> Verdict | None:
        answer = await doors.database.write(
            GATEKEEPER.judge_party, doors.hand(), ticket_id, Together(persons, after)
        )
        return answer.verdict if answer else None

    answers = await asyncio.gather(*(press(3, 1) for _ in range(8)))
    assert sorted(answers, key=str) == [None] * 7 + [Verdict.ADMITTED]
    assert await press(1, 4) is None
    (row,) = await doors.rows("SELECT entries, inside FROM tickets")
    (crowd,) = await doors.rows("SELECT inside FROM occupancy")
    assert (row["entries"], row["inside"], crowd["inside"]) == (4, 4, 4)


async def test_a_paper_holds_for_its_party_where_it_was_seen(doors: Doors) -> None:
    """More of a party come in on the paper that was seen here; elsewhere, or later, it is asked."""
    ticket_id, _ = await doors.ticket(
        entry="party", party_size=4, naming="nominative", holder="Awa Dossou"
    )
    seen = Paper(IdCheck.SEEN, NOW_MS)
    await doors.database.write(GATEKEEPER.judge_paper, doors.hand(), ticket_id, seen)

    async def press(after: int, **hand: int) -> Verdict | None:
        pressed = Together(1, after)
        answer = await doors.database.write(
            GATEKEEPER.judge_party, doors.hand(**hand), ticket_id, pressed
        )
        return answer.verdict if answer else None

    other = await doors.gate("Jardin")
    assert await press(1, gate_id=other) is Verdict.ID_CHECK_REQUIRED
    assert await press(1, now_ms=NOW_MS + ID_QUESTION_MS + 1) is Verdict.ID_CHECK_REQUIRED
    assert await press(1) is Verdict.ADMITTED


async def test_a_counted_house_is_full_until_somebody_leaves(doors: Doors) -> None:
    """Racing scans never exceed the limit; an exit makes room for one."""
    await doors.database.write(_limit, doors.event_id, 3)
    exit_id = await doors.gate("Sortie", direction="out")
    codes = [(await doors.ticket(entry="reentry"))[1] for _ in range(8)]
    answers = await asyncio.gather(*(scan(doors, code) for code in codes))
    verdicts = [one.verdict for one in answers]
    assert verdicts.count(Verdict.ADMITTED) == 3
    assert verdicts.count(Verdict.VENUE_FULL) == 5
    inside = codes[verdicts.index(Verdict.ADMITTED)]
    waiting = codes[verdicts.index(Verdict.VENUE_FULL)]
    later = NOW_MS + MINUTE_MS
    assert (await scan(doors, inside, gate_id=exit_id, now_ms=later)).verdict is Verdict.ADMITTED
    assert (await scan(doors, waiting, now_ms=later)).verdict is Verdict.ADMITTED
    assert (await scan(doors, inside, now_ms=later + MINUTE_MS)).verdict is Verdict.VENUE_FULL


async def _limit(tx: Tx, event_id: int, inside_max: int) -> None:
    await tx.run(
        "INSERT INTO occupancy (event_id, inside, inside_max) VALUES (:id, 0, :inside_max)",
        id=event_id,
        inside_max=inside_max,
    )


@pytest.mark.parametrize(
    ("born", "verdict"),
    [
        ("2005-06-13", Verdict.ADMITTED),  # twenty-one on the very day
        ("2005-06-14", Verdict.UNDERAGE),
        ("2004-02-29", Verdict.ADMITTED),
    ],
)
async def test_the_age_is_judged_on_the_events_date(
    doors: Doors, born: str, verdict: Verdict
) -> None:
    """Whoever turns 21 on the day of the event comes in, after midnight of that night too."""
    for shift in (0, 3 * HOUR_MS):
        _, code = await doors.ticket(birth_date=born)
        assert (await scan(doors, code, now_ms=NOW_MS + shift)).verdict is verdict

"""The laws of the gate, each with the test of its name; those no other file tries are here.

What the gate answers is judged by these sentences: nobody has to guess which test holds one.
"""

import importlib
import re
from typing import Any

import pytest

from boxoffice.rules import DAY_MS, HOUR_MS, MINUTE_MS
from boxoffice.verdicts import Use, Verdict
from chat.texts import Texts
from gate_scanner.live import LIVE_TEXTS
from gate_scanner.talk import TEXTS
from gate_scanner.telling import tell_one
from storage.database import Database, Row
from tests.gate_scanner.door import GATEKEEPER, NOW_MS, Doors

LAWS = {
    "an error never admits": (
        "tests.gate_scanner.test_our_error",
        "test_an_error_never_admits_and_the_next_scan_goes_on",
    ),
    "an answer that does not use the ticket leaves history untouched": (
        "tests.gate_scanner.test_laws",
        "test_an_answer_that_uses_nothing_leaves_history_untouched",
    ),
    "the same inbound message gives the same answer for ever": (
        "tests.gate_scanner.test_talk",
        "test_the_same_message_gives_one_answer_for_ever",
    ),
    "a repeated request of a terminal gets the answer it got": (
        "tests.gate_scanner.test_terminal",
        "test_a_repeated_request_gets_the_answer_it_got",
    ),
    "a forged code touches no ticket table, its journal row keeps a hash": (
        "tests.gate_scanner.test_judging",
        "test_a_forged_code_touches_no_ticket_table",
    ),
    "two scans at once of a once-only ticket give exactly one admitted, on every engine": (
        "tests.storm.test_races",
        "test_of_two_hundred_scans_of_one_ticket_one_opens_the_gate",
    ),
    "a used and cancelled ticket is cancelled": (
        "tests.gate_scanner.test_laws",
        "test_a_used_and_cancelled_ticket_is_cancelled_at_the_door",
    ),
    "the date is never told to someone whose code is forged": (
        "tests.gate_scanner.test_laws",
        "test_the_date_is_never_told_to_a_forger",
    ),
    "one bad scan never blocks the next": (
        "tests.gate_scanner.test_judging",
        "test_one_bad_scan_never_blocks_the_next",
    ),
    "online and offline judge alike": (
        "tests.browser.test_terminal_offline",
        "test_the_page_judges_as_the_truth_table_says",
    ),
    "staff first, then authenticity, then state, then history": (
        "tests.boxoffice.test_admission",
        "test_of_many_troubles_the_first_is_told",
    ),
}


@pytest.fixture
async def doors(database: Database) -> Doors:
    """An event with a kind, a gate and a steward, on each engine."""
    return await Doors(database).build()


@pytest.mark.parametrize("law", LAWS)
def test_every_law_has_its_test(law: str) -> None:
    """A law whose test was renamed or lost is noticed."""
    module, name = LAWS[law]
    assert (getattr(importlib.import_module(module), name).__doc__ or "").strip()


USELESS: dict[Verdict, dict[str, Any]] = {
    Verdict.REVOKED: {"status": "revoked"},
    Verdict.CANCELLED: {"status": "cancelled"},
    Verdict.REFUNDED: {"status": "refunded"},
    Verdict.CHARGED_BACK: {"status": "charged_back"},
    Verdict.BLOCKED: {"status": "blocked"},
    Verdict.TEST_TICKET: {"mode": "demo"},
    Verdict.TOO_LATE: {"valid_until_ms": NOW_MS - 1},
    Verdict.TOO_EARLY: {"valid_from_ms": NOW_MS + MINUTE_MS},
    Verdict.WRONG_DAY: {
        "valid_from_ms": NOW_MS + DAY_MS,
        "valid_until_ms": NOW_MS + DAY_MS + HOUR_MS,
    },
    Verdict.ID_CHECK_REQUIRED: {"naming": "nominative", "holder": "Awa Dossou"},
    Verdict.UNDERAGE: {"birth_date": "2020-01-01"},
    Verdict.ALREADY_USED: {},  # and one before it: see `came`
    Verdict.ALREADY_INSIDE: {"entry": "reentry", "entries": 1, "inside": 1},
    Verdict.DAY_ALREADY_USED: {"entry": "daily", "entries": 1, "entered_day": "2026-06-13"},
    Verdict.PARTY_EXHAUSTED: {"entry": "party", "party_size": 2, "entries": 2},
}


@pytest.mark.parametrize("verdict", USELESS)
async def test_an_answer_that_uses_nothing_leaves_history_untouched(
    doors: Doors, verdict: Verdict
) -> None:
    """However often it is scanned, a refused ticket stands as it stood; all is journalled."""
    assert verdict.use is Use.NO
    came_before = came(doors) if verdict is Verdict.ALREADY_USED else {}
    _, code = await doors.ticket(**USELESS[verdict], **came_before)
    before = await tickets(doors)
    for at_ms in (NOW_MS, NOW_MS, NOW_MS + 1):
        hand = doors.hand(now_ms=at_ms)
        answer = await doors.database.write(GATEKEEPER.judge_scanned, hand, code)
        if at_ms == NOW_MS:
            assert answer.verdict is verdict
    assert await tickets(doors) == before
    assert len(await doors.rows("SELECT id FROM scans")) == 3


async def test_a_used_and_cancelled_ticket_is_cancelled_at_the_door(doors: Doors) -> None:
    """What became of a ticket is told before what it was used for, online too."""
    _, code = await doors.ticket(status="cancelled", **came(doors))
    answer = await doors.database.write(GATEKEEPER.judge_scanned, doors.hand(), code)
    assert answer.verdict is Verdict.CANCELLED


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_the_date_is_never_told_to_a_forger(doors: Doors, language: str) -> None:
    """A forged code of tomorrow's ticket hears that it is forged: no day, no kind, no name."""
    tomorrow = {"valid_from_ms": NOW_MS + DAY_MS, "valid_until_ms": NOW_MS + 2 * DAY_MS}
    _, code = await doors.ticket(holder="Awa Dossou", **tomorrow)
    forged = code[:-1] + ("2" if code[-1] != "2" else "3")
    answer = await doors.database.write(GATEKEEPER.judge_scanned, doors.hand(), forged)
    assert (answer.verdict, answer.story, answer.ticket_id) == (Verdict.FORGED, None, None)
    said = Texts(TEXTS, LIVE_TEXTS).render(tell_one(answer, NOW_MS).words, language)
    assert not re.search(r"\d|juin|June|VIP|Awa", said), said


def came(doors: Doors) -> dict[str, Any]:
    """Columns of a ticket that came in a minute ago."""
    return {
        "entries": 1,
        "scanned_at_ms": NOW_MS - MINUTE_MS,
        "scanned_gate_id": doors.gate_id,
        "scanned_staff_id": doors.staff_id,
    }


async def tickets(doors: Doors) -> list[Row]:
    """Read every ticket and every crowd as they stand."""
    return [
        dict(row)
        for table in ("tickets", "occupancy")
        for row in await doors.rows(f"SELECT * FROM {table}")  # noqa: S608 (two names above)
    ]

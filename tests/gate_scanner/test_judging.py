"""One judge for every path: what it touches, what it keeps, what it never tells."""

from typing import Any

import pytest

from boxoffice.codes import Keyring, Mode, code_hash, make_code, new_key
from boxoffice.rules import HOUR_MS, MINUTE_MS
from boxoffice.scan_facts import IdCheck
from boxoffice.spelling import ALPHABET
from boxoffice.typed_codes import ShortCode, read_short_code
from boxoffice.verdicts import Verdict
from gate_scanner.judging import Answer, Gatekeeper
from storage.database import Database, Row, Tx, Value
from storage.scans import Hand, Paper
from storage.typing_failures import FAILURES_MAX, WINDOW_MS
from tests.gate_scanner.door import GATEKEEPER, KEYRING, NOW_MS, Doors


@pytest.fixture
async def doors(database: Database) -> Doors:
    """An event with a kind, a gate and a steward, on each engine."""
    return await Doors(database).build()


class Watched:
    """A transaction that remembers the statements it passed on."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self.seen: list[str] = []

    async def rows(self, sql: str, /, **params: Value) -> Any:  # noqa: ANN401 (handed on)
        """Pass a query on."""
        self.seen.append(sql)
        return await self._tx.rows(sql, **params)

    async def row(self, sql: str, /, **params: Value) -> Row | None:
        """Pass a query on."""
        self.seen.append(sql)
        return await self._tx.row(sql, **params)

    async def run(self, sql: str, /, **params: Value) -> int:
        """Pass a statement on."""
        self.seen.append(sql)
        return await self._tx.run(sql, **params)


async def watched(tx: Tx, hand: Hand, raw: str) -> tuple[Answer, list[str]]:
    """Judge a scanned text and tell which statements that took."""
    watch = Watched(tx)
    answer = await GATEKEEPER.judge_scanned(watch, hand, raw)
    return answer, watch.seen


def short_code(random: str) -> str:
    """Complete seven characters with the check that fits them."""
    texts = (random + check for check in ALPHABET)
    return next(text for text in texts if isinstance(read_short_code(text), ShortCode))


async def scan(doors: Doors, raw: str, **hand: Any) -> Answer:  # noqa: ANN401 (any field of a hand)
    """Judge a text that a camera read."""
    return await doors.database.write(GATEKEEPER.judge_scanned, doors.hand(**hand), raw)


async def type_code(doors: Doors, raw: str, **hand: Any) -> Answer:  # noqa: ANN401 (the same)
    """Judge a text that a hand typed."""
    return await doors.database.write(GATEKEEPER.judge_typed, doors.hand(**hand), raw)


async def journal(doors: Doors) -> list[dict[str, Any]]:
    """Read the gate's journal."""
    return await doors.rows("SELECT * FROM scans ORDER BY id")


async def history(doors: Doors, ticket_id: int) -> dict[str, Any]:
    """Read all that a ticket is."""
    return (await doors.rows("SELECT * FROM tickets WHERE id = :id", id=ticket_id))[0]


async def test_a_good_ticket_takes_two_statements(doors: Doors) -> None:
    """The green path is one conditional update and one row of the journal."""
    _, code = await doors.ticket()
    answer, seen = await doors.database.write(watched, doors.hand(), code)
    assert answer.verdict is Verdict.ADMITTED
    assert [sql.split()[0] for sql in seen] == ["UPDATE", "INSERT"]


async def test_a_refused_ticket_takes_four_statements(doors: Doors) -> None:
    """A refusal adds two reads: who asks, and everything about the ticket."""
    _, code = await doors.ticket(status="cancelled")
    answer, seen = await doors.database.write(watched, doors.hand(), code)
    assert answer.verdict is Verdict.CANCELLED
    assert [sql.split()[0] for sql in seen] == ["UPDATE", "SELECT", "SELECT", "INSERT"]


async def test_a_forged_code_touches_no_ticket_table(doors: Doors) -> None:
    """Nothing of a forgery reaches the tickets; the journal keeps its hash and not the code."""
    _, code = await doors.ticket()
    forged = code[:-1] + ("0" if code[-1] != "0" else "1")
    answer, seen = await doors.database.write(watched, doors.hand(), forged)
    assert (answer.verdict, answer.story) == (Verdict.FORGED, None)
    assert not [sql for sql in seen if "tickets" in sql]
    rows = await journal(doors)
    assert [row["raw_hash"] for row in rows] == [code_hash(forged)]
    assert not [row for row in rows if forged in map(str, row.values())]


async def test_the_same_forgery_raises_the_alarm_once(doors: Doors) -> None:
    """A forged code alarms when it is first shown at an event; repeats are journalled only."""
    forged = make_code(Keyring.parse(new_key()), Mode.LIVE, doors.tag)
    assert [(await scan(doors, forged)).alarm for _ in range(3)] == [True, False, False]
    assert len(await journal(doors)) == 3


async def test_a_demo_ticket_at_a_live_gate_is_a_test_ticket(doors: Doors) -> None:
    """Whatever keys the demo has, its tickets are told for what they are, without a look."""
    for keyring in (KEYRING, Keyring.parse(new_key())):
        demo = make_code(keyring, Mode.DEMO, doors.tag)
        answer, seen = await doors.database.write(watched, doors.hand(), demo)
        assert answer.verdict is Verdict.TEST_TICKET
        assert not [sql for sql in seen if "tickets" in sql]
    demo_gate = Gatekeeper(KEYRING, Mode.DEMO)
    live = make_code(KEYRING, Mode.LIVE, doors.tag)
    answer = await doors.database.write(demo_gate.judge_scanned, doors.hand(), live)
    assert answer.verdict is Verdict.TEST_TICKET


async def test_first_scan_wins_and_the_second_hears_the_whole_story(doors: Doors) -> None:
    """The second scan is told when, where, and by which role the first was; nothing changes."""
    ticket_id, code = await doors.ticket(holder="Awa Dossou")
    assert (await scan(doors, code)).verdict is Verdict.ADMITTED
    before = await history(doors, ticket_id)
    later = NOW_MS + 4 * MINUTE_MS
    answer = await scan(doors, code, now_ms=later)
    assert answer.verdict is Verdict.ALREADY_USED
    assert answer.story is not None
    told = answer.story
    assert (told.kind, told.holder) == ("VIP", "Awa Dossou")
    assert (told.scanned_ms, told.scanned_gate) == (NOW_MS, "Porte Nord")
    assert told.scanned_role == "steward"
    assert await history(doors, ticket_id) == before
    rows = await journal(doors)
    assert [row["verdict"] for row in rows] == ["admitted", "already_used"]
    assert rows[0] | {"id": 0} == {
        "id": 0,
        "event_id": doors.event_id,
        "gate_id": doors.gate_id,
        "staff_id": doors.staff_id,
        "person_id": doors.person_id,
        "ticket_id": ticket_id,
        "raw_hash": code_hash(code),
        "channel": "telegram",
        "typed": 0,
        "verdict": "admitted",
        "received_ms": NOW_MS - 40,
        "judged_ms": NOW_MS,
        "note": None,
        "moved": 1,
        "answer_id": None,
        "undoes": None,
    }


async def test_a_finger_that_taps_twice_is_a_replay(doors: Doors) -> None:
    """The same staff at the same gate within five seconds: one person, no second entry."""
    _, code = await doors.ticket()
    other_id = await doors.person()
    other = {"person_id": other_id, "staff_id": await doors.staff(other_id)}
    await scan(doors, code)
    assert (await scan(doors, code, now_ms=NOW_MS + 5000)).verdict is Verdict.REPLAY
    assert (await scan(doors, code, now_ms=NOW_MS + 5001)).verdict is Verdict.ALREADY_USED
    assert (await scan(doors, code, now_ms=NOW_MS + 1, **other)).verdict is Verdict.ALREADY_USED
    south = await doors.gate("Porte Sud")
    assert (await scan(doors, code, now_ms=NOW_MS + 1, gate_id=south)).verdict is (
        Verdict.ALREADY_USED
    )


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        ("revoked", Verdict.REVOKED),
        ("cancelled", Verdict.CANCELLED),
        ("refunded", Verdict.REFUNDED),
        ("charged_back", Verdict.CHARGED_BACK),
        ("blocked", Verdict.BLOCKED),
    ],
)
async def test_a_dead_ticket_says_what_became_of_it(
    doors: Doors, status: str, verdict: Verdict
) -> None:
    """State comes before history: a used and cancelled ticket is cancelled."""
    ticket_id, code = await doors.ticket()
    await scan(doors, code)
    await doors.set("tickets", ticket_id, status=status)
    assert (await scan(doors, code)).verdict is verdict


async def test_an_old_code_stays_dead_when_its_successor_enters(doors: Doors) -> None:
    """A re-issued ticket has a new code; the old one opens nothing, before and after."""
    old_id, old = await doors.ticket(status="revoked")
    new_id, new = await doors.ticket()
    await doors.set("tickets", old_id, successor_id=new_id)
    assert (await scan(doors, old)).verdict is Verdict.REVOKED
    assert (await scan(doors, new)).verdict is Verdict.ADMITTED
    assert (await scan(doors, old)).verdict is Verdict.REVOKED


async def test_strangers_learn_nothing(doors: Doors) -> None:
    """Who is not in the team, was dismissed, or is off duty gets no story and uses nothing."""
    ticket_id, code = await doors.ticket(holder="Awa Dossou")
    nobody = await doors.person()
    before = await history(doors, ticket_id)
    for hand in (
        {"person_id": nobody, "staff_id": None, "gate_id": None},
        {"person_id": nobody},
    ):
        answer = await scan(doors, code, **hand)
        assert (answer.verdict, answer.story) == (Verdict.STAFF_NOT_ALLOWED, None)
    await doors.set("staff", doors.staff_id, until_ms=NOW_MS)
    assert (await scan(doors, code)).verdict is Verdict.STAFF_NOT_ALLOWED
    await doors.set("staff", doors.staff_id, until_ms=None, revoked_ms=NOW_MS)
    assert (await scan(doors, code)).verdict is Verdict.STAFF_NOT_ALLOWED
    assert await history(doors, ticket_id) == before
    assert len(await journal(doors)) == 4


async def test_another_events_ticket_is_named_only_to_its_staff(doors: Doors) -> None:
    """Another event's ticket is refused; its story is told to who works there too."""
    other = await Doors(doors.database).build(event={"title": "Gala"})
    _, code = await other.ticket(holder="Awa Dossou")
    answer = await scan(doors, code)
    assert (answer.verdict, answer.story) == (Verdict.WRONG_EVENT, None)
    await other.staff(doors.person_id)
    answer = await scan(doors, code, now_ms=NOW_MS + MINUTE_MS)
    assert answer.verdict is Verdict.WRONG_EVENT
    assert answer.story is not None
    assert answer.story.event_title == "Gala"
    assert [row["event_id"] for row in await journal(doors)] == [doors.event_id] * 2


async def test_a_wrong_gate_names_the_right_ones(doors: Doors) -> None:
    """The kinds a gate admits are its own; the answer says where to go."""
    other_kind = await doors.kind("Gradin")
    south = await doors.gate("Porte Sud")
    await doors.database.write(_admit_only, doors.gate_id, other_kind)
    await doors.database.write(_admit_only, south, doors.kind_id)
    _, code = await doors.ticket()
    answer = await scan(doors, code)
    assert answer.verdict is Verdict.WRONG_GATE
    assert answer.story is not None
    assert answer.story.gates == ("Porte Sud",)
    assert (await scan(doors, code, gate_id=south)).verdict is Verdict.ADMITTED


async def _admit_only(tx: Tx, gate_id: int, kind_id: int) -> None:
    await tx.run("INSERT INTO gate_kinds VALUES (:gate, :kind)", gate=gate_id, kind=kind_id)


async def test_a_gate_of_another_event_is_closed(doors: Doors) -> None:
    """Staff of one event cannot stand at another's gate."""
    other = await Doors(doors.database).build()
    _, code = await doors.ticket()
    assert (await scan(doors, code, gate_id=other.gate_id)).verdict is Verdict.GATE_CLOSED


async def test_a_named_ticket_waits_for_the_paper(doors: Doors) -> None:
    """Nothing is used at the question; the yes admits, once, unless the question is too old."""
    ticket_id, code = await doors.ticket(naming="nominative", holder="Awa Dossou")
    before = await history(doors, ticket_id)
    assert (await scan(doors, code)).verdict is Verdict.ID_CHECK_REQUIRED
    refused = Paper(IdCheck.REFUSED, NOW_MS)
    late = Paper(IdCheck.SEEN, NOW_MS - 5 * MINUTE_MS - 1)
    assert (await _paper(doors, ticket_id, refused)).verdict is Verdict.HOLDER_MISMATCH
    assert (await _paper(doors, ticket_id, late)).verdict is Verdict.ID_CHECK_REQUIRED
    assert await history(doors, ticket_id) == before
    seen = Paper(IdCheck.SEEN, NOW_MS - MINUTE_MS)
    assert (await _paper(doors, ticket_id, seen)).verdict is Verdict.ADMITTED
    later = doors.hand(now_ms=NOW_MS + MINUTE_MS)
    answer = await doors.database.write(GATEKEEPER.judge_paper, later, ticket_id, seen)
    assert answer.verdict is Verdict.ALREADY_USED
    assert len(await journal(doors)) == 5


async def _paper(doors: Doors, ticket_id: int, paper: Paper) -> Answer:
    return await doors.database.write(GATEKEEPER.judge_paper, doors.hand(), ticket_id, paper)


async def test_a_typed_code_opens_its_own_event_only(doors: Doors) -> None:
    """A short code is good in the hands of that event's staff, and unknown in any other's."""
    await doors.ticket(short_code=short_code("BBBBBBB"))
    good = short_code("AAAAAAA")
    await doors.ticket(short_code=good)
    other = await Doors(doors.database).build()
    assert (await type_code(other, good)).verdict is Verdict.UNKNOWN
    answer = await type_code(doors, f"{good[:4].lower()}-{good[4:]}")
    assert answer.verdict is Verdict.ADMITTED
    rows = await journal(doors)
    assert [(row["typed"], row["verdict"]) for row in rows] == [(1, "unknown"), (1, "admitted")]


async def test_typing_at_random_is_stopped_and_photos_are_not(doors: Doors) -> None:
    """Ten codes that name no ticket stop a person's typing for ten minutes, even a right one."""
    good = short_code("BBBBBBB")
    _, code = await doors.ticket(short_code=good)
    for number in range(FAILURES_MAX):
        wrong = short_code(f"CCCCCC{number}")
        assert (await type_code(doors, wrong)).verdict is Verdict.UNKNOWN
    answer = await type_code(doors, good)
    assert answer.verdict is Verdict.STAFF_NOT_ALLOWED
    assert answer.paused_until_ms == NOW_MS + WINDOW_MS
    assert (await scan(doors, code)).verdict is Verdict.ADMITTED
    later = NOW_MS + WINDOW_MS
    assert (await type_code(doors, good, now_ms=later)).verdict is Verdict.ALREADY_USED


async def test_a_right_code_forgives_the_wrong_ones(doors: Doors) -> None:
    """Failures are counted in a row: an honest hand starts again at none."""
    good = short_code("BBBBBBB")
    await doors.ticket(short_code=good)
    for number in range(FAILURES_MAX - 1):
        await type_code(doors, short_code(f"CCCCCC{number}"))
    await type_code(doors, good)
    assert await doors.rows("SELECT * FROM typing_failures") == []


async def test_a_slip_of_the_hand_is_told_and_not_counted(doors: Doors) -> None:
    """A check character that does not fit asks for the code again; no ticket is looked at."""
    good = short_code("BBBBBBB")
    await doors.ticket(short_code=good)
    answer = await type_code(doors, "A" + good[1:])
    assert (answer.verdict, answer.mistyped) == (Verdict.NOT_A_TICKET, True)
    assert await doors.rows("SELECT * FROM typing_failures") == []


@pytest.mark.parametrize(
    "raw", ["", "https://pay.example.com", "x" * 5000, "🎷" * 50, "'; DROP TABLE tickets; --", "\0"]
)
async def test_anything_else_is_not_a_ticket(doors: Doors, raw: str) -> None:
    """Whatever a camera reads gets an answer and a row of the journal, never a crash."""
    assert (await scan(doors, raw)).verdict is Verdict.NOT_A_TICKET
    assert (await type_code(doors, raw)).verdict is Verdict.NOT_A_TICKET
    assert len(await journal(doors)) == 2


async def test_an_authentic_code_without_a_ticket_is_unknown(doors: Doors) -> None:
    """Our own check on a code nobody was sold: unknown, not forged."""
    code = make_code(KEYRING, Mode.LIVE, doors.tag)
    assert (await scan(doors, code)).verdict is Verdict.UNKNOWN


async def test_the_wrong_day_is_said_with_its_window(doors: Doors) -> None:
    """Saturday's steward and Sunday's ticket: the story has the window to tell."""
    window = {"valid_from_ms": NOW_MS + 24 * HOUR_MS, "valid_until_ms": NOW_MS + 30 * HOUR_MS}
    _, code = await doors.ticket(**window)
    answer = await scan(doors, code)
    assert answer.verdict is Verdict.WRONG_DAY
    assert answer.story is not None
    assert answer.story.valid_from_ms == window["valid_from_ms"]


async def test_one_bad_scan_never_blocks_the_next(doors: Doors) -> None:
    """Forged, unknown, foreign: the good ticket after them comes in."""
    _, code = await doors.ticket()
    forged = make_code(Keyring.parse(new_key()), Mode.LIVE, doors.tag)
    for raw in (forged, make_code(KEYRING, Mode.LIVE, doors.tag), "https://pay.example.com"):
        assert (await scan(doors, raw)).verdict is not Verdict.ADMITTED
    assert (await scan(doors, code)).verdict is Verdict.ADMITTED


async def test_a_doubt_of_ours_is_an_error_and_never_green(doors: Doors) -> None:
    """When the statement refuses and the facts do not say why, it is our fault, not a yes."""
    ticket_id, code = await doors.ticket()

    async def doubt(tx: Tx) -> Answer:
        return await GATEKEEPER.judge_scanned(_NoUpdate(tx), doors.hand(), code)

    before = await history(doors, ticket_id)
    assert (await doors.database.write(doubt)).verdict is Verdict.ERROR
    assert await history(doors, ticket_id) == before


class _NoUpdate(Watched):
    """A transaction whose conditional statement always comes a moment too late."""

    async def row(self, sql: str, /, **params: Value) -> Row | None:
        if sql.startswith("UPDATE tickets"):
            return None
        return await super().row(sql, **params)

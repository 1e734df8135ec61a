"""What came in without network, told later: each once, in its order of time, nothing lost."""

from itertools import permutations
from typing import Any
from uuid import uuid4

import pytest

from boxoffice.codes import Mode, make_code
from boxoffice.rules import MINUTE_MS
from boxoffice.verdicts import Verdict
from gate_scanner.terminal.scanning import Companions
from storage import staff
from storage.database import Database
from storage.ids import to_text
from storage.opening import open_database
from storage.scans import Together
from storage.terminals import hashed
from tests.gate_scanner.door import KEYRING, NOW_MS, Doors
from tests.gate_scanner.terminal_hand import (
    JUDGE,
    entry,
    journal,
    opened,
    scan,
    terminal_of,
    upload,
)


async def test_an_entry_is_taken_in_once(database: Database) -> None:
    """Uploaded again after a lost answer: the same outcome, one admission, one line."""
    doors = await Doors(database).build()
    cookie = await opened(doors)
    ticket_id, code = await doors.ticket()
    one = entry(await terminal_of(doors, cookie), code, NOW_MS - 5_000)
    assert await upload(doors, cookie, one) == ["admitted"]
    assert await upload(doors, cookie, one, one) == ["admitted", "admitted"]
    assert await journal(doors) == ["admitted"]
    (row,) = await doors.rows("SELECT scanned_at_ms FROM tickets WHERE id = :id", id=ticket_id)
    assert row["scanned_at_ms"] == NOW_MS - 5_000


async def test_a_lost_answer_is_no_second_admission(database: Database) -> None:
    """The scan reached us, its answer did not: the page let the person in, and it is one entry."""
    doors = await Doors(database).build()
    cookie = await opened(doors)
    _, code = await doors.ticket()
    name = str(uuid4())
    assert (await scan(doors, cookie, code, name))["verdict"] == "admitted"
    one = entry(await terminal_of(doors, cookie), code, NOW_MS, name=name)
    assert await upload(doors, cookie, one) == ["admitted"]
    assert await journal(doors) == ["admitted"]


async def test_a_lost_answer_lets_no_party_in_twice(database: Database) -> None:
    """Three more were let in here, the answer was lost: the page tells of the same three."""
    doors = await Doors(database).build()
    cookie = await opened(doors)
    ticket_id, code = await doors.ticket(entry="party", party_size=8)
    assert (await scan(doors, cookie, code))["more"][-1]["persons"] == 7
    pressed = Companions(str(uuid4()), to_text(ticket_id), Together(3, 1))
    assert await database.write(JUDGE.judge, hashed(cookie), pressed, NOW_MS)
    terminal = await terminal_of(doors, cookie)
    names = [pressed.request_id, str(uuid4()), str(uuid4())]
    told = [entry(terminal, code, NOW_MS, name=name, asked_as=pressed.request_id) for name in names]
    assert await upload(doors, cookie, *told, *told) == ["admitted"] * 6
    (row,) = await doors.rows("SELECT entries FROM tickets WHERE id = :id", id=ticket_id)
    assert row["entries"] == 4
    alone = entry(terminal, code, NOW_MS, asked_as=str(uuid4()))
    assert await upload(doors, cookie, alone) == ["admitted"]
    (row,) = await doors.rows("SELECT entries FROM tickets WHERE id = :id", id=ticket_id)
    assert row["entries"] == 5


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
async def test_the_first_by_time_keeps_the_ticket(
    order: tuple[int, ...], house_sqlite_url: str
) -> None:
    """Three terminals let one ticket in; in whatever order they upload, the earliest has it."""
    database = await open_database(house_sqlite_url)
    doors = await Doors(database).build()
    await doors.supervisor()
    gates = [doors.gate_id, await doors.gate("Porte B"), await doors.gate("Porte C")]
    cookies = [await opened(doors, gate_id=gate) for gate in gates]
    _, code = await doors.ticket()
    for rank in order:
        terminal = await terminal_of(doors, cookies[rank])
        await upload(doors, cookies[rank], entry(terminal, code, NOW_MS - 30_000 + rank * 1_000))
    (row,) = await doors.rows("SELECT scanned_at_ms, scanned_gate_id FROM tickets")
    assert (row["scanned_at_ms"], row["scanned_gate_id"]) == (NOW_MS - 30_000, gates[0])
    kept = await doors.rows("SELECT gate_id FROM scans WHERE verdict = 'conflict'")
    assert len(kept) == len(await doors.alarms()) == 2
    await database.close()


async def test_a_conflict_names_both_gates_and_times(database: Database) -> None:
    """The supervisor reads at once who let the ticket in, where and when, the first one first."""
    doors = await Doors(database).build()
    await doors.supervisor()
    south = await doors.gate("Porte Sud")
    north, other = await opened(doors), await opened(doors, gate_id=south)
    _, code = await doors.ticket()
    assert (await scan(doors, north, code))["verdict"] == "admitted"
    one = entry(await terminal_of(doors, other), code, NOW_MS - 10_000)
    assert await upload(doors, other, one) == ["admitted"]
    (alarm,) = await doors.alarms()
    assert alarm == (
        "🚨 DEUX PASSAGES D’UN BILLET\nVIP\n"
        "1. Gardé\u00a0: 22:59:50, Porte Sud (Kofi)\n2. En trop\u00a0: 23:00:00, Porte Nord (Kofi)"
    )


async def test_who_was_let_in_wrongly_is_told(database: Database) -> None:
    """A ticket cancelled meanwhile, and one nobody sold: the person is in, the supervisor knows."""
    doors = await Doors(database).build()
    await doors.supervisor()
    cookie = await opened(doors)
    terminal = await terminal_of(doors, cookie)
    _, cancelled = await doors.ticket(status="cancelled")
    never_sold = make_code(KEYRING, Mode.LIVE, doors.tag)
    forged = never_sold[:-1] + ("A" if never_sold[-1] != "A" else "B")
    entries = [entry(terminal, code, NOW_MS) for code in (cancelled, never_sold, forged)]
    assert await upload(doors, cookie, *entries) == ["cancelled", "unknown", "forged"]
    assert ["À TORT" in one for one in await doors.alarms()] == [True, True, True]
    (row,) = await doors.rows("SELECT scanned_at_ms FROM tickets")
    assert row["scanned_at_ms"] is None


async def test_after_a_dismissal_entries_use_no_ticket(database: Database) -> None:
    """Who was let in before the dismissal counts; what comes after is told, and uses nothing."""
    doors = await Doors(database).build()
    await doors.supervisor()
    cookie = await opened(doors)
    terminal = await terminal_of(doors, cookie)
    (_, before), (after_id, after) = await doors.ticket(), await doors.ticket()
    await database.write(staff.dismiss, doors.staff_id, NOW_MS - 10_000)
    entries = [entry(terminal, before, NOW_MS - 20_000), entry(terminal, after, NOW_MS - 5_000)]
    assert await upload(doors, cookie, *entries) == ["admitted", "staff_not_allowed"]
    (row,) = await doors.rows("SELECT scanned_at_ms FROM tickets WHERE id = :id", id=after_id)
    assert row["scanned_at_ms"] is None


async def test_entries_of_another_event_stay_on_the_device(database: Database) -> None:
    """They are not taken, so that the device keeps them for the terminal of that event."""
    doors, elsewhere = await Doors(database).build(), await Doors(database).build()
    here, there = await opened(doors), await opened(elsewhere)
    _, code = await elsewhere.ticket()
    one = entry(await terminal_of(elsewhere, there), code, NOW_MS)
    assert await upload(doors, here, one) == ["other_event"]
    assert await upload(elsewhere, there, one) == ["admitted"]


async def test_refusals_made_without_network_are_journalled(database: Database) -> None:
    """A forgery shown offline is in the journal, and the supervisor hears of it on upload."""
    doors = await Doors(database).build()
    await doors.supervisor()
    cookie = await opened(doors)
    terminal = await terminal_of(doors, cookie)
    shown = entry(terminal, None, NOW_MS, verdict=Verdict.FORGED)
    assert await upload(doors, cookie, shown) == ["noted"]
    assert await journal(doors) == ["forged"]
    (alarm,) = await doors.alarms()
    assert "FAUX BILLET" in alarm


# ---- Tickets for several entries -----------------------------------------------------------------

HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS


async def ticket_row(doors: Doors) -> dict[str, Any]:
    """Read the only ticket."""
    (row,) = await doors.rows("SELECT * FROM tickets")
    return dict(row)


async def test_a_daily_pass_opens_once_a_day_however_late_it_is_told(database: Database) -> None:
    """Two days told in the wrong order are two entries; a second one of a day is a conflict."""
    doors = await Doors(database).build()
    await doors.supervisor()
    cookie = await opened(doors)
    await doors.set_terminal_opened(NOW_MS - 3 * DAY_MS)
    terminal = await terminal_of(doors, cookie)
    _, code = await doors.ticket(entry="daily", valid_from_ms=NOW_MS - 3 * DAY_MS)
    today = entry(terminal, code, NOW_MS - HOUR_MS)
    yesterday = entry(terminal, code, NOW_MS - DAY_MS)
    again = entry(terminal, code, NOW_MS - DAY_MS + HOUR_MS)
    assert await upload(doors, cookie, today, yesterday, again) == [
        "admitted",
        "admitted",
        "conflict",
    ]
    row = await ticket_row(doors)
    assert row["entries"] == 2
    assert row["scanned_at_ms"] == NOW_MS - HOUR_MS
    assert len(await doors.alarms()) == 1
    assert (await scan(doors, cookie, code))["verdict"] == "day_already_used"


async def test_a_party_comes_in_offline_up_to_its_size(database: Database) -> None:
    """Three of four offline, one online, and the fifth is a conflict."""
    doors = await Doors(database).build()
    await doors.supervisor()
    cookie = await opened(doors)
    terminal = await terminal_of(doors, cookie)
    _, code = await doors.ticket(entry="party", party_size=4)
    three = [entry(terminal, code, NOW_MS - 30_000 + 6_000 * rank) for rank in range(3)]
    assert await upload(doors, cookie, *three) == ["admitted"] * 3
    assert (await scan(doors, cookie, code))["verdict"] == "admitted"
    assert await upload(doors, cookie, entry(terminal, code, NOW_MS - 1_000)) == ["conflict"]
    assert (await ticket_row(doors))["entries"] == 4


async def test_in_and_out_told_late_leave_who_is_inside_right(database: Database) -> None:
    """In offline, out offline, in again; twice in without an exit is a conflict."""
    doors = await Doors(database).build(event={"entry": "reentry"})
    await doors.supervisor()
    exit_id = await doors.gate("Sortie", direction="out")
    await doors.database.write(doors.count_crowd, 10)
    cookie = await opened(doors)
    terminal = await terminal_of(doors, cookie)
    _, code = await doors.ticket(entry="reentry")
    came = entry(terminal, code, NOW_MS - 40_000)
    left = entry(terminal, code, NOW_MS - 30_000, gate_id=exit_id)
    returned = entry(terminal, code, NOW_MS - 20_000)
    twice = entry(terminal, code, NOW_MS - 10_000)
    assert await upload(doors, cookie, came, left) == ["admitted", "admitted"]
    assert (await ticket_row(doors))["inside"] == 0
    assert await upload(doors, cookie, returned, twice) == ["admitted", "conflict"]
    row = await ticket_row(doors)
    assert (row["inside"], row["entries"]) == (1, 2)
    (crowd,) = await doors.rows("SELECT inside FROM occupancy")
    assert crowd["inside"] == 1
    gone = entry(terminal, code, NOW_MS - 5_000, gate_id=exit_id)
    again = entry(terminal, code, NOW_MS - 4_000, gate_id=exit_id)
    assert await upload(doors, cookie, gone, again) == ["admitted", "not_inside"]


async def test_a_gate_of_another_event_is_not_believed(database: Database) -> None:
    """An entry that names a foreign gate counts where its terminal stands."""
    doors, elsewhere = await Doors(database).build(), await Doors(database).build()
    cookie = await opened(doors)
    ticket_id, code = await doors.ticket()
    one = entry(await terminal_of(doors, cookie), code, NOW_MS - 1, gate_id=elsewhere.gate_id)
    assert await upload(doors, cookie, one) == ["admitted"]
    (row,) = await doors.rows("SELECT scanned_gate_id FROM tickets WHERE id = :id", id=ticket_id)
    assert row["scanned_gate_id"] == doors.gate_id

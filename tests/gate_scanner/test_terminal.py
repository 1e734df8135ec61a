"""The terminal's memory: one answer a request, one use a link, its own gates alone."""

import asyncio
import secrets
from uuid import uuid4

from gate_scanner.terminal.entering import open_by_link
from storage import staff, terminal_links, terminals
from storage.database import Database
from tests.gate_scanner.door import NOW_MS, Doors
from tests.gate_scanner.terminal_hand import (
    journal,
    opened,
    scan,
    terminal_of,
)


async def test_a_repeated_request_gets_the_answer_it_got(database: Database) -> None:
    """Green again for the same request, journalled once; red for another request."""
    doors = await Doors(database).build()
    cookie = await opened(doors)
    _, code = await doors.ticket()
    name = str(uuid4())
    first = await scan(doors, cookie, code, name)
    again = await scan(doors, cookie, code, name, NOW_MS + 60_000)
    other = await scan(doors, cookie, code, now_ms=NOW_MS + 60_000)
    assert first == again
    assert (first["verdict"], first["light"], first["passes"]) == ("admitted", "green", True)
    assert (other["verdict"], other["passes"]) == ("already_used", False)
    assert await journal(doors) == ["admitted", "already_used"]


async def test_the_same_request_twice_at_once_is_one_answer(database: Database) -> None:
    """A page that repeats itself before it was answered still lets one person in, once."""
    doors = await Doors(database).build()
    cookie = await opened(doors)
    _, code = await doors.ticket()
    name = str(uuid4())
    answers = await asyncio.gather(*(scan(doors, cookie, code, name) for _ in range(8)))
    assert all(one == answers[0] for one in answers)
    assert answers[0]["verdict"] == "admitted"
    assert await journal(doors) == ["admitted"]


async def test_two_terminals_at_once_admit_one(database: Database) -> None:
    """Two requests for one ticket: exactly one green."""
    doors = await Doors(database).build()
    cookies = [await opened(doors), await opened(doors)]
    _, code = await doors.ticket()
    answers = await asyncio.gather(*(scan(doors, cookie, code) for cookie in cookies))
    assert sorted(one["passes"] for one in answers) == [False, True]


async def test_who_is_dismissed_scans_nothing_more(database: Database) -> None:
    """One word takes a place back: the very next scan of an open terminal says so."""
    doors = await Doors(database).build()
    cookie = await opened(doors)
    _, code = await doors.ticket()
    await database.write(staff.dismiss, doors.staff_id, NOW_MS)
    assert (await scan(doors, cookie, code))["verdict"] == "staff_not_allowed"
    rows = await doors.rows("SELECT scanned_at_ms FROM tickets")
    assert rows[0]["scanned_at_ms"] is None


async def test_a_link_is_used_once_and_expires(database: Database) -> None:
    """Two devices press the button: one terminal. A link of before is gone."""
    doors = await Doors(database).build()
    tokens = ["fresh test link", "old test link"]
    for token, expires_ms in zip(tokens, (NOW_MS + 1, NOW_MS), strict=True):
        await database.write(
            terminal_links.make,
            token,
            staff_id=doors.staff_id,
            gate_id=doors.gate_id,
            language="fr",
            expires_ms=expires_ms,
            now_ms=NOW_MS - 1,
        )
    assert await database.read(terminal_links.look_at, tokens[0], NOW_MS) is not None
    pressed = await asyncio.gather(
        *(database.write(open_by_link, tokens[0], secrets.token_hex(), NOW_MS) for _ in range(4))
    )
    assert sorted(pressed) == [False, False, False, True]
    assert not await database.write(open_by_link, tokens[1], secrets.token_hex(), NOW_MS)
    kept = await doors.rows("SELECT token_hash FROM terminal_links")
    assert all(row["token_hash"] not in tokens for row in kept)


async def test_a_terminal_stays_at_its_own_gates(database: Database) -> None:
    """A gate of another event, or one that a bound steward may not hold, is refused."""
    doors = await Doors(database).build()
    elsewhere = await Doors(database).build()
    south = await doors.gate("Porte Sud")
    cookie = await opened(doors)
    terminal = await terminal_of(doors, cookie)
    assert not await database.write(terminals.move_terminal, terminal, elsewhere.gate_id)
    assert await database.write(terminals.move_terminal, terminal, south)
    await doors.set("staff", doors.staff_id, bound_gate_id=doors.gate_id)
    assert not await database.write(terminals.move_terminal, terminal, south)

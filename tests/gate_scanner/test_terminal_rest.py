"""The rest of an order at the terminal: offered after one scan, let in once, undone like a scan."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from boxoffice.codes import code_hash
from gate_scanner.terminal.scanning import RestOfOrder, hand_of, share_name
from storage import passages, staff
from storage.ids import to_text
from storage.terminals import hashed
from tests.gate_scanner.door import NOW_MS, Doors
from tests.gate_scanner.terminal_hand import (
    JUDGE,
    entry,
    journal,
    opened,
    scan,
    terminal_of,
    upload,
)

if TYPE_CHECKING:
    from storage.database import Database


async def rest(
    doors: Doors, cookie: str, ticket_id: int, request_id: str = ""
) -> list[dict[str, Any]]:
    """Let the rest of a ticket's order in; answers what is told of each."""
    request = RestOfOrder(request_id or str(uuid4()), to_text(ticket_id))
    judged = await doors.database.write(JUDGE.judge, hashed(cookie), request, NOW_MS)
    assert judged is not None
    answers: list[dict[str, Any]] = json.loads(judged.answer)["answers"]
    return answers


async def test_the_rest_of_an_order_is_let_in_once(database: Database) -> None:
    """Two of three come in by a button; repeated, the same answer; pressed again, nobody."""
    doors = await Doors(database).build()
    cookie = await opened(doors)
    first, code = await doors.ticket()
    others = dict([await doors.ticket() for _ in range(2)])
    await doors.ticket(status="blocked")
    offered = (await scan(doors, cookie, code))["rest"]
    assert offered == {
        "ticket": to_text(first),
        "label": "Admettre le reste de la commande (2)",
        "digests": [code_hash(one) for one in others.values()],
    }
    name = str(uuid4())
    answers = await rest(doors, cookie, first, name)
    assert [(one["verdict"], one["moves"]) for one in answers] == [("admitted", 1)] * 2
    assert len({one["digest"] for one in answers}) == 2
    assert await rest(doors, cookie, first, name) == answers
    (nobody,) = await rest(doors, cookie, first)
    assert (nobody["passes"], nobody["moves"]) == (False, 0)
    assert nobody["do"].startswith("Il ne reste personne")
    assert await journal(doors) == ["admitted"] * 3
    hand = hand_of(await terminal_of(doors, cookie), NOW_MS)
    for ticket_id in others:
        passage = await doors.database.read(passages.passage_of_ticket, ticket_id)
        assert passage is not None
        assert await doors.database.write(passages.take_back, hand, passage)
    assert len(await rest(doors, cookie, first)) == 2


async def test_a_lost_rest_is_told_again_ticket_by_ticket(database: Database) -> None:
    """Its answer never came: one is scanned again, one was let in offline, and both are admitted.

    Shown once more, each is refused; another terminal's offline entry is a conflict as ever.
    """
    doors = await Doors(database).build()
    await doors.supervisor()
    cookie, other = await opened(doors), await opened(doors)
    first, code = await doors.ticket()
    (_, second), (_, third) = [await doors.ticket() for _ in range(2)]
    await scan(doors, cookie, code)
    lost = str(uuid4())
    await rest(doors, cookie, first, lost)
    shares = {one: share_name(lost, code_hash(one)) for one in (second, third)}
    again = await scan(doors, cookie, second, lost=(shares[second],))
    assert (again["verdict"], again["passes"]) == ("admitted", True)
    terminal = await terminal_of(doors, cookie)
    offline = entry(terminal, third, NOW_MS, lost=(shares[third],))
    assert await upload(doors, cookie, offline, offline) == ["admitted", "admitted"]
    assert await journal(doors) == ["admitted"] * 3
    assert await doors.alarms() == []
    for shown in (second, third):
        late = await scan(doors, cookie, shown, now_ms=NOW_MS + 60_000, lost=(shares[shown],))
        assert late["verdict"] == "already_used"
    elsewhere = entry(await terminal_of(doors, other), third, NOW_MS, lost=(shares[third],))
    assert await upload(doors, other, elsewhere) == ["conflict"]


async def test_a_refusal_that_was_lost_too_is_no_obstacle(database: Database) -> None:
    """Let in by a lost rest, refused by a lost scan, let in without network: it is in once."""
    doors = await Doors(database).build()
    await doors.supervisor()
    cookie = await opened(doors)
    first, code = await doors.ticket()
    _, second = await doors.ticket()
    await scan(doors, cookie, code)
    lost, asked = str(uuid4()), str(uuid4())
    await rest(doors, cookie, first, lost)
    assert (await scan(doors, cookie, second, asked))["passes"] is False
    share = share_name(lost, code_hash(second))
    offline = entry(await terminal_of(doors, cookie), second, NOW_MS, name=asked, lost=(share,))
    assert await upload(doors, cookie, offline) == ["admitted"]
    assert await doors.alarms() == []


async def test_a_rest_that_never_arrived_names_nobody(database: Database) -> None:
    """The request was lost on its way: its names are new, and let each ticket in once."""
    doors = await Doors(database).build()
    cookie = await opened(doors)
    first, code = await doors.ticket()
    _, second = await doors.ticket()
    await scan(doors, cookie, code)
    lost = str(uuid4())
    share = share_name(lost, code_hash(second))
    assert (await scan(doors, cookie, second, lost=(share,)))["verdict"] == "admitted"
    (nobody,) = await rest(doors, cookie, first, lost)  # it arrives late: nobody is left
    assert nobody["passes"] is False
    assert await journal(doors) == ["admitted"] * 2


async def test_the_rest_is_not_offered_at_an_exit_nor_of_another_owner(database: Database) -> None:
    """Who leaves lets nobody in; what was given away comes in with its new owner."""
    doors = await Doors(database).build()
    exit_id = await doors.gate("Sortie", direction="out")
    _, code = await doors.ticket(entry="reentry", inside=1, entries=1)
    await doors.ticket(entry="reentry")
    left = await scan(doors, await opened(doors, gate_id=exit_id), code)
    assert (left["verdict"], left["moves"], "rest" in left) == ("admitted", -1, False)
    _, alone = await doors.ticket(owner_id=await doors.person("Bob"))
    assert "rest" not in await scan(doors, await opened(doors), alone)


async def test_the_rest_needs_a_place_in_the_team(database: Database) -> None:
    """Whoever was dismissed lets nobody in by a button either."""
    doors = await Doors(database).build()
    cookie = await opened(doors)
    first, code = await doors.ticket()
    await doors.ticket()
    await scan(doors, cookie, code)
    await database.write(staff.dismiss, doors.staff_id, NOW_MS)
    (refused,) = await rest(doors, cookie, first)
    assert (refused["verdict"], refused["passes"]) == ("staff_not_allowed", False)

"""Taking passages back: each once, and only by whom the ticket counts as let in."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from boxoffice.rules import MINUTE_MS
from boxoffice.verdicts import Verdict
from gate_scanner import reasons
from storage import passages
from storage.database import ConstraintBroken, Tx
from storage.scans import Hand, Together
from tests.gate_scanner.door import GATEKEEPER, NOW_MS, Doors, Phone
from tests.gate_scanner.terminal_hand import entry, opened, scan, terminal_of, upload

if TYPE_CHECKING:
    from storage.database import Database
    from storage.passages import Passage, TakenBack


async def taken_back(tx: Tx, hand: Hand, passage: Passage) -> TakenBack | None:
    """Undo a passage and journal it, as the talk does."""
    taken = await passages.take_back(tx, hand, passage)
    if taken is not None:
        await reasons.journal(
            tx,
            hand,
            Verdict.ANNULLED,
            passage.ticket_id,
            reasons.OWN_SCAN,
            moved=-passage.moved,
            undoes=passage.id,
        )
    return taken


async def test_a_passage_is_taken_back_once(database: Database) -> None:
    """Three of a party came in together; of eight who undo them at once, one does."""
    doors = await Doors(database).build()
    ticket_id, code = await doors.ticket(entry="party", party_size=4)
    await database.write(GATEKEEPER.judge_scanned, doors.hand(), code)
    await database.write(GATEKEEPER.judge_party, doors.hand(), ticket_id, Together(3, 1))
    answer = await database.read(passages.last_answer, doors.staff_id, NOW_MS)
    assert answer is not None
    assert answer.is_latest
    (three,) = answer.passages
    assert three.persons == 3

    async def undo() -> TakenBack | None:
        try:
            return await database.write(taken_back, doors.hand(), three)
        except ConstraintBroken:
            return None

    undone = [one for one in await asyncio.gather(*(undo() for _ in range(8))) if one]
    assert [(one.entries, one.party_size) for one in undone] == [(1, 4)]
    (ticket,) = await doors.rows("SELECT entries, inside, scanned_at_ms FROM tickets")
    assert (ticket["entries"], ticket["inside"], ticket["scanned_at_ms"]) == (1, 1, NOW_MS)
    before = await database.read(passages.last_answer, doors.staff_id, NOW_MS)
    assert before is not None
    assert not before.is_latest
    assert [one.persons for one in before.passages] == [1]


async def test_who_came_in_second_has_nothing_to_take_back(database: Database) -> None:
    """One ticket, two entries: the earlier holds it, so undoing the later frees nothing."""
    doors = await Doors(database).build()
    cookie = await opened(doors)
    terminal = await terminal_of(doors, cookie)
    other = await doors.person("Ama")
    other_staff = await doors.staff(other)
    _, code = await doors.ticket()
    hand = doors.hand(person_id=other, staff_id=other_staff)
    await database.write(GATEKEEPER.judge_scanned, hand, code)
    assert await upload(doors, cookie, entry(terminal, code, NOW_MS - MINUTE_MS // 2)) == [
        "admitted"
    ]
    assert await database.read(passages.last_answer, other_staff, NOW_MS) is None
    first = await database.read(passages.last_answer, doors.staff_id, NOW_MS)
    assert first is not None
    assert first.passages[0].at_ms == NOW_MS - MINUTE_MS // 2


async def test_one_person_is_no_party(doors: Doors, phone: Phone) -> None:
    """Where other kinds are for several, a ticket for one is undone without counting a party."""
    _, code = await doors.ticket(entry="party", party_size=1)
    await phone.say(code)
    told = (await phone.say("défaire")).text.splitlines()
    assert told[0] == "⚫⚫⚫ PASSAGE ANNULÉ"
    assert told[2:] == ["Le billet peut servir à nouveau."]


async def test_a_passage_of_the_terminal_is_named_and_asked_about(
    doors: Doors, phone: Phone
) -> None:
    """In the chat the word says that it was the terminal's; a button undoes it."""
    _, code = await doors.ticket()
    mine = await doors.rows("SELECT MAX(id) AS id FROM staff")
    terminal = await opened(doors, staff_id=mine[0]["id"])
    assert (await scan(doors, terminal, code))["verdict"] == "admitted"
    asked = await phone.say("défaire")
    assert asked.text.splitlines()[0].startswith("Votre dernier passage est celui du terminal")
    assert asked.text.endswith("Porte Nord (terminal)")
    (ticket,) = await doors.rows("SELECT entries FROM tickets")
    assert ticket["entries"] == 1
    undone = await phone.tap(asked, "Défaire ce passage")
    assert undone.text.startswith("⚫⚫⚫ PASSAGE ANNULÉ")
    (ticket,) = await doors.rows("SELECT entries FROM tickets")
    assert ticket["entries"] == 0

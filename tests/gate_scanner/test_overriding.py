"""What a supervisor does over the rules: one question is worth one passage."""

import asyncio

import pytest

from boxoffice.rules import MINUTE_MS
from chat.messages import Tap
from storage import supervision
from storage.database import Database
from storage.ids import to_text
from storage.scans import Hand
from tests.gate_scanner.door import Doors, Phone
from tests.gate_scanner.joining import joined

DONE = "C’est déjà fait"


@pytest.fixture
async def chief(doors: Doors) -> Phone:
    """The phone of a supervisor at the only gate."""
    chief = Phone(doors.database, "chief")
    await joined(doors, chief, role="supervisor")
    return chief


async def entries_of(doors: Doors, ticket_id: int) -> int:
    """Count who came in with a ticket."""
    (row,) = await doors.rows("SELECT entries FROM tickets WHERE id = :id", id=ticket_id)
    return int(row["entries"])


async def test_eight_answers_to_one_question_force_once(database: Database) -> None:
    """Eight supervisors force at once what all of them saw so: one person comes in."""
    doors = await Doors(database).build()
    ticket_id, _ = await doors.ticket()
    hands: list[Hand] = []
    for _ in range(8):
        person = await doors.person()
        staff = await doors.staff(person, role="supervisor")
        hands.append(doors.hand(person_id=person, staff_id=staff))
    seen = await database.read(supervision.seen_of, ticket_id)
    forced = await asyncio.gather(
        *(database.write(supervision.force, hand, ticket_id, seen) for hand in hands)
    )
    assert sum(forced) == 1
    assert await entries_of(doors, ticket_id) == 1


async def test_what_was_undone_is_not_forced_again(doors: Doors, chief: Phone) -> None:
    """As many are in as when the question was put, and still its answer was given once."""
    ticket_id, _ = await doors.ticket()
    asked = await chief.hear(Tap(f"force:{to_text(ticket_id)}"))
    await chief.tap(asked, "Erreur de scan")
    assert "PASSAGE ANNULÉ" in (await chief.say("défaire")).text
    assert DONE in (await chief.tap(asked, "Erreur de scan")).text
    assert await entries_of(doors, ticket_id) == 0


async def test_who_came_in_meanwhile_is_told(doors: Doors, chief: Phone, phone: Phone) -> None:
    """The gate let the ticket in between question and reason: nobody else is let in unseen."""
    ticket_id, code = await doors.ticket()
    asked = await chief.hear(Tap(f"force:{to_text(ticket_id)}"))
    assert "VALIDÉ" in (await phone.say(code)).text
    told = await chief.tap(asked, "Erreur de scan")
    assert told.text.startswith("Rien n’est fait")
    assert "VALIDÉ" in told.text
    assert await entries_of(doors, ticket_id) == 1


@pytest.mark.parametrize("verb", ["force", "annul"])
async def test_a_button_from_before_asks_again(doors: Doors, chief: Phone, verb: str) -> None:
    """It named the ticket alone: it changes nothing, and the new question's answer acts once."""
    ticket_id, code = await doors.ticket()
    await chief.say(code)
    old = Tap(f"because:mistake:{verb}:{to_text(ticket_id)}")
    asked = await chief.hear(old)
    assert "Pour quelle raison" in asked.text
    assert await entries_of(doors, ticket_id) == 1
    for _ in range(3):
        told = await chief.tap(asked, "Erreur de scan")
    assert DONE in told.text
    assert await entries_of(doors, ticket_id) == (2 if verb == "force" else 0)
    await chief.hear(Tap(f"because:mistake:{verb}:{to_text(ticket_id)}:nothing"))
    await chief.hear(Tap(f"because:mistake:other:{to_text(ticket_id)}"))
    assert await entries_of(doors, ticket_id) == (2 if verb == "force" else 0)


async def test_the_end_of_a_code_finds_its_ticket(doors: Doors, chief: Phone) -> None:
    """`…B8KC`, as the answers name a ticket, typed into the search, or its whole code."""
    ticket_id, code = await doors.ticket(holder="Awa Dossou")
    await doors.ticket(holder="Kofi")
    (row,) = await doors.rows("SELECT short_code FROM tickets WHERE id = :id", id=ticket_id)
    for typed in (f"…{row['short_code'][-4:]}", row["short_code"].lower(), code):
        assert (await chief.say("chercher")).text.startswith("Tapez un nom")
        shown = await chief.say(typed)
        assert "Awa Dossou" in shown.text
        assert "Forcer l’entrée" in shown.buttons
    assert await entries_of(doors, ticket_id) == 0


async def test_an_old_reason_does_not_block_again(doors: Doors, chief: Phone) -> None:
    """Blocked, pressed again, freed, pressed once more: it stays free until it is asked anew."""
    ticket_id, _ = await doors.ticket()
    about = to_text(ticket_id)
    asked = await chief.hear(Tap(f"block:{about}"))
    assert "Bloqué" in (await chief.tap(asked, "Fraude soupçonnée")).text
    assert DONE in (await chief.tap(asked, "Fraude soupçonnée")).text
    chief.now_ms += MINUTE_MS
    freed = await chief.tap(await chief.hear(Tap(f"free:{about}")), "Retrouvé")
    assert "Débloqué" in freed.text
    assert DONE in (await chief.tap(asked, "Fraude soupçonnée")).text
    old = await chief.hear(Tap(f"because:fraud:block:{about}"))
    (row,) = await doors.rows("SELECT status FROM tickets")
    assert row["status"] == "valid"
    assert "Bloqué" in (await chief.tap(old, "Fraude soupçonnée")).text

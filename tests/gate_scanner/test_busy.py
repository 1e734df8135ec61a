"""A busy steward is never slowed down, an album ends with one total, and a flood hurts nobody."""

import asyncio
import json

import pytest

from chat.messages import Codes, Part
from gate_scanner.talk import BURST_MAX
from storage.chats import BURST_MS
from storage.database import Database
from tests.gate_scanner.door import Doors, Phone
from tests.gate_scanner.joining import joined
from tests.transcripts.stage import Stage, open_stage

FLOOD = BURST_MAX + 20


@pytest.fixture
async def doors(database: Database) -> Doors:
    """An event with a kind, a gate and a steward, on each engine."""
    return await Doors(database).build()


async def test_photos_of_one_person_end_with_one_total(doors: Doors) -> None:
    """The first of a family is answered at once, the others get one answer that counts all."""
    phone = Phone(doors.database, "steward")
    await joined(doors, phone)
    codes = [(await doors.ticket())[1] for _ in range(5)]
    alone = await phone.hear(Codes((codes[0],), part=Part.FIRST))
    assert alone.text.splitlines()[0] == "🟢🟢🟢 VALIDÉ"
    more = await phone.hear(Codes((codes[1], codes[0], codes[2]), part=Part.MORE))
    assert [line[:4] for line in more.text.splitlines()[:3]] == ["2. 🟢", "3. 🔵", "4. 🟢"]
    assert more.text.endswith("Entrées\u00a0: 3 sur 4.")
    last = await phone.hear(Codes((codes[3],), part=Part.MORE))
    assert last.text.startswith("5. 🟢 VALIDÉ")
    assert last.text.endswith("Entrées\u00a0: 4 sur 5.")
    # The next person's ticket begins a count of its own; so does an album whose end is told.
    alone = await phone.hear(Codes((codes[4],), part=Part.FIRST))
    assert alone.text.splitlines()[0] == "🟢🟢🟢 VALIDÉ"
    whole = await phone.hear(Codes((codes[0], codes[1])))
    assert whole.text.endswith("Entrées\u00a0: 0 sur 2.")


async def test_a_photo_without_a_ticket_leaves_the_count_as_it_was(doors: Doors) -> None:
    """A blurred photo in the middle says why; what comes after it still ends with the total."""
    phone = Phone(doors.database, "steward")
    await joined(doors, phone)
    codes = [(await doors.ticket())[1] for _ in range(2)]
    await phone.hear(Codes((codes[0],), part=Part.FIRST))
    blurred = await phone.hear(Codes(fault="blurred", without=1, part=Part.MORE))
    assert "floue" in blurred.text
    last = await phone.hear(Codes((codes[1],), part=Part.MORE))
    assert last.text.endswith("Entrées\u00a0: 2 sur 2.")


async def test_a_flood_at_the_gate_is_left_unanswered_and_others_are_not(
    database: Database,
) -> None:
    """Who sends more than two hands can hears so once; the steward beside them scans on."""
    async with open_stage(database) as stage:
        await stage.world("événement jazz: Jazz | 12/06/2027 20:30 | Standard 5000 x 30")
        await stage.world("porte jazz")
        await stage.world("awa achète 1 pour jazz")
        await stage.hear("porte", "porte")
        await asyncio.gather(
            type_codes(stage, "mallory", FLOOD), stage.hear("porte", "(photo de awa)")
        )
        await stage.settle()
        assert (await stage.seen("porte"))[-1].text.startswith("🟢🟢🟢 VALIDÉ")
        said = [one.text for one in stage.channel.sent["mallory"]]
        assert len(said) == BURST_MAX + 1
        assert [one for one in said if "TROP D’ENVOIS" in one] == [said[-1]]
        assert "personne n’est validé sans réponse" in said[-1]
        # A minute later they are somebody like everybody.
        stage.clock.now_ms += BURST_MS
        await type_codes(stage, "mallory", 1)
        await stage.settle()
        assert "NON AUTORISÉ" in stage.channel.sent["mallory"][-1].text


async def test_three_scans_a_second_for_a_minute_are_all_answered(database: Database) -> None:
    """Nobody photographs faster with two hands: a rush is never told to slow down."""
    async with open_stage(database) as stage:
        await type_codes(stage, "porte", 3 * 60)
        await stage.settle()
        assert len(stage.channel.sent["porte"]) == 3 * 60
        assert not any("TROP" in one.text for one in stage.channel.sent["porte"])


async def type_codes(stage: Stage, who: str, count: int) -> None:
    """Have somebody type many codes at once."""
    for _ in range(count):
        stage.count += 1
        said = {"id": f"m{stage.count}", "ref": who, "language": "fr", "text": "ABCD-EFG7"}
        engine = stage.guichet.engine
        await engine.receive("listed", "scanner", who, said["id"], json.dumps(said))

"""Is it genuine? What is answered, what is never told, and how often."""

import json

from boxoffice.codes import Keyring, Mode, make_code, new_key
from boxoffice.model import Seat
from boxoffice.rules import DAY_MS
from boxoffice.typed_codes import ShortCode
from chat.messages import Codes
from storage import tickets
from storage.database import Database, Row, Tx
from storage.tickets import FullTicket
from tests.flows.talking import DEMO, NOW_MS, Talker
from tests.storage.test_ticket_rules import an_event, sell


async def sold(database: Database) -> FullTicket:
    """A ticket that awa bought."""
    event, [kind] = await an_event(database, "Standard 0 x 9")
    [ticket_id] = await database.write(
        sell, event, kind, [Seat(1, kind.id, 0, "Awa Dossou")], "awa"
    )
    full = await database.read(tickets.ticket_by_id, ticket_id)
    assert full is not None
    return full


async def scans(tx: Tx) -> list[Row]:
    """The gate's journal."""
    return await tx.rows("SELECT id FROM scans")


async def test_a_typed_code_is_answered_without_a_name_or_a_trace(database: Database) -> None:
    """Genuine, unused, and how to take it over; no holder, no order, no code; the journal empty."""
    full = await sold(database)
    kofi = Talker(database, "kofi")
    said = await kofi.type(f"vérifier {full.ticket.code.lower()}")
    assert said.startswith("✅ Authentique")
    assert "Déjà utilisé\u00a0: non" in said
    for secret in ("Awa", "Dossou", full.order.reference, full.ticket.code):
        assert secret not in said
    assert str(ShortCode(full.ticket.short_code)) not in said
    assert await database.read(scans) == []
    again = await database.read(tickets.ticket_by_id, full.ticket.id)
    assert again == full


async def test_a_code_typed_alone_is_understood_and_a_short_one_is_not_judged(
    database: Database,
) -> None:
    """The whole text of a QR needs no command; a short code is never answered, genuine or not."""
    full = await sold(database)
    kofi = Talker(database, "kofi")
    assert (await kofi.type(full.ticket.code)).startswith("✅")
    said = await kofi.type(full.ticket.short_code)
    assert said == await kofi.type("vérifier " + "0" * 8)
    assert "équipe de la porte" in said


async def test_one_flipped_character_is_a_forgery(database: Database) -> None:
    """A code of another key, and one with a character changed, are refused alike."""
    full = await sold(database)
    kofi = Talker(database, "kofi")
    code = full.ticket.code
    flipped = code[:20] + ("A" if code[20] != "A" else "B") + code[21:]
    other = make_code(Keyring.parse(new_key()), Mode.DEMO, full.event.tag)
    for wrong in (flipped, other):
        assert (await kofi.type(f"vérifier {wrong}")).startswith("❌ Faux")
    live = make_code(DEMO.keyring, Mode.LIVE, full.event.tag)
    assert "billet d’essai" in await kofi.type(f"vérifier {live}")


async def test_five_answers_a_day_then_none_until_tomorrow(database: Database) -> None:
    """The sixth says nothing of the ticket; the next day there are five again."""
    full = await sold(database)
    kofi = Talker(database, "kofi")
    said = [await kofi.hear(Codes((full.ticket.code,))) for _ in range(6)]
    assert all(one.startswith("✅") for one in said[:5])
    assert "✅" not in said[5]
    assert "Jazz" not in said[5]
    kofi.now_ms = NOW_MS + DAY_MS + 1
    assert (await kofi.hear(Codes((full.ticket.code,)))).startswith("✅")


async def test_nothing_of_a_question_is_kept_but_its_count(database: Database) -> None:
    """The chat remembers no code: what was asked about is nobody's business."""
    full = await sold(database)
    kofi = Talker(database, "kofi")
    await kofi.hear(Codes((full.ticket.code,)))
    _, memory = await kofi.memory()
    assert full.ticket.code not in json.dumps(memory)

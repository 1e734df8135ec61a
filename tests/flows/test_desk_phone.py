"""`/commande` finds by the telephone number that somebody writes from."""

import pytest

from storage.database import Database, Tx
from tests.flows.talking import Talker, organiser
from tests.flows.test_organising import made


@pytest.mark.parametrize(
    "typed", ["commande 97 11 22 33", "commande +229 97112233", "commande 112233"]
)
async def test_an_order_is_found_by_its_buyers_number(typed: str, database: Database) -> None:
    """Written with spaces, with the country, or its end alone; by no other organiser."""
    awa, femi = await organiser(database, "awa"), await organiser(database, "femi")
    await made(awa, "Invités gratuit 50")
    await awa.tap("Publier : notre lieu sait scanner")
    buyer = Talker(database, "kofi")
    await buyer.type("bonjour", "1", "1", "1", "j'accepte")
    await database.write(_on_whatsapp)
    said = await awa.type(typed)
    assert "Nuit du Jazz" in said
    assert "Acheteur\u00a0: kofi" in said
    assert "Aucune commande" in await awa.type("commande 99 99 99 99")
    assert "Aucune commande" in await femi.type(typed)


async def _on_whatsapp(tx: Tx) -> None:
    """Have the buyer write from a number, as WhatsApp's conversations are known by it."""
    await tx.run("UPDATE chats SET channel = 'whatsapp', ref = '+22997112233' WHERE ref = 'kofi'")

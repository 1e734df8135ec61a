"""Questions and answers, where a transcript does not reach: length, references, others' buttons."""

from storage.database import Database, Tx
from tests.flows.talking import Talker, organiser


async def test_a_long_question_travels_whole_up_to_its_limit(database: Database) -> None:
    """4 096 characters arrive whole; of 5 000 the asker is told what was cut."""
    awa, buyer = await organiser(database, "awa"), Talker(database, "buyer")
    await buyer.hear_tap("ask")
    assert "trop longue" not in await buyer.type("a" * 4096)
    assert "a" * 4096 in (await awa.news()).splitlines()
    await buyer.hear_tap("ask")
    assert "trop longue" in await buyer.type("b" * 5000)
    assert "b" * 4096 in (await awa.news()).splitlines()
    assert await database.read(_lengths) == [4096, 4096]


async def test_a_question_follows_the_order_it_names(database: Database) -> None:
    """The organiser of the order's event is asked; none but the order's people read which it is."""
    first, second = await organiser(database, "first"), await organiser(database, "second")
    buyer = Talker(database, "buyer")
    await second.type(
        "creer un evenement", "Fête", "12 juin 20h", "Stade, Porto", "Libre gratuit 9"
    )
    await second.type("fini", "18")
    await second.tap("Cessibles")
    await second.tap("Passer")
    await second.tap("Passer")
    await second.tap("Publier : notre lieu sait scanner")
    await buyer.type("bonjour", "1", "1", "1", "j'accepte")
    reference = await database.read(_order_reference)
    await first.news()
    await second.news()
    stranger = Talker(database, "stranger")
    told = await stranger.type(f"aide {reference.lower()} mon billet est perdu")
    assert "transmis" in told
    assert "Fête" not in told
    asked = _plain(await second.news())
    assert "Fête" in asked
    assert "n’est pas celle qui a passé la commande" in asked
    assert await first.news() == ""
    await stranger.type("aide où est le parking")
    assert "sans commande" in await first.news()
    assert "« Fête »" in _plain(await buyer.type(f"aide {reference} où est le parking"))
    asked = _plain(await second.news())
    assert "Fête" in asked
    assert "passé la commande" not in asked


async def test_only_its_people_use_a_questions_buttons(database: Database) -> None:
    """An answer comes from the organiser asked, a follow-up from who asked, and both say so."""
    awa, femi = await organiser(database, "awa"), await organiser(database, "femi")
    buyer = Talker(database, "buyer")
    await buyer.type("aide où est le parking")
    await awa.news()
    question = awa.actions()[0].removeprefix("reply:")
    assert "pas la vôtre" in await femi.hear_tap(f"reply:{question}")
    assert "pas la vôtre" in await femi.hear_tap(f"again:{question}")
    await buyer.hear_tap(f"again:{question}")
    assert "attend encore" in await buyer.type("encore moi")
    await awa.tap("Répondre")
    assert "pas de texte" in await awa.type("\u200b")
    await awa.type("Derrière le palais.")
    assert "Derrière le palais." in await buyer.news()
    assert "déjà une réponse" in await awa.hear_tap(f"reply:{question}")


def _plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\u00a0", " ")


async def _lengths(tx: Tx) -> list[int]:
    return [len(row["body"]) for row in await tx.rows("SELECT body FROM questions ORDER BY id")]


async def _order_reference(tx: Tx) -> str:
    row = await tx.row("SELECT reference FROM orders")
    assert row is not None
    return str(row["reference"])

"""Long work shows how far it is in one message, that changes; it rests, goes on, and is stopped."""

from storage.database import Database, Tx
from storage.opening import open_database
from tests.flows.talking import Talker, organiser
from tests.flows.test_organising import made
from tests.transcripts.on_telegram import open_telegram_stage
from tests.transcripts.screens import Speaker
from tests.transcripts.stage import Stage, open_stage

JAZZ = "événement jazz: Nuit du Jazz | 12/06/2027 20:30 | tous publics | Libre 500 x 300"


async def test_a_message_to_many_changes_one_message_as_it_goes(house_sqlite_url: str) -> None:
    """On Telegram the tally of a broadcast is edited in place until it is over."""
    database = await open_database(house_sqlite_url)
    async with open_telegram_stage(database) as stage:
        await stage.world("organisateur awa")
        await stage.world(JAZZ)
        for who in ("kofi", "zoé"):
            await stage.world(f"{who} achète 1 pour jazz")
        for said in ("annoncer", "[Qui a un billet (2)]", "À samedi !", "[Envoyer à 2 personnes]"):
            await stage.hear("awa", said)
        tallies = await _tallies(stage)
        assert [one for one in tallies if "en cours — 0" in one] == tallies
        for _ in range(3):
            await stage.world("attend 10 s")
        after = await _tallies(stage)
        assert len(after) == 1
        assert "Envoi terminé — 2 envoyés sur 2" in after[0]
    await database.close()


async def _tallies(stage: Stage) -> list[str]:
    """What stands on awa's screen now of the broadcast."""
    watched = stage.screens.watched  # type: ignore[attr-defined] # the stage of Telegram
    ref = await stage.screens.ref(Speaker("awa", "seller"))
    return [one.text for one in watched.screen("seller", ref) if one.text.startswith("📣")]


async def test_the_refunds_of_an_event_rest_and_go_on(house_sqlite_url: str) -> None:
    """Twenty-one orders, one more than upkeep refunds at a go: who cancelled sees them, pauses."""
    database = await open_database(house_sqlite_url)
    async with open_stage(database) as stage:
        await stage.world("organisateur awa")
        await stage.world(JAZZ)
        await stage.hear("awa", "bonjour")
        for number in range(21):
            await stage.world(f"b{number} achète 1 pour jazz")
        await stage.hear("awa", "annuler événement")
        await stage.hear("awa", "[Oui, annuler et prévenir]")
        await stage.world("attend 4 j")
        said = "\n".join(one.text for one in await stage.seen("awa"))
        assert "Remboursements de «\u00a0Nuit du Jazz\u00a0»\u00a0: 20 commandes sur 21" in said
        await stage.hear("awa", "[Mettre en pause]")
        assert "en pause\u00a0: 20 commandes sur 21" in (await stage.seen("awa"))[-1].text
        await stage.world("attend 1 h")
        assert await database.read(_left) == 1
        await stage.hear("awa", "[Reprendre]")
        await stage.world("attend 10 s")
        await stage.world("attend 10 s")
        assert await database.read(_left) == 0
        await stage.world("attend 10 s")
        assert "lancés\u00a0: 21 commandes" in (await stage.seen("awa"))[-1].text
    await database.close()


async def test_a_long_list_shows_how_far_it_is(house_sqlite_url: str) -> None:
    """Two thousand tickets are read, written and sent; the message says the last word."""
    database = await open_database(house_sqlite_url)
    async with open_stage(database) as stage:
        await stage.world("organisateur awa")
        await stage.world(JAZZ)
        await stage.world("kofi achète 1 pour jazz")
        await database.write(_crowd)
        await stage.hear("awa", "participants")
        await stage.hear("awa", "[Fichier CSV]")
        begun, file = (await stage.seen("awa"))[-2:]
        assert "0 billet lu sur 2" in begun.text
        assert file.media is not None
        assert file.media.body.count(b"\r\n") == 2001
        await stage.world("attend 10 s")
        assert "envoyée\u00a0: 2\u202f000 billets" in (await stage.seen("awa"))[-1].text
    await database.close()


async def test_a_long_list_is_stopped(database: Database) -> None:
    """Stopped before it was made, nothing is sent; the old button then says that it is over."""
    awa = await organiser(database, "awa")
    await made(awa, "Invités gratuit 50")
    await awa.tap("Publier : notre lieu sait scanner")
    buyer = Talker(database, "kofi")
    await buyer.type("bonjour", "1", "1", "1", "j'accepte")
    await database.write(_crowd)
    await awa.type("participants")
    assert "lu sur 2" in await awa.tap("Fichier CSV")
    assert "arrêtée" in await awa.tap("Arrêter la liste")
    assert await database.read(_files_waiting) == 0
    assert "arrêtée" in await awa.tap("Arrêter la liste")


async def _left(tx: Tx) -> int:
    row = await tx.row("SELECT COUNT(*) AS left_over FROM orders WHERE status = 'paid'")
    return int(row["left_over"]) if row else 0


async def _files_waiting(tx: Tx) -> int:
    row = await tx.row("SELECT COUNT(*) AS files FROM outbox WHERE about LIKE 'work:%'")
    return int(row["files"]) if row else 0


async def _crowd(tx: Tx) -> None:
    """Make the one order one of two thousand tickets."""
    every = "WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
    for table in ("seats", "tickets"):
        row = await tx.row(f"SELECT * FROM {table}")  # noqa: S608 (two tables of ours)
        assert row is not None
        columns = list(dict(row))  # type: ignore[call-overload] # both engines' rows have keys
        mine = {"number": "i", "id": "id + i", "code": "code || i", "short_code": "short_code || i"}
        values = ", ".join(mine.get(one, one) for one in columns)
        await tx.run(
            f"INSERT INTO {table} ({', '.join(columns)}) {every}"  # noqa: S608 (the same)
            f" SELECT {values} FROM {table} CROSS JOIN n"
        )
    await tx.run("UPDATE orders SET quantity = 2000, total_minor = total_minor * 2000")
    await tx.run("UPDATE kinds SET quota = 3000, taken = 2000")

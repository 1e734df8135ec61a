"""Terminals that Guichet lends: asked of the platform's owner, who may be somebody else."""

from datetime import timedelta

from storage.database import Database, Tx
from storage.ids import to_text
from tests.flows.talking import NOW_MS, Talker, organiser
from tests.transcripts.stage import START
from tests.transcripts.world import make_event


async def asked(database: Database) -> tuple[Talker, Talker, str]:
    """The platform's owner, an organiser whose venue cannot scan, and their draft."""
    owner = await organiser(database, "patronne")
    other = await organiser(database, "salif")
    starts = START + timedelta(days=11, hours=10)
    event_id = await database.write(make_event, "Jazz", starts, ("Standard 0 x 40",), NOW_MS)

    async def give(tx: Tx) -> None:
        await tx.run(
            "UPDATE events SET status = 'draft', equipment = 'unknown', organiser_id ="
            " (SELECT id FROM organisers WHERE name = 'salif') WHERE id = :id",
            id=event_id,
        )

    await database.write(give)
    return owner, other, to_text(event_id)


async def test_the_owner_says_how_many_and_when_and_the_organiser_publishes(
    database: Database,
) -> None:
    """Refused until then; accepted with a count and dates; the event's page says who scans."""
    owner, other, event = await asked(database)
    assert "Qui scannera" in await other.hear_tap(f"pub:{event}")
    await other.tap("Demander des terminaux")
    assert "Demande de terminaux" in await owner.news()
    assert "Qui scannera" in await other.hear_tap(f"pub:{event}")
    # Nobody else answers in the owner's stead, not even who asked.
    assert "prêtés" not in await other.hear_tap(f"loan:{event}:yes")
    assert "prêtés" not in await Talker(database, "curieux").hear_tap(f"loan:{event}:yes")
    await owner.tap("Prêter")
    assert "4 terminaux prêtés" in await owner.type("4 du 11 juin 9h au 13 juin 18h")
    told = await other.news()
    assert "4 terminaux prêtés" in told
    assert "vendredi 11\u00a0juin 2027, 9\u00a0h" in told
    assert "terminaux" in await other.tap("Publier")
    assert "en vente" in await other.tap("Publier")
    page = await Talker(database, "awa").open(f"e_{event}")
    assert "avec les terminaux du guichet" in page
    await owner.tap("Remis")
    assert "remis" in await other.news()
    await owner.tap("Rendus")
    assert "rendus" in await other.news()
    assert "rendus" in await owner.hear_tap(f"loan:{event}:returned"), "once; then it says so"


async def test_a_refusal_leaves_the_two_ways_open(database: Database) -> None:
    """Refused, the organiser may ask again, or find phones to scan with."""
    owner, other, event = await asked(database)
    await other.hear_tap(f"lend:{event}")
    await owner.news()
    await owner.tap("Refuser")
    assert "Jazz" in await other.news()
    await other.hear_tap(f"lend:{event}")
    assert "Demande de terminaux" in await owner.news()
    await other.hear_tap(f"equip:{event}")
    assert "il y est scanné" in await other.tap("Publier")
    assert "en vente" in await other.tap("Publier")
    assert "scanné" in await Talker(database, "awa").open(f"e_{event}")

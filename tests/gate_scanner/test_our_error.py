"""Our own fault at the door: never green, told in words, and gone with its cause."""

from storage.database import Database, Tx
from tests.transcripts.stage import Stage, open_stage


async def test_an_error_never_admits_and_the_next_scan_goes_on(database: Database) -> None:
    """While the event's place on earth is unknown to us nobody is judged; then all goes on."""

    async def lose(tx: Tx, zone: str) -> None:
        await tx.run("UPDATE events SET zone = :zone", zone=zone)

    async with open_stage(database) as stage:
        await stage.world("événement jazz: Gala | 12/06/2027 20:30 | Place 5000 x 3 | nominatif")
        await stage.world("porte jazz")
        for said in ("/start e_jazz", "1", "1", "Afi Mensah", "j'accepte"):
            await stage.hear("awa", said)
        await stage.world("payé")
        await database.write(lose, "Nowhere/Town")
        await stage.hear("porte", "(photo de awa)")
        assert (await last(stage)).startswith("⚪⚪⚪ ERREUR DE NOTRE CÔTÉ\nGardez la personne")
        await database.write(lose, "Africa/Porto-Novo")
        assert await entries(database) == 0
        await stage.hear("porte", "(photo de awa)")
        assert (await last(stage)).startswith("🟡🟡🟡 VÉRIFIEZ LA PIÈCE")


async def last(stage: Stage) -> str:
    """What the steward read last."""
    return (await stage.seen("porte"))[-1].text


async def entries(database: Database) -> int:
    """How often anybody came in."""

    async def count(tx: Tx) -> int:
        row = await tx.row("SELECT COALESCE(SUM(entries), 0) AS count FROM tickets")
        return int(row["count"]) if row else 0

    return await database.read(count)

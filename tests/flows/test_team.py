"""An organiser's team where several people have one name."""

from storage import teams
from storage.database import Database, Tx
from tests.flows.talking import NOW_MS, Talker, organiser


async def _invited(tx: Tx, ref: str) -> None:
    """Call somebody Moussa, and make them a link into the team."""
    await tx.run("UPDATE people SET name = 'Moussa' WHERE name = :ref", ref=ref)
    boss = await tx.row("SELECT organiser_id, person_id FROM memberships WHERE role = 'owner'")
    assert boss is not None
    await teams.invite(
        tx,
        f"test-{ref}",
        organiser_id=boss["organiser_id"],
        role="manager",
        by=boss["person_id"],
        expires_ms=NOW_MS + 1,
        now_ms=NOW_MS,
    )


async def test_of_two_people_of_one_name_the_owner_is_asked_which(database: Database) -> None:
    """`retirer moussa` takes neither of two: each has a number, on its line and on its button."""
    awa = await organiser(database, "awa")
    for ref in ("one", "two"):
        person = Talker(database, ref)
        await person.type("bonjour")
        await database.write(_invited, ref)
        await person.open(f"m_test-{ref}")
        await person.tap("Rejoindre l’équipe")
    page = await awa.type("equipe")
    assert "Moussa 1 — gestionnaire, depuis le" in page
    assert {"Retirer Moussa 1", "Retirer Moussa 2"} <= set(awa.labels())
    assert "Qui retirer" in await awa.type("retirer moussa")
    assert awa.labels()[:2] == ["Retirer Moussa 1", "Retirer Moussa 2"]
    assert "Moussa 2 (gestionnaire) quittera" in await awa.type("retirer moussa 2")
    said = await awa.type("oui")
    assert "ne fait plus partie" in said
    assert "• Moussa — gestionnaire" in said

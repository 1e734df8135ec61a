"""The first owner's link: opening changes nothing, the first who presses is owner."""

from boxoffice.rules import DAY_MS
from storage import invitations
from storage.database import Database
from tests.flows.talking import NOW_MS, Talker


async def test_an_owners_link_is_used_by_its_button_once(database: Database) -> None:
    """Opened twice it still works; pressed, it makes an owner, and is over for everybody else."""
    await database.write(
        invitations.invite, "test-token", purpose="owner", expires_ms=NOW_MS + DAY_MS, now_ms=NOW_MS
    )
    awa, other = Talker(database, "awa"), Talker(database, "other")
    assert "propriétaire" in await awa.open("o_test-token")
    assert "propriétaire" in await other.open("o_test-token")
    assert "réservé à l’organisateur" in await awa.type("organiser")
    assert "Vous êtes propriétaire" in await awa.tap("Devenir propriétaire")
    assert "pas encore d’événement" in await awa.type("organiser")
    assert "déjà servi" in await other.tap("Devenir propriétaire")
    assert "déjà organisateur" in await awa.open("o_test-token")
    assert "réservé à l’organisateur" in await other.type("organiser")


async def test_an_expired_link_says_so(database: Database) -> None:
    """A day later the link is over, its button too."""
    await database.write(
        invitations.invite, "test-token", purpose="owner", expires_ms=NOW_MS + DAY_MS, now_ms=NOW_MS
    )
    awa = Talker(database, "awa")
    await awa.open("o_test-token")
    awa.now_ms += DAY_MS
    assert "n’est plus valable" in await awa.tap("Devenir propriétaire")
    assert "n’est plus valable" in await awa.open("o_test-token")


async def test_a_second_owner_joins_the_first_organiser(database: Database) -> None:
    """Owners run the same events."""
    for token in ("test-one", "test-two"):
        await database.write(
            invitations.invite, token, purpose="owner", expires_ms=NOW_MS + 1, now_ms=NOW_MS
        )
    awa, femi = Talker(database, "awa"), Talker(database, "femi")
    for person, token in ((awa, "test-one"), (femi, "test-two")):
        await person.open(f"o_{token}")
        await person.tap("Devenir propriétaire")
    await awa.type("creer un evenement", "Nuit du Jazz", "12 juin 20h", "Stade, Porto", "A 500 x 9")
    await awa.type("fini", "18")
    await awa.tap("Cessibles")
    await awa.tap("Passer")
    assert "Nuit du Jazz" in await femi.type("ventes")

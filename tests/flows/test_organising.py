"""Organising by chat, where a transcript does not reach: live mode, others' events, limits."""

import pytest

from boxoffice.rules import DAY_MS
from storage import invitations
from storage.database import Database, Tx
from tests.flows.talking import LIVE, NOW_MS, Talker, organiser

ANSWERS = ("12 juin 20h30", "Palais des Congrès, Cotonou")


async def made(talker: Talker, kinds: str = "Standard 5000 300", when: str = ANSWERS[0]) -> None:
    """Answer every question of a new event, up to its page."""
    await talker.type("creer un evenement", "Nuit du Jazz", when, ANSWERS[1], kinds, "fini", "18")
    await talker.tap("Cessibles")
    await talker.tap("Passer")
    await talker.tap("Passer")


async def test_a_priced_event_waits_for_a_provider_in_live_mode(database: Database) -> None:
    """Without a means of payment, the draft is kept and the operator is told what to set."""
    awa = await organiser(database, "awa", LIVE)
    await made(awa)
    said = await awa.tap("Publier : notre lieu sait scanner")
    assert "aucun moyen de paiement" in said
    assert "brouillon" in await awa.type("ventes")
    await awa.tap("Modifier")
    await awa.tap("Les tarifs")
    await awa.tap("Tout effacer")
    await awa.type("Invités gratuit 50", "fini")
    assert "en vente" in await awa.tap("Publier")


async def test_publishing_twice_opens_one_gate_and_gives_the_link_again(database: Database) -> None:
    """A button pressed twice does one thing; off sale and on again keeps the gate."""
    awa = await organiser(database, "awa")
    await made(awa)
    first = await awa.tap("Publier : notre lieu sait scanner")
    link = first.splitlines()[1]
    again = await awa.tap("Publier : notre lieu sait scanner")
    assert "est déjà en vente" in again
    assert link in again
    assert "de nouveau un brouillon" in await awa.tap("Retirer de la vente")
    assert "telle que les acheteurs la liront" in await awa.tap("Publier")
    assert await awa.tap("Publier") == first
    assert await database.read(_gate_names) == ["Entrée"]


async def test_only_who_runs_an_event_may_use_its_buttons(database: Database) -> None:
    """Another organiser's buttons change nothing and explain themselves; so do a buyer's."""
    awa, femi = await organiser(database, "awa"), await organiser(database, "femi")
    await made(awa)
    event = awa.actions()[0].split(":")[1]
    buyer = Talker(database, "buyer")
    for verb in (
        "pub",
        "sales",
        "look",
        "unpub",
        "drop",
        "invite",
        "quota",
        "edit",
        "keep",
        "rules",
        "equip",
        "lend",
    ):
        femi.screen.clear()
        assert "que vous n’organisez pas" in await femi.hear_tap(f"{verb}:{event}")
        assert "réservé à l’organisateur" in await buyer.hear_tap(f"{verb}:{event}")
    assert "brouillon" in await awa.type("ventes")


async def test_who_is_no_organiser_any_more_cannot_finish_an_event(database: Database) -> None:
    """The right is asked for again at every answer."""
    awa = await organiser(database, "awa")
    await awa.type("creer un evenement", "Nuit du Jazz")
    await database.write(_revoke)
    assert "réservé à l’organisateur" in await awa.type("12 juin 20h30")


async def test_a_festival_runs_to_its_last_night(database: Database) -> None:
    """Several days without an hour open in the morning, and the page names first and last day."""
    awa = await organiser(database, "awa")
    await awa.type("creer un evenement", "Fête du fleuve")
    said = await awa.type("12 au 14 juin 2027")
    assert "du samedi 12\u00a0juin 2027, 10\u00a0h au lundi 14\u00a0juin 2027" in said
    await awa.type(ANSWERS[1], "Pass 3 jours 15000 200", "fini", "tous publics")
    await awa.tap("Nominatifs")
    await awa.tap("Passer")
    page = await awa.tap("Passer")
    assert "14\u00a0juin" in page
    assert "15\u00a0juin" not in page


async def test_titles_like_buttons_and_strange_characters_are_titles(database: Database) -> None:
    """A title may be called Retour du roi; controls are dropped, emoji stay, 5 000 signs do not."""
    awa = await organiser(database, "awa")
    await awa.type("creer un evenement")
    assert "Quand" not in await awa.type("\u0000\u202e \u200b")
    assert "5" in await awa.type("x" * 5000)
    await awa.type("Le Retour\u0000 du roi 👑")
    step, memory = await awa.memory()
    assert (step, memory["title"]) == ("new.when", "Le Retour du roi 👑")


async def test_an_old_button_asks_the_present_question_again(database: Database) -> None:
    """A button of a question answered long ago neither changes nor loses anything."""
    awa = await organiser(database, "awa")
    await awa.type("creer un evenement", "Nuit du Jazz")
    said = await awa.hear_tap("new:age:18")
    assert "Nous en étions ici" in said
    assert "Quand" in said
    for action in ("new:when:done", "new:when:99", "new:when:", "new:nothing:back"):
        assert "Quand" in await awa.hear_tap(action)
    assert "rien n’a été créé" in await awa.tap("Annuler")


async def test_a_draft_is_kept_found_again_and_deleted(database: Database) -> None:
    """A draft waits among the events, by a part of its title too, until it is deleted."""
    awa = await organiser(database, "awa")
    await made(awa)
    assert "gardé en brouillon" in await awa.tap("Garder en brouillon")
    await made(awa, when="13 juin 20h")
    assert "Vos événements" in await awa.type("organiser")
    assert "Voici ce que" in await awa.type("jazz")
    await awa.hear_tap(awa.actions()[0])
    assert "sans retour" in await awa.tap("Supprimer le brouillon")
    assert "supprimé" in await awa.tap("Oui, l’effacer")
    await awa.type("ventes")
    assert "Créer un événement" not in awa.labels()


async def test_a_steward_gets_a_token_where_there_is_no_link(database: Database) -> None:
    """The invitation is for the gate of this event, once, for seven days."""
    awa = await organiser(database, "awa")
    await made(awa)
    await awa.tap("Publier : notre lieu sait scanner")
    said = await awa.tap("Inviter à la porte")
    token = said.split("s_", 1)[1].split()[0]
    seen = await database.read(invitations.look_at, token, purpose="staff", now_ms=NOW_MS)
    assert seen is not None
    assert (seen.role, seen.expires_ms) == ("steward", NOW_MS + 7 * DAY_MS)


async def test_an_event_that_is_over_is_not_published(database: Database) -> None:
    """A draft whose night has passed says so."""
    awa = await organiser(database, "awa")
    await made(awa)
    awa.now_ms += 14 * DAY_MS
    assert "terminé" in await awa.tap("Publier : notre lieu sait scanner")


async def test_nobody_publishes_a_page_that_changed_since_it_was_read(database: Database) -> None:
    """The button of an older page shows the new one first; nothing is on sale until it is read."""
    awa = await organiser(database, "awa")
    await made(awa)
    [read, *_] = awa.actions()
    await awa.type("prix Standard 500")
    said = await awa.hear_tap(read)
    assert "La page a changé depuis" in said
    assert "Standard\u00a0: 500" in said
    assert "brouillon" in await awa.type("ventes")
    await awa.tap("Publier")
    assert "en vente" in await awa.tap("Publier")


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_every_refusal_of_a_date_is_a_sentence(database: Database, language: str) -> None:
    """Each reason not to understand a date has its words in both languages."""
    awa = await organiser(database, "awa")
    awa.language = language
    await awa.type("francais" if language == "fr" else "english")
    await awa.type("create an event", "Jazz")
    for text in (
        "bientôt",
        "20h",
        "12 juin",
        "31/02/2028 20h",
        "lundi 12 juin 2027 20h",
        "14 au 12 juin",
        "1 mai au 30 juin 2028",
        "12 mai 2027 20h",
        "12/06/2077 20h",
    ):
        said = await awa.type(text)
        assert len(said.splitlines()) == 1, said


async def _gate_names(tx: Tx) -> list[str]:
    return [row["name"] for row in await tx.rows("SELECT name FROM gates")]


async def _revoke(tx: Tx) -> None:
    await tx.run("UPDATE memberships SET revoked_ms = :now_ms", now_ms=NOW_MS)


async def test_an_undo_takes_back_nothing_that_somebody_changed_since(database: Database) -> None:
    """The older of two undo buttons finds another value than it left, says so, changes nothing."""
    awa = await organiser(database, "awa")
    await made(awa)
    await awa.type("prix Standard 4000")
    [older, *_] = awa.actions()
    await awa.type("prix Standard 3000")
    [newer, *_] = awa.actions()
    assert "a changé entre-temps" in await awa.hear_tap(older)
    assert "3 000" in plain(await awa.hear_tap(newer))
    # The value stands again as the older change left it: it can be taken back now.
    assert "4 000 F CFA → 5 000 F CFA" in plain(await awa.hear_tap(older))


def plain(said: str) -> str:
    """Read a sentence with ordinary spaces."""
    return " ".join(said.split())

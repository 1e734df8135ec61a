"""A ticket received by transfer is its new owner's to recover: where the code goes, who decides."""

import pytest

from bot.flows.persons.recovering import CODE_MS
from bot.flows.persons.rescuing import read_contact
from bot.handlers.whatsapp.registry import TEMPLATES, ApprovedCode
from boxoffice.rules import MINUTE_MS
from storage.database import Database
from tests.storm.invariants import INVARIANTS, breaches
from tests.transcripts.on_whatsapp import open_whatsapp_stage
from tests.transcripts.stage import Stage, open_stage


async def kofi_has_it(stage: Stage) -> None:
    """Awa buys a ticket and gives it to Kofi."""
    for words in (
        "organisateur chef",
        "événement jazz: Nuit du Jazz | 12/06/2027 20:30 | Standard 5000 x 9 | tous publics",
        "payeur awa@example.org",
        "awa achète 1 Standard pour jazz",
    ):
        await stage.world(words)
    await given(stage, "awa", "Awa Dossou", "kofi", "Kofi Mensah")


async def given(stage: Stage, giver: str, signed: str, taker: str, signs: str) -> None:
    """Have somebody give their ticket away."""
    await stage.hear(giver, "céder")
    await stage.hear(giver, signed)
    await stage.hear(taker, f"(lien de {giver})")
    await stage.hear(taker, "[Lire les conditions]")
    await stage.hear(taker, signs)
    await stage.hear(taker, "[J’accepte]")


async def asked_for(stage: Stage, who: str, name: str) -> None:
    """Have somebody say on another phone that the ticket was theirs."""
    await stage.hear(who, "récupérer")
    await stage.hear(who, "[On me l’a cédé]")
    await stage.hear(who, "(référence de awa)")
    await stage.hear(who, name)


async def test_on_whatsapp_the_number_that_received_it_is_a_contact(database: Database) -> None:
    """Kofi left nothing: the code goes to his number, not to the mail of Awa, who paid."""
    async with open_whatsapp_stage(database) as stage:
        await kofi_has_it(stage)
        before = len(await stage.seen("kofi"))
        await asked_for(stage, "nouveau", "Kofi Mensah")
        [code] = (await stage.seen("kofi"))[before:]
        assert "un billet que vous avez reçu par cession" in code.text
        assert stage.post.taken == []
        await stage.hear("nouveau", "(chiffres de kofi)")
        assert any("est à vous ici" in one.text for one in await stage.seen("nouveau"))
        assert await database.read(breaches, INVARIANTS) == []


def test_the_approved_sentence_says_how_long_digits_last() -> None:
    """WhatsApp tells the time below them: it is the one that holds here."""
    sentence = TEMPLATES["code"]
    assert isinstance(sentence, ApprovedCode)
    assert sentence.minutes * MINUTE_MS == CODE_MS


async def test_who_gave_it_away_does_not_decide_while_others_can(database: Database) -> None:
    """Chef sold and gave his own ticket: he is told that somebody else of the team decides."""
    async with open_stage(database) as stage:
        for words in (
            "organisateur chef",
            "organisateur adjointe",
            "événement jazz: Nuit du Jazz | 12/06/2027 20:30 | Standard 5000 x 9 | tous publics",
            "chef achète 1 Standard pour jazz",
        ):
            await stage.world(words)
        await given(stage, "chef", "Chef Ganvo", "kofi", "Kofi Mensah")
        await stage.hear("nouveau", "récupérer")
        await stage.hear("nouveau", "[On me l’a cédé]")
        await stage.hear("nouveau", "(référence de chef)")
        await stage.hear("nouveau", "Kofi Mensah")
        await stage.hear("chef", "[Accepter]")
        assert "une autre personne de votre équipe décide" in (await stage.seen("chef"))[-1].text
        await stage.hear("adjointe", "[Accepter]")
        assert any("est à vous ici" in one.text for one in await stage.seen("nouveau"))


async def test_a_buyer_whom_the_provider_cannot_reach_has_a_contact_too(
    database: Database,
) -> None:
    """Who paid cash, or was given tickets, leaves one as well; the code goes there."""
    async with open_stage(database) as stage:
        for words in (
            "organisateur chef",
            "événement jazz: Nuit du Jazz | 12/06/2027 20:30 | Standard 5000 x 9 | tous publics",
            "payeur personne",
            "awa achète 1 Standard pour jazz",
        ):
            await stage.world(words)
        await stage.hear("awa", "contact de secours")
        await stage.hear("awa", "awa@example.org")
        await stage.hear("nouvelle", "récupérer")
        await stage.hear("nouvelle", "(référence de awa)")
        assert [to for to, _, _ in stage.post.taken] == ["awa@example.org"]
        await stage.hear("nouvelle", "(chiffres du courriel)")
        assert any("est à vous ici" in one.text for one in await stage.seen("nouvelle"))


@pytest.mark.parametrize(
    ("typed", "kind"),
    [
        ("awa@example.org", "email"),
        ("+229 01 97 00 00 00", "phone"),
        ("0022901970000 00", "phone"),
        ("97 00 00 00", None),
        ("awa@example", None),
        ("a@b@example.org", None),
        ("deux mots@example.org", None),
    ],
)
def test_a_contact_is_an_email_or_a_number_with_its_country(typed: str, kind: str | None) -> None:
    """What is neither is asked for again."""
    contact = read_contact(typed)
    assert (contact.kind if contact else None) == kind

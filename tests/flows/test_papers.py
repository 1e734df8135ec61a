"""Papers and contacts of a transfer: passed on, told to whom it concerns, kept nowhere."""

import io

import pytest
from PIL import Image

from bot.far_work.paper_room import PaperRoom
from bot.flows.reading import read_phone
from bot.flows.tickets.giving import TOLD_MAX
from bot.flows.tickets.papers import PASSED_WITHIN_MS
from chat.channel import SendRefused
from chat.messages import Contact, Photo
from storage import papers
from storage.database import Database, Row, Tx
from storage.ids import to_text
from tests.flows.talking import NOW_MS, Talker
from tests.flows.test_genuine import sold
from tests.transcripts.screens import ListedChannel
from tests.transcripts.stage import InThisProcess, SetClock


async def transferred(database: Database) -> tuple[Talker, Talker]:
    """Awa's ticket is kofi's now; both have the button."""
    full = await sold(database)
    awa, kofi = Talker(database, "awa"), Talker(database, "kofi")
    await _own(database, "awa", full.ticket.id)
    await awa.hear_tap(f"give:{to_text(full.ticket.id)}")
    said = await awa.type("Awa Dossou")
    await kofi.type(f"recevoir {said.split('recevoir ')[1].split()[0]}")
    await kofi.tap("Lire les conditions")
    await kofi.type("Kofi Mensah")
    await kofi.hear_tap(kofi.actions()[0])
    await awa.news()
    return awa, kofi


async def _own(database: Database, who: str, ticket_id: int) -> None:
    talker = Talker(database, who, count=1000)
    await talker.open("")

    async def give(tx: Tx) -> None:
        row = await tx.row(
            "SELECT person_id FROM chats WHERE ref = :who AND channel = 'test'", who=who
        )
        assert row is not None
        await tx.run(
            "UPDATE tickets SET owner_id = :owner WHERE id = :id",
            owner=row["person_id"],
            id=ticket_id,
        )

    await database.write(give)


async def kept(tx: Tx) -> list[Row]:
    """Every paper, with where its photo lies."""
    return await tx.rows("SELECT id, photo_ref, passed_ms FROM papers ORDER BY id")


async def payloads(tx: Tx) -> list[Row]:
    """What the inbox still holds of what kofi sent."""
    return await tx.rows(
        "SELECT payload FROM inbox WHERE ref = 'kofi' AND payload IS NOT NULL ORDER BY id DESC"
    )


def photo() -> bytes:
    """A photo with the place it was taken at in its notes."""
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (6.0, 21.0, 0.0)}
    exif[0x010F] = "PhoneMaker"
    Image.linear_gradient("L").resize((640, 480)).convert("RGB").save(out, "JPEG", exif=exif)
    return out.getvalue()


async def test_a_paper_is_passed_on_and_nothing_of_it_is_kept(database: Database) -> None:
    """The other side gets the picture without its notes; no row holds it, nor where it lay."""
    awa, kofi = await transferred(database)
    await kofi.tap("Envoyer une pièce d’identité")
    before = len(await database.read(payloads))
    await kofi.hear(Photo(("p1",)))
    assert len(await database.read(payloads)) == before, "its message's payload is dropped"
    assert "vous montre sa pièce" in await awa.news()
    [paper] = await database.read(kept)
    channel = ListedChannel("test", pictures={"p1": photo()})
    room = PaperRoom(database, {"test": channel}, InThisProcess(), SetClock(NOW_MS))
    media = await room.fetch(to_text(paper["id"]), "fr")
    assert b"PhoneMaker" not in media.body
    assert Image.open(io.BytesIO(media.body)).size == (640, 480)
    assert media.kept_ms is not None
    await database.write(papers.passed, paper["id"], NOW_MS)
    assert [(row["photo_ref"], row["passed_ms"]) for row in await database.read(kept)] == [
        (None, NOW_MS)
    ]
    with pytest.raises(SendRefused):
        await room.fetch(to_text(paper["id"]), "fr")
    assert await database.read(media_rows) == []


async def media_rows(tx: Tx) -> list[Row]:
    """Every file this house keeps."""
    return await tx.rows("SELECT id FROM media")


async def test_a_paper_that_finds_no_network_is_forgotten_in_minutes(database: Database) -> None:
    """After ten minutes nothing says where it lay, and it is not passed on any more."""
    _, kofi = await transferred(database)
    await kofi.tap("Envoyer une pièce d’identité")
    await kofi.hear(Photo(("p1",)))
    [paper] = await database.read(kept)
    late = SetClock(NOW_MS + PASSED_WITHIN_MS)
    room = PaperRoom(database, {}, InThisProcess(), late)
    with pytest.raises(SendRefused):
        await room.fetch(to_text(paper["id"]), "fr")
    assert await database.write(papers.forget_old, late()) == 1
    assert [row["photo_ref"] for row in await database.read(kept)] == [None]


async def test_four_photos_a_transfer_are_enough(database: Database) -> None:
    """Two sides, twice; then no more, and a stranger passes none."""
    _, kofi = await transferred(database)
    for _ in range(2):
        await kofi.tap("Envoyer une pièce d’identité")
        assert "C’est parti" in await kofi.hear(Photo(("p1", "p2")))
    await kofi.tap("Envoyer une pièce d’identité")
    assert "assez de photos" in await kofi.hear(Photo(("p3",)))
    stranger = Talker(database, "curieux")
    said = await stranger.hear_tap("idpass:0")
    assert "Il n’y a pas" in said


async def test_a_shared_contact_hears_of_the_offer_and_nobody_learns_who_is_known(
    database: Database,
) -> None:
    """A known account is told, with the button; who is known is told to nobody; five a day."""
    full = await sold(database)
    awa, kofi = Talker(database, "awa"), Talker(database, "whatsapp:+22901970000")
    await kofi.type("bonjour")
    await _own(database, "awa", full.ticket.id)
    await awa.hear_tap(f"give:{to_text(full.ticket.id)}")
    await awa.type("Awa Dossou")
    answers = []
    for card in (Contact("+229 01 97 00 00", ""), Contact("", "nobody")):
        await awa.tap("Envoyer à un contact")
        answers.append(await awa.hear(card))
    assert answers[0] == answers[1]
    assert "Awa Dossou vous cède un billet" in await kofi.news()
    await kofi.tap("Lire les conditions")
    for _ in range(TOLD_MAX - 2):
        await awa.tap("Envoyer à un contact")
        await awa.type("+33600000000")
    await awa.tap("Envoyer à un contact")
    assert "assez de personnes" in await awa.type("+33600000000")


async def test_a_card_that_nobody_asked_for_is_answered_kindly(database: Database) -> None:
    """A contact shared out of the blue is no offer."""
    awa = Talker(database, "awa")
    assert "texte et les boutons" in await awa.hear(Contact("+22901970000"))


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("+229 01 97 00 00 00", "+2290197000000"),
        ("00229 0197000000", "+2290197000000"),
        ("+33 (6) 00-00.00 00", "+33600000000"),
        ("97 00 00 00", None),
        ("+0123456789", None),
        ("+٢٢٩٠١٩٧٠٠٠٠", None),
        ("mon frère", None),
    ],
)
def test_numbers_are_read_with_their_country(typed: str, read: str | None) -> None:
    """Without a country a number is nobody's; other scripts' digits are not guessed at."""
    assert read_phone(typed) == read


async def test_names_shown_by_the_app_sign_with_one_tap(database: Database) -> None:
    """The button of the known name makes the offer, and signs for the new owner too."""
    full = await sold(database)
    awa, kofi = Talker(database, "awa"), Talker(database, "kofi")
    await _own(database, "awa", full.ticket.id)
    await awa.hear_tap(f"give:{to_text(full.ticket.id)}")
    said = await awa.tap("Je suis awa")
    assert "awa vous cède un billet" in said
    await kofi.open("c_" + said.split("recevoir ")[1].split()[0].replace("-", ""))
    await kofi.tap("Lire les conditions")
    assert "cédé par awa à kofi" in await kofi.tap("Je suis kofi")

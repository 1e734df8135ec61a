"""What is kept on a person is shown whole, and what they want forgotten is nowhere any more."""

import sqlite3
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, closing
from io import BytesIO
from typing import Any, cast

import pytest
from openpyxl import load_workbook

from storage import forgetting, personal
from storage.database import Database, Tx
from storage.opening import open_database
from storage.people import MOVED
from storage.personal import SECTIONS, kept_on
from tests.storm.invariants import AT_REST, breaches
from tests.transcripts.on_telegram import open_telegram_stage
from tests.transcripts.on_whatsapp import open_whatsapp_stage
from tests.transcripts.stage import Stage, open_stage

OpenStage = Callable[[Database], AbstractAsyncContextManager[Stage]]

SHOWN_NOWHERE = {
    "terminal_loans": "between an organiser and the platform",
    "offers": "what waiting lists offered, as the orders made of it say",
    "link_codes": "a hash of ten minutes",
    "outbox": "what the bot itself said, gone in a week",
    "farewells": "a goodbye of a day",
    "papers": "where a picture lay, for minutes",
    "progress": "how far a list or a refund was, of an organiser at work",
}
"""Tables of somebody's own, or about a conversation, that are not in the file; each with why."""


async def test_the_file_speaks_of_every_table_of_somebodys_own(house_sqlite_url: str) -> None:
    """What goes with a person who links is shown to them, and so is what a conversation left."""
    await (await open_database(house_sqlite_url)).close()
    with closing(sqlite3.connect(house_sqlite_url.removeprefix("sqlite:///"))) as connection:
        tables = {
            name
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if any(
                key[2] == "chats" for key in connection.execute(f"PRAGMA foreign_key_list({name})")
            )
        } | {one.table for one in MOVED}
    read = " ".join(personal._QUERIES.values())
    missing = {name for name in tables if f"FROM {name}" not in read}
    assert missing == set(SHOWN_NOWHERE)


async def a_full_life(stage: Stage) -> None:
    """Awa buys, asks, stands at the door, is told, links and is scanned."""
    for words in (
        "organisateur chef",
        "événement gala: Gala | 12/06/2027 20:30 | Standard 5000 x 9 | nominatif",
        "événement jazz: Jazz | 13/06/2027 20:30 | Standard 5000 x 9",
        "porte gala",
        "awa achète 2 pour jazz",
        "rembourse billet 2",
    ):
        await stage.world(words)
    for words in ("/start e_gala", "1 Standard", "Awa Dossou", "j'accepte"):
        await stage.hear("awa", words)
    await stage.world("payé depuis +229 97 00 11 22")
    await stage.hear("awa", "aide je suis Awa Dossou, où se garer ?")
    await stage.hear("awa", "relier")
    await stage.hear("tablette", "relier")
    await stage.hear("tablette", "(chiffres de awa)")
    await stage.hear("tablette", "[Relier les deux]")


async def person_of(database: Database, ref: str) -> int:
    """Who somebody is."""

    async def read(tx: Tx) -> int:
        row = await tx.row("SELECT person_id FROM chats WHERE ref = :ref", ref=ref)
        assert row is not None
        return int(row["person_id"])

    return await database.read(read)


async def test_every_subject_is_read_on_both_engines(database: Database) -> None:
    """The file holds the orders, tickets, names, questions, links and messages of a full life."""
    async with open_stage(database) as stage:
        await a_full_life(stage)
        found = await database.read(kept_on, await person_of(database, "awa"))
        names = [subject.name for subject in found]
        assert names == [name for name in SECTIONS if name in names]
        assert {"person", "accounts", "links", "orders", "holders", "tickets"} <= set(names)
        assert {"acceptances", "payments", "refunds", "questions", "messages"} <= set(names)
        rows = await file_of(stage, "awa")
        assert rows[0] == ["Rubrique", "N°", "Donnée", "Valeur"]
        assert ["Vous", "1", "Nom", "Awa"] in rows
        assert ["Bénéficiaires", "1", "Bénéficiaire", "Awa Dossou"] in rows
        assert any(row[0] == "Questions" and "où se garer" in row[3] for row in rows)
        said = [row[3] for row in rows if row[0] == "Messages de la semaine" and row[2] == "Texte"]
        assert {"Conversation ouverte par un lien", "1 Standard", "Awa Dossou"} <= set(said)
        assert not any("{" in one for one in said)


async def test_a_used_ticket_reads_as_used_and_is_not_to_come(database: Database) -> None:
    """Of two tickets one came in: the file tells them apart, and one alone is still to come."""
    async with open_stage(database) as stage:
        for told in (
            "événement jazz: Jazz | 13/06/2027 20:30 | Standard 5000 x 9",
            "porte jazz",
            "awa achète 2 pour jazz",
        ):
            await stage.world(told)
        await stage.hear("porte", "(photo de awa)")
        rows = await file_of(stage, "awa")
        states = {row[3] for row in rows if (row[0], row[2]) == ("Billets", "État")}
        assert states == {"utilisé", "valable"}
        person_id = await person_of(database, "awa")
        found = await database.read(forgetting.count, person_id, 0)
        assert found.tickets_to_come == 1


@pytest.mark.parametrize("on_stage", [open_telegram_stage, open_whatsapp_stage])
async def test_what_an_app_wrote_down_is_read_as_words(
    on_stage: OpenStage, house_sqlite_url: str
) -> None:
    """The file says the words of a pressed button, and what a voice note was, as people do."""
    opened = await open_database(house_sqlite_url)
    try:
        async with on_stage(opened) as stage:
            await stage.world("événement jazz: Jazz | 13/06/2027 20:30 | Standard 5000 x 9")
            await stage.hear("awa", "Où êtes-vous {ici} ?")
            await stage.hear("awa", "bonjour")
            await stage.hear("awa", "[Jazz · dim. 13 juin]")
            await stage.hear("awa", "(vocal)")
            said = await said_by(stage, "awa")
        # Our labels on WhatsApp are squeezed to plain spaces (handlers/whatsapp/rendering.py).
        assert [one.replace("\u00a0", " ") for one in said[:-1]] == [
            "Où êtes-vous {ici} ?",
            "bonjour",
            "[Jazz · dim. 13 juin]",
            "Un message vocal",
        ]
    finally:
        await opened.close()


async def said_by(stage: Stage, who: str) -> list[str]:
    """Ask for somebody's file, and read what it says they sent."""
    return [
        row[3]
        for row in await file_of(stage, who)
        if (row[0], row[2]) == ("Messages de la semaine", "Texte")
    ]


async def file_of(stage: Stage, who: str) -> list[list[str]]:
    """Have somebody ask for their own data, and open the file that comes."""
    await stage.hear(who, "mes données")
    media = (await stage.seen(who))[-1].media
    assert media is not None
    sheet = load_workbook(BytesIO(media.body)).worksheets[0]
    return [[str(cell.value) for cell in row] for row in sheet.iter_rows()]


async def everything(tx: Tx) -> dict[str, list[str]]:
    """Every text in the database, by table."""
    if await tx.row("SELECT 1 AS yes WHERE '1' = '1'") is None:
        raise AssertionError
    tables = await tx.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
    found = {}
    for table in tables:
        rows = await tx.rows(f"SELECT * FROM {table['name']}")  # noqa: S608 (our own tables)
        found[table["name"]] = [str(value) for row in rows for value in tuple(cast("Any", row))]
    return found


async def where(database: Database, *wanted: str) -> set[str]:
    """The tables in which one of these words stands."""
    return {
        name
        for name, values in (await database.read(everything)).items()
        if name != "schema_migrations" and any(word in value for value in values for word in wanted)
    }


async def test_who_is_forgotten_is_nowhere_any_more(house_sqlite_url: str) -> None:
    """Once the event is over no table has the name, the account or a word of it."""
    opened = await open_database(house_sqlite_url)
    try:
        async with open_stage(opened) as stage:
            await a_full_life(stage)
            assert {"chats", "people", "seats", "tickets", "inbox"} <= await where(
                opened, "Awa", "awa", "tablette"
            )
            assert "payments" in await where(opened, "22997001122")
            await stage.hear("awa", "oublie-moi")
            await stage.hear("awa", "[Tout effacer]")
            assert "vos données sont effacées" in (await stage.seen("tablette"))[-1].text
            assert await opened.read(breaches, AT_REST) == []
            assert await opened.read(breaches) == []
            # The door needs the name until the event is over, the goodbye its account for a day.
            left = await where(opened, "Awa", "awa", "tablette", "Tablette")
            assert left <= {"seats", "tickets", "chats", "condition_texts", "outbox"}, left
            await stage.world("attend 30 jours")
            await stage.chores()
            left = await where(opened, "Awa", "awa", "tablette", "Tablette", "22997001122")
            assert left == set(), left
            assert await opened.read(breaches) == []
            # Who writes again is a stranger.
            await stage.hear("awa", "mes billets")
            assert "pas de billet" in (await stage.seen("awa"))[-1].text
    finally:
        await opened.close()

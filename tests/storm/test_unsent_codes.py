"""A code that reaches nobody is left to the organiser; one by WhatsApp finds its number."""

import re
from collections.abc import AsyncIterator

import pytest

from chat.delivery import ATTEMPTS_MAX, RETRY_MAX_MS
from storage.database import Database, Tx
from storage.opening import open_database
from tests.storm.invariants import breaches
from tests.transcripts.on_whatsapp import WhatsAppScreens, open_whatsapp_stage
from tests.transcripts.stage import Stage, open_stage


@pytest.fixture
async def sqlite(sqlite_url: str) -> AsyncIterator[Database]:
    """A database of this test's own; where a channel is the point, one engine is enough."""
    opened = await open_database(sqlite_url)
    yield opened
    await opened.close()


DIGITS = re.compile(r"^\d{4} \d{4}$", re.MULTILINE)


async def sold_and_asked_for(stage: Stage, payer: str) -> None:
    """Awa has bought and Koffi asks for her order."""
    for words in (
        "organisateur chef",
        "événement jazz: Nuit du Jazz | 12/06/2027 20:30 | Standard 5000 x 30",
        f"payeur {payer}",
        "awa achète 1 pour jazz",
    ):
        await stage.world(words)
    await stage.hear("koffi", "récupérer")
    await stage.hear("koffi", "(référence de awa)")


async def test_a_mail_server_that_never_answers_leaves_it_to_the_organiser(
    database: Database,
) -> None:
    """After every retry the organiser is asked, once, and no row is given up in silence."""
    async with open_stage(database) as stage:
        stage.post.fault = ConnectionError("SMTP no answer")
        await sold_and_asked_for(stage, "awa@example.org")
        for _ in range(ATTEMPTS_MAX):
            stage.clock.now_ms += RETRY_MAX_MS
            await stage.settle()
        await stage.world("attend 3 secondes")
        asked = [one.text for one in await stage.seen("chef") if "demande ces billets" in one.text]
        assert len(asked) == 1
        assert await database.read(breaches) == []


async def test_a_number_that_paid_gets_the_code_on_whatsapp(sqlite: Database) -> None:
    """The payer's phone is a chat of ours: the code arrives there, and hands the order over."""
    async with open_whatsapp_stage(sqlite) as stage:
        ref = await stage.screens.ref(stage.speaker("sim"))  # she wrote earlier that day
        await sold_and_asked_for(stage, ref.removeprefix("whatsapp:"))
        [told] = [one.text for one in await stage.seen("sim") if "récupérer" in one.text]
        found = DIGITS.search(told)
        assert found is not None
        await stage.hear("koffi", found[0])
        assert "est à vous ici" in "".join(one.text for one in await stage.seen("koffi"))


async def test_a_number_whatsapp_does_not_reach_leaves_it_to_the_organiser(
    sqlite: Database,
) -> None:
    """There is no WhatsApp there, or we are blocked: the organiser is asked at once."""
    async with open_whatsapp_stage(sqlite) as stage:
        assert isinstance(stage.screens, WhatsAppScreens)
        stage.screens.watched.double.customer("whatsapp:+22961000000").blocked = True
        await sold_and_asked_for(stage, "+22961000000")
        await stage.world("attend 3 secondes")
        assert await sqlite.read(status) == "asked"
        assert await sqlite.read(breaches) == []


async def status(tx: Tx) -> str:
    """How the one request stands."""
    [row] = await tx.rows("SELECT status FROM recoveries")
    return str(row["status"])

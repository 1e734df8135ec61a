"""The page behind a payment: for whoever paid, asked by itself, without a ticket or a code."""

import re

import httpx
import pytest
from starlette.applications import Starlette

from bot.far_work.receipt_links import ReceiptLinks
from bot.installation import receipt_parts
from bot.web.receipts import receipt_routes
from boxoffice.codes import Keyring, new_key
from boxoffice.spelling import ALPHABET
from storage.database import Database
from tests.transcripts.pay_world import newest_payment
from tests.transcripts.stage import TEST_KEY, Stage, open_stage

PUBLIC = "https://guichet.example"


def browser(stage: Stage) -> httpx.AsyncClient:
    """Open a browser on the page's routes."""
    app = Starlette(routes=receipt_routes(receipt_parts(stage.guichet)))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=PUBLIC)


async def ordered(stage: Stage) -> str:
    """Have somebody order two places; answers the path that their payment page leads back to."""
    await stage.world("événement jazz: Nuit du Jazz | 12/06/2027 20:30 | Standard 5000 x 9")
    await stage.hear("awa", "/start e_jazz")
    await stage.hear("awa", "2 standard")
    await stage.hear("awa", "j'accepte")
    payment = await stage.database.read(newest_payment)
    assert payment is not None
    page = await stage.sandbox.page(str(payment.url).rpartition("/")[2])
    assert page is not None
    assert page.return_url.startswith(f"{PUBLIC}/receipt/")
    return page.return_url.removeprefix(PUBLIC)


async def test_whoever_paid_sees_thanks_and_no_ticket(database: Database) -> None:
    """The provider is asked by the page itself, nobody presses anything; the receipt is a PDF."""
    async with open_stage(database, public_url=PUBLIC) as stage:
        path = await ordered(stage)
        async with browser(stage) as client:
            waiting = await client.get(path)
            assert "vérification" in waiting.text
            assert 'http-equiv="refresh"' in waiting.text
            payment = await database.read(newest_payment)
            assert payment is not None
            await stage.sandbox.press(str(payment.url).rpartition("/")[2], "pay")
            await client.get(path)  # within five seconds: nobody is asked again
            assert (await database.read(newest_payment)) == payment
            stage.clock.now_ms += 5_001
            await client.get(path, params={"look": "1"})
            await stage.settle()
            paid = await client.get(path)
            assert "C’est payé" in paid.text
            assert "10\u202f000" in paid.text
            assert 'http-equiv="refresh"' not in paid.text
            paper = await client.get(f"{path}/recu.pdf")
            assert paper.headers["content-type"] == "application/pdf"
            assert paper.content.startswith(b"%PDF")
        assert sum(one.media is not None for one in await stage.seen("awa")) == 2
        codes = [code for code in await database.read(_codes) if code]
        assert codes
        assert not any(code in paid.text for code in codes)
        assert not re.search(rf"[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}", paid.text)


async def _codes(tx: object) -> list[str]:
    rows = await tx.rows("SELECT code, short_code FROM tickets")  # type: ignore[attr-defined]
    return [str(row[name]) for row in rows for name in ("code", "short_code")]


@pytest.mark.parametrize("token", ["x", "0.x", "é", "3F.AAAAAAAAAAAAAAAAAAAA", "3F.é"])
async def test_a_made_up_address_is_no_page(database: Database, token: str) -> None:
    """Guessing finds nothing, and says so in a sentence."""
    async with open_stage(database, public_url=PUBLIC) as stage, browser(stage) as client:
        answer = await client.get(f"/receipt/{token}")
        assert answer.status_code == httpx.codes.NOT_FOUND
        assert "Cette page n’existe pas" in answer.text


def test_an_address_lives_through_a_rotation_of_keys() -> None:
    """An old key's address is read, another installation's is not."""
    old = ReceiptLinks(Keyring.parse(TEST_KEY), PUBLIC)
    rotated = ReceiptLinks(Keyring.parse(f"{new_key()},{TEST_KEY}"), PUBLIC)
    assert rotated.read(old.token(12_345)) == 12_345
    assert old.read(rotated.token(12_345)) is None

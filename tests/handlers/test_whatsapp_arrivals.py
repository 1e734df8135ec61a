"""A message that does not arrive goes another way, by another app, or its seller is told."""

import httpx
import pytest
from starlette.applications import Starlette

from bot.installation import ticket_parts
from bot.tickets.checking import check
from bot.tickets.links import OPEN_MS
from bot.web.ticket_pictures import ticket_routes
from storage import chats
from storage.database import Tx
from tests.doubles.twilio import Customer, Fail, Refuse
from tests.handlers.whatsapp_stage import (
    AWA,
    delivery_of,
    double_of,
    say,
    settle,
    until_asked_to_pay,
)
from tests.transcripts.screens import Speaker
from tests.transcripts.stage import Stage


async def test_a_picture_that_does_not_arrive_is_said_in_words(stage: Stage) -> None:
    """63019: the code and all that stands on the ticket go out as text."""
    awa = await _with_a_lost_picture(stage)
    assert awa.seen[-1].media is None
    assert "Code complet" in awa.seen[-1].text
    assert await stage.database.read(delivery_of) == "text_only"


async def test_the_words_open_the_ticket_for_a_week(stage: Stage) -> None:
    """A signed link, without the ticket's code, shows the picture again and again until it ends."""
    awa = await _with_a_lost_picture(stage)
    [link] = [one for one in awa.seen[-1].pressables if one.url]
    assert link.title == "Voir le billet"
    code, short_code = await stage.database.read(_codes)
    assert not any(one in str(link.url) for one in (code, short_code))
    async with _browser(stage) as browser:
        for _ in range(2):
            shown = await browser.get(str(link.url))
            assert shown.headers["content-type"] == "image/png"
            check(shown.content, code)
        head = await browser.head(str(link.url))
        assert (head.status_code, head.content) == (httpx.codes.OK, b"")
        forged = await browser.get(f"{link.url}x")
        assert forged.status_code == httpx.codes.NOT_FOUND
        stage.clock.now_ms += OPEN_MS
        late = await browser.get(str(link.url), headers={"accept-language": "en"})
        assert late.status_code == httpx.codes.NOT_FOUND
        assert "type “my tickets”" in late.text


async def test_a_ticket_given_away_is_opened_by_no_old_link(stage: Stage) -> None:
    """Whoever gave their ticket away keeps a link that says where to look, and no picture."""
    awa = await _with_a_lost_picture(stage)
    [link] = [one for one in awa.seen[-1].pressables if one.url]
    await stage.world("rembourse billet 1")
    await settle(stage)
    async with _browser(stage) as browser:
        gone = await browser.get(str(link.url))
    assert gone.status_code == httpx.codes.NOT_FOUND
    assert "tapez «\N{NO-BREAK SPACE}mes billets\N{NO-BREAK SPACE}»" in gone.text


async def _with_a_lost_picture(stage: Stage) -> Customer:
    """Have somebody buy a ticket whose picture WhatsApp fails to bring."""
    double = double_of(stage)
    awa = double.customer(AWA)
    await until_asked_to_pay(stage, awa)
    double.trouble("messages", Fail(63019))
    await stage.world("payé")
    await settle(stage)
    return awa


def _browser(stage: Stage) -> httpx.AsyncClient:
    app = Starlette(routes=ticket_routes(ticket_parts(stage.guichet)))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app))


async def _codes(tx: Tx) -> tuple[str, str]:
    row = await tx.row("SELECT code, short_code FROM tickets")
    assert row is not None
    return str(row["code"]), str(row["short_code"])


@pytest.mark.parametrize("before_answer", [False, True])
async def test_an_organiser_learns_of_a_ticket_that_nobody_receives(
    stage: Stage, *, before_answer: bool
) -> None:
    """63024: no words are tried in its stead; told before the send is noted, it counts as well."""
    double = double_of(stage)
    await stage.world("organisateur chef")
    chef = double.customer(await stage.screens.ref(Speaker("chef", "seller")))
    awa = double.customer(AWA)
    await until_asked_to_pay(stage, awa)
    double.trouble("messages", Fail(63024, before_answer=before_answer))
    await stage.world("payé")
    await settle(stage)
    await stage.guichet.engine.take_up()
    stage.clock.now_ms += 5_000
    await stage.chores()
    await settle(stage)
    assert "n’a pas pu être remis" in chef.seen[-1].text
    assert await stage.database.read(delivery_of) == "failed"


async def test_a_ticket_goes_to_the_other_app_of_its_owner(stage: Stage) -> None:
    """Where the person has a chat in another app, the ticket goes there before anyone is told."""

    async def give_telegram(tx: Tx) -> int:
        here = await chats.open_chat(
            tx, channel="whatsapp", talk="seller", ref=AWA, language="fr", name="", now_ms=1
        )
        there = await chats.open_chat(
            tx, channel="telegram", talk="seller", ref="7", language="fr", name="", now_ms=1
        )
        await tx.run(
            "UPDATE chats SET person_id = :person WHERE id = :id",
            person=here.person_id,
            id=there.id,
        )
        return there.id

    double = double_of(stage)
    awa = double.customer(AWA)
    await until_asked_to_pay(stage, awa)
    there = await stage.database.write(give_telegram)
    double.trouble("messages", Fail(63024))
    await stage.world("payé")
    await settle(stage)
    row = await stage.database.read(_about_in, there)
    assert row.startswith("ticket:")


async def _about_in(tx: Tx, chat_id: int) -> str:
    row = await tx.row("SELECT about FROM outbox WHERE chat_id = :id", id=chat_id)
    return str(row["about"]) if row else ""


async def test_too_fast_is_waited_for(stage: Stage) -> None:
    """63018 or 429: the same again later, nothing is lost."""
    double = double_of(stage)
    awa = double.customer(AWA)
    double.trouble("messages", Refuse(429, 63018))
    await say(stage, awa, "Bonjour")
    assert awa.seen == []
    stage.clock.now_ms += 5_000
    await settle(stage)
    assert len(awa.seen) == 1

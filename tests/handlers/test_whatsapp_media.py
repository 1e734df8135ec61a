"""Files on their way: fetched from us, sent to us, opened from a link, deleted at Twilio."""

import httpx
import pytest

from bot.handlers.whatsapp import Receiver, SignedForms, TwilioApi
from chat.channel import SendRefused
from chat.messages import Media
from tests.doubles.twilio.server import TOKEN
from tests.handlers.whatsapp_stage import (
    AWA,
    PNG,
    double_of,
    say,
    screens_of,
    settle,
    until_paid,
)
from tests.transcripts.stage import Stage


async def test_a_picture_is_served_to_those_who_know_its_address(stage: Stage) -> None:
    """HEAD and GET, again and again, with type and name; not elsewhere, and not for ever."""
    double = double_of(stage)
    shelf = screens_of(stage).watched.channel.shelf
    url = await shelf.put(Media(PNG, "image/png", "billet-É 1.png"))
    real = url.replace(screens_of(stage).public, double.outside.reach[screens_of(stage).public])
    async with httpx.AsyncClient(trust_env=False) as client:
        head = await client.head(real)
        assert (head.status_code, head.content) == (200, b"")
        for _ in range(2):
            answer = await client.get(real)
            assert answer.content == PNG
            assert answer.headers["content-type"] == "image/png"
            assert 'filename="billet-1.png"' in answer.headers["content-disposition"]
        assert (await client.get(real[:-1] + ("0" if real[-1] != "0" else "1"))).status_code == 404
        assert (await client.get(real.replace("/media/", "/media/x"))).status_code == 404
        stage.clock.now_ms += 31 * 60_000
        assert (await client.get(real)).status_code == 404


async def test_what_whatsapp_would_not_take_is_refused_here(stage: Stage) -> None:
    """A picture over 5 MB, a file over 16 MB, or of a sort it does not carry."""
    shelf = screens_of(stage).watched.channel.shelf
    big = bytes(5 * 1024 * 1024 + 1)
    assert await shelf.put(Media(big, "application/pdf", "billets.pdf"))
    for refused in (
        Media(big, "image/png", "billet.png"),
        Media(bytes(16 * 1024 * 1024 + 1), "application/pdf", "billets.pdf"),
        Media(b"a,b", "text/csv", "liste.csv"),
    ):
        with pytest.raises(SendRefused):
            await shelf.put(refused)


async def test_a_calendar_is_opened_from_its_link(stage: Stage) -> None:
    """WhatsApp carries no such file: the phone fetches it with its type, name and alert."""
    double = double_of(stage)
    awa = double.customer(AWA)
    await until_paid(stage, awa)
    await say(stage, awa, "agenda")
    shown = awa.seen[-1]
    assert shown.kind == "twilio/call-to-action"
    assert "ouvrez ce fichier" in shown.text
    [link] = shown.pressables
    real = double.outside.real(link.url)
    async with httpx.AsyncClient(trust_env=False) as client:
        head = await client.head(real)
        answer = await client.get(real)
        assert head.headers["content-type"] == answer.headers["content-type"]
        assert answer.headers["content-type"].startswith("text/calendar")
        assert 'filename="agenda.ics"' in answer.headers["content-disposition"]
        assert b"BEGIN:VEVENT" in answer.content
        stage.clock.now_ms += 6 * 24 * 3_600_000
        assert (await client.get(real)).status_code == 200
        stage.clock.now_ms += 2 * 24 * 3_600_000
        assert (await client.get(real)).status_code == 404


async def test_no_code_stands_in_an_address(stage: Stage) -> None:
    """Whoever reads a log of addresses cannot enter."""
    awa = double_of(stage).customer(AWA)
    await until_paid(stage, awa)
    short = awa.seen[-1].text.partition("Code\N{NO-BREAK SPACE}: ")[2].split()[0]
    addresses = " ".join(url for _, url, _ in double_of(stage).outside.fetched)
    assert addresses
    assert short not in addresses
    assert short.replace("-", "") not in addresses


async def test_photos_are_deleted_at_twilio(stage: Stage) -> None:
    """What people send does not stay with Twilio once its message is worked."""
    double = double_of(stage)
    awa = double.customer(AWA)
    await awa.send(PNG, "image/png")
    await awa.voice()
    await settle(stage)
    assert len(double.media) == 2
    watched = screens_of(stage).watched
    async with TwilioApi(double.account_sid, TOKEN, url=double.url) as api:
        receiver = Receiver(
            SignedForms(api.is_signed, public_url="https://x.example"),
            api,
            stage.database,
            stage.guichet.engine,
            numbers=watched.channel.numbers,
            clock=stage.clock,
        )
        for chore in receiver.chores():
            await chore.work(stage.clock())
    assert double.media == {}

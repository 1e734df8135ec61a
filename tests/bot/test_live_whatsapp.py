"""The real world on WhatsApp alone: settings in, a buyer served, the templates made."""

import socket
from pathlib import Path

import pytest

from bot.handlers.whatsapp import TEMPLATES
from bot.settings import Settings, SettingsRefused, read_settings
from bot.watch.refusals import Refusal
from bot.worlds import live_whatsapp, live_world
from boxoffice.codes import new_key
from tests.doubles.twilio import TwilioDouble
from tests.doubles.twilio.server import SELLER


def settings_for(
    double: TwilioDouble, folder: Path, monkeypatch: pytest.MonkeyPatch, **more: str
) -> Settings:
    """Set the environment as an operator would, for the double instead of Twilio."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    told = {
        "TWILIO_ACCOUNT_SID": double.account_sid,
        "TWILIO_AUTH_TOKEN": double.auth_token,
        "TWILIO_API_URL": double.url,
        "WHATSAPP_SELLER_NUMBER": "+229 000 001 00",
        "PUBLIC_URL": "https://box.example/",
        "TICKET_KEYS": new_key(),
        "DATABASE_URL": f"sqlite:///{folder}/live.db",
        "PORT": str(port),
    } | more
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    double.outside.reach["https://box.example"] = f"http://127.0.0.1:{port}"
    return read_settings(None)


async def test_whatsapp_alone_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any token of Telegram, somebody writes and is answered by the running program."""
    async with TwilioDouble.running() as double:
        settings = settings_for(double, tmp_path, monkeypatch)
        awa = double.customer("whatsapp:+22900000777")
        async with live_world.serve(settings):
            answer = await awa.say("bonjour")
            assert answer.status_code == 200
            await double.bell.until(lambda: bool(awa.seen))
            await double.settled()
        assert "Rien n’est en vente" in awa.seen[0].text
        link = await live_world.owner_link(settings)
        assert link.startswith(f"https://wa.me/{SELLER.removeprefix('whatsapp:+')}?text=")
    assert double.faults == []


async def test_templates_are_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command prints the setting; run again it makes nothing and tells how they were judged."""
    async with TwilioDouble.running() as double:
        settings = settings_for(double, tmp_path, monkeypatch)
        first = await live_whatsapp.make_templates(settings)
        double.approve()
        made = len(double.contents)
        second = await live_whatsapp.make_templates(settings)
        assert len(double.contents) == made == 2 * len(TEMPLATES)
        assert first[-1] == second[-1]
        assert any(line == "tickets.fr: approved" for line in second)
        line = first[-1].removeprefix("WHATSAPP_TEMPLATES=")
        monkeypatch.setenv("WHATSAPP_TEMPLATES", line)
        assert read_settings(None).whatsapp_templates == line
    assert double.faults == []


async def test_whatsapp_says_what_it_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PUBLIC_URL above all: without it Twilio could not call."""
    async with TwilioDouble.running() as double:
        settings = settings_for(double, tmp_path, monkeypatch, PUBLIC_URL="")
        with pytest.raises(Refusal, match=r"PUBLIC_URL=.*WhatsApp needs one"):
            async with live_world.serve(settings):
                pass
        monkeypatch.setenv("WHATSAPP_SELLER_NUMBER", "01 02 03")
        monkeypatch.setenv("WHATSAPP_TEMPLATES", "nonsense")
        with pytest.raises(SettingsRefused) as caught:
            read_settings(None)
        assert "WHATSAPP_SELLER_NUMBER" in str(caught.value)
        assert "WHATSAPP_TEMPLATES" in str(caught.value)

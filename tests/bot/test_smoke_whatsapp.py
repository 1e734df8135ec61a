"""`python -m bot smoke twilio`: what it asks, what it prints, and how it fails, by the double."""

from pathlib import Path

import pytest

from bot.operator import smoke_whatsapp
from bot.watch.refusals import Refusal
from tests.bot.test_live_whatsapp import settings_for
from tests.doubles.twilio import Fail, TwilioDouble

AWA = "+229 00 00 07 77"


async def test_a_phone_gets_words_and_buttons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The operator sees each SID and each status up to the arrival, and the phone shows both."""
    said: list[str] = []
    async with TwilioDouble.running() as double:
        settings = settings_for(double, tmp_path, monkeypatch, PUBLIC_URL="")
        awa = double.customer("whatsapp:+22900000777")
        awa.heard_ms = double.clock()
        await smoke_whatsapp.check(settings, AWA, said.append, pause_s=0)
        assert [one.kind for one in awa.seen] == ["text", "twilio/quick-reply"]
    assert double.faults == []
    assert said[0].startswith("words: SM")
    assert [line for line in said if line.endswith(("delivered", "read"))]


async def test_a_failure_says_what_the_program_would_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A phone that never wrote: 63016, the page that explains it, and the template instead."""
    said: list[str] = []
    async with TwilioDouble.running() as double:
        settings = settings_for(double, tmp_path, monkeypatch, PUBLIC_URL="")
        double.customer("whatsapp:+22900000777").heard_ms = double.clock()
        double.trouble("messages", Fail(63016, "failed"))
        with pytest.raises(RuntimeError, match="docs/errors/63016"):
            await smoke_whatsapp.check(settings, AWA, said.append, pause_s=0)
    assert any("63016" in line and "silence" in line for line in said)


async def test_it_asks_for_what_it_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a phone, or without keys, one sentence says what to give."""
    async with TwilioDouble.running() as double:
        settings = settings_for(double, tmp_path, monkeypatch)
        with pytest.raises(Refusal, match="--to"):
            await smoke_whatsapp.check(settings, None, print)
        monkeypatch.delenv("TWILIO_AUTH_TOKEN")
        bare = settings.model_copy(update={"twilio_auth_token": None})
        with pytest.raises(Refusal, match="TWILIO_AUTH_TOKEN"):
            await smoke_whatsapp.check(bare, AWA, print)

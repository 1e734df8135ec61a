"""The Twilio double: its facts are the vendor's, and it refuses what Twilio refuses."""

import importlib.util
import json
import os
import sys
from pathlib import Path

import pytest

from bot.handlers.whatsapp import CredentialsRefused, TwilioApi
from bot.handlers.whatsapp.twilio_api import Refused
from tests.doubles.twilio import TwilioDouble
from tests.doubles.twilio.facts import FACTS, Facts
from tests.doubles.twilio.server import SELLER

ROOT = Path(__file__).parent.parent.parent
SPECS = Path(os.environ.get("SPECS", ROOT / ".." / "shared" / "specs"))
AWA = "whatsapp:+22900000777"
STATUS = "https://box.example/whatsapp/status"


def test_the_facts_are_those_of_the_published_descriptions() -> None:
    """`tests/doubles/facts/twilio.json` is what `scripts/twilio_facts.py` makes."""
    sources = [SPECS / "twilio-api-v2010-messages.json", SPECS / "twilio-content-v1.json"]
    if not all(source.exists() for source in sources):
        if "CI" in os.environ:
            pytest.fail("twilio-*.json are missing: set SPECS")
        pytest.skip("twilio-*.json are not here: set SPECS to compare the facts with them")
    found = importlib.util.spec_from_file_location("facts", ROOT / "scripts/twilio_facts.py")
    assert found is not None
    assert found.loader is not None
    script = importlib.util.module_from_spec(found)
    sys.dont_write_bytecode, kept = True, sys.dont_write_bytecode
    found.loader.exec_module(script)
    sys.dont_write_bytecode = kept
    fresh = script.facts(*(json.loads(one.read_text(encoding="utf-8")) for one in sources))
    assert fresh == json.loads(FACTS.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "more",
    [
        [("Body", "x" * 1601)],
        [("Body", "")],
        [("ContentSid", "HX1")],
        [("ContentSid", "HX" + "0" * 32), ("Body", "x")],
        [("Body", "x"), ("NoSuchKey", "1")],
        [("MediaUrl", "https://a.example/1"), ("MediaUrl", "https://a.example/2")],
    ],
)
def test_a_form_that_twilio_refuses_is_refused(more: list[tuple[str, str]]) -> None:
    """Lengths, ids, keys that exclude each other, keys that do not exist."""
    _, faults = Facts().read_form([("To", AWA), ("From", SELLER), *more])
    assert faults


def test_a_form_that_twilio_takes_is_taken() -> None:
    """Words, a picture, a content."""
    for more in (
        [("Body", "x" * 1600)],
        [("MediaUrl", "https://a.example/1"), ("Body", "x")],
        [("ContentSid", "HX" + "0" * 32), ("ContentVariables", "{}")],
    ):
        form = [("To", AWA), ("From", SELLER), ("StatusCallback", STATUS), *more]
        assert Facts().read_form(form)[1] == []


async def test_errors_have_twilios_shape_and_become_ours() -> None:
    """401 names the settings, 400 carries the code; neither carries the token."""
    async with TwilioDouble.running() as double:
        async with TwilioApi(double.account_sid, "wrong", url=double.url) as api:
            with pytest.raises(CredentialsRefused, match="TWILIO_AUTH_TOKEN"):
                await api.send(sender=SELLER, to=AWA, status_url=STATUS, text="x")
        async with TwilioApi(double.account_sid, double.auth_token, url=double.url) as api:
            with pytest.raises(Refused) as caught:
                await api.send(sender="whatsapp:+1", to=AWA, status_url=STATUS, text="x")
            assert caught.value.code == 63007
            assert caught.value.__cause__ is None
            assert double.auth_token not in repr(api)
    assert double.faults == []

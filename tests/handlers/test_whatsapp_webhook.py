"""The webhook distrusts its caller, and logs keep quiet."""

import contextlib
import logging
from collections.abc import AsyncIterator
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette

from bot.handlers.whatsapp import Numbers, Receiver, SignedForms, TwilioApi
from storage.database import Database
from storage.opening import open_database
from tests.doubles.twilio import Fail, Refuse, TwilioDouble
from tests.doubles.twilio.server import SELLER, TOKEN
from tests.handlers.inbox import Inbox
from tests.handlers.whatsapp_stage import (
    AWA,
    double_of,
    say,
    settle,
)
from tests.transcripts.stage import Stage


@contextlib.asynccontextmanager
async def door(database: Database) -> AsyncIterator[tuple[httpx.AsyncClient, Inbox, TwilioApi]]:
    """Give the webhook alone, seen by the proxy as plain http."""
    inbox = Inbox()
    async with TwilioApi("AC" + "0" * 32, TOKEN) as api:
        receiver = Receiver(
            SignedForms(api.is_signed, public_url="https://box.example"),
            api,
            database,
            inbox,
            numbers=Numbers.of("+22900000100", None),
            clock=lambda: 1_000,
        )
        transport = httpx.ASGITransport(Starlette(routes=receiver.routes()))
        async with httpx.AsyncClient(transport=transport, base_url="http://10.0.0.1") as client:
            yield client, inbox, api


def signed(form: dict[str, str], url: str = "https://box.example/whatsapp") -> dict[str, str]:
    """Sign a form as Twilio does."""
    return {"X-Twilio-Signature": TwilioDouble().outside.sign(url, form)}


FORM = {"MessageSid": "SM1", "From": AWA, "To": SELLER, "Body": "é à", "Label": "", "NumMedia": "0"}


async def test_only_signed_forms_are_taken(house_sqlite_url: str) -> None:
    """The configured address counts, not the one seen; blank values too; a changed letter fails."""
    database = await open_database(house_sqlite_url)
    async with door(database) as (client, inbox, _):
        refused: list[tuple[dict[str, str], dict[str, str]]] = [
            (FORM, {}),
            (FORM, signed(FORM | {"Body": "x"})),
            (FORM, signed(FORM, "http://10.0.0.1/whatsapp")),
            (FORM, signed({key: value for key, value in FORM.items() if value})),
        ]
        for form, headers in refused:
            answer = await client.post("/whatsapp", data=form, headers=headers)
            assert answer.status_code == 403
        assert inbox.kept == []
        answer = await client.post("/whatsapp", data=FORM, headers=signed(FORM))
        assert (answer.status_code, "<Response/>" in answer.text) == (200, True)
        answer = await client.post(
            "/whatsapp?x=1",
            data=FORM,
            headers=signed(FORM, "https://box.example/whatsapp?x=1"),
        )
        assert answer.status_code == 200
    await database.close()
    assert [kept[3] for kept in inbox.kept] == ["SM1"]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.dictionaries(
        st.sampled_from(
            [*FORM, "ButtonPayload", "ListId", "MediaUrl0", "MediaContentType0", "MessageType", "Ü"]
        ),
        st.text(max_size=60),
        max_size=12,
    )
)
async def test_junk_is_answered_and_never_a_failure(
    house_sqlite_url: str, junk: dict[str, str]
) -> None:
    """Whatever is signed, the webhook says 200 or 400; what it kept can be read or is refused."""
    database = await open_database(house_sqlite_url)
    clean = {key: value.encode("utf-8", "replace").decode() for key, value in junk.items()}
    async with door(database) as (client, _, _api):
        body = urlencode(clean)
        answer = await client.post(
            "/whatsapp",
            content=body,
            headers=signed(clean) | {"Content-Type": "application/x-www-form-urlencoded"},
        )
        assert answer.status_code in {200, 400}
        garbled = await client.post("/whatsapp", content=body.encode()[::-1])
        assert garbled.status_code in {400, 403}
    await database.close()


async def test_secrets_and_numbers_are_not_logged(
    stage: Stage, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither the token nor what is said nor to whom reaches a log, even when things go wrong."""
    caplog.set_level(logging.INFO)
    double = double_of(stage)
    double.trouble("messages", Refuse(500, 20500), Fail(63024))
    awa = double.customer(AWA)
    await say(stage, awa, "bonjour")
    stage.clock.now_ms += 5_000
    await settle(stage)
    said = caplog.text + "".join(capsys.readouterr())
    for secret in (TOKEN, AWA, "22900000777", "Bienvenue"):
        assert secret not in said

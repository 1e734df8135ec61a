"""Webhooks and pages under nonsense: thousands of bodies, no failure of ours, nothing let slip.

`FUZZ_BODIES=100000 pytest tests/web/test_fuzz.py` sends so many bodies to each sort of address.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import random
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import httpx
import pytest
from starlette.datastructures import ImmutableMultiDict
from structlog.testing import capture_logs
from twilio.request_validator import RequestValidator

from bot.far_work.undelivered import take_back
from bot.handlers.telegram import Receiver as UpdateReceiver
from bot.handlers.telegram import TelegramChannel
from bot.handlers.telegram.secrets import webhook_secret
from bot.handlers.whatsapp import Arrivals, Numbers, SignedForms, TwilioApi, WhatsAppChannel
from bot.handlers.whatsapp import Receiver as FormReceiver
from bot.installation import install, receipt_parts, terminal_parts, ticket_parts
from bot.payments.pawapay import PawaPay
from bot.payments.sandbox import SIGNATURE_HEADER, Sandbox
from bot.payments.stripe import Stripe
from bot.watch.metrics import CONTENT_TYPE, Metrics
from bot.watch.readiness import Readiness
from bot.web.guard import Guarded
from bot.web.health import health_routes, metrics_routes
from bot.web.payments import payment_routes
from bot.web.receipts import receipt_routes
from bot.web.site import site
from bot.web.terminal import PREFIX, terminal_routes
from bot.web.ticket_pictures import ticket_routes
from chat.clock import wall_clock
from chat.messages import Media
from storage import installation
from storage.ids import from_text, to_text
from storage.opening import open_database
from tests.flows.talking import DEMO
from tests.transcripts.stage import InThisProcess

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.installation import Installation
    from bot.payments.protocol import Provider
    from chat.messages import TalkName

BODIES = int(os.environ.get("FUZZ_BODIES", "250"))
"""To each sort of address in the usual run: a second or two."""

PUBLIC_URL = "https://guichet.example"
NOBODY = "http://127.0.0.1:9"
"""Where nothing answers: whoever asks a vendor back hears nothing."""

SECRET = "visibly-a-test-secret-of-the-fuzz"
TOKENS: dict[TalkName, str] = {
    "seller": "100001:visibly_a_test_token_for_the_seller",
    "scanner": "100002:visibly_a_test_token_for_the_scanner",
}
SID = f"AC{'0' * 32}"

LEAKS = (*TOKENS.values(), SECRET, "Traceback", "sqlite", "asyncpg", "storage/", 'File "')

OURS = {500, 501, 502, 504}
"""503 asks a provider to tell again; these would be failures of ours."""

PERSON = {"id": 7, "is_bot": False, "first_name": "Awa", "language_code": "fr"}
CHAT = {"id": 7, "type": "private"}
SENT = {"message_id": 5, "date": 1_811_844_000, "chat": CHAT, "from": PERSON}
UPDATES: tuple[dict[str, Any], ...] = (
    {"update_id": 1, "message": SENT | {"text": "bonjour"}},
    {"update_id": 2, "message": SENT | {"photo": [{"file_id": "x", "width": 9, "height": 9}]}},
    {
        "update_id": 3,
        "callback_query": {"id": "1", "from": PERSON, "data": "events", "message": SENT},
    },
    {
        "update_id": 4,
        "pre_checkout_query": {
            "id": "1",
            "from": PERSON,
            "currency": "EUR",
            "total_amount": 500,
            "invoice_payload": "payment:1",
        },
    },
    {"update_id": 5, "message": SENT | {"voice": {"file_id": "x", "duration": 3}}},
)
FORMS: tuple[dict[str, str], ...] = (
    {
        "MessageSid": f"SM{'0' * 32}",
        "From": "whatsapp:+22990000001",
        "To": "whatsapp:+14155238886",
        "Body": "bonjour",
        "NumMedia": "0",
    },
    {"MessageSid": f"SM{'1' * 32}", "MessageStatus": "failed", "ErrorCode": "63019"},
)
EVENTS: tuple[dict[str, Any], ...] = (
    {
        "id": "evt_1",
        "type": "checkout.session.completed",
        "payment": "1",
        "amount_minor": 500,
        "currency": "XOF",
        "data": {"object": {"id": "cs_1", "metadata": {"payment": "1", "guichet": "here"}}},
    },
    {"depositId": "00000000-0000-4000-8000-000000000000", "status": "COMPLETED", "amount": "500"},
)
SCANS: tuple[dict[str, Any], ...] = (
    {"id": "0" * 32, "code": "D" * 29, "typed": False},
    {"token": "x" * 27, "language": "fr"},
    {"entries": [{"id": "0" * 32, "ticket": "1", "at_ms": 1}]},
)

JUNK: tuple[Any, ...] = (
    None, True, -1, 0, 2**70, 1e308, "", "\0", "\ud800", "é" * 5000, [], {}, [[]] * 50,
    {"": ""}, "' OR 1=1 --", "<script>", "../../etc/passwd", "\r\nX: y", "٤٨٢١", "💥" * 300,
)  # fmt: skip


@dataclass(slots=True)
class Fuzz:
    """The whole of an installation's addresses, and what makes nonsense for them."""

    client: httpx.AsyncClient
    guichet: Installation
    chance: random.Random
    addresses: list[str]
    """Of three tickets that lie ready for Twilio to fetch."""
    asked: int = 0

    def twisted(self, value: Any) -> Any:  # noqa: ANN401 (JSON of any shape)
        """Put nonsense in one place of a value, or two."""
        if self.chance.random() < 0.15:
            return self.chance.choice(JUNK)
        if isinstance(value, dict) and value:
            key = self.chance.choice(list(value))
            copy = dict(value)
            if self.chance.random() < 0.1:
                del copy[key]
            else:
                copy[key] = self.twisted(value[key])
            return copy
        if isinstance(value, list) and value:
            return [self.twisted(value[0]), *value[1:]]
        return self.chance.choice(JUNK)

    def raw(self, value: Any) -> bytes:  # noqa: ANN401 (the same)
        """Write a body; one in eight is cut, doubled, or no text at all."""
        body = json.dumps(value).encode()
        match self.chance.randrange(24):
            case 0:
                return body[: self.chance.randrange(len(body) + 1)]
            case 1:
                return self.chance.randbytes(self.chance.randrange(2000))
            case 2:
                return b"[" * 100_000
        return body

    async def post(self, path: str, body: bytes, headers: dict[str, str] | None = None) -> int:
        """Send one body, and look at the answer."""
        self.asked += 1
        answer = await self.client.post(path, content=body, headers=headers)
        self._look(path, answer)
        return answer.status_code

    async def get(self, path: str) -> int:
        """Ask for one address, and look at the answer."""
        self.asked += 1
        answer = await self.client.get(path)
        self._look(path, answer)
        return answer.status_code

    def _look(self, path: str, answer: httpx.Response) -> None:
        assert answer.status_code not in OURS, f"{path}: {answer.status_code} {answer.text[:300]}"
        found = [leak for leak in LEAKS if leak in answer.text]
        assert not found, f"{path} says {found}"
        for header in ("content-security-policy", "x-content-type-options", "referrer-policy"):
            assert header in answer.headers, f"{path} lacks {header}"


@pytest.fixture
async def fuzz(house_sqlite_url: str) -> AsyncIterator[Fuzz]:
    """Everything the live world serves, in this process, with vendors that do not answer."""
    async with AsyncExitStack() as stack:
        # What is refused is logged, thousands of times: kept from the screen.
        stack.enter_context(capture_logs())
        database = await open_database(house_sqlite_url)
        stack.push_async_callback(database.close)
        channel = TelegramChannel(TOKENS, api_url=NOBODY)
        api = await stack.enter_async_context(TwilioApi(SID, SECRET, url=NOBODY))
        stripe = Stripe(
            secret_key="sk_test_x", webhook_secret=SECRET, installation="here", api_url=NOBODY
        )
        pawapay = PawaPay(token="x", installation="here", api_url=NOBODY)
        stack.push_async_callback(stripe.close)
        stack.push_async_callback(pawapay.close)
        sandbox = Sandbox(database, base_url=NOBODY, secret=SECRET.encode(), clock=wall_clock)
        providers: dict[str, Provider] = {"stripe": stripe, "pawapay": pawapay, "sandbox": sandbox}
        numbers = Numbers.of("+14155238886", None)
        whatsapp = WhatsAppChannel(
            api, database, numbers=numbers, public_url=PUBLIC_URL, registry={}, clock=wall_clock
        )
        guichet = install(
            database,
            DEMO,
            channels={channel.name: channel, whatsapp.name: whatsapp},
            providers=providers,
            workers=InThisProcess(),
            clock=wall_clock,
            return_urls={},
            public_url=PUBLIC_URL,
        )
        stack.push_async_callback(guichet.engine.close)
        forms = SignedForms(api.is_signed, public_url=PUBLIC_URL)

        async def alive() -> object:
            return await database.read(installation.is_alive)

        routes = [
            *whatsapp.shelf.routes(),
            *health_routes(alive, Readiness(database, wall_clock).look),
            *metrics_routes(Metrics(database, wall_clock, "x").page, CONTENT_TYPE, SECRET),
            *UpdateReceiver(channel, guichet.engine).routes(),
            *FormReceiver(
                forms, api, database, guichet.engine, numbers=numbers, clock=wall_clock
            ).routes(),
            *Arrivals(forms, database, numbers=numbers, lost=take_back, clock=wall_clock).routes(),
            *payment_routes(providers, guichet.payment_work.credit),
            *receipt_routes(receipt_parts(guichet)),
            *ticket_routes(ticket_parts(guichet)),
            *terminal_routes(terminal_parts(guichet, is_https=True)),
        ]
        app = Guarded(site(routes), hosts={"guichet.example"}, scheme="https", under=PREFIX)
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        client = httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL)
        picture = Media(b"\x89PNG\r\n\x1a\n", "image/png", "billet.png")
        addresses = [await whatsapp.shelf.put(picture) for _ in range(3)]
        yield Fuzz(await stack.enter_async_context(client), guichet, random.Random(8), addresses)


async def test_telegrams_webhook_takes_any_body(fuzz: Fuzz) -> None:
    """Signed or not, an update of any shape is answered, and what is kept can be worked."""
    taken = 0
    for number in range(BODIES):
        talk: TalkName = "seller" if number % 2 else "scanner"
        update = fuzz.twisted(fuzz.chance.choice(UPDATES))
        if isinstance(update, dict):
            update["update_id"] = update.get("update_id", 0) if number % 5 == 0 else number
        shown = webhook_secret(TOKENS[talk]) if number % 9 else "wrong"
        headers = {"X-Telegram-Bot-Api-Secret-Token": shown}
        code = await fuzz.post(f"/telegram/{talk}", fuzz.raw(update), headers)
        assert (code == 403) is (shown == "wrong"), code
        taken += code == 200
    assert taken > BODIES // 4
    await fuzz.guichet.engine.idle()
    assert await fuzz.post("/telegram/nobody", b"{}") == 404
    assert await fuzz.post("/telegram/seller", b" " * 2_000_000, {}) == 403


async def test_whatsapps_webhooks_take_any_form(fuzz: Fuzz) -> None:
    """A form whose signature is right, of any content; one whose signature is not is refused."""
    validator = RequestValidator(SECRET)
    for number in range(BODIES):
        path = "/whatsapp" if number % 2 else "/whatsapp/status"
        twisted = fuzz.twisted(fuzz.chance.choice(FORMS))
        form = {
            str(key): str(value).encode("utf-8", "replace").decode()
            for key, value in (twisted if isinstance(twisted, dict) else {}).items()
        }
        if number % 10 == 0:
            form["Body"] = "y" * 70_000
        body = urlencode(form).encode()
        pairs = ImmutableMultiDict(list(form.items()))
        right = validator.compute_signature(f"{PUBLIC_URL}{path}", pairs)
        shown = right if number % 7 else "wrong"
        headers = {
            "X-Twilio-Signature": shown,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        code = await fuzz.post(path, body, headers)
        assert shown != "wrong" or code in {403, 413}
    await fuzz.guichet.engine.idle()


async def test_providers_notices_take_any_body(fuzz: Fuzz) -> None:
    """Signed nonsense and unsigned sense: neither credits anything, neither breaks anything."""
    for number in range(BODIES):
        body = fuzz.raw(fuzz.twisted(fuzz.chance.choice(EVENTS)))
        now_s = int(time.time())
        match number % 4:
            case 0:
                mac = hmac.new(SECRET.encode(), f"{now_s}.".encode() + body, hashlib.sha256)
                headers = {"Stripe-Signature": f"t={now_s},v1={mac.hexdigest()}"}
                await fuzz.post("/payments/stripe/notice", body, headers)
            case 1:
                now_ms = now_s * 1000
                mac = hmac.new(SECRET.encode(), f"{now_ms}.".encode() + body, hashlib.sha256)
                headers = {SIGNATURE_HEADER: f"t={now_ms},v1={mac.hexdigest()}"}
                await fuzz.post("/payments/sandbox/notice", body, headers)
            case 2:
                await fuzz.post("/payments/pawapay/notice", body)
            case _:
                name = fuzz.chance.choice(["stripe", "sandbox"])
                assert await fuzz.post(f"/payments/{name}/notice", body) in {400, 413}
    assert await fuzz.post("/payments/stripe/notice", b" " * 300_000) == 413
    assert await fuzz.post("/payments/nobody/notice", b"{}") == 404


async def test_the_terminal_and_pages_take_any_request(fuzz: Fuzz) -> None:
    """Without a cookie nothing is told, whatever is sent; guessed addresses lead nowhere."""
    names = ("look", "open", "enter", "scan", "paper", "photo", "entries", "place", "leave")
    for number in range(BODIES):
        path = f"{PREFIX}/{fuzz.chance.choice(names)}"
        body = fuzz.raw(fuzz.twisted(fuzz.chance.choice(SCANS)))
        cookie = {"Cookie": f"guichet_gate={fuzz.chance.randbytes(20).hex()}"} if number % 3 else {}
        origin = {"Origin": PUBLIC_URL} if number % 2 else {"Origin": "https://evil.example"}
        code = await fuzz.post(path, body, {"Content-Type": "application/json", **cookie, **origin})
        assert code >= 400
    for number in range(BODIES // 4):
        token = fuzz.chance.randbytes(20).hex()[: 4 + number % 40]
        assert await fuzz.get(f"/receipt/{token}") == 404
        assert await fuzz.get(f"/receipt/{token}/recu.pdf") == 404
        assert await fuzz.get(f"{PREFIX}/{token}") == 404
    assert await fuzz.get("/metrics") == 404


async def test_one_address_does_not_lead_to_another(fuzz: Fuzz) -> None:
    """A picture opens by its own address: parts of three make no fourth, nor do guesses."""
    tokens = [address.rpartition("/")[2] for address in fuzz.addresses]
    parts = [token.split("~") for token in tokens]
    for token in tokens:
        assert await fuzz.get(f"/media/{token}") == 200
    for one in parts:
        for other in parts:
            for place in range(len(one)):
                made = [*one[:place], other[place], *one[place + 1 :]]
                is_real = "~".join(made) in tokens
                assert (await fuzz.get(f"/media/{'~'.join(made)}") == 200) is is_real
    for _ in range(BODIES):
        media_id = to_text(max(0, (from_text(parts[0][0]) or 0) + fuzz.chance.randint(-99, 99)))
        guess = [media_id, *parts[0][1:3], fuzz.chance.randbytes(16).hex()]
        assert await fuzz.get(f"/media/{'~'.join(guess)}") == 404


async def test_every_page_says_what_it_may_do(fuzz: Fuzz) -> None:
    """The pages that people open load nothing from elsewhere and stand in nobody's frame."""
    for path in (PREFIX, "/healthz", "/readyz", "/receipt/none", "/nowhere"):
        answer = await fuzz.client.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "'unsafe-inline'" not in policy
        assert "'unsafe-eval'" not in policy
        assert "frame-ancestors" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "server" not in answer.headers

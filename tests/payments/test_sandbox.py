"""The sandbox: a provider like any other, its page, its notices over real HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import ssl
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import httpx
import pytest
from starlette.applications import Starlette

from bot.payments.protocol import (
    MoneyIn,
    NoMoney,
    Notice,
    NoticeRefused,
    PaymentRefused,
    Pending,
)
from bot.payments.sandbox import Sandbox
from bot.web.guard import Guarded
from bot.web.payments import NOTICE_BYTES_MAX, payment_routes
from bot.web.sandbox import sandbox_routes
from bot.web.serving import listen, serving
from boxoffice.money import Money
from chat.clock import wall_clock
from storage import sandbox as books
from storage.opening import open_database
from tests.patience import WAIT_MAX_S
from tests.payments.contract import ProviderContract, ask

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from bot.payments.protocol import PaymentPage
    from storage.database import Database

SECRET = b"test-secret-of-the-sandbox"


@dataclass(slots=True)
class Bank:
    """The sandbox on a real port, and a merchant whose health the test decides."""

    provider: Sandbox
    url: str
    sent: asyncio.Queue[tuple[dict[str, str], bytes]]
    credited: asyncio.Queue[Notice]
    signs_notices: bool = True
    amounts: tuple[Money, ...] = (Money(5_000, "XOF"), Money(1_250, "EUR"))
    db: Database = field(kw_only=True)
    failures: int = 0
    """How often the merchant still fails before it takes a notice."""
    browser: httpx.AsyncClient = field(init=False)

    async def press(self, page: PaymentPage, button: str) -> httpx.Response:
        """Press a button of the page, as a browser does."""
        return await self.browser.post(
            f"{page.url}/{button}", headers={"Origin": self.url}, follow_redirects=True
        )

    async def pay(self, page: PaymentPage) -> None:
        """Pay."""
        assert (await self.press(page, "pay")).status_code == 200

    async def decline(self, page: PaymentPage) -> None:
        """Decline."""
        assert (await self.press(page, "decline")).status_code == 200

    async def next_notice(self) -> tuple[dict[str, str], bytes]:
        """Wait for the next notice on the wire."""
        return await asyncio.wait_for(self.sent.get(), WAIT_MAX_S)

    async def sent_back(self, page: PaymentPage) -> int:
        """Read the sandbox's books."""
        payment = await self.db.read(books.by_token, page.url.rpartition("/")[2])
        assert payment is not None
        return payment.refunded_minor

    async def next_credit(self) -> Notice:
        """Wait for the next notice that went through the route."""
        return await asyncio.wait_for(self.credited.get(), WAIT_MAX_S)

    async def credit(self, notice: Notice) -> None:
        """Take a notice as the box office does, unless the test says it cannot."""
        if self.failures:
            self.failures -= 1
            raise ConnectionError("the database is away")
        self.credited.put_nowait(notice)


@contextlib.asynccontextmanager
async def _open(database_url: str, port: int = 0) -> AsyncIterator[Bank]:
    db = await open_database(database_url)
    listener = listen("127.0.0.1", port)
    host = f"127.0.0.1:{listener.getsockname()[1]}"
    url = f"http://{host}"
    sandbox = Sandbox(db, base_url=url, secret=SECRET, clock=wall_clock, late_ms=0)
    bank = Bank(sandbox, url, asyncio.Queue(), asyncio.Queue(), db=db)
    routes = [*sandbox_routes(sandbox), *payment_routes({"sandbox": sandbox}, bank.credit)]
    app = Guarded(_overheard(Starlette(routes=routes), bank), hosts={host})
    try:
        async with (
            httpx.AsyncClient(
                trust_env=False, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            ) as bank.browser,
            serving(app, listener, before_stop=lambda: None),
        ):
            sender = asyncio.create_task(sandbox.send_notices())
            try:
                yield bank
            finally:
                sender.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await sender
    finally:
        await db.close()


def _overheard(app: ASGIApp, bank: Bank) -> ASGIApp:
    """Write down what goes over the wire to the notice route."""

    async def heard(scope: Scope, receive: Receive, send: Send) -> None:
        if not scope["path"].startswith("/payments/"):
            await app(scope, receive, send)
            return
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        raw = bytearray()

        async def overhearing() -> Message:
            message = await receive()
            raw.extend(message.get("body", b""))
            return message

        await app(scope, overhearing, send)
        bank.sent.put_nowait((headers, bytes(raw)))

    return heard


@pytest.fixture
async def bench(database_url: str) -> AsyncIterator[Bank]:
    """Open a bank for one test, on each engine."""
    async with _open(database_url) as bank:
        yield bank


class TestSandboxAsProvider(ProviderContract):
    """The sandbox keeps every promise of a provider."""


async def test_paying_twice_is_one_payment(bench: Bank) -> None:
    """Two presses, a press after it, and a decline after it: one notice, and the page says paid."""
    page = await bench.provider.start(ask())
    await asyncio.gather(*(bench.press(page, "pay") for _ in range(5)))
    assert "Paiement reçu" in (await bench.press(page, "decline")).text
    assert "Paiement reçu" in (await bench.press(page, "late")).text
    assert isinstance((await bench.next_credit()).outcome, MoneyIn)
    assert bench.credited.empty()
    other = ask()
    await bench.pay(await bench.provider.start(other))
    assert (await bench.next_credit()).payment_id == other.payment_id  # nothing came in between


async def test_a_declined_page_does_not_pay(bench: Bank) -> None:
    """After a refusal the buyer is sent back to the conversation, which opens a new page."""
    one = ask()
    page = await bench.provider.start(one)
    await bench.decline(page)
    answer = await bench.press(page, "pay")
    assert "Paiement refusé" in answer.text
    assert "Revenez à la conversation" in answer.text
    assert await bench.provider.find(one.payment_id, page.provider_ref) == NoMoney(
        page_closed=False
    )


async def test_an_old_page_of_a_paid_order_says_that_it_is_paid(bench: Bank) -> None:
    """Declined on one page, paid on the next: the first asks nobody to start again."""
    first, second = ask(), ask()
    old = await bench.provider.start(first)
    await bench.decline(old)
    assert "Paiement refusé" in (await bench.browser.get(old.url)).text
    await bench.pay(await bench.provider.start(second))
    shown = (await bench.browser.get(old.url)).text
    assert "la commande a été payée depuis" in shown
    assert "Paiement refusé" not in shown


async def test_late_money_comes_after_the_page_closed(bench: Bank) -> None:
    """The box office hears of the closed page first, then of the money, each once."""
    one = ask()
    page = await bench.provider.start(one)
    answer = await bench.press(page, "late")
    assert "Paiement en retard" in answer.text or "Paiement reçu" in answer.text
    await bench.press(page, "late")
    assert (await bench.next_credit()).outcome == NoMoney(page_closed=True)
    assert (await bench.next_credit()).outcome == MoneyIn(one.amount)
    assert await bench.provider.find(one.payment_id, page.provider_ref) == MoneyIn(one.amount)
    assert bench.credited.empty()


async def test_a_page_whose_time_is_over_takes_no_money_but_late_money(bench: Bank) -> None:
    """An old page says that it is closed; pressing Pay on it closes it and pays nothing."""
    one = replace(ask(), page_until_ms=wall_clock() - 1)
    page = await bench.provider.start(one)
    closed = NoMoney(page_closed=True)
    assert await bench.provider.find(one.payment_id, page.provider_ref) == closed
    assert "Page fermée" in (await bench.press(page, "pay")).text
    assert (await bench.next_credit()).outcome == closed
    await bench.press(page, "late")
    assert (await bench.next_credit()).outcome == MoneyIn(one.amount)


async def test_a_failing_merchant_is_told_again(bench: Bank) -> None:
    """A notice answered 503 comes again by itself, the same one."""
    bench.failures = 1
    page = await bench.provider.start(ask())
    await bench.pay(page)
    first = await bench.provider.read_notice(*await bench.next_notice())
    assert await bench.next_credit() == first


async def test_a_notice_owed_at_a_stop_is_sent_after_the_start(database_url: str) -> None:
    """The sandbox's debts outlive it."""
    async with _open(database_url) as bank:
        bank.failures = 100
        one = ask()
        await bank.pay(await bank.provider.start(one))
        await bank.next_notice()
        port = int(bank.url.rpartition(":")[2])
    async with _open(database_url, port) as bank:
        assert (await bank.next_credit()).payment_id == one.payment_id


async def test_a_notice_is_only_good_for_five_minutes(bench: Bank) -> None:
    """A recording of a right notice is refused, and one from the future; four minutes are good."""
    raw = b'{"amount_minor":5,"currency":"XOF","id":"evt_1","payment":"7","type":"payment.paid"}'

    def headers(signed_ms: int) -> dict[str, str]:
        signed = f"{signed_ms}.".encode() + raw
        digest = hmac.new(SECRET, signed, hashlib.sha256).hexdigest()
        return {"sandbox-signature": f"t={signed_ms},v1={digest}"}

    now_ms = wall_clock()
    good = await bench.provider.read_notice(headers(now_ms - 240_000), raw)
    assert good == Notice("evt_1", 7, MoneyIn(Money(5, "XOF")))
    for off_ms in (-301_000, 301_000):
        with pytest.raises(NoticeRefused):
            await bench.provider.read_notice(headers(now_ms + off_ms), raw)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/payments/nobody/notice", b"{}", 404),
        ("/payments/sandbox/notice", b"{}", 400),
        ("/payments/sandbox/notice", b"x" * (NOTICE_BYTES_MAX + 1), 413),
    ],
)
async def test_the_notice_route_refuses_what_is_not_a_notice(
    bench: Bank, path: str, body: bytes, status: int
) -> None:
    """An unknown provider, no signature, a body without an end: each its own answer."""
    assert (await bench.browser.post(bench.url + path, content=body)).status_code == status
    assert bench.credited.empty()


async def test_the_page_shows_what_is_paid_and_that_it_is_play_money(bench: Bank) -> None:
    """Amount and description as the chat said them, in the chat's language or the one asked for."""
    page = await bench.provider.start(replace(ask(), description="<b>Jazz</b> & co"))
    french = await bench.browser.get(page.url)
    assert "10\u202f000\u00a0F\u202fCFA" in french.text
    assert "&lt;b&gt;Jazz&lt;/b&gt; &amp; co" in french.text
    assert "Argent fictif" in french.text
    assert "frame-ancestors 'self'" in french.headers["content-security-policy"]
    english = await bench.browser.get(page.url, params={"lang": "en"})
    assert "Play money" in english.text


async def test_a_button_pressed_from_another_site_does_nothing(bench: Bank) -> None:
    """Another page cannot pay for somebody, and an unknown page or button is a plain 404."""
    one = ask()
    page = await bench.provider.start(one)
    url = f"{page.url}/pay"
    for origin in ("http://evil.example", "null"):
        answer = await bench.browser.post(url, headers={"Origin": origin})
        assert answer.status_code == 403
    assert await bench.provider.find(one.payment_id, page.provider_ref) == Pending()
    assert (await bench.browser.post(f"{page.url}/steal")).status_code == 404
    unknown = await bench.browser.get(f"{bench.url}/sandbox/pay/nothing")
    assert unknown.status_code == 404
    assert "Page inconnue" in unknown.text


async def test_what_cannot_be_paid_is_refused(bench: Bank) -> None:
    """Nothing to pay, or a way back that is no web address."""
    for wrong in (
        replace(ask(), amount=Money(0, "XOF")),
        replace(ask(), return_url="javascript:alert(1)"),
    ):
        with pytest.raises(PaymentRefused):
            await bench.provider.start(wrong)
    with pytest.raises(PaymentRefused):
        await bench.provider.find(ask().payment_id, "sbx_unknown")

"""Stripe Checkout against its double, whose requests are checked by the vendor's own types."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.payments.payers import Payer
from bot.payments.protocol import (
    ChargedBack,
    DisputeEnded,
    MoneyBack,
    MoneyIn,
    NoMoney,
    NoticeRefused,
    PaymentRefused,
    Pending,
    RefundDone,
    RefundFailed,
    RefundNews,
    RefundPending,
    ReturnedElsewhere,
)
from bot.payments.stripe import HOLD_MIN_MS, Stripe
from bot.payments.stripe_amounts import SERVED, THOUSANDTHS, WHOLE, from_stripe, to_stripe
from boxoffice.money import Money, currency_exponent
from chat.clock import wall_clock
from tests.doubles.stripe import StripeDouble
from tests.doubles.troubles import Cut, Refuse
from tests.payments.contract import ProviderContract, ask, refund_of, told

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.payments.protocol import PaymentPage

CREATE = "POST /v1/checkout/sessions"


@dataclass(slots=True)
class Account:
    """The provider, and the account it runs on."""

    provider: Stripe
    double: StripeDouble
    signs_notices: bool = True
    amounts: tuple[Money, ...] = (Money(5_000, "XOF"), Money(5_000, "XAF"), Money(1_250, "EUR"))

    async def pay(self, page: PaymentPage) -> None:
        """Pay by card."""
        self.double.books.pay(page.provider_ref)

    async def decline(self, page: PaymentPage) -> None:
        """Fail as ways of paying fail that take their time; a refused card is tried again there."""
        self.double.books.pay_slowly(page.provider_ref)
        await self.double.books.notices.next()
        self.double.books.slow_money_fails(page.provider_ref)

    async def next_notice(self) -> tuple[dict[str, str], bytes]:
        """Wait for the next event."""
        return await self.double.books.notices.next()

    async def sent_back(self, page: PaymentPage) -> int:
        """Read the charge."""
        intent = self.double.books.intents[f"pi_of_{page.provider_ref}"]
        return int(self.double.books.charges[intent["latest_charge"]]["amount_refunded"])


def client(double: StripeDouble, installation: str = "here") -> Stripe:
    """Connect to an account."""
    return Stripe(
        secret_key=double.key,
        webhook_secret=double.secret,
        installation=installation,
        api_url=double.url,
    )


@pytest.fixture
async def bench() -> AsyncIterator[Account]:
    """Open an account for one test; whatever was sent must have been well-formed."""
    async with StripeDouble.running() as double:
        provider = client(double)
        yield Account(provider, double)
        await provider.close()
        assert double.faults == []


class TestStripeAsProvider(ProviderContract):
    """Stripe keeps every promise of a provider."""


async def test_a_session_says_whose_it_is(bench: Account) -> None:
    """The order, the payment and the installation stand on the session and on its intent."""
    one = ask(Money(5_000, "XOF"))
    await bench.provider.start(one)
    [(call, sent)] = bench.double.calls
    assert call == CREATE
    assert sent["line_items"][0]["price_data"]["unit_amount"] == "5000"
    assert sent["line_items"][0]["price_data"]["currency"] == "xof"
    assert sent["metadata"] == sent["payment_intent_data"]["metadata"]
    assert sent["metadata"] == {
        "guichet": "here",
        "payment": str(one.payment_id),
        "order": "TEST123",
    }
    assert (sent["locale"], sent["expires_at"]) == ("fr", str(one.page_until_ms // 1000))


async def test_who_paid_is_asked_for_when_needed(bench: Account) -> None:
    """The e-mail typed on the page and the phone's digits; nothing of another payment's session."""
    one = ask(Money(5_000, "XOF"))
    page = await bench.provider.start(one)
    assert await bench.provider.payer(one.payment_id, page.provider_ref) == Payer()
    bench.double.books.customer |= {"phone": "+229 01 97 00 00 01"}
    await bench.pay(page)
    found = await bench.provider.payer(one.payment_id, page.provider_ref)
    assert found == Payer("awa@example.org", "2290197000001")
    assert "awa" not in repr(found)
    with pytest.raises(PaymentRefused):
        await bench.provider.payer(one.payment_id + 1, page.provider_ref)
    assert await bench.provider.payer(one.payment_id, "ch_from_telegram") == Payer()


async def test_a_hold_of_the_minimum_is_long_enough(bench: Account) -> None:
    """Stripe takes a page of 31 minutes, and refuses one of 29."""
    now_ms = wall_clock()
    await bench.provider.start(replace(ask(), page_until_ms=now_ms + HOLD_MIN_MS))
    with pytest.raises(PaymentRefused):
        await bench.provider.start(replace(ask(), page_until_ms=now_ms + 29 * 60_000))


@pytest.mark.parametrize("trouble", [Cut(), Refuse(500), Refuse(429)])
async def test_an_answer_that_is_lost_is_asked_for_again(bench: Account, trouble: Cut) -> None:
    """One session stands at the end, whatever broke on the way."""
    bench.double.troubles.order(CREATE, trouble, trouble)
    one = ask()
    with pytest.raises(ConnectionError):
        await bench.provider.start(one)
    page = None
    for _ in range(2):
        try:
            page = await bench.provider.start(one)
        except ConnectionError:
            continue
    assert page is not None
    assert list(bench.double.books.sessions) == [page.provider_ref]


async def test_money_that_takes_days(bench: Account) -> None:
    """A complete session is not yet paid; it is when the money comes."""
    one = ask()
    page = await bench.provider.start(one)
    bench.double.books.pay_slowly(page.provider_ref)
    assert await bench.provider.read_notice(*await bench.next_notice()) is None
    assert await bench.provider.find(one.payment_id, page.provider_ref) == Pending()
    bench.double.books.slow_money_comes(page.provider_ref)
    assert (await told(bench)).outcome == MoneyIn(one.amount)


async def test_a_page_whose_time_is_over(bench: Account) -> None:
    """An expired session is told as closed, and found closed."""
    one = ask()
    page = await bench.provider.start(one)
    bench.double.books.expire(page.provider_ref)
    assert (await told(bench)).outcome == NoMoney(page_closed=True)
    found = await bench.provider.find(one.payment_id, page.provider_ref)
    assert found == NoMoney(page_closed=True)


async def test_events_of_another_installation_are_ignored(bench: Account) -> None:
    """Two installations share an account: neither hears of the other's money or disputes."""
    other = client(bench.double, "elsewhere")
    one = ask()
    page = await other.start(one)
    bench.double.books.pay(page.provider_ref)
    bench.double.books.dispute(page.provider_ref)
    bench.double.books.refund_at_the_desk(page.provider_ref, 100)
    for _ in range(3):
        headers, raw = await bench.next_notice()
        with capture_logs() as lines:
            assert await bench.provider.read_notice(headers, raw) is None
        assert [line["event"] for line in lines] == ["payments.notice_of_another_installation"]
        assert await other.read_notice(headers, raw) is not None
    with pytest.raises(PaymentRefused):
        await bench.provider.find(one.payment_id, page.provider_ref)
    assert await bench.provider.movements(0, wall_clock() + 2000, ()) == []
    await other.close()


async def test_events_of_no_interest_are_taken_and_forgotten(bench: Account) -> None:
    """Stripe tells of everything; 200 ends its repeats."""
    event = {"id": "evt_0", "type": "customer.created", "data": {"object": {"id": "cus_1"}}}
    assert await bench.provider.read_notice(*bench.double.books.signed(event)) is None


async def test_without_a_secret_no_notice_is_taken(bench: Account) -> None:
    """An unsigned world is not believed."""
    provider = Stripe(
        secret_key=bench.double.key,
        webhook_secret=None,
        installation="here",
        api_url=bench.double.url,
    )
    page = await bench.provider.start(ask())
    await bench.pay(page)
    with pytest.raises(NoticeRefused):
        await provider.read_notice(*await bench.next_notice())
    await provider.close()


async def test_a_refund_that_fails_is_told(bench: Account) -> None:
    """Pending, then failed: the refund's own words, and another attempt is another refund."""
    bench.double.books.refunds_pend = True
    one = ask()
    page = await bench.provider.start(one)
    await bench.pay(page)
    await bench.next_notice()
    back = refund_of(one.payment_id, page, one.amount)
    pending = await bench.provider.refund(back)
    assert isinstance(pending, RefundPending)
    created = await told(bench)
    assert created.outcome == RefundNews(back.refund_id, 1, pending)
    bench.double.books.settle_refund(pending.provider_ref, "failed")
    failed = RefundFailed("expired_or_canceled_card")
    assert (await told(bench)).outcome == RefundNews(back.refund_id, 1, failed)
    assert await bench.provider.find_refund(back, pending.provider_ref) == failed
    bench.double.books.refunds_pend = False
    assert isinstance(await bench.provider.refund(replace(back, attempt=2)), RefundDone)
    assert await bench.sent_back(page) == one.amount.amount_minor


async def test_money_sent_back_at_the_desk_and_charged_back(bench: Account) -> None:
    """What others do with the money reaches us, though only the intent knows whose it is."""
    one = ask()
    page = await bench.provider.start(one)
    await bench.pay(page)
    await bench.next_notice()
    bench.double.books.refund_at_the_desk(page.provider_ref, 4_000)
    back = await told(bench)
    assert back.payment_id == one.payment_id
    assert isinstance(back.outcome, ReturnedElsewhere)
    assert back.outcome.amount == Money(4_000, "XOF")
    found = await bench.provider.find(one.payment_id, page.provider_ref)
    assert found == MoneyBack(Money(4_000, "XOF"))
    bench.double.books.dispute(page.provider_ref)
    dispute = await told(bench)
    assert isinstance(dispute.outcome, ChargedBack)
    assert dispute.outcome.amount == one.amount


@pytest.mark.parametrize(("status", "endings"), [("won", 2), ("lost", 1)])
async def test_how_a_dispute_ends_is_told(bench: Account, status: str, endings: int) -> None:
    """Won is said twice, closed and the funds reinstated; lost once; each by the dispute's name."""
    one = ask()
    page = await bench.provider.start(one)
    await bench.pay(page)
    await bench.next_notice()
    bench.double.books.dispute(page.provider_ref)
    taken = (await told(bench)).outcome
    assert isinstance(taken, ChargedBack)
    bench.double.books.end_dispute(page.provider_ref, status)
    for _ in range(endings):
        ended = DisputeEnded(taken.dispute_ref, one.amount, is_won=status == "won")
        assert (await told(bench)).outcome == ended


async def test_a_dispute_of_money_that_telegram_took_goes_by_the_charge(bench: Account) -> None:
    """No word of ours stands at Stripe: the notice carries the charge's names, and no payment."""
    charge = bench.double.books.pay_elsewhere(1_000, "eur")
    bench.double.books.dispute_elsewhere(charge)
    notice = await told(bench)
    assert notice.payment_id is None
    assert charge in notice.names
    assert isinstance(notice.outcome, ChargedBack)


async def test_an_inquiry_takes_no_money_until_it_becomes_a_dispute(bench: Account) -> None:
    """A bank that only asks blocks no ticket; when it takes the money after all, that counts."""
    page = await bench.provider.start(ask())
    await bench.pay(page)
    await bench.next_notice()
    bench.double.books.dispute(page.provider_ref, "warning_needs_response")
    assert await bench.provider.read_notice(*await bench.next_notice()) is None
    bench.double.books.inquiry_becomes_dispute(page.provider_ref)
    assert isinstance((await told(bench)).outcome, ChargedBack)
    bench.double.books.end_dispute(page.provider_ref, "warning_closed")
    assert await bench.provider.read_notice(*await bench.next_notice()) is None


async def test_the_providers_own_list(bench: Account) -> None:
    """Every charge with its fee, every refund, page by page."""
    paid = []
    for _ in range(103):
        one = ask(Money(1_000, "EUR"))
        page = await bench.provider.start(one)
        await bench.pay(page)
        paid.append((one, page))
    one, page = paid[0]
    await bench.provider.refund(refund_of(one.payment_id, page, Money(400, "EUR")))
    found = await bench.provider.movements(0, wall_clock() + 2_000, ())
    assert found is not None
    taken = [line for line in found if not line.is_refund]
    assert {line.payment_id for line in taken} == {one.payment_id for one, _ in paid}
    assert {line.fee for line in taken} == {Money(30, "EUR")}
    [back] = [line for line in found if line.is_refund]
    assert (back.payment_id, back.amount) == (one.payment_id, Money(400, "EUR"))


@given(currency=st.sampled_from(sorted(SERVED)), minor=st.integers(1, 10**9))
def test_no_amount_is_ever_a_hundred_times_wrong(currency: str, minor: int) -> None:
    """What Stripe counts is worth what was asked, in Stripe's own decimals, or it is refused."""
    amount = Money(minor, currency)
    try:
        counted = to_stripe(amount)
    except PaymentRefused:
        assert currency_exponent(currency) > 0 or currency in THOUSANDTHS
        return
    worth = 10 ** (0 if currency in WHOLE else 3 if currency in THOUSANDTHS else 2)
    assert counted == amount.major * worth
    assert from_stripe(counted, currency.lower()) == amount


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(currency=st.sampled_from(["XOF", "XAF", "GNF", "EUR", "USD", "MAD", "CDF", "ISK", "UGX"]))
async def test_what_stands_on_the_wire_is_what_was_asked(bench: Account, currency: str) -> None:
    """The buyer pays, and exactly the amount asked comes back as paid."""
    one = ask(Money(5_000, currency))
    page = await bench.provider.start(one)
    await bench.pay(page)
    assert (await told(bench)).outcome == MoneyIn(one.amount)
    session = bench.double.books.sessions[page.provider_ref]
    decimals = 0 if currency in {"XOF", "XAF", "GNF"} else 2
    assert session["amount_total"] == one.amount.major * 10**decimals

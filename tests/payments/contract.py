"""What every provider promises, whoever it is: run by each provider's tests on its own bench.

A provider's test module makes a fixture `bench` and takes the tests of this class by inheriting it:
`class TestSandbox(ProviderContract)`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.payments.protocol import (
    MoneyIn,
    NoMoney,
    Notice,
    NoticeRefused,
    PaymentAsk,
    PaymentRefused,
    Pending,
    RefundAsk,
    RefundDone,
    RefundFailed,
)
from boxoffice.money import Money
from chat.clock import wall_clock
from storage.ids import new_id

if TYPE_CHECKING:
    from bot.payments.protocol import PaymentPage, Provider

HOUR_MS = 3600 * 1000


class Bench(Protocol):
    """A provider and its double: what a buyer does there, and what the provider tells us."""

    signs_notices: bool
    amounts: tuple[Money, ...]
    """Amounts of the currencies it serves."""

    @property
    def provider(self) -> Provider:
        """The provider under test."""

    async def pay(self, page: PaymentPage) -> None:
        """Do what a buyer does who pays."""

    async def decline(self, page: PaymentPage) -> None:
        """Do what a buyer does whose payment fails."""

    async def next_notice(self) -> tuple[dict[str, str], bytes]:
        """Wait for the provider's next notice: its headers, in small letters, and body."""

    async def sent_back(self, page: PaymentPage) -> int:
        """Look in the provider's books: what the payer got back, in minor units."""


def ask(amount: Money | None = None) -> PaymentAsk:
    """Ask for the price of two places, on a page of an hour."""
    now_ms = wall_clock()
    return PaymentAsk(
        payment_id=new_id(now_ms),
        amount=amount or Money(10_000, "XOF"),
        description="Nuit du Jazz, 2 places",
        language="fr",
        return_url="http://127.0.0.1/retour",
        page_until_ms=now_ms + HOUR_MS,
        reference="TEST123",
    )


def refund_of(
    payment_id: int, page: PaymentPage, amount: Money, *, refund_id: int = 0, attempt: int = 1
) -> RefundAsk:
    """Ask for money back."""
    return RefundAsk(refund_id or payment_id + 1, attempt, payment_id, page.provider_ref, amount)


async def told(bench: Bench) -> Notice:
    """Read the next notice, which must be about us."""
    notice = await bench.provider.read_notice(*await bench.next_notice())
    assert notice is not None
    return notice


class ProviderContract:
    """The promises."""

    async def test_a_start_asked_twice_opens_one_page(self, bench: Bench) -> None:
        """A crash between asking and remembering must not make a second payment."""
        one = ask()
        page = await bench.provider.start(one)
        assert await bench.provider.start(one) == page
        assert page.url.startswith(("http://", "https://"))
        assert page.provider_ref
        assert (await bench.provider.start(ask())).provider_ref != page.provider_ref

    async def test_a_payment_id_is_never_used_for_another_amount(self, bench: Bench) -> None:
        """Two amounts under one id are a mistake of ours, refused at once."""
        one = ask()
        await bench.provider.start(one)
        with pytest.raises(PaymentRefused):
            await bench.provider.start(replace(one, amount=Money(1, "XOF")))

    async def test_an_open_page_is_pending(self, bench: Bench) -> None:
        """Nobody paid: nothing is known."""
        one = ask()
        page = await bench.provider.start(one)
        assert await bench.provider.find(one.payment_id, page.provider_ref) == Pending()

    async def test_money_is_told_in_full_and_found_again(self, bench: Bench) -> None:
        """Francs without decimals and euros with two arrive as they were asked."""
        for amount in bench.amounts:
            one = ask(amount)
            page = await bench.provider.start(one)
            await bench.pay(page)
            notice = await told(bench)
            assert (notice.payment_id, notice.outcome) == (one.payment_id, MoneyIn(amount))
            assert notice.notice_id
            assert await bench.provider.find(one.payment_id, page.provider_ref) == MoneyIn(amount)

    async def test_a_refusal_is_told_and_found_again(self, bench: Bench) -> None:
        """An attempt that failed is no closed page."""
        one = ask()
        page = await bench.provider.start(one)
        await bench.decline(page)
        notice = await told(bench)
        assert (notice.payment_id, notice.outcome) == (
            one.payment_id,
            NoMoney(page_closed=False),
        )

    async def test_a_refund_asked_twice_sends_money_back_once(self, bench: Bench) -> None:
        """A crash between asking and remembering must not pay twice."""
        one = ask()
        page = await bench.provider.start(one)
        await bench.pay(page)
        await bench.next_notice()
        back = refund_of(one.payment_id, page, one.amount)
        outcome = await bench.provider.refund(back)
        assert not isinstance(outcome, RefundFailed)
        assert await bench.provider.refund(back) == outcome
        found = await bench.provider.find_refund(back, outcome.provider_ref)
        assert isinstance(found, RefundDone)
        assert await bench.sent_back(page) == one.amount.amount_minor

    async def test_parts_go_back_one_by_one(self, bench: Bench) -> None:
        """Each ticket has a refund of its own; together never more than came in."""
        one = ask()
        page = await bench.provider.start(one)
        await bench.pay(page)
        await bench.next_notice()
        for number in (1, 2):
            part = refund_of(
                one.payment_id, page, Money(5_000, "XOF"), refund_id=one.payment_id + number
            )
            outcome = await bench.provider.refund(part)
            assert not isinstance(outcome, RefundFailed)
            assert isinstance(
                await bench.provider.find_refund(part, outcome.provider_ref), RefundDone
            )
            assert await bench.sent_back(page) == 5_000 * number
        third = refund_of(one.payment_id, page, Money(1, "XOF"), refund_id=one.payment_id + 3)
        with pytest.raises(PaymentRefused):
            await bench.provider.refund(third)

    async def test_what_was_not_paid_is_not_sent_back(self, bench: Bench) -> None:
        """A refund of nothing, or of more than came in, is refused."""
        one = ask()
        page = await bench.provider.start(one)
        with pytest.raises(PaymentRefused):
            await bench.provider.refund(refund_of(one.payment_id, page, one.amount))
        await bench.pay(page)
        await bench.next_notice()
        more = Money(one.amount.amount_minor + 1, one.amount.currency)
        with pytest.raises(PaymentRefused):
            await bench.provider.refund(refund_of(one.payment_id, page, more, attempt=2))
        assert await bench.sent_back(page) == 0

    async def test_a_changed_notice_tells_nothing_false(self, bench: Bench) -> None:
        """One byte more or less, no signature, another's: refused, or the provider asked."""
        one = ask()
        page = await bench.provider.start(one)
        await bench.pay(page)
        headers, raw = await bench.next_notice()
        changed = raw.replace(b"10000", b"10001")
        assert changed != raw
        for wrong_headers, wrong_raw in [
            (headers, changed),
            (headers, raw + b" "),
            (headers, raw[:-1]),
            ({}, raw),
            ({name: value[::-1] for name, value in headers.items()}, raw),
        ]:
            try:
                notice = await bench.provider.read_notice(wrong_headers, wrong_raw)
            except NoticeRefused:
                continue
            assert not bench.signs_notices, "a signature that is wrong was taken"
            assert notice is not None
            assert (notice.payment_id, notice.outcome) == (one.payment_id, MoneyIn(one.amount))

    def test_it_serves_the_money_of_its_customers(self, bench: Bench) -> None:
        """It says so of every currency it takes, and francs CFA are one."""
        assert {"XOF"} < {amount.currency for amount in bench.amounts}
        for amount in bench.amounts:
            assert bench.provider.serves(amount.currency)
        assert bench.provider.hold_min_ms >= 0

    # Each provider's class runs this one function: that the executors differ is the purpose.
    @settings(
        suppress_health_check=[
            HealthCheck.function_scoped_fixture,
            HealthCheck.differing_executors,
        ],
        max_examples=60,
    )
    @given(raw=st.binary(max_size=300), header=st.text(max_size=120))
    async def test_whatever_is_sent_is_read_or_refused(
        self, bench: Bench, raw: bytes, header: str
    ) -> None:
        """Junk under any header is a refusal, never a failure."""
        names = ["sandbox-signature", "stripe-signature", "x-twilio-signature", "x-signature"]
        with pytest.raises(NoticeRefused):
            await bench.provider.read_notice(dict.fromkeys(names, header), raw)

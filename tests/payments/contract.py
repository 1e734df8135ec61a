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
    MoneyBack,
    MoneyIn,
    NoMoney,
    NoticeRefused,
    PaymentAsk,
    PaymentRefused,
    Pending,
)
from boxoffice.money import Money
from chat.clock import wall_clock
from storage.ids import new_id

if TYPE_CHECKING:
    from bot.payments.protocol import PaymentPage, Provider

HOUR_MS = 3600 * 1000


class Bench(Protocol):
    """A provider and its double: what a buyer does there, and what the provider tells us."""

    provider: Provider

    async def pay(self, page: PaymentPage) -> None:
        """Do what a buyer does who pays."""

    async def decline(self, page: PaymentPage) -> None:
        """Do what a buyer does whose payment fails."""

    async def next_notice(self) -> tuple[dict[str, str], bytes]:
        """Wait for the next notice the provider sends: its headers, in small letters, and body."""


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
    )


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

    @pytest.mark.parametrize("amount", [Money(5_000, "XOF"), Money(1_250, "EUR")])
    async def test_money_is_told_in_full_and_found_again(self, bench: Bench, amount: Money) -> None:
        """Francs without decimals and euros with two arrive as they were asked."""
        one = ask(amount)
        page = await bench.provider.start(one)
        await bench.pay(page)
        notice = bench.provider.read_notice(*await bench.next_notice())
        assert (notice.payment_id, notice.outcome) == (one.payment_id, MoneyIn(amount))
        assert notice.notice_id
        assert await bench.provider.find(one.payment_id, page.provider_ref) == MoneyIn(amount)

    async def test_a_refusal_is_told_and_found_again(self, bench: Bench) -> None:
        """An attempt that failed is no closed page."""
        one = ask()
        page = await bench.provider.start(one)
        await bench.decline(page)
        notice = bench.provider.read_notice(*await bench.next_notice())
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
        for _ in range(2):
            back = await bench.provider.refund(one.payment_id, page.provider_ref, one.amount)
            assert back in {MoneyBack(one.amount), Pending()}
        assert await bench.provider.find(one.payment_id, page.provider_ref) == MoneyBack(one.amount)

    async def test_what_was_not_paid_is_not_sent_back(self, bench: Bench) -> None:
        """A refund of nothing, or of more than came in, is refused."""
        one = ask()
        page = await bench.provider.start(one)
        with pytest.raises(PaymentRefused):
            await bench.provider.refund(one.payment_id, page.provider_ref, one.amount)
        await bench.pay(page)
        await bench.next_notice()
        more = Money(one.amount.amount_minor + 1, one.amount.currency)
        with pytest.raises(PaymentRefused):
            await bench.provider.refund(one.payment_id, page.provider_ref, more)

    async def test_a_changed_notice_is_refused(self, bench: Bench) -> None:
        """One byte more, one byte less, no signature, another's signature: nothing happens."""
        page = await bench.provider.start(ask())
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
            with pytest.raises(NoticeRefused):
                bench.provider.read_notice(wrong_headers, wrong_raw)

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
    @given(raw=st.binary(max_size=300), header=st.text(max_size=120))
    async def test_whatever_is_sent_is_read_or_refused(
        self, bench: Bench, raw: bytes, header: str
    ) -> None:
        """Junk under any header is a refusal, never a failure."""
        names = ["sandbox-signature", "stripe-signature", "x-twilio-signature", "x-signature"]
        with pytest.raises(NoticeRefused):
            bench.provider.read_notice(dict.fromkeys(names, header), raw)

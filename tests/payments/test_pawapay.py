"""Mobile money through pawaPay's double: refusals by HTTP 200, callbacks that prove nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.payments.pawapay import (
    CONFIRM_MS,
    DEFAULT_COUNTRIES,
    PawaPay,
    _Ids,
    _read_amount,
    _written,
)
from bot.payments.payers import Payer
from bot.payments.protocol import (
    MoneyIn,
    NoMoney,
    NoticeRefused,
    PaymentRefused,
    Pending,
    RefundFailed,
    RefundNews,
    RefundPending,
)
from boxoffice.money import Money
from chat.clock import wall_clock
from tests.doubles.pawapay import PawaPayDouble
from tests.doubles.troubles import Cut, Refuse
from tests.payments.contract import ProviderContract, ask, refund_of, told

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.payments.protocol import PaymentPage

COMPLETES, NOT_APPROVED, NEVER_TOLD = "22951345789", "22951345039", "22951345129"


@dataclass(slots=True)
class Account:
    """The provider, the account it runs on, and a clock that can be moved."""

    provider: PawaPay
    double: PawaPayDouble
    ahead_ms: list[int] = field(default_factory=lambda: [0])
    signs_notices: bool = False
    amounts: tuple[Money, ...] = (Money(5_000, "XOF"), Money(700, "XAF"), Money(1_250, "CDF"))

    async def pay(self, page: PaymentPage) -> None:
        """Confirm with a wallet that pays."""
        self.double.confirm(page.url, COMPLETES)

    async def decline(self, page: PaymentPage) -> None:
        """Refuse on the phone."""
        self.double.confirm(page.url, NOT_APPROVED)

    async def next_notice(self) -> tuple[dict[str, str], bytes]:
        """Wait for the next callback."""
        return await self.double.notices.next()

    async def sent_back(self, page: PaymentPage) -> int:
        """Sum what went back; the amounts of these tests are francs."""
        return int(float(self.double.returned_of(page.url.rpartition("=")[2])))


@pytest.fixture
async def bench() -> AsyncIterator[Account]:
    """Open an account for one test; whatever was sent must have been well-formed."""
    ahead_ms = [0]
    async with PawaPayDouble.running() as double:
        provider = PawaPay(
            token=double.token,
            installation="here",
            api_url=double.url,
            clock=lambda: wall_clock() + ahead_ms[0],
        )
        yield Account(provider, double, ahead_ms)
        await provider.close()
        assert double.faults == []


class TestPawaPayAsProvider(ProviderContract):
    """pawaPay keeps every promise of a provider."""


async def test_a_page_in_french_at_the_place_of_the_event(bench: Account) -> None:
    """An evening in Cotonou is paid from Benin's wallets, in French."""
    await bench.provider.start(replace(ask(), zone="Africa/Porto-Novo"))
    [(call, sent)] = bench.double.calls
    assert call == "POST /v2/paymentpage"
    assert (sent["country"], sent["language"]) == ("BEN", "FR")
    assert sent["amountDetails"] == {"amount": "10000", "currency": "XOF"}
    assert sent["customerMessage"] == "Billet TEST123"


async def test_who_paid_is_the_wallets_number(bench: Account) -> None:
    """Known once the payer confirmed; of another payment's deposit, nothing."""
    one = ask()
    page = await bench.provider.start(one)
    assert await bench.provider.payer(one.payment_id, page.provider_ref) == Payer()
    await bench.pay(page)
    assert await bench.provider.payer(one.payment_id, page.provider_ref) == Payer(phone=COMPLETES)
    with pytest.raises(PaymentRefused):
        await bench.provider.payer(one.payment_id + 1, page.provider_ref)


async def test_a_refusal_by_200_is_a_refusal(bench: Account) -> None:
    """REJECTED comes with HTTP 200: no page, and the code is the reason."""
    wrong = replace(ask(Money(5_000, "XAF")), zone="Africa/Porto-Novo")
    with pytest.raises(PaymentRefused, match="INVALID_CURRENCY"):
        await bench.provider.start(wrong)
    with pytest.raises(PaymentRefused):
        await bench.provider.start(ask(Money(500, "EUR")))


@pytest.mark.parametrize("trouble", [Cut(), Refuse(502)])
async def test_an_answer_that_is_lost_is_asked_for_again(bench: Account, trouble: Cut) -> None:
    """The same deposit id opens the same page."""
    bench.double.troubles.order("POST /v2/paymentpage", trouble)
    one = ask()
    with pytest.raises(ConnectionError):
        await bench.provider.start(one)
    await bench.provider.start(one)
    assert len(bench.double.pages) == 1


async def test_not_found_is_pending_until_the_page_is_over(bench: Account) -> None:
    """A deposit begins when the payer confirms: before, nothing is there, and nothing is lost."""
    one = ask()
    page = await bench.provider.start(one)
    left_ms = one.page_until_ms - wall_clock()
    bench.ahead_ms[0] = left_ms + CONFIRM_MS - 5_000
    assert await bench.provider.find(one.payment_id, page.provider_ref) == Pending()
    bench.ahead_ms[0] = left_ms + CONFIRM_MS + 5_000
    found = await bench.provider.find(one.payment_id, page.provider_ref)
    assert found == NoMoney(page_closed=True)
    bench.double.enter_number(page.url)
    assert await bench.provider.find(one.payment_id, page.provider_ref) == Pending()


async def test_a_callback_that_never_comes(bench: Account) -> None:
    """Money that nobody tells of is found by asking."""
    one = ask()
    page = await bench.provider.start(one)
    bench.double.confirm(page.url, NEVER_TOLD)
    assert bench.double.notices.arrived() == []
    found = await bench.provider.find(one.payment_id, page.provider_ref)
    assert found == MoneyIn(one.amount)
    assert isinstance(found, MoneyIn)
    assert (
        found.payer_phone == (await bench.provider.payer(one.payment_id, page.provider_ref)).phone
    )
    assert found.payer_phone


async def test_a_lying_callback_changes_nothing(bench: Account) -> None:
    """COMPLETED, says somebody; pawaPay itself says it is still open, or knows nothing of it."""
    one = ask()
    page = await bench.provider.start(one)
    deposit_id = page.provider_ref.partition("@")[0]
    lie = json.dumps({"depositId": deposit_id, "status": "COMPLETED", "amount": "10000"}).encode()
    assert await bench.provider.read_notice({}, lie) is None
    bench.double.enter_number(page.url)
    assert await bench.provider.read_notice({}, lie) is None


async def test_callbacks_of_others_are_ignored(bench: Account) -> None:
    """Another installation's deposits, anybody's UUID: no call is made for them."""
    other = _Ids("elsewhere").make("deposit", 5, 0)
    for named in (other, str(uuid4())):
        raw = json.dumps({"depositId": named, "status": "COMPLETED"}).encode()
        assert await bench.provider.read_notice({}, raw) is None
    assert bench.double.calls == []
    with pytest.raises(NoticeRefused):
        await bench.provider.read_notice({}, b'{"depositId": "not a uuid"}')


async def test_another_wallet_is_another_deposit(bench: Account) -> None:
    """One order, many attempts: the second deposit knows nothing of the first one's refusal."""
    first, second = ask(), ask()
    page = await bench.provider.start(first)
    await bench.decline(page)
    assert (await told(bench)).outcome == NoMoney(page_closed=False)
    again = await bench.provider.start(second)
    assert again.provider_ref != page.provider_ref
    await bench.pay(again)
    assert (await told(bench)).payment_id == second.payment_id


async def test_a_refund_that_fails_is_told(bench: Account) -> None:
    """Accepted, then failed; the next attempt is another refund at the provider."""
    one = ask()
    page = await bench.provider.start(one)
    await bench.pay(page)
    await bench.next_notice()
    bench.double.refunds_end = "FAILED"
    back = refund_of(one.payment_id, page, one.amount)
    pending = await bench.provider.refund(back)
    assert isinstance(pending, RefundPending)
    failed = RefundFailed("WALLET_LIMIT_REACHED")
    assert await bench.provider.find_refund(back, pending.provider_ref) == failed
    notice = await told(bench)
    assert notice.payment_id == one.payment_id
    assert notice.outcome == RefundNews(back.refund_id, 1, failed)
    again = await bench.provider.refund(replace(back, attempt=2))
    assert isinstance(again, RefundPending)
    assert again.provider_ref != pending.provider_ref


@given(
    number=st.integers(0, 2**63 - 1),
    attempt=st.integers(0, 3),
    what=st.sampled_from(["deposit", "refund"]),
)
def test_our_ids_come_back_out_of_their_uuids(number: int, attempt: int, what: str) -> None:
    """Every id of ours is a UUIDv4, read again here, and by nobody else."""
    made = _Ids("here").make(what, number, attempt)
    assert _Ids("here").read(what, made) == (number, attempt)
    assert _Ids("elsewhere").read(what, made) is None
    assert _Ids("here").read("deposit" if what == "refund" else "refund", made) is None


@given(currency=st.sampled_from(sorted(DEFAULT_COUNTRIES)), minor=st.integers(1, 10**12))
def test_no_amount_is_ever_a_hundred_times_wrong(currency: str, minor: int) -> None:
    """What is written in units is worth what was asked, and read again it is the same."""
    amount = Money(minor, currency)
    assert "." not in _written(amount) or currency == "CDF"
    for text in (_written(amount), f"{amount.major:.2f}"):
        assert _read_amount({"amount": text, "currency": currency}) == amount

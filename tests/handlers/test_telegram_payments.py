"""Telegram Payments: the invoice, the question before the money, and the money, told once."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.handlers.telegram import Receiver, TelegramChannel
from bot.operator.smoke import smoke
from bot.payments.protocol import PaymentRefused
from bot.payments.telegram import SERVED, TelegramPayments
from bot.settings import Settings
from boxoffice.money import Money, currency_exponent
from chat.clock import wall_clock
from chat.facts import Paid
from tests.doubles.telegram import Account, Person, TelegramDouble
from tests.handlers.inbox import Inbox
from tests.payments.contract import ask


class Till:
    """Answers checkouts as the test says, and remembers what was asked."""

    def __init__(self) -> None:
        self.why_not: str | None = None
        self.fails = False
        self.asked: list[tuple[str, Money, str | None]] = []

    async def may_pay(self, payload: str, amount: Money, language: str | None) -> str | None:
        """Answer."""
        self.asked.append((payload, amount, language))
        if self.fails:
            raise ConnectionError("the database is away")
        return self.why_not


@pytest.fixture
def till() -> Till:
    """Give a till that lets everything through."""
    return Till()


@pytest.fixture
def provider(channel: TelegramChannel) -> TelegramPayments:
    """Give the provider, with no desk behind it."""
    return TelegramPayments(
        channel, provider_token="test-provider-token", desk=None, clock=wall_clock
    )


@pytest.fixture
async def receiving(channel: TelegramChannel, inbox: Inbox, till: Till) -> AsyncIterator[None]:
    """Poll both bots, with a till."""
    receiver = Receiver(channel, inbox, till.may_pay)
    tasks = [asyncio.create_task(receiver.poll(talk)) for talk in channel.bots]
    yield
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await receiver.close()


@pytest.mark.usefixtures("receiving")
async def test_money_comes_in_the_chat(
    channel: TelegramChannel,
    inbox: Inbox,
    till: Till,
    provider: TelegramPayments,
    awa: Person,
) -> None:
    """The till is asked, then the payment is kept as a message, in the very amount asked."""
    one = ask(Money(1_250, "EUR"))
    page = await provider.start(one)
    assert await awa.check_out(page.url)
    await inbox.until(1)
    assert till.asked == [(f"payment:{one.payment_id}", Money(1_250, "EUR"), "fr-BJ")]
    [(_, talk, _, _, payload)] = inbox.kept
    heard = channel.read(talk, payload, 0).heard
    assert isinstance(heard, Paid)
    assert (heard.payment_id, heard.amount_minor, heard.currency) == (one.payment_id, 1_250, "EUR")
    assert heard.provider_ref.startswith("ch_")


@pytest.mark.usefixtures("receiving")
async def test_a_no_takes_no_money(
    inbox: Inbox, till: Till, provider: TelegramPayments, awa: Person, seller: Account
) -> None:
    """A hold that is over, a database that is away: the checkout is refused, nothing is kept."""
    page = await provider.start(ask(Money(1_250, "EUR")))
    till.why_not = "Ces places ne sont plus gardées."
    assert not await awa.check_out(page.url)
    till.fails = True
    assert not await awa.check_out(page.url)
    assert inbox.kept == []
    answers = [params for call, params in seller.calls if call == "answerPreCheckoutQuery"]
    assert answers[0]["error_message"] == "Ces places ne sont plus gardées."


async def test_francs_are_not_telegrams(provider: TelegramPayments, double: TelegramDouble) -> None:
    """An order in francs CFA is never tried: Telegram would refuse it."""
    assert not provider.serves("XOF")
    with pytest.raises(PaymentRefused):
        await provider.start(ask(Money(5_000, "XOF")))
    assert double.faults == []


def test_every_currency_counts_in_hundredths() -> None:
    """Telegram counts these in hundredths, and so do we: no amount is a hundred times wrong."""
    assert {currency_exponent(currency) for currency in SERVED} == {2}


async def test_the_smoke_names_both_bots_and_makes_an_invoice(
    double: TelegramDouble, seller: Account, scanner: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    """What `python -m bot smoke telegram` prints: who the bots are, and a link that would open."""
    settings = Settings.model_validate(
        {
            "telegram_bot_token": seller.token,
            "scanner_bot_token": scanner.token,
            "telegram_api_url": double.url,
            "telegram_provider_token": "test-provider-token",
        }
    )
    assert await smoke("telegram", settings) == 0
    said = capsys.readouterr().out
    assert "seller: @seller_bot\nscanner: @scanner_bot\n" in said
    assert "invoice: http" in said
    assert said.endswith("OK\n")

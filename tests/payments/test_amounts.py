"""No amount is a hundred times wrong, whoever takes the money: in the chat, in cash, on a receipt.

Stripe's and pawaPay's own units are tried in their files; here is everybody else.
"""

import asyncio
import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from babel.numbers import parse_decimal
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.payments.cash import Cash
from bot.payments.protocol import PaymentAsk
from bot.payments.telegram import SERVED, TelegramPayments
from boxoffice.model import Seat
from boxoffice.money import Money, currency_exponent
from boxoffice.tax import BASIS_POINTS, included_tax
from storage import cash, ledger, orders, payments
from storage.database import Database, Tx
from storage.opening import open_database
from tests.houses import house_file
from tests.transcripts.stage import Stage, open_stage

CURRENCIES = ("XOF", "XAF", "GNF", "CDF", "EUR", "USD", "MAD", "TND", "JPY", "GBP")


@dataclass(slots=True)
class Asked:
    """The edge of Telegram: keeps what an invoice was asked for."""

    amounts: list[Money] = field(default_factory=list)

    async def invoice_link(
        self, *, title: str, description: str, payload: str, provider_token: str, amount: Money
    ) -> str:
        """Keep the amount."""
        del title, description, payload, provider_token
        self.amounts.append(amount)
        return "https://t.me/$invoice"


@given(st.sampled_from(sorted(SERVED)), st.integers(1, 10**9))
def test_an_invoice_asks_for_the_price(currency: str, minor: int) -> None:
    """Telegram is handed the minor units of the very price, in a currency counted like ours."""
    asked, price = Asked(), Money(minor, currency)
    provider = TelegramPayments(asked, provider_token="test", desk=None, clock=lambda: 0)
    ask = PaymentAsk(1, price, "Nuit du Jazz", "fr", "https://guichet.example/", 0)
    asyncio.run(provider.start(ask))
    assert asked.amounts == [price]
    assert currency_exponent(currency) == 2


@given(st.sampled_from(CURRENCIES), st.integers(0, 10**10), st.integers(0, 4_000))
def test_a_tax_is_the_part_of_the_price_it_says(currency: str, minor: int, rate: int) -> None:
    """Within half a minor unit of the rate, never more than the price, whatever the currency."""
    tax = included_tax(Money(minor, currency), rate).amount_minor
    assert 0 <= tax <= minor
    assert abs(2 * (tax * (BASIS_POINTS + rate) - minor * rate)) <= BASIS_POINTS + rate


@given(st.sampled_from(CURRENCIES), st.integers(1, 10**9))
def test_what_is_written_on_paper_reads_back(currency: str, minor: int) -> None:
    """An amount as a receipt writes it has the digits of the amount, in both languages."""
    money = Money(minor, currency)
    for language in ("fr", "en"):
        digits = re.sub(r"[^\d.,\u202f\u00a0]", "", money.format(language)).strip("\u00a0\u202f.,")
        assert parse_decimal(digits, locale=language) == money.major


@settings(max_examples=12, deadline=None)
@given(st.sampled_from(CURRENCIES), st.integers(1, 10**9))
def test_cash_is_booked_as_it_was_taken(currency: str, minor: int) -> None:
    """The payment, the till and the ledger say the same amount, to the minor unit."""
    assert not Cash().serves(currency)
    asyncio.run(_cash(Money(minor, currency)))


async def _cash(price: Money) -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = await open_database(house_file(Path(folder) / "cash.db"))
        try:
            async with open_stage(database) as stage:
                await _taken(stage, database, price)
        finally:
            await database.close()


async def _taken(stage: Stage, database: Database, price: Money) -> None:
    await stage.world("événement jazz: Nuit du Jazz | 12/06/2027 20:30 | Standard 5000 x 9")
    await stage.hear("awa", "bonjour")
    event_id, chat_id = stage.events["jazz"], await stage.chat_of("awa")

    async def sell(tx: Tx) -> tuple[int, int]:
        chat = await tx.row("SELECT person_id FROM chats WHERE id = :id", id=chat_id)
        kind = await tx.row("SELECT id FROM kinds")
        assert chat is not None
        assert kind is not None
        new = orders.NewOrder(
            reference="TESTREF",
            event_id=event_id,
            buyer_id=chat["person_id"],
            chat_id=chat_id,
            seats=[Seat(1, kind["id"], price.amount_minor, None)],
            currency=price.currency,
            hold_until_ms=stage.clock(),
            source="counter",
            sold_by=chat["person_id"],
        )
        order = await orders.hold(tx, new, stage.clock())
        assert order is not None
        by = chat["person_id"]
        payment_id = await cash.take(tx, order.id, order.total, by=by, now_ms=stage.clock())
        await ledger.taken(tx, payment_id, order.total, stage.clock())
        return payment_id, by

    payment_id, by = await database.write(sell)
    payment = await database.read(payments.payment_by_id, payment_id)
    assert payment is not None
    assert payment.amount == payment.paid == price
    [till] = await database.read(cash.tills, event_id, by)
    assert till.expected_minor == price.amount_minor
    sums = await database.read(ledger.balances)
    assert sums["cash", price.currency, "review"] == price.amount_minor

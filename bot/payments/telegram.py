"""Telegram Payments: an invoice that opens inside the app, for the currencies Telegram knows.

A link makes the invoice (createInvoiceLink), the bot hears of its checkout and of its payment, and
the money lies at the provider behind the token, where refunds are made by the charge's name (Bot
API, payments). Francs CFA are not among Telegram's currencies: those orders go by link elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from bot.payments.protocol import (
    Movement,
    NoMoney,
    Notice,
    NoticeRefused,
    Outcome,
    PaymentPage,
    PaymentRefused,
    Pending,
    RefundPending,
)
from boxoffice.rules import MINUTE_MS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.payments.protocol import PaymentAsk, RefundAsk, RefundOutcome
    from boxoffice.money import Money
    from chat.clock import Clock

SERVED = frozenset(
    {
        *("AED", "AUD", "BRL", "CAD", "CHF", "CZK", "DKK", "DZD", "EGP", "ETB", "EUR", "GBP"),
        *("HUF", "INR", "KES", "MAD", "MUR", "MXN", "MZN", "NGN", "NOK", "NZD", "PLN", "QAR"),
        *("RON", "SAR", "SEK", "TRY", "TZS", "USD", "ZAR"),
    }
)
"""Telegram's currencies that everybody counts in hundredths; XOF, XAF, GNF are not among them."""

TITLE_CHARS_MAX = 32
DESCRIPTION_CHARS_MAX = 255
"""Bot API, createInvoiceLink."""

PAYLOAD_PREFIX = "payment:"

HOLD_MIN_MS = 15 * MINUTE_MS
"""Time to find the card. The checkout asks once more, and makes the hold longer if it must."""


class Invoices(Protocol):
    """What makes invoices: the channel `telegram`."""

    async def invoice_link(
        self, *, title: str, description: str, payload: str, provider_token: str, amount: Money
    ) -> str:
        """Make a link that opens an invoice."""
        ...


class RefundDesk(Protocol):
    """Where the money lies: the provider behind the token."""

    async def refund(self, ask: RefundAsk) -> RefundOutcome:
        """Send money back."""
        ...

    async def find_refund(self, ask: RefundAsk, refund_ref: str) -> RefundOutcome:
        """Ask how a refund stands."""
        ...


class TelegramPayments:
    """A Provider whose notices come through the bot itself."""

    name = "telegram"
    hold_min_ms = HOLD_MIN_MS

    def __init__(
        self, invoices: Invoices, *, provider_token: str, desk: RefundDesk | None, clock: Clock
    ) -> None:
        """`desk` is the Stripe account behind the token; without one refunds are made by hand."""
        self._invoices = invoices
        self._provider_token = provider_token
        self._desk = desk
        self._clock = clock

    def serves(self, currency: str) -> bool:
        """Say whether Telegram has this currency."""
        return currency in SERVED

    async def start(self, ask: PaymentAsk) -> PaymentPage:
        """Make an invoice's link. Made twice, both open the same payment, which is taken once.

        Raises:
            PaymentRefused: Telegram has no such currency, or there is nothing to pay.
        """
        if not self.serves(ask.amount.currency) or ask.amount.amount_minor <= 0:
            raise PaymentRefused(f"Telegram takes no {ask.amount.currency}.")
        url = await self._invoices.invoice_link(
            title=ask.description[:TITLE_CHARS_MAX],
            description=f"{ask.description} {ask.reference}"[:DESCRIPTION_CHARS_MAX],
            payload=f"{PAYLOAD_PREFIX}{ask.payment_id}",
            provider_token=self._provider_token,
            amount=ask.amount,
        )
        return PaymentPage(url, f"invoice:{ask.payment_id}@{ask.page_until_ms}")

    async def read_notice(self, headers: Mapping[str, str], raw: bytes) -> Notice | None:
        """Refuse: Telegram tells the bot, as a message of the payer's chat."""
        del headers, raw
        raise NoticeRefused("Telegram's payments come through the bot.")

    async def find(self, payment_id: int, provider_ref: str) -> Outcome:
        """Wait for the invoice's time: Telegram cannot be asked about a payment."""
        del payment_id
        until = provider_ref.partition("@")[2]
        over = until.isdecimal() and self._clock() > int(until) + MINUTE_MS
        return NoMoney(page_closed=True) if over else Pending()

    async def refund(self, ask: RefundAsk) -> RefundOutcome:
        """Send money back where it lies, by the charge's name.

        Raises:
            PaymentRefused: nothing was paid, or no desk is set up: a person must do it.
        """
        if self._desk is None or ask.provider_ref.startswith("invoice:"):
            raise PaymentRefused("Refund this by hand, in the provider's dashboard.")
        return await self._desk.refund(ask)

    async def find_refund(self, ask: RefundAsk, refund_ref: str) -> RefundOutcome:
        """Ask where the money lies."""
        return await self._desk.find_refund(ask, refund_ref) if self._desk else RefundPending()

    async def movements(
        self, since_ms: int, until_ms: int, known: Sequence[tuple[int, str]]
    ) -> list[Movement] | None:
        """Telegram keeps no list: the provider behind it does, in its own name."""
        del since_ms, until_ms, known
        return None

"""The far work of paying: asks providers what the outbox says, and tells chats what they answer.

Nothing here decides: an answer becomes a fact under an id that makes it count once, and the turn
that hears it decides by one conditional statement.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import structlog

from bot.payments.protocol import (
    ChargedBack,
    DisputeEnded,
    MoneyBack,
    MoneyIn,
    NoMoney,
    Notice,
    Outcome,
    PaymentAsk,
    PaymentRefused,
    Pending,
    Provider,
    RefundAsk,
    RefundDone,
    RefundFailed,
    RefundNews,
    RefundOutcome,
    RefundPending,
    ReturnedElsewhere,
)
from bot.payments.telegram import TelegramPayments
from boxoffice.model import Payment, Refund, RefundStatus
from chat import facts
from chat.channel import SendRefused
from chat.facts import (
    Declined,
    Fact,
    PageExpired,
    Paid,
    PaymentFailed,
    PaymentReady,
    RefundTold,
)
from storage import payments, refunds
from storage.database import Database, Tx, glance
from storage.payments import Ordered

log = structlog.get_logger(__name__)

Tell = Callable[[int, Fact, str], Awaitable[bool]]
"""`Engine.tell`: a chat, a fact, and the id under which it counts once."""


@dataclass(frozen=True, slots=True)
class PaymentWork:
    """Starts, asks and refunds payments, from the outbox and from upkeep, never in a turn."""

    database: Database
    providers: Mapping[str, Provider]
    tell: Tell
    return_urls: Mapping[str, str]
    """By channel: where a payment page sends the buyer back to, without a page of our own."""
    receipt_url: Callable[[int], str] | None = None
    """By payment: our own page, which thanks whoever paid and shows no ticket."""

    async def start(self, payload: Mapping[str, int | str]) -> None:
        """Open a payment page: far work `payment.start`."""
        found = await glance(self.database, payments.ordered, int(payload["payment"]))
        if found is None:
            raise SendRefused("no such payment")
        payment = found.payment
        ask = PaymentAsk(
            payment_id=payment.id,
            amount=payment.amount,
            description=f"{found.title} ({found.reference})",
            language=found.language,
            return_url=self._return_url(found),
            page_until_ms=payment.page_until_ms or found.hold_until_ms,
            reference=found.reference,
            zone=found.zone,
        )
        try:
            page = await self._provider(payment).start(ask)
        except PaymentRefused as refusal:
            log.warning("payment_refused", payment=payment.id, why=str(refusal))
            await self.start_failed(payment.id)
            return
        fact = PaymentReady(payment.id, page.url, page.provider_ref)
        await self.tell(found.chat_id, fact, f"payment-ready:{payment.id}")

    def _return_url(self, found: Ordered) -> str:
        """Say where a payment page sends whoever paid."""
        if self.receipt_url:
            return self.receipt_url(found.payment.id)
        return self.return_urls[found.channel]

    async def look(self, payload: Mapping[str, int | str]) -> None:
        """Ask a provider now how a payment stands: far work `payment.look`, for the gate."""
        found = await glance(self.database, payments.ordered, int(payload["payment"]))
        if found is None:
            raise SendRefused("no such payment")
        try:
            await self.ask(found.payment, found.chat_id)
        except PaymentRefused as refusal:
            # Its page was never opened there, so nothing was paid; upkeep goes on asking.
            log.info("payment_not_there", payment=found.payment.id, why=str(refusal))

    async def start_failed(self, payment_id: int) -> None:
        """Tell a buyer that no page could be opened."""
        chat_id = await self.database.read(payments.chat_of, payment_id)
        if chat_id is not None:
            await self.tell(chat_id, PaymentFailed(payment_id), f"payment-failed:{payment_id}")

    async def refund(self, payload: Mapping[str, int | str]) -> None:
        """Send money back: far work `payment.refund`; a slow one is looked at again."""
        refund = await self.database.read(refunds.refund_by_id, int(payload["refund"]))
        if refund is None:
            raise SendRefused("no such refund")
        if refund.status is not RefundStatus.ASKED or refund.attempt != int(payload["attempt"]):
            return
        await self._refund(refund)

    async def look_at_refund(self, refund: Refund) -> None:
        """Ask how a refund stands that the provider had accepted."""
        await self._refund(refund)

    async def _refund(self, refund: Refund) -> None:
        found = await glance(self.database, payments.ordered, refund.payment_id)
        if found is None:
            raise SendRefused("no such payment")
        payment = found.payment
        provider = self._provider(payment)
        ask = RefundAsk(
            refund.id, refund.attempt, payment.id, payment.provider_ref or "", refund.amount
        )
        try:
            if refund.status is RefundStatus.ASKED:
                outcome = await provider.refund(ask)
            else:
                outcome = await provider.find_refund(ask, refund.provider_ref or "")
        except PaymentRefused as refusal:
            outcome = RefundFailed(str(refusal))
        await self._tell_refund(found.chat_id, refund.id, refund.attempt, outcome)

    async def _tell_refund(
        self, chat_id: int, refund_id: int, attempt: int, outcome: RefundOutcome
    ) -> None:
        match outcome:
            case RefundPending(provider_ref):
                fact = RefundTold(refund_id, attempt, "accepted", provider_ref)
            case RefundDone(provider_ref):
                fact = RefundTold(refund_id, attempt, "done", provider_ref)
            case RefundFailed(why):
                log.warning("refund_failed", refund=refund_id, attempt=attempt, why=why)
                fact = RefundTold(refund_id, attempt, "failed", why=why)
        await self.tell(chat_id, fact, f"refund:{refund_id}:{attempt}:{fact.state}")

    async def ask(self, payment: Payment, chat_id: int) -> Outcome:
        """Ask a provider how a payment stands, and tell the chat if that is final."""
        provider = self._provider(payment)
        outcome = await provider.find(payment.id, payment.provider_ref or "")
        await self._report(chat_id, payment.id, outcome, f"asked:{payment.id}")
        return outcome

    async def credit(self, notice: Notice) -> None:
        """Take a provider's notice; returns once it is persisted."""
        found = await glance(self.database, _whose, notice)
        if found is None:
            # Another installation on the same account, or a payment that never was ours.
            log.warning("notice_of_another", payment=notice.payment_id, notice=notice.notice_id)
            return
        (payment_id, chat_id), fact_id = found, f"notice:{notice.notice_id}"
        match notice.outcome:
            case RefundNews(refund_id, attempt, outcome):
                await self._tell_refund(chat_id, refund_id, attempt, outcome)
            case ReturnedElsewhere(provider_ref, amount):
                back = facts.ReturnedElsewhere(
                    payment_id, amount.amount_minor, amount.currency, provider_ref
                )
                await self.tell(chat_id, back, fact_id)
            case ChargedBack(dispute_ref, amount):
                taken = facts.ChargedBack(
                    payment_id, amount.amount_minor, amount.currency, dispute_ref
                )
                await self.tell(chat_id, taken, fact_id)
            case DisputeEnded(dispute_ref, amount, is_won):
                ended = facts.DisputeEnded(
                    payment_id, amount.amount_minor, amount.currency, dispute_ref, is_won
                )
                await self.tell(chat_id, ended, fact_id)
            case outcome:
                await self._report(chat_id, payment_id, outcome, fact_id, notice.provider_ref)

    async def _report(
        self, chat_id: int, payment_id: int, outcome: Outcome, fact_id: str, provider_ref: str = ""
    ) -> None:
        match outcome:
            case Pending():
                return
            case MoneyIn(amount) if amount.amount_minor <= 0:
                log.error("paid_nothing", payment=payment_id, amount=str(amount))
                return
            case MoneyIn(amount, payer_phone):
                minor, currency = amount.amount_minor, amount.currency
                fact: Fact = Paid(payment_id, minor, currency, provider_ref, payer_phone)
            case NoMoney(page_closed):
                fact = PageExpired(payment_id) if page_closed else Declined(payment_id)
            case MoneyBack():
                # It came and went before we ever heard of it: there is nothing to sell for.
                fact = PageExpired(payment_id)
        await self.tell(chat_id, fact, f"{fact_id}:{type(fact).__name__}")

    def _provider(self, payment: Payment) -> Provider:
        provider = self.providers.get(payment.provider)
        if provider is None:
            raise SendRefused(f"no provider {payment.provider} in this installation")
        return provider


async def _whose(tx: Tx, notice: Notice) -> tuple[int, int] | None:
    """Find which payment a notice is about, and its buyer's chat."""
    payment_id = notice.payment_id
    if payment_id is None:
        payment_id = await payments.named(tx, TelegramPayments.name, notice.names)
    chat_id = await payments.chat_of(tx, payment_id) if payment_id is not None else None
    return None if payment_id is None or chat_id is None else (payment_id, chat_id)

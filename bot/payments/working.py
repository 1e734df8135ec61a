"""The far work of paying: asks providers what the outbox says, and tells chats what they answer.

Nothing here decides: an answer becomes a fact under an id that makes it count once, and the turn
that hears it decides by one conditional statement.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import structlog

from bot.payments.protocol import (
    MoneyBack,
    MoneyIn,
    NoMoney,
    Notice,
    Outcome,
    PaymentAsk,
    PaymentRefused,
    Pending,
    Provider,
)
from boxoffice.model import Event, Order, Payment
from chat.channel import SendRefused
from chat.messages import (
    Declined,
    Fact,
    PageExpired,
    Paid,
    PaymentFailed,
    PaymentReady,
    Refunded,
)
from storage import chats, events, orders, payments
from storage.chats import ChatRow
from storage.database import Database, Tx

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
    """By channel: where a payment page sends the buyer back to."""

    async def start(self, payload: Mapping[str, int | str]) -> None:
        """Open a payment page: far work `payment.start`."""
        found = await self.database.read(_load, int(payload["payment"]))
        if found is None:
            raise SendRefused("no such payment")
        payment, order, event, chat = found
        ask = PaymentAsk(
            payment_id=payment.id,
            amount=payment.amount,
            description=f"{event.title} ({order.reference})",
            language=chat.language,
            return_url=self.return_urls[chat.channel],
            page_until_ms=order.hold_until_ms,
        )
        try:
            page = await self._provider(payment).start(ask)
        except PaymentRefused as refusal:
            log.warning("payment_refused", payment=payment.id, why=str(refusal))
            await self.start_failed(payment.id)
            return
        fact = PaymentReady(payment.id, page.url, page.provider_ref)
        await self.tell(chat.id, fact, f"payment-ready:{payment.id}")

    async def start_failed(self, payment_id: int) -> None:
        """Tell a buyer that no page could be opened."""
        chat_id = await self.database.read(payments.chat_of, payment_id)
        if chat_id is not None:
            await self.tell(chat_id, PaymentFailed(payment_id), f"payment-failed:{payment_id}")

    async def refund(self, payload: Mapping[str, int | str]) -> None:
        """Send money back: far work `payment.refund`; a slow provider is asked again."""
        found = await self.database.read(_load, int(payload["payment"]))
        if found is None:
            raise SendRefused("no such payment")
        payment, _, _, chat = found
        outcome = await self._provider(payment).refund(
            payment.id, payment.provider_ref or "", payment.amount
        )
        if not isinstance(outcome, MoneyBack):
            raise TimeoutError(f"refund of payment {payment.id} not done yet")
        await self.tell(chat.id, Refunded(payment.id), f"refunded:{payment.id}")

    async def ask(self, payment: Payment, chat_id: int) -> Outcome:
        """Ask a provider how a payment stands, and tell the chat if that is final."""
        provider = self._provider(payment)
        outcome = await provider.find(payment.id, payment.provider_ref or "")
        await self._report(chat_id, payment.id, outcome, f"asked:{payment.id}")
        return outcome

    async def credit(self, notice: Notice) -> None:
        """Take a provider's signed notice; returns once it is persisted."""
        chat_id = await self.database.read(payments.chat_of, notice.payment_id)
        if chat_id is None:
            # Another installation on the same account, or a payment that never was ours.
            log.warning("notice_of_another", payment=notice.payment_id)
            return
        await self._report(chat_id, notice.payment_id, notice.outcome, f"notice:{notice.notice_id}")

    async def _report(self, chat_id: int, payment_id: int, outcome: Outcome, fact_id: str) -> None:
        match outcome:
            case Pending():
                return
            case MoneyIn(amount):
                fact: Fact = Paid(payment_id, amount.amount_minor, amount.currency)
            case NoMoney(page_closed):
                fact = PageExpired(payment_id) if page_closed else Declined(payment_id)
            case MoneyBack():
                fact = Refunded(payment_id)
        await self.tell(chat_id, fact, f"{fact_id}:{type(fact).__name__}")

    def _provider(self, payment: Payment) -> Provider:
        provider = self.providers.get(payment.provider)
        if provider is None:
            raise SendRefused(f"no provider {payment.provider} in this installation")
        return provider


async def _load(tx: Tx, payment_id: int) -> tuple[Payment, Order, Event, ChatRow] | None:
    payment = await payments.payment_by_id(tx, payment_id)
    order = await orders.order_by_id(tx, payment.order_id) if payment else None
    event = await events.event_by_id(tx, order.event_id) if order else None
    chat = await chats.chat_by_id(tx, order.chat_id) if order else None
    if payment is None or order is None or event is None or chat is None:
        return None
    return payment, order, event, chat

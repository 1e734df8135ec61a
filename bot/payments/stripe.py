"""Stripe Checkout: a page by link, signed notices, refunds. The one file that knows `stripe`.

The API version is the one the library was generated for; our payment id is the idempotency key and,
with the installation's id, stands in the metadata of the session and of the payment intent: refunds
and disputes see only the latter (docs.stripe.com/api/checkout/sessions/create).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import stripe
import structlog

from bot.payments.payers import Payer
from bot.payments.protocol import (
    MoneyBack,
    MoneyIn,
    Movement,
    Notice,
    NoticeRefused,
    Outcome,
    PaymentPage,
    PaymentRefused,
)
from bot.payments.stripe_amounts import from_stripe, is_served, to_stripe
from bot.payments.stripe_reading import EVENTS, at_keys, news_of, of_refund, of_session
from boxoffice.rules import MINUTE_MS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping, Sequence

    from stripe.params import BalanceTransactionListParams, RefundCreateParams

    from bot.payments.protocol import PaymentAsk, RefundAsk, RefundOutcome

API_URL = "https://api.stripe.com"

API_VERSION = "2026-10-28.endive"
"""The version this library's types were generated for, and these calls were written against."""

HOLD_MIN_MS = 31 * MINUTE_MS
"""A session lives at least 30 minutes from when Stripe makes it; one more for the way there."""

CALL_TIMEOUT_S = 20
"""Stripe answers within a second or two; longer is unknown, and asked again with the same key."""

PAGE_MAX = 100
"""Objects a list answers at a time (the API's limit)."""

_log = structlog.get_logger(__name__)


class Stripe:
    """A Provider on one Stripe account; `close` it at the end.

    `installation` tells our objects from another installation's on the same account.
    """

    hold_min_ms = HOLD_MIN_MS

    def __init__(
        self,
        *,
        secret_key: str,
        webhook_secret: str | None,
        installation: str,
        name: str = "stripe",
        api_url: str = API_URL,
    ) -> None:
        """Prepare the client, asking nothing yet. Without a webhook secret no notice is taken."""
        self.name = name
        self._webhook_secret = webhook_secret
        self._installation = installation
        self._http = _Transport(certificates=api_url.startswith("https://"))
        self._client = stripe.StripeClient(
            secret_key,
            stripe_version=API_VERSION,
            base_addresses={"api": api_url},
            max_network_retries=0,  # the outbox asks again, with the same key
            http_client=self._http,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close_async()

    def serves(self, currency: str) -> bool:
        """Say whether Stripe takes money in this currency."""
        return is_served(currency)

    # ---- Paying ------------------------------------------------------------------------------

    async def start(self, ask: PaymentAsk) -> PaymentPage:
        """Open a Checkout session; the same payment id answers with the same session.

        Raises:
            PaymentRefused: Stripe will never take this request.
        """
        metadata = {
            "guichet": self._installation,
            "payment": str(ask.payment_id),
            "order": ask.reference,
        }
        session = await _asked(
            self._client.v1.checkout.sessions.create_async(
                params={
                    "mode": "payment",
                    "line_items": [
                        {
                            "quantity": 1,
                            "price_data": {
                                "currency": ask.amount.currency.lower(),
                                "unit_amount": to_stripe(ask.amount),
                                "product_data": {"name": ask.description},
                            },
                        }
                    ],
                    "success_url": ask.return_url,
                    "cancel_url": ask.return_url,
                    "client_reference_id": str(ask.payment_id),
                    "metadata": metadata,
                    "payment_intent_data": {
                        "description": ask.description,
                        "metadata": metadata,
                    },
                    "expires_at": ask.page_until_ms // 1000,
                    "locale": "en" if ask.language == "en" else "fr",
                },
                options={"idempotency_key": self._key("payment", str(ask.payment_id))},
            )
        )
        if session.url is None:
            raise PaymentRefused("Stripe opened a session without a page.")
        return PaymentPage(session.url, session.id)

    async def find(self, payment_id: int, provider_ref: str) -> Outcome:
        """Read a session with its charge.

        Raises:
            PaymentRefused: Stripe knows no such session, or it is another payment's.
        """
        session = await self._session(payment_id, provider_ref)
        outcome = of_session(session)
        if not isinstance(outcome, MoneyIn):
            return outcome
        charge = at_keys(session, "payment_intent", "latest_charge")
        back_minor = at_keys(charge, "amount_refunded") or 0
        if back_minor:
            return MoneyBack(from_stripe(back_minor, at_keys(charge, "currency")))
        return outcome

    async def _session(self, payment_id: int, provider_ref: str) -> dict[str, Any]:
        session = await _asked(
            self._client.v1.checkout.sessions.retrieve_async(
                provider_ref, params={"expand": ["payment_intent.latest_charge"]}
            )
        )
        plain = _plain(session)
        if self._payment_of(plain) != payment_id:
            raise PaymentRefused("This session is another payment's.")
        return plain

    async def payer(self, payment_id: int, provider_ref: str) -> Payer:
        """Read what the payer typed on the page: an e-mail, perhaps a phone.

        Raises:
            PaymentRefused: Stripe knows no such session, or it is another payment's.
        """
        if not provider_ref.startswith("cs_"):
            return Payer()  # paid inside Telegram, which was not asked for either
        session = await self._session(payment_id, provider_ref)
        phone = str(at_keys(session, "customer_details", "phone") or "")
        return Payer(
            email=str(at_keys(session, "customer_details", "email") or ""),
            phone="".join(char for char in phone if char.isdecimal()),
        )

    # ---- Sending back ------------------------------------------------------------------------

    async def refund(self, ask: RefundAsk) -> RefundOutcome:
        """Send money back, once a refund and attempt.

        Raises:
            PaymentRefused: nothing was paid, or less than that.
        """
        made = await _asked(
            self._client.v1.refunds.create_async(
                params={
                    **await self._charge_of(ask),
                    "amount": to_stripe(ask.amount),
                    "reason": "requested_by_customer",
                    "metadata": {
                        "guichet": self._installation,
                        "payment": str(ask.payment_id),
                        "refund": str(ask.refund_id),
                        "attempt": str(ask.attempt),
                    },
                },
                options={"idempotency_key": self._key("refund", ask.key)},
            )
        )
        return of_refund(_plain(made))

    async def _charge_of(self, ask: RefundAsk) -> RefundCreateParams:
        """Name what is refunded: a session's intent, or the charge Telegram named."""
        if ask.provider_ref.startswith("pi_"):
            return {"payment_intent": ask.provider_ref}
        if not ask.provider_ref.startswith("cs_"):
            return {"charge": ask.provider_ref}
        session = await self._session(ask.payment_id, ask.provider_ref)
        intent = at_keys(session, "payment_intent", "id")
        if not intent:
            raise PaymentRefused("Nothing was paid.")
        return {"payment_intent": intent}

    async def find_refund(self, ask: RefundAsk, refund_ref: str) -> RefundOutcome:
        """Read how a refund stands; one whose name we never got is asked for again, by its key."""
        if not refund_ref:
            return await self.refund(ask)
        return of_refund(_plain(await _asked(self._client.v1.refunds.retrieve_async(refund_ref))))

    # ---- Notices -----------------------------------------------------------------------------

    async def read_notice(self, headers: Mapping[str, str], raw: bytes) -> Notice | None:
        """Check the signature on the raw bytes, then read the event; None if it is not about us.

        A dispute, and a refund made at Stripe's own desk, name the payment intent alone: whose it
        is stands in that one's metadata, and is asked for. Where nobody's name stands there, it may
        be money that Telegram took: then the charge's own names go with the notice.

        Raises:
            NoticeRefused: the signature is wrong or old, or it is no event.
        """
        try:
            stripe.WebhookSignature.verify_header(
                raw,
                headers.get("stripe-signature"),
                self._webhook_secret,
                stripe.Webhook.DEFAULT_TOLERANCE,
            )
            event: dict[str, Any] = json.loads(raw)
            event_id, kind, about = event["id"], event["type"], event["data"]["object"]
        except (stripe.SignatureVerificationError, ValueError, KeyError, TypeError) as error:
            # Its own words repeat the body; the name of the error says enough.
            raise NoticeRefused(f"The notice is not Stripe's: {type(error).__name__}.") from None
        if kind not in EVENTS:
            return None
        payment_id = self._payment_of(about)
        names: tuple[str, ...] = ()
        if payment_id is None and not about.get("metadata"):
            intent = await self._intent_of(about)
            payment_id = self._payment_of(intent)
            names = _names_of(about) if intent and not intent.get("metadata") else ()
        if payment_id is None and not names:
            _log.info(
                "payments.notice_of_another_installation", provider=self.name, notice=event_id
            )
            return None
        news = news_of(kind, about)
        return None if news is None else Notice(event_id, payment_id, news, names=names)

    def _payment_of(self, about: dict[str, Any]) -> int | None:
        """Read our payment id of an object's metadata, if this installation wrote it."""
        metadata = about.get("metadata") or {}
        payment = str(metadata.get("payment", ""))
        ours = metadata.get("guichet") == self._installation
        return int(payment) if ours and payment.isdecimal() and payment.isascii() else None

    async def _payment_of_intent(self, about: dict[str, Any]) -> int | None:
        return None if about.get("metadata") else self._payment_of(await self._intent_of(about))

    async def _intent_of(self, about: dict[str, Any]) -> dict[str, Any]:
        """Ask for the intent that an object names; empty if there is none."""
        intent = about.get("payment_intent")
        if not isinstance(intent, str):
            return {}
        try:
            return _plain(await _asked(self._client.v1.payment_intents.retrieve_async(intent)))
        except PaymentRefused:
            return {}

    # ---- The provider's own list -------------------------------------------------------------

    async def movements(
        self, since_ms: int, until_ms: int, known: Sequence[tuple[int, str]]
    ) -> list[Movement] | None:
        """Read the account's balance transactions of a time that are this installation's."""
        del known
        found: list[Movement] = []
        params: BalanceTransactionListParams = {
            "created": {"gte": since_ms // 1000, "lt": until_ms // 1000},
            "limit": PAGE_MAX,
            "expand": ["data.source"],
        }
        while True:
            page = await _asked(self._client.v1.balance_transactions.list_async(params=params))
            lines = [_plain(line) for line in page.data]
            for line in lines:
                movement = await self._movement(line)
                if movement is not None:
                    found.append(movement)
            if not page.has_more or not lines:
                return found
            params = {**params, "starting_after": lines[-1]["id"]}

    async def _movement(self, line: dict[str, Any]) -> Movement | None:
        source = line.get("source")
        if line["type"] not in {"charge", "payment", "refund", "payment_refund"}:
            return None
        if not isinstance(source, dict):
            return None
        if source.get("status") in {"failed", "canceled"}:
            return None  # a refund that came back: another line says so
        payment_id = self._payment_of(source) or await self._payment_of_intent(source)
        if payment_id is None:
            return None
        currency = str(source["currency"]).upper()
        # The account may be kept in another currency: what the buyer paid stands in the source.
        fee = from_stripe(line["fee"], line["currency"]) if line.get("fee") else None
        return Movement(
            payment_id,
            str(source["id"]),
            from_stripe(source["amount"], currency),
            fee,
            int(line["created"]) * 1000,
            is_refund="refund" in line["type"],
        )

    def _key(self, what: str, key: str) -> str:
        """Name a request so that its repeat is known, beside other installations' requests."""
        return f"guichet-{self._installation}-{what}-{key}"


class _Transport(stripe.HTTPClient):
    """The library's calls over our own httpx: its own client warns of httpx's older ways."""

    name = "httpx"

    def __init__(self, *, certificates: bool) -> None:
        super().__init__()
        # Plain HTTP is for a double on this machine: it needs no certificate authorities.
        self._http = httpx.AsyncClient(
            timeout=CALL_TIMEOUT_S, verify=certificates, trust_env=certificates
        )

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: str | None = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """Make one call.

        Raises:
            stripe.APIConnectionError: no answer, or half of one.
        """
        try:
            answer = await self._http.request(method, url, headers=headers, content=post_data)
        except httpx.HTTPError as error:
            fault = type(error).__name__
            raise stripe.APIConnectionError(fault) from None  # type: ignore[no-untyped-call] # theirs
        return answer.content, answer.status_code, answer.headers

    async def close_async(self) -> None:
        """Close the connections."""
        await self._http.aclose()


async def _asked(call: Awaitable[Any]) -> Any:  # noqa: ANN401 (whatever the call answers)
    """Await one call and say in our words what went wrong, without the request's secrets.

    Raises:
        PaymentRefused: repeating it will not help.
        ConnectionError: unknown, or not now.
    """
    try:
        return await call
    except (stripe.InvalidRequestError, stripe.IdempotencyError, stripe.CardError) as error:
        raise PaymentRefused(f"Stripe: {error.code or type(error).__name__}") from None
    except stripe.StripeError as error:
        status = error.http_status or "no answer"
        raise ConnectionError(f"Stripe: {type(error).__name__} ({status})") from None


def _plain(made: Any) -> dict[str, Any]:  # noqa: ANN401 (any of the library's objects)
    """Take an object of the library as plain values: fields may be missing, or new."""
    plain: dict[str, Any] = made.to_dict(recursive=True)
    return plain


def _names_of(about: dict[str, Any]) -> tuple[str, ...]:
    """Read what a refund or a dispute calls the charge it is about."""
    found = (about.get("charge"), about.get("payment_intent"))
    return tuple(name for name in found if isinstance(name, str))

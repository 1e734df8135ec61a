"""Mobile money through pawaPay v2: MTN, Orange, Moov, Wave and others, on one hosted page.

Four calls over httpx (docs.pawapay.io, v2). The ids are ours, shaped as UUIDs: the payment's id and
a mark of this installation, so that a repeat is known, and another installation's deposits on the
same account are told from ours. A callback proves nothing and is only a hint: the deposit is read
again with our token before anything is believed.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any
from uuid import UUID

import httpx
import structlog

from bot.payments.payers import Payer
from bot.payments.protocol import (
    MoneyIn,
    Movement,
    NoMoney,
    Notice,
    NoticeRefused,
    Outcome,
    PaymentPage,
    PaymentRefused,
    Pending,
    RefundDone,
    RefundFailed,
    RefundNews,
    RefundPending,
)
from boxoffice.money import Money, currency_exponent
from boxoffice.rules import MINUTE_MS
from chat.clock import wall_clock

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.payments.protocol import PaymentAsk, RefundAsk, RefundOutcome
    from chat.clock import Clock

API_URL = "https://api.pawapay.io"
SANDBOX_API_URL = "https://api.sandbox.pawapay.io"

HOLD_MIN_MS = 15 * MINUTE_MS
"""A payment page lives 15 minutes, fixed."""

CONFIRM_MS = 2 * MINUTE_MS
"""Somebody who entered their number at the last second still confirms on their phone."""

CALL_TIMEOUT_S = 20
"""Longer is unknown, and asked again with the same id."""

COUNTRIES = {
    "Africa/Porto-Novo": "BEN",
    "Africa/Ouagadougou": "BFA",
    "Africa/Douala": "CMR",
    "Africa/Abidjan": "CIV",
    "Africa/Kinshasa": "COD",
    "Africa/Lubumbashi": "COD",
    "Africa/Libreville": "GAB",
    "Africa/Dakar": "SEN",
    "Africa/Brazzaville": "COG",
}
"""Where the page takes money, by the event's time zone (ISO 3166-1 alpha-3)."""

DEFAULT_COUNTRIES = {"XOF": "SEN", "XAF": "CMR", "CDF": "COD"}
"""Where the page opens for an event elsewhere, by its currency: what is served at all."""

MESSAGE_LENGTHS = (4, 22)
"""What the operator shows the payer: letters, digits and spaces."""

REASON_CHARS_MAX = 50

_MARK_BITS = 57
_ATTEMPT_BITS = 2

_log = structlog.get_logger(__name__)


class PawaPay:
    """A Provider on one pawaPay account; `close` it at the end."""

    hold_min_ms = HOLD_MIN_MS

    def __init__(
        self,
        *,
        token: str,
        installation: str,
        name: str = "pawapay",
        api_url: str = API_URL,
        clock: Clock = wall_clock,
    ) -> None:
        """Prepare the client; nothing is asked of pawaPay yet."""
        self.name = name
        self._ids = _Ids(installation)
        self._clock = clock
        outside = api_url.startswith("https://")
        self._http = httpx.AsyncClient(
            base_url=api_url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=CALL_TIMEOUT_S,
            verify=outside,
            trust_env=outside,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    def serves(self, currency: str) -> bool:
        """Say whether wallets of this currency are served."""
        return currency in DEFAULT_COUNTRIES

    # ---- Paying ------------------------------------------------------------------------------

    async def start(self, ask: PaymentAsk) -> PaymentPage:
        """Open a payment page of 15 minutes; another attempt is another payment, and deposit.

        Raises:
            PaymentRefused: pawaPay will never take this request, which it says with HTTP 200.
        """
        if ask.amount.amount_minor <= 0 or not self.serves(ask.amount.currency):
            raise PaymentRefused("This is no amount of mobile money.")
        deposit_id = self._ids.make("deposit", ask.payment_id, 0)
        answer = await self._post(
            "/v2/paymentpage",
            {
                "depositId": deposit_id,
                "returnUrl": ask.return_url,
                "amountDetails": {
                    "amount": _written(ask.amount),
                    "currency": ask.amount.currency,
                },
                "language": "EN" if ask.language == "en" else "FR",
                "country": COUNTRIES.get(ask.zone, DEFAULT_COUNTRIES[ask.amount.currency]),
                "reason": ask.description[:REASON_CHARS_MAX],
                "customerMessage": _message(ask.reference),
                "metadata": [{"payment": str(ask.payment_id)}, {"order": ask.reference}],
            },
        )
        if not isinstance(answer.get("redirectUrl"), str):
            raise PaymentRefused(f"pawaPay: {_why(answer)}")
        return PaymentPage(answer["redirectUrl"], f"{deposit_id}@{ask.page_until_ms}")

    async def find(self, payment_id: int, provider_ref: str) -> Outcome:
        """Read a deposit. One that is not there begins when the payer confirms: until then pending.

        Raises:
            PaymentRefused: this is another payment's deposit.
        """
        deposit_id, _, page_until = provider_ref.partition("@")
        if deposit_id != self._ids.make("deposit", payment_id, 0):
            raise PaymentRefused("This deposit is another payment's.")
        deposit = await self._read("/v2/deposits", deposit_id)
        if deposit is None:
            closed = self._clock() > int(page_until or 0) + CONFIRM_MS
            return NoMoney(page_closed=True) if closed else Pending()
        return _of_deposit(deposit)

    async def payer(self, payment_id: int, provider_ref: str) -> Payer:
        """Read the wallet that paid.

        Raises:
            PaymentRefused: this is another payment's deposit.
        """
        deposit_id = provider_ref.partition("@")[0]
        if deposit_id != self._ids.make("deposit", payment_id, 0):
            raise PaymentRefused("This deposit is another payment's.")
        return Payer(phone=_payer_phone(await self._read("/v2/deposits", deposit_id) or {}))

    # ---- Sending back ------------------------------------------------------------------------

    async def refund(self, ask: RefundAsk) -> RefundOutcome:
        """Ask that money go back to the wallet it came from, once a refund and attempt.

        Raises:
            PaymentRefused: no such deposit, not completed, or less than that.
        """
        refund_id = self._ids.make("refund", ask.refund_id, ask.attempt)
        answer = await self._post(
            "/v2/refunds",
            {
                "refundId": refund_id,
                "depositId": ask.provider_ref.partition("@")[0],
                "amount": _written(ask.amount),
                "currency": ask.amount.currency,
                "metadata": [{"payment": str(ask.payment_id)}],
            },
        )
        if answer.get("status") not in {"ACCEPTED", "DUPLICATE_IGNORED"}:
            raise PaymentRefused(f"pawaPay: {_why(answer)}")
        return RefundPending(refund_id)

    async def find_refund(self, ask: RefundAsk, refund_ref: str) -> RefundOutcome:
        """Read a refund; one that never arrived is asked for again, under the same id."""
        found = await self._read("/v2/refunds", refund_ref) if refund_ref else None
        return await self.refund(ask) if found is None else _of_refund(found)

    # ---- Callbacks ---------------------------------------------------------------------------

    async def read_notice(self, headers: Mapping[str, str], raw: bytes) -> Notice | None:
        """Take a callback as a hint: what it names is read again with our token.

        Raises:
            NoticeRefused: it names no deposit or refund.
        """
        del headers
        try:
            told = json.loads(raw)
            what = "refund" if "refundId" in told else "deposit"
            named = str(UUID(str(told[f"{what}Id"])))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise NoticeRefused(f"This is no callback: {type(error).__name__}.") from None
        ours = self._ids.read(what, named)
        if ours is None:
            _log.info("payments.notice_of_another_installation", provider=self.name, notice=named)
            return None
        found = await self._read(f"/v2/{what}s", named)
        if found is None:
            return None
        notice_id = f"{named}:{found.get('status')}"
        if what == "deposit":
            outcome = _of_deposit(found)
            return None if isinstance(outcome, Pending) else Notice(notice_id, ours[0], outcome)
        payment = str((found.get("metadata") or {}).get("payment", ""))
        if not payment.isdecimal():
            return None
        return Notice(notice_id, int(payment), RefundNews(*ours, _of_refund(found)))

    # ---- The provider's own list -------------------------------------------------------------

    async def movements(
        self, since_ms: int, until_ms: int, known: Sequence[tuple[int, str]]
    ) -> list[Movement] | None:
        """Read each deposit we know of: pawaPay's own list is a file in its dashboard."""
        found = []
        for payment_id, provider_ref in known:
            outcome = await self.find(payment_id, provider_ref)
            if isinstance(outcome, MoneyIn):
                found.append(
                    Movement(
                        payment_id, provider_ref, outcome.amount, None, until_ms, is_refund=False
                    )
                )
        return found if since_ms <= until_ms else []

    # ---- The calls ---------------------------------------------------------------------------

    async def _read(self, path: str, named: str) -> dict[str, Any] | None:
        answer = await self._call("GET", f"{path}/{named}", None)
        if answer.get("status") == "NOT_FOUND":
            return None
        data = answer.get("data")
        if answer.get("status") != "FOUND" or not isinstance(data, dict):
            raise ConnectionError("pawaPay: an answer of unknown shape")
        return data

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return await self._call("POST", path, body)

    async def _call(self, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        """Make one call.

        Raises:
            PaymentRefused: the request is malformed.
            ConnectionError: unknown, or not now.
        """
        try:
            answer = await self._http.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise ConnectionError(f"pawaPay: {type(error).__name__}") from None
        if answer.status_code == httpx.codes.BAD_REQUEST:
            raise PaymentRefused(f"pawaPay: {_why(_json(answer))}")
        if not answer.is_success:
            raise ConnectionError(f"pawaPay: HTTP {answer.status_code}")
        return _json(answer)


class _Ids:
    """Our ids in the shape of UUIDs: 63 bits of number, 2 of attempt, 57 of this installation."""

    def __init__(self, installation: str) -> None:
        self._key = installation.encode()

    def make(self, what: str, number: int, attempt: int) -> str:
        """Write an id as a UUID of version 4."""
        attempt %= 1 << _ATTEMPT_BITS
        payload = (number << _ATTEMPT_BITS | attempt) << _MARK_BITS
        payload |= self._mark(what, number, attempt)
        # 48 bits, the version, 12 bits, the variant, 62 bits (RFC 9562, 5.4).
        high, low = payload >> 74, payload & ((1 << 62) - 1)
        middle = payload >> 62 & 0xFFF
        return str(UUID(int=high << 80 | 4 << 76 | middle << 64 | 2 << 62 | low))

    def read(self, what: str, text: str) -> tuple[int, int] | None:
        """Read number and attempt of a UUID that we made; None if somebody else did."""
        whole = UUID(text).int
        payload = whole >> 80 << 74 | (whole >> 64 & 0xFFF) << 62 | whole & ((1 << 62) - 1)
        numbered = payload >> _MARK_BITS
        number, attempt = numbered >> _ATTEMPT_BITS, numbered & ((1 << _ATTEMPT_BITS) - 1)
        ours = hmac.compare_digest(self.make(what, number, attempt), text)
        return (number, attempt) if ours else None

    def _mark(self, what: str, number: int, attempt: int) -> int:
        said = f"{what}:{number}:{attempt}".encode()
        digest = hmac.new(self._key, said, hashlib.sha256).digest()
        return int.from_bytes(digest[:8]) >> (64 - _MARK_BITS)


def _payer_phone(deposit: dict[str, Any]) -> str:
    """Read the wallet that paid, digits alone; empty where it is not told."""
    payer = deposit.get("payer") or {}
    phone = str((payer.get("accountDetails") or {}).get("phoneNumber") or "")
    return "".join(char for char in phone if char.isdecimal())


def _of_deposit(deposit: dict[str, Any]) -> Outcome:
    match deposit.get("status"):
        case "COMPLETED":
            return MoneyIn(_read_amount(deposit), _payer_phone(deposit))
        case "FAILED":
            return NoMoney(page_closed=False)
        case _:
            return Pending()


def _of_refund(refund: dict[str, Any]) -> RefundOutcome:
    match refund.get("status"):
        case "COMPLETED":
            return RefundDone(str(refund.get("refundId", "")))
        case "FAILED":
            return RefundFailed(_why(refund))
        case _:
            return RefundPending(str(refund.get("refundId", "")))


def _written(amount: Money) -> str:
    """Write an amount in units, without needless decimals: `5000`, `12.5`."""
    text = f"{amount.major:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _read_amount(deposit: dict[str, Any]) -> Money:
    """Read an amount in units, `5000` or `5000.00`.

    Raises:
        ConnectionError: it is no amount: asked again rather than believed.
    """
    try:
        currency = str(deposit["currency"])
        minor = Decimal(str(deposit["amount"])).scaleb(currency_exponent(currency))
        if minor != int(minor):
            raise ConnectionError("pawaPay: a part of the smallest unit")
        return Money(int(minor), currency)
    except (KeyError, ValueError, InvalidOperation, OverflowError):
        raise ConnectionError("pawaPay: an amount of unknown shape") from None


def _message(reference: str) -> str:
    shortest, longest = MESSAGE_LENGTHS
    return re.sub(r"[^A-Za-z0-9 ]", "", f"Billet {reference}")[:longest].ljust(shortest)


def _why(answer: dict[str, Any]) -> str:
    reason = answer.get("failureReason")
    code = reason.get("failureCode") if isinstance(reason, dict) else None
    return str(code or answer.get("status") or "refused")


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        read = answer.json()
    except ValueError:
        read = None
    if not isinstance(read, dict):
        raise ConnectionError("pawaPay: an answer of unknown shape")
    return read

"""The sandbox: a provider like the others, with a page, signed notices and refunds, and play money.

It keeps its own books and speaks to the box office over real HTTP, so that a sale in the demo takes
the very way it takes with money. The signature is the scheme common among providers: HMAC-SHA256
over the time, a point and the raw body, sent as `t=...,v1=...`.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any, Literal, assert_never

import httpx
import structlog

from bot.payments.protocol import (
    MoneyBack,
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
)
from boxoffice.errors import CurrencyError
from boxoffice.money import Money
from boxoffice.tokens import new_token
from storage import sandbox as books

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.payments.protocol import PaymentAsk, RefundAsk, RefundOutcome
    from chat.clock import Clock
    from storage.database import Database
    from storage.sandbox import DueNotice, SandboxPayment

SIGNATURE_HEADER = "sandbox-signature"

TOLERANCE_MS = 300_000
"""A notice older or newer than five minutes is not taken: it may be somebody's recording."""

NOTICE_TIMEOUT_S = 10
"""A merchant that does not answer by then is asked again later."""

RETRY_MS = (500, 2_000, 8_000, 30_000, 120_000, 600_000)
"""Growing delays; a notice refused after the last is left, and `find` tells how things stand."""

LATE_MS = 4_000
"""How long after the page's end late money arrives: long enough to see both in the chat."""

LOOK_MS = 30_000
"""How long the sender sleeps at most, should a clock have jumped."""

NOTICES_MAX = 50
"""Notices read at a time."""

SECRET_BYTES_MIN = 16
"""A shorter secret was not made by a machine."""

_log = structlog.get_logger(__name__)


class Sandbox:
    """The Provider `sandbox`, and the world behind its page.

    `base_url` is where this server is reached; `secret` signs notices and outlives a restart;
    `late_ms` is how long late money takes.
    """

    name = "sandbox"
    hold_min_ms = 0
    """Its page lives as long as the hold."""

    def __init__(
        self,
        db: Database,
        *,
        base_url: str,
        secret: bytes,
        clock: Clock,
        late_ms: int = LATE_MS,
    ) -> None:
        """Raise ValueError for a secret too short to be one."""
        if len(secret) < SECRET_BYTES_MIN:
            raise ValueError(f"The sandbox's secret has at least {SECRET_BYTES_MIN} bytes.")
        self._db = db
        self._base_url = base_url.rstrip("/")
        self._secret = secret
        self._clock = clock
        self._late_ms = late_ms
        self._owed = asyncio.Event()

    # ---- what a Provider answers ----

    async def start(self, ask: PaymentAsk) -> PaymentPage:
        """Open a page, or answer with the one already open for this payment id.

        Raises:
            PaymentRefused: the amount is not above zero, differs from the open page's, or the
                return address is no web address.
        """
        if ask.amount.amount_minor <= 0:
            raise PaymentRefused("There is nothing to pay.")
        if not ask.return_url.startswith(("https://", "http://")):
            raise PaymentRefused("The return address is not a web address.")
        payment = await self._db.write(
            books.open_page,
            new_token(),
            payment_id=ask.payment_id,
            amount=ask.amount,
            description=ask.description,
            language=ask.language,
            return_url=ask.return_url,
            page_until_ms=ask.page_until_ms,
            now_ms=self._clock(),
        )
        if payment is None or payment.amount != ask.amount:
            raise PaymentRefused("This payment id was used for another amount.")
        return PaymentPage(f"{self._base_url}/sandbox/pay/{payment.token}", _ref(payment))

    def serves(self, currency: str) -> bool:
        """Play money comes in every currency."""
        return bool(currency)

    async def read_notice(self, headers: Mapping[str, str], raw: bytes) -> Notice | None:
        """Check a notice's signature and time, then read it; raises NoticeRefused."""
        signed_ms, signature = _read_signature(headers.get(SIGNATURE_HEADER, ""))
        if not hmac.compare_digest(self._signature(signed_ms, raw), signature):
            raise NoticeRefused("The signature is not ours.")
        if abs(self._clock() - signed_ms) > TOLERANCE_MS:
            raise NoticeRefused("The notice is too old, or from the future.")
        return _read_notice(raw)

    async def find(self, payment_id: int, provider_ref: str) -> Outcome:
        """Look a payment up in the books."""
        payment = await self._db.read(books.by_payment_id, payment_id)
        if payment is None or _ref(payment) != provider_ref:
            raise PaymentRefused("The sandbox knows no such payment.")
        return self._outcome(payment)

    async def refund(self, ask: RefundAsk) -> RefundOutcome:
        """Send money back, once however often it is asked.

        Raises:
            PaymentRefused: nothing was paid, or less than that.
        """
        if ask.amount.amount_minor <= 0:
            raise PaymentRefused("There is nothing to send back.")
        payment = await self._db.read(books.by_payment_id, ask.payment_id)
        if payment is None or _ref(payment) != ask.provider_ref:
            raise PaymentRefused("The sandbox knows no such payment.")
        done = await self._db.write(
            books.refund, ask.payment_id, ask.key, ask.amount, self._clock()
        )
        if done is None:
            raise PaymentRefused("There is not as much to send back.")
        return RefundDone(f"sbxr_{ask.key}")

    async def find_refund(self, ask: RefundAsk, refund_ref: str) -> RefundOutcome:
        """Every refund is done at once here."""
        del refund_ref
        return await self.refund(ask)

    async def movements(
        self, since_ms: int, until_ms: int, known: Sequence[tuple[int, str]]
    ) -> list[Movement] | None:
        """Look every payment up that is asked about: the books keep no list."""
        found = []
        for payment_id, _ in known:
            payment = await self._db.read(books.by_payment_id, payment_id)
            if payment is None or payment.status not in {"paid", "refunded"}:
                continue
            facts = (payment_id, _ref(payment))
            found.append(Movement(*facts, payment.amount, None, until_ms, is_refund=False))
            if payment.refunded_minor:
                back = Money(payment.refunded_minor, payment.amount.currency)
                found.append(Movement(*facts, back, None, until_ms, is_refund=True))
        return found if since_ms <= until_ms else []

    # ---- what its page asks ----

    async def page(self, token: str) -> SandboxPayment | None:
        """Answer with the payment behind a page; closes the page when its time is over."""
        payment = await self._db.read(books.by_token, token)
        if payment is not None and payment.status == "open" and self._is_over(payment):
            await self._db.write(books.close_page, token, self._clock())
            self._owed.set()
            payment = await self._db.read(books.by_token, token)
        return payment

    async def paid_otherwise(self, payment: SandboxPayment) -> bool:
        """Say whether what a page is for was paid on another page."""
        return await self._db.read(books.paid_otherwise, payment)

    async def press(
        self, token: str, button: Literal["pay", "decline", "late"]
    ) -> SandboxPayment | None:
        """Press a button of the page: one effect however often; None for an unknown page."""
        now_ms = self._clock()
        match button:
            case "pay":
                payment = await self._db.write(books.decide, token, "paid", now_ms)
            case "decline":
                payment = await self._db.write(books.decide, token, "declined", now_ms)
            case "late":
                payment = await self._db.write(books.pay_late, token, self._late_ms, now_ms)
            case _:
                assert_never(button)
        self._owed.set()
        return payment

    async def send_notices(self) -> None:
        """Send what the merchant is owed, in order and again after a failure, until cancelled."""
        # trust_env off: a proxy of the machine has no business between us and ourselves. Plain
        # HTTP, the demo's way, needs no certificate authorities, which take 50 ms to load.
        async with httpx.AsyncClient(
            trust_env=False,
            timeout=NOTICE_TIMEOUT_S,
            verify=self._base_url.startswith("https://"),
        ) as client:
            while True:
                self._owed.clear()
                due = await self._db.read(books.due_notices, self._clock(), NOTICES_MAX)
                for notice in due:
                    await self._send(client, notice)
                if not due:
                    await self._wait()

    # ---- inside ----

    async def _send(self, client: httpx.AsyncClient, notice: DueNotice) -> None:
        if notice.outcome == "paid":
            await self._db.write(books.money_arrives, notice.payment.token, self._clock())
        raw = _write_notice(notice)
        now_ms = self._clock()
        signature = f"t={now_ms},v1={self._signature(now_ms, raw)}"
        headers = {SIGNATURE_HEADER: signature, "Content-Type": "application/json"}
        url = f"{self._base_url}/payments/sandbox/notice"
        try:
            answer = await client.post(url, content=raw, headers=headers)
            fault = None if answer.status_code == httpx.codes.OK else f"HTTP {answer.status_code}"
        except httpx.HTTPError as error:
            fault = type(error).__name__
        if fault is None:
            await self._db.write(books.notice_done, notice.notice_id)
            return
        again = notice.attempts < len(RETRY_MS)
        if again:
            due_ms = self._clock() + RETRY_MS[notice.attempts]
            await self._db.write(books.notice_again, notice.notice_id, due_ms)
        else:
            await self._db.write(books.notice_given_up, notice.notice_id)
        _log.warning(
            "sandbox.notice_not_taken",
            notice_id=notice.notice_id,
            payment_id=notice.payment.payment_id,
            fault=fault,
            again=again,
        )

    async def _wait(self) -> None:
        due_ms = await self._db.read(books.next_due_ms)
        wait_ms = LOOK_MS if due_ms is None else min(max(due_ms - self._clock(), 0), LOOK_MS)
        try:
            async with asyncio.timeout(wait_ms / 1000):
                await self._owed.wait()
        except TimeoutError:
            return

    def _is_over(self, payment: SandboxPayment) -> bool:
        return payment.page_until_ms <= self._clock()

    def _outcome(self, payment: SandboxPayment) -> Outcome:
        match payment.status:
            case "open":
                return NoMoney(page_closed=True) if self._is_over(payment) else Pending()
            case "paid":
                return MoneyIn(payment.amount)
            case "declined":
                return NoMoney(page_closed=False)
            case "expired":
                return NoMoney(page_closed=True)
            case "refunded":
                return MoneyBack(Money(payment.refunded_minor, payment.amount.currency))
            case _:
                assert_never(payment.status)

    def _signature(self, signed_ms: int, raw: bytes) -> str:
        signed = f"{signed_ms}.".encode() + raw
        return hmac.new(self._secret, signed, hashlib.sha256).hexdigest()


def _ref(payment: SandboxPayment) -> str:
    """Name a payment without giving its page away."""
    return f"sbx_{hashlib.sha256(payment.token.encode()).hexdigest()[:24]}"


def _read_signature(header: str) -> tuple[int, str]:
    """Take `t=MILLISECONDS,v1=HEX` apart; raises NoticeRefused."""
    time_part, _, signature_part = header.partition(",")
    name, _, digits = time_part.partition("=")
    version, _, signature = signature_part.partition("=")
    if (name, version) != ("t", "v1") or not (header.isascii() and digits.isdigit()):
        raise NoticeRefused("There is no signature.")
    if len(digits) > len(str(10**14)):
        raise NoticeRefused("There is no signature.")
    return int(digits), signature


def _write_notice(notice: DueNotice) -> bytes:
    payment = notice.payment
    fields: dict[str, Any] = {
        "id": f"evt_{notice.notice_id}",
        "type": f"payment.{notice.outcome}",
        "payment": str(payment.payment_id),
        "amount_minor": payment.amount.amount_minor,
        "currency": payment.amount.currency,
    }
    return json.dumps(fields, sort_keys=True).encode()


def _read_notice(raw: bytes) -> Notice:
    """Read a notice whose signature is right; raises NoticeRefused."""
    try:
        fields = json.loads(raw)
        amount = Money(fields["amount_minor"], fields["currency"])
        outcome = _OUTCOMES[fields["type"]] or MoneyIn(amount)
        return Notice(str(fields["id"]), int(fields["payment"]), outcome)
    except (ValueError, KeyError, TypeError, RecursionError, CurrencyError) as error:
        raise NoticeRefused(f"The notice cannot be read: {type(error).__name__}.") from error


_OUTCOMES: dict[str, NoMoney | None] = {
    "payment.paid": None,
    "payment.declined": NoMoney(page_closed=False),
    "payment.expired": NoMoney(page_closed=True),
}

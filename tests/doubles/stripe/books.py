"""What stands in the books of one account at Stripe, and what the world does to it."""

import json
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import stripe

from chat.clock import Clock, wall_clock
from tests.doubles.notices import Notices

API_VERSION = "2026-10-28.endive"
FACTS = json.loads((Path(__file__).parents[1] / "facts" / "stripe.json").read_text("utf-8"))

FEE_PERCENT = 3


@dataclass(frozen=True, slots=True)
class Refused(Exception):
    """An error as Stripe answers it."""

    status: int
    kind: str
    code: str | None
    message: str


class Books:
    """Sessions, intents, charges, refunds, balance lines; every change is told as an event."""

    secret = "whsec_visibly_a_test_secret"

    def __init__(self) -> None:
        self.clock: Clock = wall_clock
        self.sessions: dict[str, dict[str, Any]] = {}
        self.intents: dict[str, dict[str, Any]] = {}
        self.charges: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        self.disputes: dict[str, dict[str, Any]] = {}
        self.lines: list[dict[str, Any]] = []
        self.notices = Notices()
        self.refunds_pend = False
        """Refunds stay pending until `settle_refund`."""
        self.customer: dict[str, str | None] = {"email": "awa@example.org", "phone": None}
        """What whoever pays types on the page (Checkout Session, customer_details)."""
        self.numbers = count(1)

    def pay(self, session_id: str) -> None:
        """Pay by card on the page."""
        session = self._open(session_id)
        self._charge(session)
        self.tell("checkout.session.completed", session)

    def pay_elsewhere(self, amount: int, currency: str) -> str:
        """Take money that Telegram asked for: a charge without a session; answers its id."""
        intent_id = f"pi_{next(self.numbers)}"
        self.intents[intent_id] = shaped(
            "payment_intent", id=intent_id, amount=amount, currency=currency, metadata={}
        )
        return self._charge_intent(self.intents[intent_id])

    def pay_slowly(self, session_id: str) -> None:
        """Choose a way of paying that takes days: the session is complete, and unpaid."""
        session = self._open(session_id)
        intent = self._intent_of(session, "processing")
        session |= {"status": "complete", "payment_intent": intent["id"]}
        self.tell("checkout.session.completed", session)

    def slow_money_comes(self, session_id: str) -> None:
        """End the wait well."""
        session = self.sessions[session_id]
        self._charge(session)
        self.tell("checkout.session.async_payment_succeeded", session)

    def slow_money_fails(self, session_id: str) -> None:
        """End the wait badly."""
        session = self.sessions[session_id]
        self.intents[session["payment_intent"]]["status"] = "requires_payment_method"
        self.tell("checkout.session.async_payment_failed", session)

    def expire(self, session_id: str) -> None:
        """Let a page's time pass."""
        session = self._open(session_id)
        session |= {"status": "expired", "url": None}
        self.tell("checkout.session.expired", session)

    def settle_refund(self, refund_id: str, status: str) -> None:
        """End a pending refund as `succeeded` or `failed`."""
        refund = self.refunds[refund_id]
        refund["status"] = status
        if status == "failed":
            refund["failure_reason"] = "expired_or_canceled_card"
            self._charge_of(refund["payment_intent"])["amount_refunded"] -= refund["amount"]
        self.tell("refund.failed" if status == "failed" else "refund.updated", refund)

    def refund_at_the_desk(self, session_id: str, amount: int) -> None:
        """Send money back from Stripe's own dashboard."""
        refund = self.refund(self.sessions[session_id]["payment_intent"], amount, {})
        self.tell("refund.created", refund)

    def dispute(self, session_id: str, status: str = "needs_response") -> None:
        """Have the payer's bank take the money back; `warning_needs_response`: only ask about it.

        Stripe, API reference, the dispute object: an inquiry takes no money.
        """
        intent_id = self.sessions[session_id]["payment_intent"]
        self.disputes[session_id] = self._dispute(intent_id, status)

    def dispute_elsewhere(self, charge_id: str) -> None:
        """Have a bank take back money that Telegram asked for."""
        self._dispute(self.charges[charge_id]["payment_intent"], "needs_response")

    def _dispute(self, intent_id: str, status: str) -> dict[str, Any]:
        intent = self.intents[intent_id]
        about = {
            "id": f"du_{next(self.numbers)}",
            "object": "dispute",
            "amount": intent["amount"],
            "currency": intent["currency"],
            "charge": intent["latest_charge"],
            "payment_intent": intent["id"],
            "metadata": {},
            "status": status,
        }
        self.tell("charge.dispute.created", about)
        return about

    def inquiry_becomes_dispute(self, session_id: str) -> None:
        """Have the bank take the money after it only asked."""
        about = self.disputes[session_id]
        about["status"] = "needs_response"
        self.tell("charge.dispute.funds_withdrawn", about)

    def end_dispute(self, session_id: str, status: str) -> None:
        """End a dispute as `won`, then the money comes back, as `lost` or `warning_closed`."""
        about = self.disputes[session_id]
        about["status"] = status
        self.tell("charge.dispute.closed", about)
        if status == "won":
            self.tell("charge.dispute.funds_reinstated", about)

    def signed(self, body: dict[str, Any]) -> tuple[dict[str, str], bytes]:
        """Sign any body as Stripe does."""
        raw = json.dumps(body)
        header = stripe.WebhookSignature.generate_signature_header(raw, self.secret)
        return {"stripe-signature": header, "content-type": "application/json"}, raw.encode()

    # ---- Inside ------------------------------------------------------------------------------

    def _open(self, session_id: str) -> dict[str, Any]:
        session = self.sessions[session_id]
        assert session["status"] == "open", f"{session_id} is {session['status']}"
        return session

    def _intent_of(self, session: dict[str, Any], status: str) -> dict[str, Any]:
        intent_id = f"pi_of_{session['id']}"
        data = self.intents[intent_id]
        if "id" not in data:
            self.intents[intent_id] = shaped(
                "payment_intent",
                id=intent_id,
                amount=session["amount_total"],
                currency=session["currency"],
                metadata=data.get("metadata", {}),
                description=data.get("description"),
            )
        self.intents[intent_id]["status"] = status
        return self.intents[intent_id]

    def _charge(self, session: dict[str, Any]) -> None:
        intent = self._intent_of(session, "succeeded")
        self._charge_intent(intent)
        session |= {
            "status": "complete",
            "payment_status": "paid",
            "payment_intent": intent["id"],
            "customer_details": dict(self.customer),
            "url": None,
        }

    def _charge_intent(self, intent: dict[str, Any]) -> str:
        charge_id = f"ch_{next(self.numbers)}"
        self.charges[charge_id] = shaped(
            "charge",
            id=charge_id,
            amount=intent["amount"],
            amount_captured=intent["amount"],
            amount_refunded=0,
            currency=intent["currency"],
            payment_intent=intent["id"],
            metadata=intent["metadata"],
            paid=True,
            status="succeeded",
        )
        intent |= {"latest_charge": charge_id, "amount_received": intent["amount"]}
        self._line("charge", self.charges[charge_id], intent["amount"] * FEE_PERCENT // 100)
        return charge_id

    def _charge_of(self, intent_id: str) -> dict[str, Any]:
        return self.charges[self.intents[intent_id]["latest_charge"]]

    def refund(self, intent_id: str, amount: int, metadata: dict[str, Any]) -> dict[str, Any]:
        """Send money back."""
        intent = self.intents.get(intent_id, {})
        if not intent.get("latest_charge"):
            raise Refused(400, "invalid_request_error", "charge_not_refundable", "Not charged")
        charge = self._charge_of(intent_id)
        if amount > charge["amount"] - charge["amount_refunded"]:
            raise Refused(
                400, "invalid_request_error", "amount_too_large", "Greater than the charge"
            )
        charge["amount_refunded"] += amount
        refund_id = f"re_{next(self.numbers)}"
        self.refunds[refund_id] = shaped(
            "refund",
            id=refund_id,
            amount=amount,
            currency=charge["currency"],
            charge=charge["id"],
            payment_intent=intent_id,
            metadata=metadata,
            status="pending" if self.refunds_pend else "succeeded",
        )
        self._line("refund", self.refunds[refund_id], 0)
        return self.refunds[refund_id]

    def _line(self, kind: str, source: dict[str, Any], fee: int) -> None:
        sign = -1 if kind == "refund" else 1
        self.lines.append(
            shaped(
                "balance_transaction",
                id=f"txn_{next(self.numbers)}",
                type=kind,
                amount=sign * source["amount"],
                fee=fee,
                net=sign * source["amount"] - fee,
                currency=source["currency"],
                created=self.clock() // 1000,
                source=source,
            )
        )

    def tell(self, kind: str, about: dict[str, Any]) -> None:
        """Tell of a change."""
        event = shaped(
            "event",
            id=f"evt_{next(self.numbers)}",
            type=kind,
            api_version=API_VERSION,
            created=self.clock() // 1000,
            data={"object": about},
            livemode=False,
            pending_webhooks=1,
        )
        self.notices.tell(self.signed(event))


def shaped(kind: str, **facts: Any) -> dict[str, Any]:  # noqa: ANN401 (JSON)
    """Make an object with all the fields the vendor's has, and no other."""
    fields = FACTS[kind]
    # Newer than the example objects, and in the library's own types of the pinned version.
    strange = set(facts) - set(fields) - {"object", "failure_reason"}
    assert not strange, f"{kind} has no {strange}"
    return {**dict.fromkeys(fields), "object": kind, **facts}

"""What Stripe's objects say, read as plain values: sessions, refunds, disputes, events.

Fields may be missing, or new: only what is named here is believed (docs.stripe.com/api).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.payments.protocol import (
    ChargedBack,
    DisputeEnded,
    MoneyIn,
    NoMoney,
    Outcome,
    Pending,
    RefundDone,
    RefundFailed,
    RefundNews,
    RefundPending,
    ReturnedElsewhere,
)
from bot.payments.stripe_amounts import from_stripe

if TYPE_CHECKING:
    from bot.payments.protocol import News, RefundOutcome

EVENTS = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
        "refund.created",
        "refund.updated",
        "refund.failed",
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
        "charge.dispute.closed",
    }
)
"""What is subscribed to; anything else says nothing about us."""


def news_of(kind: str, about: dict[str, Any]) -> News | None:
    """Read what an event says; None for one that says nothing final."""
    match kind:
        case "checkout.session.async_payment_failed":
            return NoMoney(page_closed=False)
        case "checkout.session.expired":
            return NoMoney(page_closed=True)
        case _ if kind.startswith("charge.dispute."):
            return of_dispute(kind, about)
        case "refund.created" | "refund.updated" | "refund.failed":
            outcome = of_refund(about)
            metadata = about.get("metadata") or {}
            refund, attempt = str(metadata.get("refund", "")), str(metadata.get("attempt", ""))
            if refund.isdecimal() and attempt.isdecimal():
                return RefundNews(int(refund), int(attempt), outcome)
            if not isinstance(outcome, RefundDone):
                return None
            return ReturnedElsewhere(about["id"], from_stripe(about["amount"], about["currency"]))
        case _:
            outcome_of_session = of_session(about)
            return None if isinstance(outcome_of_session, Pending) else outcome_of_session


def of_session(session: dict[str, Any]) -> Outcome:
    """Read how a session stands; `complete` and unpaid is a payment that takes days."""
    if session["payment_status"] == "paid":
        return MoneyIn(from_stripe(session["amount_total"], session["currency"]))
    if session["status"] == "expired":
        return NoMoney(page_closed=True)
    intent = session.get("payment_intent")
    failed = isinstance(intent, dict) and intent.get("status") in {
        "requires_payment_method",
        "canceled",
    }
    return NoMoney(page_closed=False) if session["status"] == "complete" and failed else Pending()


def of_dispute(kind: str, dispute: dict[str, Any]) -> News | None:
    """Read what became of a dispute; a mere inquiry (`warning_...`) takes no money.

    An inquiry that becomes a dispute says so by `funds_withdrawn`, under the same name.
    """
    ref, status = dispute["id"], str(dispute["status"])
    amount = from_stripe(dispute["amount"], dispute["currency"])
    match kind.rpartition(".")[2]:
        case "funds_reinstated":
            return DisputeEnded(ref, amount, is_won=True)
        case "closed" if status in {"won", "lost"}:
            return DisputeEnded(ref, amount, is_won=status == "won")
        case "created" if not status.startswith("warning_"):
            return ChargedBack(ref, amount)
        case "funds_withdrawn":
            return ChargedBack(ref, amount)
        case _:
            return None


def of_refund(refund: dict[str, Any]) -> RefundOutcome:
    """Read how a refund stands."""
    match refund["status"]:
        case "succeeded":
            return RefundDone(refund["id"])
        case "failed" | "canceled":
            return RefundFailed(str(refund.get("failure_reason") or refund["status"]))
        case _:
            return RefundPending(refund["id"])


def at_keys(thing: Any, *keys: str) -> Any:  # noqa: ANN401 (somewhere inside JSON)
    """Follow keys as far as there are objects; else None."""
    for key in keys:
        thing = thing.get(key) if isinstance(thing, dict) else None
    return thing

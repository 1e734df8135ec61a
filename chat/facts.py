"""What the world tells a chat: money, time, deliveries. Each fact is kept like any message.

It is told at least once, in any order, and worked as a turn of its own.
"""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class PaymentReady:
    """The provider opened a payment page."""

    payment_id: int
    url: str
    provider_ref: str


@dataclass(frozen=True, slots=True)
class PaymentFailed:
    """The provider could not open a payment page, after every retry."""

    payment_id: int


@dataclass(frozen=True, slots=True)
class Paid:
    """The provider says that the money of one payment came in."""

    payment_id: int
    amount_minor: int
    currency: str
    provider_ref: str = ""
    payer_phone: str = field(default="", repr=False)
    """The wallet that paid, digits alone, where the provider says it."""


@dataclass(frozen=True, slots=True)
class Declined:
    """The provider says that this attempt failed; the buyer may try again while the hold lasts."""

    payment_id: int


@dataclass(frozen=True, slots=True)
class PageExpired:
    """The provider says that its page closed unpaid."""

    payment_id: int


@dataclass(frozen=True, slots=True)
class RefundTold:
    """The provider tells how a refund stands; `given_up` is ours, after every retry."""

    refund_id: int
    attempt: int
    state: Literal["accepted", "done", "failed", "given_up"]
    provider_ref: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class ReturnedElsewhere:
    """Somebody sent money back at the provider's own desk."""

    payment_id: int
    amount_minor: int
    currency: str
    provider_ref: str


@dataclass(frozen=True, slots=True)
class ChargedBack:
    """The payer's bank took the money of a payment back."""

    payment_id: int
    amount_minor: int
    currency: str
    dispute_ref: str


@dataclass(frozen=True, slots=True)
class DisputeEnded:
    """The dispute by which a bank took money back is over: it came back, or is gone for good."""

    payment_id: int
    amount_minor: int
    currency: str
    dispute_ref: str
    is_won: bool


@dataclass(frozen=True, slots=True)
class RefundWanted:
    """Whoever may asks that an order be refunded, or one ticket of it by its rank."""

    order_id: int
    reason: str
    number: int | None = None


@dataclass(frozen=True, slots=True)
class ReviewOverdue:
    """Upkeep says that nobody chose in time what becomes of money under review."""

    payment_id: int


@dataclass(frozen=True, slots=True)
class HoldEnding:
    """Upkeep says that a hold ends soon: the buyer is reminded."""

    order_id: int


@dataclass(frozen=True, slots=True)
class HoldEnded:
    """Upkeep says that a hold's time is over, the provider having been asked."""

    order_id: int


@dataclass(frozen=True, slots=True)
class SeatsForMoney:
    """Upkeep says that seats are kept for late money that waits at the front of a line."""

    payment_id: int
    offer_id: int


@dataclass(frozen=True, slots=True)
class TicketUndelivered:
    """Delivery gave up on a ticket: the organiser is told."""

    ticket_id: int


@dataclass(frozen=True, slots=True)
class RecoveryUnsent:
    """No code could reach who paid for an order that somebody asks for: the organiser decides."""

    recovery_id: int


@dataclass(frozen=True, slots=True)
class TransferOver:
    """Upkeep says that nobody accepted an offered ticket in time."""

    transfer_id: int


@dataclass(frozen=True, slots=True)
class HolderUnreached:
    """Delivery gave up on telling somebody what was announced of an event they have tickets for."""

    event_id: int


@dataclass(frozen=True, slots=True)
class FirstSale:
    """Upkeep says that an event has begun to sell."""

    event_id: int


@dataclass(frozen=True, slots=True)
class KindSoldOut:
    """Upkeep says that every place of a kind is sold."""

    kind_id: int


Fact = (
    PaymentReady
    | PaymentFailed
    | Paid
    | Declined
    | PageExpired
    | RefundTold
    | ReturnedElsewhere
    | ChargedBack
    | DisputeEnded
    | RefundWanted
    | ReviewOverdue
    | HoldEnding
    | HoldEnded
    | SeatsForMoney
    | TicketUndelivered
    | HolderUnreached
    | RecoveryUnsent
    | TransferOver
    | FirstSale
    | KindSoldOut
)
"""Everything the world may tell."""

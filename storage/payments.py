"""Payments: one row an attempt, one result however often it is told."""

from collections.abc import Sequence
from dataclasses import dataclass

from boxoffice.model import Payment, PaymentStatus
from boxoffice.money import Money
from storage.database import Row, Tx
from storage.ids import new_id


@dataclass(frozen=True, slots=True)
class OpenPayment:
    """A payment whose result is not known, with its buyer's chat."""

    payment: Payment
    chat_id: int
    started_ms: int
    asked_ms: int | None


async def start(
    tx: Tx, *, order_id: int, provider: str, amount: Money, page_until_ms: int = 0, now_ms: int
) -> int:
    """Record an attempt before the provider is asked: its id is our idempotency key."""
    payment_id = new_id(now_ms)
    await tx.run(
        "INSERT INTO payments (id, order_id, provider, status, amount_minor, currency, started_ms,"
        " page_until_ms) VALUES (:id, :order_id, :provider, 'starting', :amount_minor, :currency,"
        " :now_ms, :page_until_ms)",
        id=payment_id,
        order_id=order_id,
        provider=provider,
        amount_minor=amount.amount_minor,
        currency=amount.currency,
        page_until_ms=page_until_ms,
        now_ms=now_ms,
    )
    return payment_id


@dataclass(frozen=True, slots=True)
class Ordered:
    """A payment with what its provider is told of its order, and the buyer's chat."""

    payment: Payment
    reference: str
    hold_until_ms: int
    title: str
    zone: str
    chat_id: int
    channel: str
    language: str


async def ordered(tx: Tx, payment_id: int) -> Ordered | None:
    """Read a payment with all that asking its provider takes."""
    row = await tx.row(
        "SELECT payments.*, orders.reference, orders.hold_until_ms, orders.chat_id, events.title,"
        " events.zone, chats.channel, chats.language FROM payments"
        " JOIN orders ON orders.id = payments.order_id JOIN events ON events.id = orders.event_id"
        " JOIN chats ON chats.id = orders.chat_id WHERE payments.id = :id",
        id=payment_id,
    )
    if row is None:
        return None
    return Ordered(
        _payment(row),
        row["reference"],
        row["hold_until_ms"],
        row["title"],
        row["zone"],
        row["chat_id"],
        row["channel"],
        row["language"],
    )


async def opened(tx: Tx, payment_id: int, *, url: str, provider_ref: str) -> Payment | None:
    """Keep the provider's page; the payment as it is now, the first time."""
    row = await tx.row(
        "UPDATE payments SET status = 'open', url = :url, provider_ref = :provider_ref"
        " WHERE id = :id AND status = 'starting' RETURNING *",
        id=payment_id,
        url=url,
        provider_ref=provider_ref,
    )
    return _payment(row) if row else None


async def close(tx: Tx, payment_id: int, status: PaymentStatus, now_ms: int) -> bool:
    """End an attempt as declined or failed; money that came in is never overwritten."""
    row = await tx.row(
        "UPDATE payments SET status = :status, closed_ms = :now_ms"
        " WHERE id = :id AND status IN ('starting', 'open') RETURNING id",
        id=payment_id,
        status=status.value,
        now_ms=now_ms,
    )
    return row is not None


async def credit(
    tx: Tx, payment_id: int, *, paid: Money, provider_ref: str = "", now_ms: int
) -> Payment | None:
    """Record how much money came in: once, though it be told twice, late, or after a refusal.

    Answers the payment as it is now, None where this changed nothing. `provider_ref` is kept where
    the provider names a payment only once its money came.
    """
    row = await tx.row(
        "UPDATE payments SET status = 'paid', closed_ms = :now_ms, paid_ms = :now_ms,"
        " paid_minor = :paid_minor, paid_currency = :currency,"
        " provider_ref = COALESCE(NULLIF(:provider_ref, ''), provider_ref) WHERE id = :id"
        " AND status IN ('starting', 'open', 'declined', 'failed') RETURNING *",
        id=payment_id,
        paid_minor=paid.amount_minor,
        currency=paid.currency,
        provider_ref=provider_ref,
        now_ms=now_ms,
    )
    return _payment(row) if row else None


async def paid_from(tx: Tx, payment_id: int, phone: str) -> None:
    """Keep the wallet that paid, digits alone: an order is found by it."""
    await tx.run(
        "UPDATE payments SET payer_phone = :phone WHERE id = :id", id=payment_id, phone=phone
    )


async def take_back(tx: Tx, payment_id: int, amount_minor: int, kept_minor: int = 0) -> bool:
    """Set money aside to go back, and another part that the organiser keeps of the same tickets.

    False if there is not as much left of this payment.
    """
    row = await tx.row(
        "UPDATE payments SET back_minor = back_minor + :amount_minor,"
        " kept_minor = kept_minor + :kept_minor, status = CASE WHEN :amount_minor > 0"
        "  AND back_minor + :amount_minor + kept_minor + :kept_minor >= paid_minor"
        "  THEN 'refunding' ELSE status END"
        " WHERE id = :id AND status IN ('paid', 'refunding')"
        " AND back_minor + :amount_minor + kept_minor + :kept_minor <= paid_minor RETURNING id",
        id=payment_id,
        amount_minor=amount_minor,
        kept_minor=kept_minor,
    )
    return row is not None


async def taken_away(tx: Tx, payment_id: int, amount_minor: int) -> int | None:
    """Count money that left without our asking: what the organiser kept goes last.

    It takes as much as was left; answers how much was ever lost beyond that. None if no money of
    this payment is known to have come in.
    """
    row = await tx.row(
        "UPDATE payments SET"
        " lost_minor = lost_minor + CASE WHEN back_minor + :amount_minor > paid_minor"
        "  THEN back_minor + :amount_minor - paid_minor ELSE 0 END,"
        " back_minor = CASE WHEN back_minor + :amount_minor > paid_minor"
        "  THEN paid_minor ELSE back_minor + :amount_minor END,"
        " kept_minor = CASE WHEN back_minor + :amount_minor > paid_minor THEN 0"
        "  WHEN back_minor + :amount_minor + kept_minor > paid_minor"
        "  THEN paid_minor - back_minor - :amount_minor ELSE kept_minor END,"
        " status = CASE WHEN back_minor + :amount_minor + kept_minor >= paid_minor"
        "  THEN 'refunding' ELSE status END"
        " WHERE id = :id AND status IN ('paid', 'refunding', 'refunded') RETURNING lost_minor",
        id=payment_id,
        amount_minor=amount_minor,
    )
    return int(row["lost_minor"]) if row else None


async def recover(tx: Tx, payment_id: int, amount_minor: int) -> bool:
    """Call a loss none, because a refund of this payment need not be made any more."""
    row = await tx.row(
        "UPDATE payments SET lost_minor = lost_minor - :amount_minor"
        " WHERE id = :id AND lost_minor >= :amount_minor RETURNING id",
        id=payment_id,
        amount_minor=amount_minor,
    )
    return row is not None


async def cover(tx: Tx, payment_id: int, amount_minor: int) -> Payment | None:
    """Call what is left of a payment gone in place of a loss; the payment then, None if neither."""
    row = await tx.row(
        "UPDATE payments SET lost_minor = lost_minor - :amount_minor,"
        " back_minor = back_minor + :amount_minor WHERE id = :id AND :amount_minor > 0"
        " AND lost_minor >= :amount_minor"
        " AND back_minor + :amount_minor + kept_minor <= paid_minor RETURNING *",
        id=payment_id,
        amount_minor=amount_minor,
    )
    return _payment(row) if row else None


async def won_back(
    tx: Tx, payment_id: int, *, amount_minor: int, lost_minor: int, kept_minor: int, now_ms: int
) -> None:
    """Count money that a bank gave back; of it the organiser keeps again what the terms let."""
    await tx.run(
        "UPDATE payments SET back_minor = back_minor - :amount_minor,"
        " returned_minor = returned_minor - :amount_minor, lost_minor = lost_minor - :lost_minor,"
        " kept_minor = CASE WHEN paid_minor - back_minor + :amount_minor < :kept_minor"
        "  THEN paid_minor - back_minor + :amount_minor ELSE :kept_minor END,"
        " status = CASE WHEN back_minor - :amount_minor + :kept_minor < paid_minor THEN 'paid'"
        "  ELSE status END, closed_ms = :now_ms WHERE id = :id",
        id=payment_id,
        amount_minor=amount_minor,
        lost_minor=lost_minor,
        kept_minor=kept_minor,
        now_ms=now_ms,
    )


async def returned(tx: Tx, payment_id: int, amount_minor: int, now_ms: int) -> None:
    """Count money that went back; a payment is refunded when all did that was to go back."""
    await tx.run(
        "UPDATE payments SET returned_minor = returned_minor + :amount_minor, closed_ms = :now_ms,"
        " status = CASE WHEN returned_minor + :amount_minor >= paid_minor - kept_minor"
        "  THEN 'refunded'"
        "  ELSE status END WHERE id = :id",
        id=payment_id,
        amount_minor=amount_minor,
        now_ms=now_ms,
    )


async def payment_by_id(tx: Tx, payment_id: int) -> Payment | None:
    """Read one payment."""
    row = await tx.row("SELECT * FROM payments WHERE id = :id", id=payment_id)
    return _payment(row) if row else None


async def named(tx: Tx, provider: str, names: Sequence[str]) -> int | None:
    """Find a payment by any of the provider's names for it."""
    for name in names:
        row = await tx.row(
            "SELECT id FROM payments WHERE provider = :provider AND provider_ref = :name",
            provider=provider,
            name=name,
        )
        if row is not None:
            return int(row["id"])
    return None


async def payments_of(tx: Tx, order_id: int) -> list[Payment]:
    """Read an order's payments, newest first."""
    rows = await tx.rows(
        "SELECT * FROM payments WHERE order_id = :order_id ORDER BY id DESC", order_id=order_id
    )
    return [_payment(row) for row in rows]


async def chat_of(tx: Tx, payment_id: int) -> int | None:
    """Read which chat a payment's result belongs to."""
    row = await tx.row(
        "SELECT orders.chat_id FROM payments JOIN orders ON orders.id = payments.order_id"
        " WHERE payments.id = :id",
        id=payment_id,
    )
    return row["chat_id"] if row else None


async def unresolved(tx: Tx, *, since_ms: int, limit: int) -> list[OpenPayment]:
    """Read the payments begun since a time whose page is open, the longest unasked first."""
    rows = await tx.rows(
        "SELECT payments.*, orders.chat_id FROM payments JOIN orders"
        " ON orders.id = payments.order_id WHERE payments.status IN ('starting', 'open')"
        " AND payments.status = 'open' AND payments.started_ms > :since_ms"
        " ORDER BY COALESCE(asked_ms, started_ms), payments.id LIMIT :limit",
        since_ms=since_ms,
        limit=limit,
    )
    return [
        OpenPayment(_payment(row), row["chat_id"], row["started_ms"], row["asked_ms"])
        for row in rows
    ]


async def open_payments_of(tx: Tx, order_id: int) -> int:
    """Count an order's attempts whose result is not known."""
    row = await tx.row(
        "SELECT COUNT(*) AS n FROM payments WHERE order_id = :order_id"
        " AND status IN ('starting', 'open')",
        order_id=order_id,
    )
    return int(row["n"]) if row else 0


async def paid_at(tx: Tx, provider: str, *, since_ms: int, limit: int) -> list[Payment]:
    """Read a provider's payments begun since a time, oldest first: to be compared with its list."""
    rows = await tx.rows(
        "SELECT * FROM payments WHERE provider = :provider AND provider_ref IS NOT NULL"
        " AND (started_ms >= :since_ms OR paid_ms >= :since_ms) ORDER BY id LIMIT :limit",
        provider=provider,
        since_ms=since_ms,
        limit=limit,
    )
    return [_payment(row) for row in rows]


async def asked(tx: Tx, payment_id: int, now_ms: int) -> None:
    """Keep when the provider was last asked."""
    await tx.run(
        "UPDATE payments SET asked_ms = :now_ms WHERE id = :id", id=payment_id, now_ms=now_ms
    )


async def ask_now(tx: Tx, payment_id: int, *, asked_before_ms: int, now_ms: int) -> bool:
    """Take the right to ask about an open payment, if nobody asked since a time."""
    row = await tx.row(
        "UPDATE payments SET asked_ms = :now_ms WHERE id = :id AND status = 'open'"
        " AND COALESCE(asked_ms, 0) < :asked_before_ms RETURNING id",
        id=payment_id,
        asked_before_ms=asked_before_ms,
        now_ms=now_ms,
    )
    return row is not None


async def paid_orders_of(tx: Tx, buyer_id: int, limit: int) -> list[int]:
    """Read the orders of a buyer for which money came in, the newest first."""
    rows = await tx.rows(
        "SELECT id FROM orders WHERE buyer_id = :buyer_id AND EXISTS (SELECT 1 FROM payments"
        " WHERE payments.order_id = orders.id AND payments.paid_minor > 0)"
        " ORDER BY held_ms DESC, id DESC LIMIT :limit",
        buyer_id=buyer_id,
        limit=limit,
    )
    return [row["id"] for row in rows]


def _payment(row: Row) -> Payment:
    return Payment(
        id=row["id"],
        order_id=row["order_id"],
        provider=row["provider"],
        status=PaymentStatus(row["status"]),
        amount=Money(row["amount_minor"], row["currency"]),
        provider_ref=row["provider_ref"],
        url=row["url"],
        paid=Money(row["paid_minor"], row["paid_currency"] or row["currency"]),
        back_minor=row["back_minor"],
        page_until_ms=row["page_until_ms"],
        kept_minor=row["kept_minor"],
        returned_minor=row["returned_minor"],
        paid_ms=row["paid_ms"],
        lost_minor=row["lost_minor"],
    )

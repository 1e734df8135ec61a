"""Payments: one row an attempt, one result however often it is told."""

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


async def start(tx: Tx, *, order_id: int, provider: str, amount: Money, now_ms: int) -> int:
    """Record an attempt before the provider is asked: its id is our idempotency key."""
    payment_id = new_id(now_ms)
    await tx.run(
        "INSERT INTO payments (id, order_id, provider, status, amount_minor, currency, started_ms)"
        " VALUES (:id, :order_id, :provider, 'starting', :amount_minor, :currency, :now_ms)",
        id=payment_id,
        order_id=order_id,
        provider=provider,
        amount_minor=amount.amount_minor,
        currency=amount.currency,
        now_ms=now_ms,
    )
    return payment_id


async def opened(tx: Tx, payment_id: int, *, url: str, provider_ref: str) -> bool:
    """Keep the provider's page; true the first time."""
    row = await tx.row(
        "UPDATE payments SET status = 'open', url = :url, provider_ref = :provider_ref"
        " WHERE id = :id AND status = 'starting' RETURNING id",
        id=payment_id,
        url=url,
        provider_ref=provider_ref,
    )
    return row is not None


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


async def credit(tx: Tx, payment_id: int, now_ms: int) -> bool:
    """Record that the money came in: once, though it be told twice, late, or after a refusal."""
    row = await tx.row(
        "UPDATE payments SET status = 'paid', closed_ms = :now_ms WHERE id = :id"
        " AND status IN ('starting', 'open', 'declined', 'failed') RETURNING id",
        id=payment_id,
        now_ms=now_ms,
    )
    return row is not None


async def ask_refund(tx: Tx, payment_id: int, now_ms: int) -> bool:
    """Mark paid money as going back; true once, and then the refund is queued."""
    row = await tx.row(
        "UPDATE payments SET status = 'refunding', closed_ms = :now_ms"
        " WHERE id = :id AND status = 'paid' RETURNING id",
        id=payment_id,
        now_ms=now_ms,
    )
    return row is not None


async def refunded(tx: Tx, payment_id: int, now_ms: int) -> bool:
    """Record that the money went back; true once."""
    row = await tx.row(
        "UPDATE payments SET status = 'refunded', closed_ms = :now_ms"
        " WHERE id = :id AND status = 'refunding' RETURNING id",
        id=payment_id,
        now_ms=now_ms,
    )
    return row is not None


async def payment_by_id(tx: Tx, payment_id: int) -> Payment | None:
    """Read one payment."""
    row = await tx.row("SELECT * FROM payments WHERE id = :id", id=payment_id)
    return _payment(row) if row else None


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
        " ON orders.id = payments.order_id WHERE payments.status = 'open'"
        " AND payments.started_ms > :since_ms"
        " ORDER BY COALESCE(asked_ms, started_ms), payments.id LIMIT :limit",
        since_ms=since_ms,
        limit=limit,
    )
    return [
        OpenPayment(_payment(row), row["chat_id"], row["started_ms"], row["asked_ms"])
        for row in rows
    ]


async def asked(tx: Tx, payment_id: int, now_ms: int) -> None:
    """Keep when the provider was last asked."""
    await tx.run(
        "UPDATE payments SET asked_ms = :now_ms WHERE id = :id", id=payment_id, now_ms=now_ms
    )


def _payment(row: Row) -> Payment:
    return Payment(
        id=row["id"],
        order_id=row["order_id"],
        provider=row["provider"],
        status=PaymentStatus(row["status"]),
        amount=Money(row["amount_minor"], row["currency"]),
        provider_ref=row["provider_ref"],
        url=row["url"],
    )

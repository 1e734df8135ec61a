"""Money under review: late for seats that are gone, too little, or in another currency."""

from dataclasses import dataclass

from storage import waiting
from storage.database import Row, Tx


@dataclass(frozen=True, slots=True)
class Review:
    """A payment under review, until when it waits for somebody's choice, and whose chat it is."""

    payment_id: int
    order_id: int
    why: str
    until_ms: int
    chat_id: int


async def open_review(
    tx: Tx, *, payment_id: int, order_id: int, why: str, until_ms: int, now_ms: int
) -> bool:
    """Put a payment's money under review; true once."""
    row = await tx.row(
        "INSERT INTO reviews (payment_id, order_id, why, status, until_ms, opened_ms)"
        " VALUES (:payment_id, :order_id, :why, 'open', :until_ms, :now_ms)"
        " ON CONFLICT (payment_id) DO NOTHING RETURNING payment_id",
        payment_id=payment_id,
        order_id=order_id,
        why=why,
        until_ms=until_ms,
        now_ms=now_ms,
    )
    return row is not None


async def settle(tx: Tx, payment_id: int, choice: str, now_ms: int) -> bool:
    """End a review by a choice: `other_kind`, `waiting`, `refund`, ...; true once."""
    row = await tx.row(
        "UPDATE reviews SET status = 'settled', choice = :choice, settled_ms = :now_ms"
        " WHERE payment_id = :payment_id AND status = 'open' RETURNING payment_id",
        payment_id=payment_id,
        choice=choice,
        now_ms=now_ms,
    )
    if row is not None and choice != "waiting":
        await waiting.leave_with_money(tx, payment_id, now_ms)
    return row is not None


async def prolong(tx: Tx, payment_id: int, until_ms: int) -> bool:
    """Let money under review wait longer, as its buyer chose."""
    row = await tx.row(
        "UPDATE reviews SET until_ms = :until_ms"
        " WHERE payment_id = :payment_id AND status = 'open' RETURNING payment_id",
        payment_id=payment_id,
        until_ms=until_ms,
    )
    return row is not None


async def review_of(tx: Tx, payment_id: int) -> Review | None:
    """Read a payment's open review."""
    row = await tx.row(f"{_REVIEW} AND reviews.payment_id = :payment_id", payment_id=payment_id)
    return _review(row) if row else None


async def reviews_of_order(tx: Tx, order_id: int) -> list[Review]:
    """Read an order's open reviews, oldest first."""
    rows = await tx.rows(
        f"{_REVIEW} AND reviews.order_id = :order_id ORDER BY payment_id", order_id=order_id
    )
    return [_review(row) for row in rows]


async def overdue(tx: Tx, *, now_ms: int, limit: int) -> list[Review]:
    """Read the reviews nobody answered in time."""
    rows = await tx.rows(
        f"{_REVIEW} AND reviews.until_ms <= :now_ms ORDER BY until_ms LIMIT :limit",
        now_ms=now_ms,
        limit=limit,
    )
    return [_review(row) for row in rows]


_REVIEW = (
    "SELECT reviews.*, orders.chat_id FROM reviews JOIN orders ON orders.id = reviews.order_id"
    " WHERE reviews.status = 'open'"
)


def _review(row: Row) -> Review:
    return Review(row["payment_id"], row["order_id"], row["why"], row["until_ms"], row["chat_id"])

"""Holds whose time runs out: their buyers are reminded once, then they are over."""

from boxoffice.model import Order
from storage import orders
from storage.database import Tx


async def holds(tx: Tx, *, now_ms: int, limit: int) -> list[Order]:
    """Read the holds whose time is over."""
    rows = await tx.rows(
        "SELECT * FROM orders WHERE status = 'held' AND hold_until_ms <= :now_ms"
        " ORDER BY hold_until_ms LIMIT :limit",
        now_ms=now_ms,
        limit=limit,
    )
    return [orders.order_of(row) for row in rows]


async def reminders_due(tx: Tx, *, before_ms: int, now_ms: int, limit: int) -> list[Order]:
    """Read the holds that end before a time and whose buyers were not reminded yet."""
    rows = await tx.rows(
        "SELECT * FROM orders WHERE status = 'held' AND reminded_ms IS NULL"
        " AND hold_until_ms <= :before_ms AND hold_until_ms > :now_ms"
        " ORDER BY hold_until_ms LIMIT :limit",
        before_ms=before_ms,
        now_ms=now_ms,
        limit=limit,
    )
    return [orders.order_of(row) for row in rows]


async def mark_reminded(tx: Tx, order_id: int, now_ms: int) -> None:
    """Keep that a buyer's reminder is in the inbox: called after it is, so that none is lost."""
    await tx.run(
        "UPDATE orders SET reminded_ms = :now_ms WHERE id = :id AND reminded_ms IS NULL",
        id=order_id,
        now_ms=now_ms,
    )

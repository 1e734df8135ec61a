"""Cash: taken by whoever sells, handed back by hand, counted per seller, emptied at closings."""

from dataclasses import dataclass

from boxoffice.money import Money
from storage.database import Row, Tx
from storage.ids import new_id

PROVIDER = "cash"


@dataclass(frozen=True, slots=True)
class Till:
    """What somebody took and handed on for an event, in minor units of its currency."""

    person_id: int
    name: str
    tickets: int
    taken_minor: int
    back_minor: int
    """Handed back to buyers."""
    closed_minor: int
    """Counted and handed over at closings."""

    @property
    def expected_minor(self) -> int:
        """What must be in it now."""
        return self.taken_minor - self.back_minor - self.closed_minor


async def take(tx: Tx, order_id: int, amount: Money, *, by: int, now_ms: int) -> int:
    """Record cash as it is taken: a payment that is paid at once."""
    payment_id = new_id(now_ms)
    await tx.run(
        "INSERT INTO payments (id, order_id, provider, status, amount_minor, currency, started_ms,"
        " closed_ms, paid_ms, paid_minor, paid_currency, provider_ref, taken_by) VALUES (:id,"
        " :order_id, 'cash', 'paid', :minor, :currency, :now_ms, :now_ms, :now_ms, :minor,"
        " :currency, :ref, :by)",
        id=payment_id,
        order_id=order_id,
        minor=amount.amount_minor,
        currency=amount.currency,
        ref=str(payment_id),
        by=by,
        now_ms=now_ms,
    )
    return payment_id


async def hand_back(tx: Tx, refund_id: int, by: int) -> bool:
    """Name who handed money back, the first who says so."""
    row = await tx.row(
        "UPDATE refunds SET handed_by = :by WHERE id = :id AND handed_by IS NULL"
        " AND status IN ('asked', 'accepted') AND payment_id IN"
        "  (SELECT id FROM payments WHERE provider = 'cash') RETURNING id",
        id=refund_id,
        by=by,
    )
    return row is not None


async def tills(tx: Tx, event_id: int, person_id: int | None = None) -> list[Till]:
    """Count the tills of an event: of everybody who took or handed back cash, or of one person."""
    rows = await tx.rows(
        "SELECT people.id, people.name, SUM(moved.tickets) AS tickets, SUM(moved.taken) AS taken,"
        " SUM(moved.back) AS back, SUM(moved.closed) AS closed FROM ("
        " SELECT payments.taken_by AS person_id, orders.quantity AS tickets,"
        "  payments.paid_minor AS taken, 0 AS back, 0 AS closed FROM payments"
        "  JOIN orders ON orders.id = payments.order_id"
        "  WHERE orders.event_id = :event_id AND payments.taken_by IS NOT NULL"
        " UNION ALL SELECT refunds.handed_by, 0, 0, refunds.amount_minor, 0 FROM refunds"
        "  JOIN payments ON payments.id = refunds.payment_id"
        "  JOIN orders ON orders.id = payments.order_id"
        "  WHERE orders.event_id = :event_id AND refunds.handed_by IS NOT NULL"
        "  AND refunds.status = 'done'"
        " UNION ALL SELECT person_id, 0, 0, 0, counted_minor FROM cash_closings"
        "  WHERE event_id = :event_id) AS moved JOIN people ON people.id = moved.person_id"
        " WHERE people.id = COALESCE(CAST(:person_id AS BIGINT), people.id)"
        " GROUP BY people.id, people.name ORDER BY people.id",
        event_id=event_id,
        person_id=person_id,
    )
    return [_till(row) for row in rows]


async def close(
    tx: Tx,
    key: str,
    *,
    event_id: int,
    person_id: int,
    closed_by: int,
    expected: Money,
    counted: Money,
    now_ms: int,
) -> int | None:
    """Record that a till was counted and emptied; None if this very closing was recorded."""
    row = await tx.row(
        "INSERT INTO cash_closings (id, key, event_id, person_id, closed_by, expected_minor,"
        " counted_minor, currency, closed_ms) VALUES (:id, :key, :event_id, :person_id,"
        " :closed_by, :expected_minor, :counted_minor, :currency, :now_ms)"
        " ON CONFLICT (key) DO NOTHING RETURNING id",
        id=new_id(now_ms),
        key=key,
        event_id=event_id,
        person_id=person_id,
        closed_by=closed_by,
        expected_minor=expected.amount_minor,
        counted_minor=counted.amount_minor,
        currency=counted.currency,
        now_ms=now_ms,
    )
    return row["id"] if row else None


def _till(row: Row) -> Till:
    return Till(
        row["id"],
        row["name"],
        int(row["tickets"]),
        int(row["taken"]),
        int(row["back"]),
        int(row["closed"]),
    )

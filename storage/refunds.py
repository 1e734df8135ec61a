"""Money on its way back: asked once, sent at the provider, retried after a failure, then told."""

from dataclasses import dataclass

from boxoffice.model import Refund, RefundReason, RefundStatus
from boxoffice.money import Money
from storage import payments
from storage.database import Row, Tx
from storage.ids import new_id

ATTEMPTS_MAX = 3
"""A provider that failed so often to send money back will not do it alone: a person is told."""


async def ask(
    tx: Tx,
    *,
    payment_id: int,
    amount: Money,
    reason: RefundReason,
    now_ms: int,
    ticket_id: int | None = None,
    kept_minor: int = 0,
) -> int | None:
    """Set money of a payment aside to go back; None if there is not as much, or it was asked.

    `kept_minor` is what the organiser keeps of the same tickets.
    """
    if amount.amount_minor <= 0:
        return None
    if ticket_id is not None and await _is_asked(tx, ticket_id):
        return None
    if not await payments.take_back(tx, payment_id, amount.amount_minor, kept_minor):
        return None
    return await _keep(tx, payment_id, amount, reason, now_ms, ticket_id=ticket_id)


async def keep_sent_at_the_desk(
    tx: Tx, payment_id: int, amount: Money, provider_ref: str, now_ms: int
) -> int:
    """Record what somebody sent back at the provider's own desk: it is done already."""
    refund_id = await _keep(
        tx, payment_id, amount, RefundReason.PROVIDER, now_ms, provider_ref=provider_ref
    )
    await payments.returned(tx, payment_id, amount.amount_minor, now_ms)
    return refund_id


async def failed_of(tx: Tx, payment_id: int) -> list[Refund]:
    """Read the refunds of a payment that were given up: a person was to send them."""
    return [one for one in await refunds_of(tx, payment_id) if one.status is RefundStatus.FAILED]


async def accepted(tx: Tx, refund_id: int, attempt: int, provider_ref: str) -> bool:
    """Keep that the provider took a refund; true the first time."""
    row = await tx.row(
        "UPDATE refunds SET status = 'accepted',"
        " provider_ref = COALESCE(NULLIF(:provider_ref, ''), provider_ref)"
        " WHERE id = :id AND attempt = :attempt AND status = 'asked' RETURNING id",
        id=refund_id,
        attempt=attempt,
        provider_ref=provider_ref,
    )
    return row is not None


async def done(tx: Tx, refund_id: int, provider_ref: str, now_ms: int) -> bool:
    """Record that the money went back, whichever attempt did it; true once."""
    row = await tx.row(
        "UPDATE refunds SET status = 'done', closed_ms = :now_ms,"
        " provider_ref = COALESCE(NULLIF(:provider_ref, ''), provider_ref)"
        " WHERE id = :id AND status <> 'done' RETURNING payment_id, amount_minor",
        id=refund_id,
        provider_ref=provider_ref,
        now_ms=now_ms,
    )
    if row is None:
        return False
    await payments.returned(tx, row["payment_id"], row["amount_minor"], now_ms)
    return True


async def again(tx: Tx, refund_id: int, attempt: int, fault: str) -> bool:
    """Begin the next attempt after this one failed, as long as there is one; true once."""
    row = await tx.row(
        "UPDATE refunds SET attempt = attempt + 1, status = 'asked', fault = :fault"
        " WHERE id = :id AND attempt = :attempt AND attempt < :attempts_max"
        " AND status IN ('asked', 'accepted') RETURNING id",
        id=refund_id,
        attempt=attempt,
        fault=fault,
        attempts_max=ATTEMPTS_MAX,
    )
    return row is not None


async def fail(tx: Tx, refund_id: int, attempt: int, fault: str, now_ms: int) -> bool:
    """Give a refund up: the money is still owed, and a person must send it; true once."""
    row = await tx.row(
        "UPDATE refunds SET status = 'failed', fault = :fault, closed_ms = :now_ms"
        " WHERE id = :id AND attempt = :attempt AND status IN ('asked', 'accepted') RETURNING id",
        id=refund_id,
        attempt=attempt,
        fault=fault,
        now_ms=now_ms,
    )
    return row is not None


async def refund_by_id(tx: Tx, refund_id: int) -> Refund | None:
    """Read one refund."""
    row = await tx.row("SELECT * FROM refunds WHERE id = :id", id=refund_id)
    return _refund(row) if row else None


async def refunds_of(tx: Tx, payment_id: int) -> list[Refund]:
    """Read a payment's refunds, oldest first."""
    rows = await tx.rows(
        "SELECT * FROM refunds WHERE payment_id = :payment_id ORDER BY id", payment_id=payment_id
    )
    return [_refund(row) for row in rows]


async def take_accepted(tx: Tx, *, looked_before_ms: int, now_ms: int, limit: int) -> list[Refund]:
    """Take the refunds a provider accepted and was not asked about for a while."""
    rows = await tx.rows(
        "UPDATE refunds SET looked_ms = :now_ms WHERE id IN (SELECT id FROM refunds"
        " WHERE status = 'accepted' AND COALESCE(looked_ms, asked_ms) < :looked_before_ms"
        " AND NOT EXISTS (SELECT 1 FROM payments WHERE payments.id = refunds.payment_id"
        "  AND payments.provider = 'cash')"
        " ORDER BY COALESCE(looked_ms, asked_ms) LIMIT :limit)"
        " AND COALESCE(looked_ms, asked_ms) < :looked_before_ms RETURNING *",
        looked_before_ms=looked_before_ms,
        now_ms=now_ms,
        limit=limit,
    )
    return [_refund(row) for row in rows]


async def ask_for_event(tx: Tx, event_id: int, asked_by: int | None, now_ms: int) -> bool:
    """Ask that every order of an event be refunded; true the first time."""
    row = await tx.row(
        "INSERT INTO event_refunds (event_id, asked_by, asked_ms)"
        " VALUES (:event_id, :asked_by, :now_ms) ON CONFLICT (event_id) DO NOTHING"
        " RETURNING event_id",
        event_id=event_id,
        asked_by=asked_by,
        now_ms=now_ms,
    )
    return row is not None


async def events_to_refund(tx: Tx) -> list[int]:
    """Read the events whose orders are being refunded."""
    rows = await tx.rows(
        "SELECT event_id FROM event_refunds WHERE done_ms IS NULL AND paused_ms IS NULL"
    )
    return [row["event_id"] for row in rows]


async def events_unshown(tx: Tx) -> list[int]:
    """Read the events whose refunds, begun by somebody, no chat shows yet."""
    rows = await tx.rows(
        "SELECT event_id FROM event_refunds WHERE done_ms IS NULL AND asked_by IS NOT NULL"
        " AND shown_ms IS NULL"
    )
    return [row["event_id"] for row in rows]


async def is_event_refunded(tx: Tx, event_id: int) -> bool:
    """Say whether it was ever asked that every order of an event be refunded."""
    row = await tx.row("SELECT 1 AS yes FROM event_refunds WHERE event_id = :id", id=event_id)
    return row is not None


async def asked_by(tx: Tx, event_id: int, now_ms: int) -> int | None:
    """Read who asked for an event's refunds, to show them; once."""
    row = await tx.row(
        "UPDATE event_refunds SET shown_ms = :now_ms WHERE event_id = :id AND shown_ms IS NULL"
        " RETURNING asked_by",
        id=event_id,
        now_ms=now_ms,
    )
    return row["asked_by"] if row else None


async def pause_event(tx: Tx, event_id: int, paused_ms: int | None) -> bool:
    """Let an event's refunds rest, or go on; false if they are over, or do so already."""
    row = await tx.row(
        "UPDATE event_refunds SET paused_ms = :paused_ms WHERE event_id = :id AND done_ms IS NULL"
        " AND (paused_ms IS NULL) = (CAST(:paused_ms AS BIGINT) IS NOT NULL) RETURNING event_id",
        id=event_id,
        paused_ms=paused_ms,
    )
    return row is not None


@dataclass(frozen=True, slots=True)
class EventTally:
    """How far an event's refunds have come, in orders."""

    begun: int
    left: int
    is_paused: bool
    is_done: bool


async def tally_of_event(tx: Tx, event_id: int) -> EventTally:
    """Count the orders of an event that were refunded as a whole with it, and those left."""
    row = await tx.row(
        "SELECT (SELECT COUNT(DISTINCT payments.order_id) FROM refunds"
        "  JOIN payments ON payments.id = refunds.payment_id"
        "  JOIN orders ON orders.id = payments.order_id"
        "  WHERE orders.event_id = :id AND refunds.reason = 'event') AS begun,"
        " (SELECT COUNT(*) FROM orders WHERE orders.event_id = :id AND orders.status = 'paid'"
        "  AND orders.total_minor > 0) AS left_over, paused_ms, done_ms"
        " FROM event_refunds WHERE event_id = :id",
        id=event_id,
    )
    if row is None:
        return EventTally(0, 0, is_paused=False, is_done=True)
    return EventTally(
        row["begun"],
        row["left_over"],
        is_paused=row["paused_ms"] is not None,
        is_done=row["done_ms"] is not None,
    )


async def event_done(tx: Tx, event_id: int, now_ms: int) -> None:
    """Close the refund of an event none of whose orders is paid any more."""
    await tx.run(
        "UPDATE event_refunds SET done_ms = :now_ms WHERE event_id = :event_id"
        " AND done_ms IS NULL AND NOT EXISTS (SELECT 1 FROM orders"
        "  WHERE orders.event_id = event_refunds.event_id AND orders.status = 'paid'"
        "  AND EXISTS (SELECT 1 FROM tickets WHERE tickets.order_id = orders.id"
        "   AND tickets.status IN ('valid', 'blocked')))",
        event_id=event_id,
        now_ms=now_ms,
    )


async def _keep(
    tx: Tx,
    payment_id: int,
    amount: Money,
    reason: RefundReason,
    now_ms: int,
    *,
    ticket_id: int | None = None,
    provider_ref: str | None = None,
) -> int:
    """Keep a refund: asked of the provider, or known from it by its name there, and then done."""
    refund_id = new_id(now_ms)
    await tx.run(
        "INSERT INTO refunds (id, payment_id, ticket_id, reason, status, amount_minor, currency,"
        " attempt, provider_ref, asked_ms, closed_ms) VALUES (:id, :payment_id, :ticket_id,"
        " :reason, :status, :amount_minor, :currency, 1, :provider_ref, :now_ms, :closed_ms)",
        id=refund_id,
        payment_id=payment_id,
        ticket_id=ticket_id,
        reason=reason.value,
        status="asked" if provider_ref is None else "done",
        amount_minor=amount.amount_minor,
        currency=amount.currency,
        provider_ref=provider_ref,
        now_ms=now_ms,
        closed_ms=None if provider_ref is None else now_ms,
    )
    return refund_id


async def _is_asked(tx: Tx, ticket_id: int) -> bool:
    row = await tx.row(
        "SELECT 1 AS yes FROM refunds WHERE ticket_id = :ticket_id", ticket_id=ticket_id
    )
    return row is not None


def _refund(row: Row) -> Refund:
    return Refund(
        id=row["id"],
        payment_id=row["payment_id"],
        ticket_id=row["ticket_id"],
        reason=RefundReason(row["reason"]),
        status=RefundStatus(row["status"]),
        amount=Money(row["amount_minor"], row["currency"]),
        attempt=row["attempt"],
        provider_ref=row["provider_ref"],
        asked_ms=row["asked_ms"],
    )

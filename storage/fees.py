"""What the box office asks a ticket: set for everybody or an organiser, charged when it is sold.

The fee of a ticket that dies with its money is given back: the platform earns on living tickets.
"""

from dataclasses import dataclass

from boxoffice.model import Order
from boxoffice.money import Money
from storage import ledger
from storage.database import Tx

EVERYBODY = 0
"""The organiser's id under which the fee stands that holds for all without one of their own."""


@dataclass(frozen=True, slots=True)
class OwnFee:
    """An organiser's own fee a ticket."""

    organiser_id: int
    name: str
    per_ticket: Money


async def fee_for(tx: Tx, organiser_id: int, currency: str) -> Money:
    """Read what a ticket of an organiser costs them."""
    row = await tx.row(
        "SELECT per_ticket_minor FROM service_fees WHERE organiser_id IN (:id, 0)"
        " AND currency = :currency ORDER BY organiser_id DESC LIMIT 1",
        id=organiser_id,
        currency=currency,
    )
    return Money(row["per_ticket_minor"] if row else 0, currency)


async def own_fees(tx: Tx, currency: str) -> list[OwnFee]:
    """Read which organisers have a fee of their own."""
    rows = await tx.rows(
        "SELECT service_fees.*, organisers.name FROM service_fees JOIN organisers"
        " ON organisers.id = service_fees.organiser_id WHERE currency = :currency"
        " ORDER BY organisers.id",
        currency=currency,
    )
    return [
        OwnFee(row["organiser_id"], row["name"], Money(row["per_ticket_minor"], currency))
        for row in rows
    ]


async def set_fee(
    tx: Tx, organiser_id: int, per_ticket: Money, *, by: int | None, now_ms: int
) -> None:
    """Set a fee from now on; what was sold keeps the one it was sold with."""
    await tx.run(
        "INSERT INTO service_fees (organiser_id, currency, per_ticket_minor, set_by, set_ms)"
        " VALUES (:organiser_id, :currency, :minor, :by, :now_ms)"
        " ON CONFLICT (organiser_id, currency) DO UPDATE SET per_ticket_minor = :minor,"
        " set_by = :by, set_ms = :now_ms",
        organiser_id=organiser_id,
        currency=per_ticket.currency,
        minor=per_ticket.amount_minor,
        by=by,
        now_ms=now_ms,
    )


async def charge(tx: Tx, order: Order, payment_id: int, organiser_id: int, now_ms: int) -> None:
    """Book the fee of an order that was sold for money: never more than a ticket cost, once."""
    fee = await fee_for(tx, organiser_id, order.total.currency)
    if not fee.amount_minor:
        return
    rows = await tx.rows(
        "UPDATE seats SET fee_minor = CASE WHEN price_minor < :fee THEN price_minor ELSE :fee END"
        " WHERE order_id = :order_id AND returned_ms IS NULL AND fee_minor = 0 RETURNING fee_minor",
        order_id=order.id,
        fee=fee.amount_minor,
    )
    total = Money(sum(row["fee_minor"] for row in rows), fee.currency)
    await ledger.service_fee(tx, order.id, payment_id, total, now_ms)


async def give_back(tx: Tx, order_id: int, number: int, now_ms: int) -> None:
    """Give the fee of one ticket back that died, once."""
    row = await tx.row(
        "SELECT seats.fee_minor, ledger.payment_id, ledger.currency FROM seats JOIN ledger"
        " ON ledger.key = :key WHERE seats.order_id = :order_id AND seats.number = :number"
        " AND seats.fee_minor > 0",
        key=f"service_fee:{order_id}",
        order_id=order_id,
        number=number,
    )
    if row is not None:
        fee = Money(row["fee_minor"], row["currency"])
        await ledger.service_fee_back(tx, order_id, number, row["payment_id"], fee, now_ms)


async def forget(tx: Tx, order_id: int, number: int) -> None:
    """Ask no fee of a ticket that lives again: what was given back for it stays given back."""
    await tx.run(
        "UPDATE seats SET fee_minor = 0 WHERE order_id = :order_id AND number = :number",
        order_id=order_id,
        number=number,
    )

"""Money that left at the provider without our asking: a bank took it, somebody at the desk sent it.

Each is counted once, by its name there. What a payment still had is taken first; what left beyond
that is a loss, written down and told. A refund that failed is no debt any more as far as there is
such a loss: its buyer has that money already.
"""

from dataclasses import dataclass
from typing import Literal

from boxoffice.model import Payment, Refund, RefundStatus
from boxoffice.money import Money
from storage import ledger, payments, refunds
from storage.database import Tx

Who = Literal["bank", "desk"]

BankHas = Literal["open", "lost"]
"""A dispute that may still be won, or one that was lost: then the tickets stay dead."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the provider told of: how much, under which name there."""

    payment_id: int
    ref: str
    who: Who
    amount: Money


@dataclass(frozen=True, slots=True)
class Regained:
    """What came back of what a bank took: so much is left of the payment again.

    `owed` of it a buyer is owed again: a refund that failed seemed paid by the bank.
    """

    left: Money
    owed: Money


@dataclass(frozen=True, slots=True)
class Gone:
    """What became of it: what the payment lost, and what left beyond that."""

    told: Told
    lost: Money


async def count(tx: Tx, told: Told, now_ms: int) -> Gone | None:
    """Count money that left. None if it was counted before, or waits for its payment's money."""
    fresh = await tx.row(
        "INSERT INTO taken_away (payment_id, ref, who, amount_minor, currency, told_ms)"
        " VALUES (:payment_id, :ref, :who, :amount_minor, :currency, :now_ms)"
        " ON CONFLICT (payment_id, ref) DO NOTHING RETURNING payment_id",
        payment_id=told.payment_id,
        ref=told.ref,
        who=told.who,
        amount_minor=told.amount.amount_minor,
        currency=told.amount.currency,
        now_ms=now_ms,
    )
    return await _take(tx, told, now_ms) if fresh is not None else None


async def count_waiting(tx: Tx, payment_id: int, now_ms: int) -> list[Gone]:
    """Count what left before we heard that the money had come in, now that it did."""
    rows = await tx.rows(
        "SELECT * FROM taken_away WHERE payment_id = :payment_id AND counted_ms IS NULL"
        " AND COALESCE(outcome, '') <> 'won' ORDER BY told_ms, ref",
        payment_id=payment_id,
    )
    found = [
        Told(payment_id, row["ref"], row["who"], Money(row["amount_minor"], row["currency"]))
        for row in rows
    ]
    return [gone for told in found if (gone := await _take(tx, told, now_ms)) is not None]


async def won(tx: Tx, told: Told, now_ms: int) -> Regained | None:
    """Book that a bank gave back what it took. None if that was told before, or nothing was taken.

    Told before the taking itself, that will not be counted any more.
    """
    row = await tx.row(
        "INSERT INTO taken_away (payment_id, ref, who, amount_minor, currency, told_ms, outcome,"
        " ended_ms) VALUES (:payment_id, :ref, :who, :amount_minor, :currency, :now_ms, 'won',"
        " :now_ms) ON CONFLICT (payment_id, ref) DO UPDATE SET outcome = 'won', ended_ms = :now_ms"
        " WHERE COALESCE(taken_away.outcome, '') <> 'won' RETURNING counted_ms",
        payment_id=told.payment_id,
        ref=told.ref,
        who=told.who,
        amount_minor=told.amount.amount_minor,
        currency=told.amount.currency,
        now_ms=now_ms,
    )
    payment = await payments.payment_by_id(tx, told.payment_id)
    if row is None or row["counted_ms"] is None or payment is None:
        return None
    own, beyond = await ledger.taken_by_bank(tx, payment.id, told.ref)
    lost = min(beyond, payment.lost_minor)
    left = own + beyond - lost
    await payments.won_back(
        tx,
        payment.id,
        amount_minor=left,
        lost_minor=lost,
        kept_minor=await ledger.kept_of(tx, payment.id),
        now_ms=now_ms,
    )
    currency = payment.paid.currency
    await ledger.won_back(
        tx, payment.id, told.ref, Money(lost, currency), Money(left, currency), now_ms
    )
    return Regained(Money(left, currency), Money(beyond - lost, currency))


async def lost(tx: Tx, payment_id: int, ref: str, now_ms: int) -> bool:
    """Note that what a bank took will not come back; true the first time."""
    row = await tx.row(
        "UPDATE taken_away SET outcome = 'lost', ended_ms = :now_ms WHERE payment_id = :payment_id"
        " AND ref = :ref AND outcome IS NULL RETURNING counted_ms",
        payment_id=payment_id,
        ref=ref,
        now_ms=now_ms,
    )
    return row is not None and row["counted_ms"] is not None


async def bank_has(tx: Tx, order_id: int) -> BankHas | None:
    """Say whether a bank has money of an order that it took, and whether some of it for good."""
    row = await tx.row(
        "SELECT COALESCE(outcome, 'open') AS outcome FROM taken_away"
        " JOIN payments ON payments.id = payment_id"
        " WHERE order_id = :order_id AND who = 'bank' AND counted_ms IS NOT NULL"
        " AND COALESCE(outcome, '') <> 'won'"
        " ORDER BY CASE WHEN outcome = 'lost' THEN 0 ELSE 1 END LIMIT 1",
        order_id=order_id,
    )
    return row["outcome"] if row else None


async def cover(tx: Tx, payment: Payment, now_ms: int) -> Payment:
    """Book that a payer has some of what is left already, by a loss; the payment as it is then."""
    amount = Money(min(payment.left.amount_minor, payment.lost_minor), payment.paid.currency)
    after = await payments.cover(tx, payment.id, amount.amount_minor)
    if after is None:
        return payment
    await payments.returned(tx, payment.id, amount.amount_minor, now_ms)
    await ledger.covered(tx, payment.id, amount, now_ms)
    return after


async def settle_failed(tx: Tx, refund: Refund, now_ms: int) -> bool:
    """End a refund that failed, if its buyer has the money already by another way."""
    if refund.status is RefundStatus.DONE:
        return False
    if not await payments.recover(tx, refund.payment_id, refund.amount.amount_minor):
        return False
    # Its own name at the provider, if it ever had one, stays.
    if not await refunds.done(tx, refund.id, "", now_ms):
        raise LookupError(f"refund {refund.id} was done before")
    await ledger.recovered(tx, refund.payment_id, refund.id, refund.amount, now_ms)
    return True


async def _take(tx: Tx, told: Told, now_ms: int) -> Gone | None:
    """Take from the payment by one statement; the ledger is written by its outcome."""
    if told.who == "desk" and await _was_to_be_sent(tx, told, now_ms):
        await _counted(tx, told, now_ms)
        return Gone(told, Money(0, told.amount.currency))
    payment = await payments.payment_by_id(tx, told.payment_id)
    if payment is None:
        return None
    is_foreign = told.amount.currency != payment.paid.currency
    # A figure in another currency compares with nothing: it stands for the whole payment.
    amount = payment.paid if is_foreign else told.amount
    lost_before = -await ledger.of_payment(tx, told.payment_id, "losses")
    lost_after = await payments.taken_away(tx, told.payment_id, amount.amount_minor)
    if lost_after is None:
        return None
    lost_minor = lost_after - lost_before
    taken = Money(amount.amount_minor - lost_minor, amount.currency)
    if is_foreign and await payments.recover(tx, told.payment_id, lost_minor):
        lost_minor = 0
    await _write_down(tx, told, taken, Money(lost_minor, amount.currency), now_ms)
    await _counted(tx, told, now_ms)
    for refund in await refunds.failed_of(tx, told.payment_id):
        if lost_minor and await settle_failed(tx, refund, now_ms):
            lost_minor -= refund.amount.amount_minor
    return Gone(told, Money(max(0, lost_minor), amount.currency))


async def _was_to_be_sent(tx: Tx, told: Told, now_ms: int) -> bool:
    """Say whether this is what a person was told to send by hand: then that refund is done."""
    for refund in await refunds.failed_of(tx, told.payment_id):
        if refund.amount == told.amount and await refunds.done(tx, refund.id, told.ref, now_ms):
            await ledger.returned(tx, told.payment_id, refund.id, refund.amount, now_ms)
            return True
    return False


async def _write_down(tx: Tx, told: Told, taken: Money, lost: Money, now_ms: int) -> None:
    payment_id, ref = told.payment_id, told.ref
    if taken.amount_minor > 0 and told.who == "bank":
        await ledger.charged_back(tx, payment_id, ref, taken, now_ms)
        await payments.returned(tx, payment_id, taken.amount_minor, now_ms)
    elif taken.amount_minor > 0:
        refund_id = await refunds.keep_sent_at_the_desk(tx, payment_id, taken, ref, now_ms)
        await ledger.owed(tx, payment_id, refund_id, taken, now_ms)
        await ledger.returned(tx, payment_id, refund_id, taken, now_ms)
    await ledger.lost(tx, payment_id, ref, lost, now_ms)


async def _counted(tx: Tx, told: Told, now_ms: int) -> None:
    await tx.run(
        "UPDATE taken_away SET counted_ms = :now_ms WHERE payment_id = :payment_id AND ref = :ref",
        payment_id=told.payment_id,
        ref=told.ref,
        now_ms=now_ms,
    )

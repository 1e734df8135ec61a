"""Keep the sandbox provider's own books: it plays a provider that stands outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from boxoffice.money import Money
from storage.ids import new_id

if TYPE_CHECKING:
    from storage.database import Row, Tx

Status = Literal["open", "paid", "declined", "expired", "refunded"]
Outcome = Literal["paid", "declined", "expired"]


@dataclass(frozen=True, slots=True)
class SandboxPayment:
    """One payment page and how it stands. `payment_id` is the merchant's, our idempotency key."""

    token: str
    payment_id: int
    amount: Money
    description: str
    language: str
    status: Status
    return_url: str
    page_until_ms: int
    refunded_minor: int
    late: bool
    """The page closed unpaid, and the money is on its way nevertheless."""


@dataclass(frozen=True, slots=True)
class DueNotice:
    """A notice to send now: what became of which payment, and how often it was tried."""

    notice_id: int
    outcome: Outcome
    attempts: int
    payment: SandboxPayment


async def open_page(
    tx: Tx,
    token: str,
    *,
    payment_id: int,
    amount: Money,
    description: str,
    language: str,
    return_url: str,
    page_until_ms: int,
    now_ms: int,
) -> SandboxPayment | None:
    """Open a page for this payment id, or find the one already open, whatever its token."""
    await tx.run(
        """INSERT INTO sandbox_payments
             (token, idempotency_key, merchant_ref, amount_minor, currency, description, status,
              return_url, created_ms, changed_ms, language, page_until_ms, refunded_minor)
           VALUES (:token, :payment_ref, :payment_ref, :amount_minor, :currency, :description,
              'open', :return_url, :now_ms, :now_ms, :language, :page_until_ms, 0)
           ON CONFLICT (idempotency_key) DO NOTHING""",
        token=token,
        payment_ref=str(payment_id),
        amount_minor=amount.amount_minor,
        currency=amount.currency,
        description=description,
        return_url=return_url,
        now_ms=now_ms,
        language=language,
        page_until_ms=page_until_ms,
    )
    return await by_payment_id(tx, payment_id)


async def by_token(tx: Tx, token: str) -> SandboxPayment | None:
    """Find the payment behind a page."""
    row = await tx.row(f"{_PAYMENT} WHERE p.token = :token", token=token)
    return None if row is None else _payment(row)


async def by_payment_id(tx: Tx, payment_id: int) -> SandboxPayment | None:
    """Find the payment the merchant speaks of."""
    row = await tx.row(f"{_PAYMENT} WHERE p.idempotency_key = :ref", ref=str(payment_id))
    return None if row is None else _payment(row)


async def paid_otherwise(tx: Tx, payment: SandboxPayment) -> bool:
    """Say whether another page was paid for what this one is for."""
    row = await tx.row(
        "SELECT 1 AS found FROM sandbox_payments WHERE description = :description"
        " AND token <> :token AND status = 'paid' LIMIT 1",
        description=payment.description,
        token=payment.token,
    )
    return row is not None


async def decide(
    tx: Tx, token: str, outcome: Literal["paid", "declined"], now_ms: int
) -> SandboxPayment | None:
    """Pay or decline on an open page, once; on a page whose time is over, close it instead.

    Answers how the payment stands afterwards, whoever decided it; None for an unknown page.
    """
    decided = await _settle(tx, token, outcome, now_ms)
    if not decided:
        await close_page(tx, token, now_ms)
    return await by_token(tx, token)


async def close_page(tx: Tx, token: str, now_ms: int) -> None:
    """Close an open page whose time is over; the merchant is told."""
    row = await tx.row(
        """UPDATE sandbox_payments SET status = 'expired', changed_ms = :now_ms
           WHERE token = :token AND status = 'open' AND page_until_ms <= :now_ms
           RETURNING token""",
        token=token,
        now_ms=now_ms,
    )
    if row is not None:
        await _owe(tx, token, "expired", due_ms=now_ms, now_ms=now_ms)


async def pay_late(tx: Tx, token: str, late_ms: int, now_ms: int) -> SandboxPayment | None:
    """Close the page unpaid now, and let the money arrive `late_ms` after: each once."""
    row = await tx.row(
        """UPDATE sandbox_payments SET status = 'expired', changed_ms = :now_ms
           WHERE token = :token AND status = 'open' RETURNING token""",
        token=token,
        now_ms=now_ms,
    )
    if row is not None:
        await _owe(tx, token, "expired", due_ms=now_ms, now_ms=now_ms)
    payment = await by_token(tx, token)
    if payment is None or payment.status != "expired":
        return payment
    await _owe(tx, token, "paid", due_ms=now_ms + late_ms, now_ms=now_ms)
    return await by_token(tx, token)


async def due_notices(tx: Tx, now_ms: int, rows_max: int) -> tuple[DueNotice, ...]:
    """List the notices to send now: of each payment the oldest, so that its story is in order."""
    rows = await tx.rows(
        f"""{_PAYMENT_AND_NOTICE}
            WHERE n.state = 'new' AND n.due_ms <= :now_ms AND NOT EXISTS (
              SELECT 1 FROM sandbox_notices earlier
              WHERE earlier.token = n.token AND earlier.id < n.id AND earlier.state = 'new')
            ORDER BY n.id LIMIT :rows_max""",
        now_ms=now_ms,
        rows_max=rows_max,
    )
    return tuple(
        DueNotice(row["notice_id"], row["outcome"], row["attempts"], _payment(row)) for row in rows
    )


async def next_due_ms(tx: Tx) -> int | None:
    """When the next notice is due; None when none is owed."""
    row = await tx.row("SELECT min(due_ms) AS due_ms FROM sandbox_notices WHERE state = 'new'")
    return None if row is None or row["due_ms"] is None else int(row["due_ms"])


async def money_arrives(tx: Tx, token: str, now_ms: int) -> None:
    """Book money that came after its page had closed, just before the merchant is told."""
    await tx.run(
        """UPDATE sandbox_payments SET status = 'paid', changed_ms = :now_ms
           WHERE token = :token AND status = 'expired'""",
        token=token,
        now_ms=now_ms,
    )


async def notice_done(tx: Tx, notice_id: int) -> None:
    """Note that the merchant took a notice."""
    await tx.run("UPDATE sandbox_notices SET state = 'done' WHERE id = :id", id=notice_id)


async def notice_again(tx: Tx, notice_id: int, due_ms: int) -> None:
    """Try a notice again at `due_ms`."""
    await tx.run(
        """UPDATE sandbox_notices SET attempts = attempts + 1, due_ms = :due_ms
           WHERE id = :id AND state = 'new'""",
        id=notice_id,
        due_ms=due_ms,
    )


async def notice_given_up(tx: Tx, notice_id: int) -> None:
    """Note that a notice was tried for the last time."""
    await tx.run(
        """UPDATE sandbox_notices SET attempts = attempts + 1, state = 'failed'
           WHERE id = :id AND state = 'new'""",
        id=notice_id,
    )


async def refund(
    tx: Tx, payment_id: int, key: str, amount: Money, now_ms: int
) -> SandboxPayment | None:
    """Send money back, once a key; None if there is not as much to send back.

    The key alone decides: the same one again answers what it answered first.
    """
    known = await tx.row("SELECT amount_minor FROM sandbox_refunds WHERE key = :key", key=key)
    if known is not None:
        fits = known["amount_minor"] == amount.amount_minor
        return await by_payment_id(tx, payment_id) if fits else None
    row = await tx.row(
        """UPDATE sandbox_payments
           SET status = 'refunded', refunded_minor = refunded_minor + :amount_minor,
               changed_ms = :now_ms
           WHERE idempotency_key = :ref AND status IN ('paid', 'refunded')
             AND currency = :currency AND amount_minor >= refunded_minor + :amount_minor
           RETURNING token""",
        ref=str(payment_id),
        amount_minor=amount.amount_minor,
        currency=amount.currency,
        now_ms=now_ms,
    )
    if row is None:
        return None
    await tx.run(
        "INSERT INTO sandbox_refunds (key, token, amount_minor, made_ms)"
        " VALUES (:key, :token, :amount_minor, :now_ms)",
        key=key,
        token=row["token"],
        amount_minor=amount.amount_minor,
        now_ms=now_ms,
    )
    return await by_payment_id(tx, payment_id)


_COLUMNS = """p.token, p.idempotency_key, p.amount_minor, p.currency, p.description, p.language,
  p.status, p.return_url, p.page_until_ms, p.refunded_minor,
  (SELECT count(*) FROM sandbox_notices late
   WHERE late.token = p.token AND late.outcome = 'paid' AND p.status = 'expired') AS late"""
_PAYMENT = f"SELECT {_COLUMNS} FROM sandbox_payments p"
_PAYMENT_AND_NOTICE = f"""SELECT n.id AS notice_id, n.outcome, n.attempts, {_COLUMNS}
  FROM sandbox_notices n JOIN sandbox_payments p ON p.token = n.token"""


async def _settle(tx: Tx, token: str, outcome: Literal["paid", "declined"], now_ms: int) -> bool:
    row = await tx.row(
        """UPDATE sandbox_payments SET status = :outcome, changed_ms = :now_ms
           WHERE token = :token AND status = 'open' AND page_until_ms > :now_ms
           RETURNING token""",
        token=token,
        outcome=outcome,
        now_ms=now_ms,
    )
    if row is None:
        return False
    await _owe(tx, token, outcome, due_ms=now_ms, now_ms=now_ms)
    return True


async def _owe(tx: Tx, token: str, outcome: Outcome, *, due_ms: int, now_ms: int) -> None:
    """Owe the merchant a notice, one an outcome."""
    await tx.run(
        """INSERT INTO sandbox_notices (id, token, outcome, state, attempts, due_ms)
           VALUES (:id, :token, :outcome, 'new', 0, :due_ms)
           ON CONFLICT (token, outcome) DO NOTHING""",
        id=new_id(now_ms),
        token=token,
        outcome=outcome,
        due_ms=due_ms,
    )


def _payment(row: Row) -> SandboxPayment:
    return SandboxPayment(
        token=row["token"],
        payment_id=int(row["idempotency_key"]),
        amount=Money(row["amount_minor"], row["currency"]),
        description=row["description"],
        language=row["language"],
        status=row["status"],
        return_url=row["return_url"],
        page_until_ms=row["page_until_ms"],
        refunded_minor=row["refunded_minor"],
        late=row["late"] > 0,
    )

"""The ledger: every movement of money, from one account to another, written once and never changed.

A line takes an amount from one account and puts it into another, so the accounts always sum to
nought. Money comes in from the `buyer` into `review`, becomes the `organiser`'s when seats are sold
for it, is owed in `refunds` from the moment a refund is asked, and leaves to the `buyer` when it
went back. Of a ticket that is given back the whole price is owed, and what the terms let the
organiser keep is `kept` from it. `fees` are the provider's part, `payouts` what was handed to
the organiser. What left at the provider beyond what was left of a payment is from `losses`.
"""

from dataclasses import dataclass
from typing import Literal

from boxoffice.money import Money
from storage.database import Tx, Value
from storage.ids import new_id

Account = Literal[
    "buyer", "review", "organiser", "refunds", "fees", "payouts", "platform", "losses"
]
ACCOUNTS: tuple[Account, ...] = (
    "buyer",
    "review",
    "organiser",
    "refunds",
    "fees",
    "payouts",
    "platform",
    "losses",
)

HELD: tuple[Account, ...] = ("review", "organiser", "refunds", "platform", "losses")
"""What lies at the provider: not yet anybody's, the organiser's, owed to buyers, the platform's;
less what it was made to give beyond them."""


async def taken(tx: Tx, payment_id: int, amount: Money, now_ms: int) -> bool:
    """The money of a payment came in."""
    return await _of_payment(
        tx, f"taken:{payment_id}", payment_id, ("buyer", "review"), amount, now_ms
    )


async def sold(tx: Tx, payment_id: int, amount: Money, now_ms: int) -> bool:
    """Money that came in bought seats: it is the organiser's."""
    if amount.amount_minor <= 0:
        return False
    return await _of_payment(
        tx, f"sold:{payment_id}", payment_id, ("review", "organiser"), amount, now_ms
    )


async def owed(tx: Tx, payment_id: int, refund_id: int, amount: Money, now_ms: int) -> None:
    """Money is to go back: from now on it is neither the organiser's nor under review.

    What nobody could call theirs goes first.
    """
    for source, part in await _sources(tx, payment_id, amount):
        key = f"owed:{refund_id}:{source}"
        legs: tuple[Account, Account] = (source, "refunds")
        await _of_payment(tx, key, payment_id, legs, part, now_ms, refund_id=refund_id)


async def kept(tx: Tx, payment_id: int, key: str, amount: Money, now_ms: int) -> bool:
    """A part of what was owed is the organiser's after all: by the terms, or as a gift."""
    if amount.amount_minor <= 0:
        return False
    return await _of_payment(
        tx, f"kept:{key}", payment_id, ("refunds", "organiser"), amount, now_ms
    )


async def given(tx: Tx, payment_id: int, amount: Money, now_ms: int) -> None:
    """A buyer to whom money was owed left it to the organiser: it was owed, and is kept."""
    for source, part in await _sources(tx, payment_id, amount):
        legs: tuple[Account, Account] = (source, "refunds")
        await _of_payment(tx, f"owed:given:{payment_id}:{source}", payment_id, legs, part, now_ms)
    await kept(tx, payment_id, f"given:{payment_id}", amount, now_ms)


async def returned(tx: Tx, payment_id: int, refund_id: int, amount: Money, now_ms: int) -> bool:
    """Money went back."""
    return await _of_payment(
        tx,
        f"returned:{refund_id}",
        payment_id,
        ("refunds", "buyer"),
        amount,
        now_ms,
        refund_id=refund_id,
    )


async def charged_back(tx: Tx, payment_id: int, ref: str, amount: Money, now_ms: int) -> None:
    """The payer's bank took back what was left of a payment, from the organiser in the end."""
    for source, part in await _sources(tx, payment_id, amount):
        legs: tuple[Account, Account] = (source, "buyer")
        key = f"charged_back:{payment_id}:{ref}:{source}"
        await _of_payment(tx, key, payment_id, legs, part, now_ms)


async def won_back(
    tx: Tx, payment_id: int, ref: str, to_losses: Money, to_organiser: Money, now_ms: int
) -> None:
    """A bank gave back what it had taken: first what was lost by it, then the organiser's."""
    accounts: tuple[tuple[Account, Money], ...] = (
        ("losses", to_losses),
        ("organiser", to_organiser),
    )
    for account, part in accounts:
        if part.amount_minor > 0:
            key = f"won_back:{payment_id}:{ref}:{account}"
            await _of_payment(tx, key, payment_id, ("buyer", account), part, now_ms)


async def taken_by_bank(tx: Tx, payment_id: int, ref: str) -> tuple[int, int]:
    """Sum what a bank took under one name: of the payment itself, and beyond it."""
    row = await tx.row(
        "SELECT CAST(COALESCE(SUM(CASE WHEN kind = 'lost' THEN 0 ELSE amount_minor END), 0)"
        "  AS BIGINT) AS own, CAST(COALESCE(SUM(CASE WHEN kind = 'lost' THEN amount_minor ELSE 0"
        "  END), 0) AS BIGINT) AS beyond FROM ledger WHERE payment_id = :payment_id"
        " AND key IN (:in_review, :of_organiser, :beyond)",
        payment_id=payment_id,
        in_review=f"charged_back:{payment_id}:{ref}:review",
        of_organiser=f"charged_back:{payment_id}:{ref}:organiser",
        beyond=f"lost:{payment_id}:{ref}",
    )
    return (row["own"], row["beyond"]) if row else (0, 0)


async def kept_of(tx: Tx, payment_id: int) -> int:
    """Sum what the organiser kept of a payment by the terms, or was given."""
    row = await tx.row(
        "SELECT CAST(COALESCE(SUM(amount_minor), 0) AS BIGINT) AS kept FROM ledger"
        " WHERE payment_id = :payment_id AND kind = 'kept'",
        payment_id=payment_id,
    )
    return int(row["kept"]) if row else 0


async def lost(tx: Tx, payment_id: int, ref: str, amount: Money, now_ms: int) -> None:
    """More left at the provider than was left of a payment."""
    if amount.amount_minor > 0:
        key = f"lost:{payment_id}:{ref}"
        await _of_payment(tx, key, payment_id, ("losses", "buyer"), amount, now_ms)


async def recovered(tx: Tx, payment_id: int, refund_id: int, amount: Money, now_ms: int) -> None:
    """What a failed refund still owed had left in another way before: it was no loss."""
    legs: tuple[Account, Account] = ("refunds", "losses")
    key = f"recovered:{refund_id}"
    await _of_payment(tx, key, payment_id, legs, amount, now_ms, refund_id=refund_id)


async def covered(tx: Tx, payment_id: int, amount: Money, now_ms: int) -> None:
    """What is left of a payment, and would be owed, its payer has by a loss: it was none."""
    legs: tuple[Account, Account] = ("organiser", "losses")
    key = f"recovered:{payment_id}:{new_id(now_ms)}"
    await _of_payment(tx, key, payment_id, legs, amount, now_ms)


async def fee(tx: Tx, payment_id: int, amount: Money, now_ms: int) -> bool:
    """The provider kept its part of a payment; true the first time."""
    if amount.amount_minor <= 0:
        return False
    return await _of_payment(
        tx, f"fee:{payment_id}", payment_id, ("organiser", "fees"), amount, now_ms
    )


async def service_fee(tx: Tx, order_id: int, payment_id: int, amount: Money, now_ms: int) -> bool:
    """The box office has its part of an order that was sold; true the first time."""
    if amount.amount_minor <= 0:
        return False
    return await _of_payment(
        tx, f"service_fee:{order_id}", payment_id, ("organiser", "platform"), amount, now_ms
    )


async def service_fee_back(
    tx: Tx, order_id: int, number: int, payment_id: int, amount: Money, now_ms: int
) -> bool:
    """The box office gives the fee of one ticket back; true the first time."""
    key = f"service_fee_back:{order_id}:{number}"
    return await _of_payment(tx, key, payment_id, ("platform", "organiser"), amount, now_ms)


@dataclass(frozen=True, slots=True)
class Handing:
    """Money handed to an organiser, or given back by them; the same `key` is the same handing."""

    key: str
    organiser_id: int
    provider: str
    amount: Money
    by: int | None
    event_id: int | None = None


async def paid_out(tx: Tx, what: Handing, now_ms: int) -> bool:
    """The organiser was handed money; true the first time for this key."""
    return await _handed(tx, "paid_out", what, ("organiser", "payouts"), now_ms)


async def paid_back(tx: Tx, what: Handing, now_ms: int) -> bool:
    """A payout was undone: the organiser is owed it again; true the first time for this key."""
    return await _handed(tx, "paid_back", what, ("payouts", "organiser"), now_ms)


async def kept_of_event(tx: Tx, event_id: int) -> dict[tuple[str, str], int]:
    """Sum what an organiser kept of tickets that came back, by provider and currency."""
    rows = await tx.rows(
        "SELECT provider, currency, CAST(SUM(amount_minor) AS BIGINT) AS kept FROM ledger"
        " WHERE event_id = :event_id AND kind = 'kept' GROUP BY provider, currency",
        event_id=event_id,
    )
    return {(row["provider"], row["currency"]): row["kept"] for row in rows}


async def balances(
    tx: Tx, *, organiser_id: int | None = None, event_id: int | None = None
) -> dict[tuple[str, str, Account], int]:
    """Sum the accounts by provider and currency: of everything, an organiser, or an event."""
    rows = await tx.rows(
        "SELECT provider, currency, from_account, to_account,"
        " CAST(SUM(amount_minor) AS BIGINT) AS amount_minor FROM ledger"
        " WHERE organiser_id = COALESCE(:organiser_id, organiser_id)"
        " AND (CAST(:event_id AS BIGINT) IS NULL OR event_id = :event_id)"
        " GROUP BY provider, currency, from_account, to_account",
        organiser_id=organiser_id,
        event_id=event_id,
    )
    sums: dict[tuple[str, str, Account], int] = {}
    for row in rows:
        provider, currency, amount_minor = row["provider"], row["currency"], row["amount_minor"]
        away = (provider, currency, row["from_account"])
        into = (provider, currency, row["to_account"])
        sums[away] = sums.get(away, 0) - amount_minor
        sums[into] = sums.get(into, 0) + amount_minor
    return sums


async def of_payment(tx: Tx, payment_id: int, account: Account) -> int:
    """Sum what one account has of one payment."""
    row = await tx.row(
        "SELECT CAST(COALESCE(SUM(CASE WHEN to_account = :account THEN amount_minor"
        "  WHEN from_account = :account THEN -amount_minor ELSE 0 END), 0) AS BIGINT) AS balance"
        " FROM ledger WHERE payment_id = :payment_id",
        payment_id=payment_id,
        account=account,
    )
    return int(row["balance"]) if row else 0


async def _sources(tx: Tx, payment_id: int, amount: Money) -> list[tuple[Account, Money]]:
    """Say whose the money is that leaves: under review first, then the organiser's."""
    in_review = max(0, await of_payment(tx, payment_id, "review"))
    first = min(in_review, amount.amount_minor)
    parts: list[tuple[Account, int]] = [
        ("review", first),
        ("organiser", amount.amount_minor - first),
    ]
    return [(source, Money(part, amount.currency)) for source, part in parts if part > 0]


async def _of_payment(
    tx: Tx,
    key: str,
    payment_id: int,
    legs: tuple[Account, Account],
    amount: Money,
    now_ms: int,
    *,
    refund_id: int | None = None,
) -> bool:
    """Write a line of a payment, once a key: its event's, its organiser's and its provider's.

    Raises:
        LookupError: there is no such payment.
    """
    line = _line(key, legs, amount, now_ms, payment_id=payment_id, refund_id=refund_id)
    if await tx.run(_WRITE_OF_PAYMENT, **line) == 1:
        return True
    if await tx.row("SELECT 1 AS yes FROM ledger WHERE key = :key", key=key) is None:
        raise LookupError(f"payment {payment_id} stands alone")
    return False


async def _handed(
    tx: Tx, kind: str, what: Handing, legs: tuple[Account, Account], now_ms: int
) -> bool:
    line = _line(
        f"{kind}:{what.key}",
        legs,
        what.amount,
        now_ms,
        organiser_id=what.organiser_id,
        event_id=what.event_id,
        provider=what.provider,
        person_id=what.by,
    )
    return await tx.run(_WRITE, **line) == 1


_COLUMNS = (
    "INSERT INTO ledger (id, key, kind, organiser_id, event_id, provider, payment_id, refund_id,"
    " person_id, from_account, to_account, amount_minor, currency, at_ms)"
)

_WRITE = (
    f"{_COLUMNS} VALUES (:id, :key, :kind, :organiser_id, :event_id, :provider, NULL, NULL,"
    " :person_id, :from_account, :to_account, :amount_minor, :currency, :now_ms)"
    " ON CONFLICT (key) DO NOTHING"
)

_WRITE_OF_PAYMENT = (
    f"{_COLUMNS} SELECT CAST(:id AS BIGINT), CAST(:key AS TEXT), CAST(:kind AS TEXT),"
    " events.organiser_id, events.id, payments.provider, payments.id, CAST(:refund_id AS BIGINT),"
    " NULL, CAST(:from_account AS TEXT), CAST(:to_account AS TEXT), CAST(:amount_minor AS BIGINT),"
    " CAST(:currency AS TEXT), CAST(:now_ms AS BIGINT) FROM payments"
    " JOIN orders ON orders.id = payments.order_id JOIN events ON events.id = orders.event_id"
    " WHERE payments.id = :payment_id ON CONFLICT (key) DO NOTHING"
)
"""These two are all that ever touches the ledger."""


def _line(
    key: str, legs: tuple[Account, Account], amount: Money, now_ms: int, **of: Value
) -> dict[str, Value]:
    """Say what stands on a line; its kind is the first word of its key."""
    return {
        "id": new_id(now_ms),
        "key": key,
        "kind": key.partition(":")[0],
        "from_account": legs[0],
        "to_account": legs[1],
        "amount_minor": amount.amount_minor,
        "currency": amount.currency,
        "now_ms": now_ms,
        **of,
    }

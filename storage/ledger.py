"""The ledger: every movement of money, from one account to another, written once and never changed.

A line takes an amount from one account and puts it into another, so the accounts always sum to
nought. Money comes in from the `buyer` into `review`, becomes the `organiser`'s when seats are sold
for it, is owed in `refunds` from the moment a refund is asked, and leaves to the `buyer` when it
went back. Of a ticket that is given back the whole price is owed, and what the terms let the
organiser keep is `kept` from it. `fees` are the provider's part, `payouts` what was handed to
the organiser.
"""

from dataclasses import dataclass
from typing import Literal

from boxoffice.money import Money
from storage.database import Row, Tx
from storage.ids import new_id

Account = Literal["buyer", "review", "organiser", "refunds", "fees", "payouts", "platform"]
ACCOUNTS: tuple[Account, ...] = (
    "buyer",
    "review",
    "organiser",
    "refunds",
    "fees",
    "payouts",
    "platform",
)

HELD: tuple[Account, ...] = ("review", "organiser", "refunds", "platform")
"""What lies at the provider: not yet anybody's, the organiser's, owed to buyers, the platform's."""

LINES_MAX = 50_000
"""Lines read for one statement: a stadium's. More is read in parts."""


@dataclass(frozen=True, slots=True)
class Line:
    """One movement."""

    id: int
    key: str
    kind: str
    provider: str
    payment_id: int | None
    refund_id: int | None
    from_account: Account
    to_account: Account
    amount: Money
    at_ms: int
    reference: str | None
    """The order's reference, if the line belongs to one."""


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


async def charged_back(
    tx: Tx, payment_id: int, dispute_ref: str, amount: Money, now_ms: int
) -> bool:
    """The payer's bank took money back, from the organiser in the end; true the first time."""
    key = f"charged_back:{payment_id}:{dispute_ref}"
    known = await tx.row(
        "SELECT 1 AS yes FROM ledger WHERE key IN (:review, :organiser)",
        review=f"{key}:review",
        organiser=f"{key}:organiser",
    )
    if known is not None:
        return False
    for source, part in await _sources(tx, payment_id, amount):
        legs: tuple[Account, Account] = (source, "buyer")
        await _of_payment(tx, f"{key}:{source}", payment_id, legs, part, now_ms)
    return True


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


async def paid_back(
    tx: Tx,
    *,
    organiser_id: int,
    provider: str,
    key: str,
    amount: Money,
    by: int | None,
    now_ms: int,
) -> bool:
    """A payout was undone: the organiser is owed it again; true the first time for this key."""
    return await _write(
        tx,
        key=f"paid_back:{key}",
        kind="paid_back",
        organiser_id=organiser_id,
        event_id=None,
        provider=provider,
        payment_id=None,
        refund_id=None,
        person_id=by,
        legs=("payouts", "organiser"),
        amount=amount,
        now_ms=now_ms,
    )


async def paid_out(
    tx: Tx,
    *,
    organiser_id: int,
    provider: str,
    key: str,
    amount: Money,
    by: int | None,
    now_ms: int,
    event_id: int | None = None,
) -> bool:
    """The organiser was handed money; true the first time for this key."""
    return await _write(
        tx,
        key=f"paid_out:{key}",
        kind="paid_out",
        organiser_id=organiser_id,
        event_id=event_id,
        provider=provider,
        payment_id=None,
        refund_id=None,
        person_id=by,
        legs=("organiser", "payouts"),
        amount=amount,
        now_ms=now_ms,
    )


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


async def flows_of_event(tx: Tx, event_id: int) -> list[tuple[str, str, dict[str, int]]]:
    """Sum an event's accounts by provider and currency, with all that came in and went back.

    `taken` is what buyers paid, `returned` what went back to them; the rest are the accounts.
    """
    rows = await tx.rows(
        "SELECT provider, currency, from_account, to_account,"
        " CAST(SUM(amount_minor) AS BIGINT) AS amount_minor FROM ledger"
        " WHERE event_id = :event_id GROUP BY provider, currency, from_account, to_account",
        event_id=event_id,
    )
    found: dict[tuple[str, str], dict[str, int]] = {}
    for row in rows:
        sums = found.setdefault((row["provider"], row["currency"]), {})
        minor = row["amount_minor"]
        for account, signed in ((row["from_account"], -minor), (row["to_account"], minor)):
            sums[account] = sums.get(account, 0) + signed
        if row["from_account"] == "buyer":
            sums["taken"] = sums.get("taken", 0) + minor
        if row["to_account"] == "buyer":
            sums["returned"] = sums.get("returned", 0) + minor
    return [(*key, sums) for key, sums in sorted(found.items())]


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


async def lines_of_event(tx: Tx, event_id: int, *, after: int, limit: int) -> list[Line]:
    """Read an event's lines after an id, oldest first."""
    rows = await tx.rows(
        "SELECT ledger.*, orders.reference FROM ledger"
        " LEFT JOIN payments ON payments.id = ledger.payment_id"
        " LEFT JOIN orders ON orders.id = payments.order_id"
        " WHERE ledger.event_id = :event_id AND ledger.id > :after ORDER BY ledger.id LIMIT :limit",
        event_id=event_id,
        after=after,
        limit=min(limit, LINES_MAX),
    )
    return [_line(row) for row in rows]


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
    """Write a line of a payment; its kind is the first word of its key."""
    whose = await tx.row(
        "SELECT payments.provider, events.id AS event_id, events.organiser_id FROM payments"
        " JOIN orders ON orders.id = payments.order_id JOIN events ON events.id = orders.event_id"
        " WHERE payments.id = :id",
        id=payment_id,
    )
    if whose is None:
        raise LookupError(f"payment {payment_id} stands alone")
    return await _write(
        tx,
        key=key,
        kind=key.partition(":")[0],
        organiser_id=whose["organiser_id"],
        event_id=whose["event_id"],
        provider=whose["provider"],
        payment_id=payment_id,
        refund_id=refund_id,
        person_id=None,
        legs=legs,
        amount=amount,
        now_ms=now_ms,
    )


async def _write(
    tx: Tx,
    *,
    key: str,
    kind: str,
    organiser_id: int,
    event_id: int | None,
    provider: str,
    payment_id: int | None,
    refund_id: int | None,
    person_id: int | None,
    legs: tuple[Account, Account],
    amount: Money,
    now_ms: int,
) -> bool:
    """Write one line, once a key: the only statement that ever touches the ledger."""
    row = await tx.row(
        "INSERT INTO ledger (id, key, kind, organiser_id, event_id, provider, payment_id,"
        " refund_id, person_id, from_account, to_account, amount_minor, currency, at_ms)"
        " VALUES (:id, :key, :kind, :organiser_id, :event_id, :provider, :payment_id, :refund_id,"
        " :person_id, :from_account, :to_account, :amount_minor, :currency, :now_ms)"
        " ON CONFLICT (key) DO NOTHING RETURNING id",
        id=new_id(now_ms),
        key=key,
        kind=kind,
        organiser_id=organiser_id,
        event_id=event_id,
        provider=provider,
        payment_id=payment_id,
        refund_id=refund_id,
        person_id=person_id,
        from_account=legs[0],
        to_account=legs[1],
        amount_minor=amount.amount_minor,
        currency=amount.currency,
        now_ms=now_ms,
    )
    return row is not None


def _line(row: Row) -> Line:
    return Line(
        row["id"],
        row["key"],
        row["kind"],
        row["provider"],
        row["payment_id"],
        row["refund_id"],
        row["from_account"],
        row["to_account"],
        Money(row["amount_minor"], row["currency"]),
        row["at_ms"],
        row["reference"],
    )

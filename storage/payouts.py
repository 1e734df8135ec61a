"""Payouts: what an organiser was handed of the money held for them, and when one was undone."""

from dataclasses import dataclass

from boxoffice.money import Money
from storage import ledger
from storage.database import Row, Tx
from storage.ids import new_id


@dataclass(frozen=True, slots=True)
class Payout:
    """One payout as it was recorded."""

    id: int
    organiser_id: int
    organiser: str
    provider: str
    amount: Money
    way: str
    paid_on: str
    """The day, ISO 8601, as whoever recorded it said."""
    recorded_ms: int
    undone_ms: int | None


async def record(
    tx: Tx,
    key: str,
    *,
    organiser_id: int,
    provider: str,
    amount: Money,
    way: str,
    paid_on: str,
    by: int | None,
    now_ms: int,
) -> Payout | Money:
    """Record a payout, once a key; answers with the balance instead if that is too small."""
    # The organiser's row is the lock: two who record at once must not both find the balance.
    await tx.run("UPDATE organisers SET name = name WHERE id = :id", id=organiser_id)
    known = await tx.row(f"{_PAYOUT} WHERE payouts.key = :key", key=key)
    if known is not None:
        return _payout(known)
    sums = await ledger.balances(tx, organiser_id=organiser_id)
    balance = sums.get((provider, amount.currency, "organiser"), 0)
    if amount.amount_minor > balance:
        return Money(balance, amount.currency)
    payout_id = new_id(now_ms)
    await tx.run(
        "INSERT INTO payouts (id, key, organiser_id, provider, amount_minor, currency, way,"
        " paid_on, recorded_by, recorded_ms) VALUES (:id, :key, :organiser_id, :provider, :minor,"
        " :currency, :way, :paid_on, :by, :now_ms)",
        id=payout_id,
        key=key,
        organiser_id=organiser_id,
        provider=provider,
        minor=amount.amount_minor,
        currency=amount.currency,
        way=way,
        paid_on=paid_on,
        by=by,
        now_ms=now_ms,
    )
    handing = ledger.Handing(str(payout_id), organiser_id, provider, amount, by)
    await ledger.paid_out(tx, handing, now_ms)
    made = await payout_by_id(tx, payout_id)
    if made is None:
        raise LookupError(f"payout {payout_id} was not kept")
    return made


async def undo(tx: Tx, payout_id: int, *, by: int | None, now_ms: int) -> Payout | None:
    """Undo a payout by a line the other way; None if it was undone already."""
    row = await tx.row(
        "UPDATE payouts SET undone_ms = :now_ms, undone_by = :by WHERE id = :id"
        " AND undone_ms IS NULL RETURNING id",
        id=payout_id,
        by=by,
        now_ms=now_ms,
    )
    found = await payout_by_id(tx, payout_id) if row is not None else None
    if found is not None:
        back = ledger.Handing(str(found.id), found.organiser_id, found.provider, found.amount, by)
        await ledger.paid_back(tx, back, now_ms)
    return found


async def payout_by_id(tx: Tx, payout_id: int) -> Payout | None:
    """Read one payout."""
    row = await tx.row(f"{_PAYOUT} WHERE payouts.id = :id", id=payout_id)
    return _payout(row) if row else None


async def payouts_of(tx: Tx, organiser_id: int, limit: int) -> list[Payout]:
    """Read an organiser's payouts, newest first, undone ones too."""
    rows = await tx.rows(
        f"{_PAYOUT} WHERE payouts.organiser_id = :organiser_id ORDER BY payouts.id DESC"
        " LIMIT :limit",
        organiser_id=organiser_id,
        limit=limit,
    )
    return [_payout(row) for row in rows]


async def organisers_with_money(tx: Tx, limit: int) -> list[tuple[int, str]]:
    """Read the organisers for whom money was ever booked, by name."""
    rows = await tx.rows(
        "SELECT id, name FROM organisers WHERE EXISTS (SELECT 1 FROM ledger"
        " WHERE ledger.organiser_id = organisers.id) ORDER BY created_ms, id LIMIT :limit",
        limit=limit,
    )
    return [(row["id"], row["name"]) for row in rows]


_PAYOUT = (
    "SELECT payouts.*, organisers.name AS organiser FROM payouts JOIN organisers"
    " ON organisers.id = payouts.organiser_id"
)


def _payout(row: Row) -> Payout:
    return Payout(
        row["id"],
        row["organiser_id"],
        row["organiser"],
        row["provider"],
        Money(row["amount_minor"], row["currency"]),
        row["way"],
        row["paid_on"],
        row["recorded_ms"],
        row["undone_ms"],
    )

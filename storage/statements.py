"""An event's ledger as it is read: what came in and left by provider, and line by line."""

from dataclasses import dataclass

from boxoffice.money import Money
from storage.database import Row, Tx
from storage.ledger import Account

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


async def flows_of_event(tx: Tx, event_id: int) -> list[tuple[str, str, dict[str, int]]]:
    """Sum an event's accounts by provider and currency, with all that came in and went back.

    `taken` is what buyers paid, `returned` what went back to them, less what a bank took from them
    again; the rest are the accounts.
    """
    rows = await tx.rows(
        "SELECT provider, currency, from_account, to_account, kind = 'won_back' AS is_won_back,"
        " CAST(SUM(amount_minor) AS BIGINT) AS amount_minor FROM ledger WHERE event_id = :event_id"
        " GROUP BY provider, currency, from_account, to_account, kind = 'won_back'",
        event_id=event_id,
    )
    found: dict[tuple[str, str], dict[str, int]] = {}
    for row in rows:
        sums = found.setdefault((row["provider"], row["currency"]), {})
        minor = row["amount_minor"]
        for account, signed in ((row["from_account"], -minor), (row["to_account"], minor)):
            sums[account] = sums.get(account, 0) + signed
        if row["is_won_back"]:
            sums["returned"] = sums.get("returned", 0) - minor
        elif row["from_account"] == "buyer":
            sums["taken"] = sums.get("taken", 0) + minor
        if row["to_account"] == "buyer":
            sums["returned"] = sums.get("returned", 0) + minor
    return [(*key, sums) for key, sums in sorted(found.items())]


SAID: tuple[str, ...] = (
    "taken",
    "returned",
    "refunds",
    "review",
    "fees",
    "platform",
    "losses",
    "payouts",
)


def said_of(sums: dict[str, int]) -> list[tuple[str, int]]:
    """Give what is said of one provider, in order: only what is not nought, and the balance."""
    said = [(name, abs(sums[name])) for name in SAID if sums.get(name)]
    return [*said, ("balance", sums.get("organiser", 0))]


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

"""The statement of an event: every line of the ledger, and totals that sum to the minor unit."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from boxoffice.money import Money
from storage import ledger
from storage.database import Database
from storage.ledger import HELD, Account, Line

CHUNK = 1_000
"""Lines read at a time: a large event's statement holds no transaction open for long."""

HEAD = (
    "time",
    "provider",
    "movement",
    "order",
    "payment",
    "refund",
    "from",
    "to",
    "amount",
    "currency",
)


async def statement_csv(database: Database, event_id: int, zone: str) -> str:
    """Write an event's statement as CSV: its lines, then each provider's totals."""
    lines: list[Line] = []
    while True:
        after = lines[-1].id if lines else 0
        chunk = await database.read(ledger.lines_of_event, event_id, after=after, limit=CHUNK)
        lines += chunk
        if len(chunk) < CHUNK:
            return _written(lines, zone)


def totals(lines: Iterable[Line]) -> dict[tuple[str, str], dict[Account, int]]:
    """Sum the accounts by provider and currency; every sum of a row is nought."""
    sums: dict[tuple[str, str], dict[Account, int]] = {}
    for line in lines:
        row = sums.setdefault((line.provider, line.amount.currency), {})
        minor = line.amount.amount_minor
        row[line.from_account] = row.get(line.from_account, 0) - minor
        row[line.to_account] = row.get(line.to_account, 0) + minor
    return sums


def _written(lines: Sequence[Line], zone: str) -> str:
    out = io.StringIO()
    write = csv.writer(out)
    write.writerow(HEAD)
    for line in lines:
        local = datetime.fromtimestamp(line.at_ms / 1000, UTC).astimezone(ZoneInfo(zone))
        write.writerow(
            (
                local.isoformat(timespec="seconds"),
                line.provider,
                line.kind,
                line.reference or "",
                line.payment_id or "",
                line.refund_id or "",
                line.from_account,
                line.to_account,
                line.amount.major,
                line.amount.currency,
            )
        )
    write.writerow(())
    write.writerow(("total", "provider", "taken", "fees", "organiser", "review", "refunds", "held"))
    for (provider, currency), row in sorted(totals(lines).items()):
        held = sum(row.get(account, 0) for account in HELD)
        sums = (
            -row.get("buyer", 0),
            row.get("fees", 0),
            row.get("organiser", 0),
            row.get("review", 0),
            row.get("refunds", 0),
            held,
        )
        write.writerow((currency, provider, *(Money(minor, currency).major for minor in sums)))
    return out.getvalue()

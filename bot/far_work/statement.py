"""The statement of an event: every line of the ledger, and totals that sum to the minor unit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.reports.tables import CSV, XLSX, Cell, csv_file, xlsx_file
from boxoffice.money import Money
from chat.channel import SendRefused
from chat.messages import Media, words
from chat.texts import Texts
from chat.workers import Runner
from storage import events, statements
from storage.database import Database
from storage.ids import from_text
from storage.ledger import HELD, Account
from storage.statements import Line

CHUNK = 1_000
"""Lines read at a time: a large event's statement holds no transaction open for long."""

COLUMNS = (
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

TOTALS = (
    "taken",
    "returned",
    "fees",
    "platform",
    "payouts",
    "organiser",
    "review",
    "refunds",
    "losses",
)
"""The sums of a provider: what came in, what left and to whom, and whose the rest is."""

PICTURE = "statement"


@dataclass(frozen=True, slots=True)
class Table:
    """A statement as a table of cells."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Statements:
    """Answers `statement:EVENT:csv` and `statement:EVENT:xlsx` in the gallery."""

    database: Database
    texts: Texts
    workers: Runner

    async def __call__(self, key: str, language: str) -> Media:
        """Write the file, the book in a worker.

        Raises:
            SendRefused: there is no such event.
        """
        event_text, _, form = key.partition(":")
        event_id = from_text(event_text)
        event = await self.database.read(events.event_by_id, event_id) if event_id else None
        if event is None or form not in {"csv", "xlsx"}:
            raise SendRefused("no such statement")
        table = await statement(self.database, event.id, event.zone, self.texts, language)
        name = self.texts.render(words("statement.file"), language)
        name = f"{name}-{event_text}.{form}"
        if form == "csv":
            return Media(csv_file(table.head, table.rows), CSV, name, as_file=True)
        body = await self.workers.run(xlsx_file, table.title, table.head, table.rows)
        return Media(body, XLSX, name, as_file=True)


async def statement(
    database: Database, event_id: int, zone: str, texts: Texts, language: str
) -> Table:
    """Read an event's lines and put them in a table: the lines, then each provider's totals."""
    lines: list[Line] = []
    while True:
        after = lines[-1].id if lines else 0
        chunk = await database.read(statements.lines_of_event, event_id, after=after, limit=CHUNK)
        lines += chunk
        if len(chunk) < CHUNK:
            return _table(lines, ZoneInfo(zone), texts, language)


def totals(lines: Iterable[Line]) -> dict[tuple[str, str], dict[Account, int]]:
    """Sum the accounts by provider and currency; every sum of a row is nought."""
    sums: dict[tuple[str, str], dict[Account, int]] = {}
    for line in lines:
        row = sums.setdefault((line.provider, line.amount.currency), {})
        minor = line.amount.amount_minor
        row[line.from_account] = row.get(line.from_account, 0) - minor
        row[line.to_account] = row.get(line.to_account, 0) + minor
    return sums


def sums_of(lines: Sequence[Line]) -> list[tuple[str, str, dict[str, int]]]:
    """Say for each provider and currency what `TOTALS` name, and what it holds."""
    back: dict[tuple[str, str], int] = {}
    for line in lines:
        if line.to_account == "buyer":
            key = (line.provider, line.amount.currency)
            back[key] = back.get(key, 0) + line.amount.amount_minor
    found = []
    for key, row in sorted(totals(lines).items()):
        returned = back.get(key, 0)
        sums: dict[str, int] = dict(row.items())
        sums["taken"] = returned - row.get("buyer", 0)
        sums["returned"] = returned
        sums["held"] = sum(row.get(account, 0) for account in HELD)
        found.append((*key, sums))
    return found


def _table(lines: Sequence[Line], zone: ZoneInfo, texts: Texts, language: str) -> Table:
    def say(key: str) -> str:
        return texts.render(words(f"statement.{key}"), language)

    def provider(name: str) -> str:
        kind, _, owner = name.partition(".")
        return f"{say(f'provider_{kind}')} ({owner})" if owner else say(f"provider_{kind}")

    rows: list[tuple[Cell, ...]] = [
        (
            datetime.fromtimestamp(line.at_ms / 1000, UTC).astimezone(zone),
            provider(line.provider),
            say(f"kind_{line.kind}"),
            line.reference or "",
            str(line.payment_id or ""),
            str(line.refund_id or ""),
            say(f"account_{line.from_account}"),
            say(f"account_{line.to_account}"),
            line.amount.major,
            line.amount.currency,
        )
        for line in lines
    ]
    blank: tuple[Cell, ...] = (None,) * len(COLUMNS)
    rows.append(blank)
    for name, currency, sums in sums_of(lines):
        for label in (*TOTALS, "held"):
            amount = Money(sums.get(label, 0), currency).major
            row = [*blank]
            row[1], row[2], row[8], row[9] = provider(name), say(f"total_{label}"), amount, currency
            rows.append(tuple(row))
    head = tuple(say(f"column_{name}") for name in COLUMNS)
    return Table(say("title"), head, tuple(rows))

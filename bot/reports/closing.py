"""The closing report of an event: `closing:EVENT`, counted and written when it is sent."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.reports.about import read_about
from bot.reports.closing_facts import ClosingPage, Table, make_closing
from boxoffice.model import Event
from boxoffice.money import Money
from boxoffice.verdicts import Verdict
from chat.clock import Clock
from chat.messages import Media, Moment, Words, words
from chat.texts import Texts
from chat.workers import Runner
from storage import events, ledger
from storage.closing import ClosedKind, Closing, closing_of
from storage.database import Database, Tx
from storage.ledger import Account

PICTURE = "closing"

GATE_LINES: tuple[tuple[str, frozenset[str]], ...] = (
    ("used", frozenset({Verdict.ALREADY_USED, Verdict.ALREADY_INSIDE, Verdict.DAY_ALREADY_USED})),
    ("forged", frozenset({Verdict.FORGED, Verdict.UNKNOWN, Verdict.TEST_TICKET})),
    ("blocked", frozenset({Verdict.BLOCKED, Verdict.PAYMENT_UNDER_REVIEW, Verdict.UNPAID})),
    (
        "dead",
        frozenset({Verdict.REVOKED, Verdict.CANCELLED, Verdict.REFUNDED, Verdict.CHARGED_BACK}),
    ),
    ("person", frozenset({Verdict.UNDERAGE, Verdict.HOLDER_MISMATCH})),
    ("forced", frozenset({Verdict.FORCED})),
    ("annulled", frozenset({Verdict.ANNULLED})),
)
"""What an organiser asks about the gates afterwards, and the verdicts that answer it."""

Say = Callable[[Words], str]
Balances = dict[tuple[str, str, Account], int]


@dataclass(frozen=True, slots=True)
class ClosingReports:
    """Writes them."""

    database: Database
    texts: Texts
    workers: Runner
    clock: Clock

    async def __call__(self, key: str, language: str) -> Media:
        """Count and write.

        Raises:
            SendRefused: there is no such event.
            WorkersError: it could not be written now; try again.
        """
        event, closing, sums = await read_about(self.database, key, _counts)

        def say(one: Words) -> str:
            return self.texts.render(one, language)

        page = closing_page(event, closing, sums, say, self.clock())
        body = await self.workers.run(make_closing, page)
        return Media(body, "application/pdf", f"bilan-{event.tag}.pdf", as_file=True)


async def _counts(tx: Tx, event_id: int) -> tuple[Event, Closing, Balances] | None:
    event = await events.event_by_id(tx, event_id)
    if event is None:
        return None
    return event, await closing_of(tx, event_id), await ledger.balances(tx, event_id=event_id)


def closing_page(
    event: Event, closing: Closing, sums: Balances, say: Say, now_ms: int
) -> ClosingPage:
    """Put what was counted into the words and numbers of the report."""

    def number(value: int) -> str:
        return say(words("live.number", number=value))

    def money(minor: int) -> str:
        return say(words("price", price=Money(minor, event.currency)))

    kinds = closing.kinds
    sold, came = sum(one.sold for one in kinds), sum(one.came for one in kinds)
    share = 100 * came // sold if sold else 0
    figures = (
        (number(sold), say(words("closing.sold"))),
        (number(came), say(words("closing.came", share=share))),
        (number(sold - came), say(words("closing.away"))),
        (money(sum(one.money_minor for one in kinds)), say(words("closing.money"))),
    )
    tables = (_kinds(kinds, say, number, money), _money(sums, say), _gates(closing, say, number))
    return ClosingPage(
        title=event.title,
        when=say(words("closing.when", starts=Moment(event.starts_ms, event.zone))),
        place=", ".join(dict.fromkeys(one for one in (event.venue, event.city) if one)),
        heading=say(words("closing.heading")),
        made=say(words("closing.made", at=Moment(now_ms, event.zone))),
        figures=figures,
        tables=tuple(table for table in tables if table.rows),
        accent=event.accent,
    )


def _kinds(
    kinds: tuple[ClosedKind, ...],
    say: Say,
    number: Callable[[int], str],
    money: Callable[[int], str],
) -> Table:
    head = tuple(
        say(words(f"closing.column_{one}"))
        for one in ("kind", "quota", "sold", "refunded", "came", "away", "money")
    )

    def row(name: str, of: tuple[ClosedKind, ...]) -> tuple[str, ...]:
        counts = (
            sum(one.quota for one in of),
            sum(one.sold for one in of),
            sum(one.refunded for one in of),
            sum(one.came for one in of),
            sum(one.stayed_away for one in of),
        )
        return (name, *map(number, counts), money(sum(one.money_minor for one in of)))

    rows = tuple(row(one.name, (one,)) for one in kinds)
    total = row(say(words("closing.total")), kinds) if len(kinds) > 1 else ()
    return Table(say(words("closing.by_kind")), head, rows, total)


def _money(sums: Balances, say: Say) -> Table:
    """The ledger by way of paying: what came in, went back, was kept, and is the organiser's."""
    head = tuple(
        say(words(f"closing.column_{one}"))
        for one in ("provider", "taken", "fees", "waiting", "yours")
    )
    rows = []
    for provider, currency in sorted({(one, two) for one, two, _ in sums}):

        def of(account: Account, provider: str = provider, currency: str = currency) -> int:
            return sums.get((provider, currency, account), 0)

        amounts = (
            -of("buyer"),
            of("fees"),
            of("review") + of("refunds"),
            of("organiser") + of("payouts"),
        )
        said = (say(words("price", price=Money(one, currency))) for one in amounts)
        name, _, owner = provider.partition(".")
        named = say(words(f"statement.provider_{name}"))
        rows.append((f"{named} ({owner})" if owner else named, *said))
    return Table(say(words("closing.by_provider")), head, tuple(rows))


def _gates(closing: Closing, say: Say, number: Callable[[int], str]) -> Table:
    rows = [
        (
            say(words(f"closing.gate_{name}")),
            number(sum(closing.verdicts.get(one, 0) for one in verdicts)),
        )
        for name, verdicts in GATE_LINES
    ]
    rows.append((say(words("closing.gate_conflict")), number(closing.conflicts)))
    scans = sum(closing.verdicts.values())
    note = say(words("closing.gate_note", n=scans))
    head = (say(words("closing.column_gate")), say(words("closing.column_times")))
    return Table(say(words("closing.by_gate")), head, tuple(rows) if scans else (), note=note)

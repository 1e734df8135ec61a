"""The closing report of an event: `closing:EVENT`, counted and written when it is sent."""

from collections.abc import Callable, Iterator
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
from storage import events
from storage.closing import ClosedKind, Closing, closing_of
from storage.database import Database, Tx
from storage.statements import flows_of_event, said_of

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
Flows = list[tuple[str, str, dict[str, int]]]
"""An event's accounts, by provider and currency."""


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
        event, closing, flows = await read_about(self.database, key, _counts)

        def say(one: Words) -> str:
            return self.texts.render(one, language)

        page = closing_page(event, closing, flows, say, self.clock())
        body = await self.workers.run(make_closing, page)
        return Media(body, "application/pdf", f"bilan-{event.tag}.pdf", as_file=True)


async def _counts(tx: Tx, event_id: int) -> tuple[Event, Closing, Flows] | None:
    event = await events.event_by_id(tx, event_id)
    if event is None:
        return None
    return event, await closing_of(tx, event_id), await flows_of_event(tx, event_id)


def closing_page(
    event: Event, closing: Closing, flows: Flows, say: Say, now_ms: int
) -> ClosingPage:
    """Put what was counted into the words and numbers of the report.

    Who came is said once the doors are open; who did not, once they are closed for good.
    """

    def number(value: int) -> str:
        return say(words("live.number", number=value))

    def money(minor: int) -> str:
        return say(words("price", price=Money(minor, event.currency)))

    kinds = closing.kinds
    sold, invited, came = (
        sum(getattr(one, name) for one in kinds) for name in ("sold", "invited", "came")
    )
    share = 100 * came // (sold + invited) if sold + invited else 0
    columns = _columns(event, now_ms, has_invited=invited > 0)
    labels = {
        "sold": (sold, words("closing.sold")),
        "invited": (invited, words("closing.invited")),
        "came": (came, words("closing.came", share=share)),
        "away": (sold + invited - came, words("closing.away")),
    }
    counts = ((number(labels[one][0]), say(labels[one][1])) for one in columns if one in labels)
    takings = (money(sum(one.money_minor for one in kinds)), say(words("closing.money")))
    figures = (*counts, takings)
    tables = (
        _kinds(kinds, columns, say, number, money),
        *_money(flows, say),
        _gates(closing, say, number),
    )
    return ClosingPage(
        title=event.title,
        when=say(words("closing.when", starts=Moment(event.starts_ms, event.zone))),
        place=", ".join(dict.fromkeys(one for one in (event.venue, event.city) if one)),
        heading=say(words("closing.heading")),
        made=say(words(f"closing.made_{_stage(event, now_ms)}", at=Moment(now_ms, event.zone))),
        figures=figures,
        tables=tuple(table for table in tables if table.rows),
        accent=event.accent,
    )


def _stage(event: Event, now_ms: int) -> str:
    """Tell whether the event is to come, under way, or over."""
    if now_ms >= event.ends_ms:
        return "after"
    return "before" if now_ms < event.doors_ms else "during"


def _columns(event: Event, now_ms: int, *, has_invited: bool) -> tuple[str, ...]:
    """Choose what is counted of each kind: nobody is away from what is not over."""
    came = {"before": (), "during": ("came",), "after": ("came", "away")}[_stage(event, now_ms)]
    return ("quota", "sold", *(("invited",) if has_invited else ()), "refunded", *came)


def _kinds(
    kinds: tuple[ClosedKind, ...],
    columns: tuple[str, ...],
    say: Say,
    number: Callable[[int], str],
    money: Callable[[int], str],
) -> Table:
    head = tuple(say(words(f"closing.column_{one}")) for one in ("kind", *columns, "money"))

    def row(name: str, of: tuple[ClosedKind, ...]) -> tuple[str, ...]:
        counts = (sum(getattr(one, column) for one in of) for column in columns)
        return (name, *map(number, counts), money(sum(one.money_minor for one in of)))

    rows = tuple(row(one.name, (one,)) for one in kinds)
    total = row(say(words("closing.total")), kinds) if len(kinds) > 1 else ()
    return Table(say(words("closing.by_kind")), head, rows, total)


def _money(flows: Flows, say: Say) -> Iterator[Table]:
    """The money by way of paying, in the words and numbers of the page of the event's money."""
    head = tuple(say(words(f"closing.column_{one}")) for one in ("account", "amount"))
    for provider, currency, sums in flows:
        rows = tuple(
            (say(words(f"accounts.{name}")), say(words("price", price=Money(minor, currency))))
            for name, minor in said_of(sums)
        )
        name, _, owner = provider.partition(".")
        named = say(words(f"statement.provider_{name}"))
        whose = f"{named} ({owner})" if owner else named
        yield Table(say(words("closing.by_provider", provider=whose)), head, rows)


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

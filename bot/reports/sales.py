"""The picture of how an event sells: `salespic:EVENT`, its days as columns, its kinds as bars."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.charts.chart import Bar, Bars, Chart, Columns, Figure, Tone
from bot.charts.drawing import draw_chart
from bot.reports.about import read_about
from boxoffice.model import Event, SaleState
from boxoffice.money import Money
from chat.clock import Clock
from chat.messages import Media, Moment, Words, words
from chat.texts import Texts
from chat.workers import Runner
from storage import events, organisers
from storage.database import Database, Tx
from storage.organisers import KindSales
from storage.sales_figures import SoldHour, sold_by_hour

PICTURE = "salespic"

DAYS_MIN, DAYS_MAX = 7, 60
"""Columns: a week at least, so that a first day is no wall; two months stay readable on a phone."""


@dataclass(frozen=True, slots=True)
class SalesPictures:
    """Draws the picture with the numbers of the moment it is sent."""

    database: Database
    texts: Texts
    workers: Runner
    clock: Clock

    async def __call__(self, key: str, language: str) -> Media:
        """Count and draw.

        Raises:
            SendRefused: there is no such event.
            WorkersError: it could not be drawn now; try again.
        """
        event, kinds, hours = await read_about(self.database, key, _counts)
        chart = sales_chart(event, kinds, hours, self.clock(), self.texts, language)
        picture = await self.workers.run(draw_chart, chart)
        return Media(picture, "image/png", "ventes.png")


async def _counts(tx: Tx, event_id: int) -> tuple[Event, list[KindSales], list[SoldHour]] | None:
    event = await events.event_by_id(tx, event_id)
    if event is None:
        return None
    return event, await organisers.sales_of(tx, event_id), await sold_by_hour(tx, event_id)


def sales_chart(
    event: Event,
    kinds: Sequence[KindSales],
    hours: Sequence[SoldHour],
    now_ms: int,
    texts: Texts,
    language: str,
) -> Chart:
    """Put the sales of an event into a chart, in words."""

    def say(one: Words) -> str:
        return texts.render(one, language)

    def number(value: int) -> str:
        return say(words("live.number", number=value))

    sold, quota = sum(one.sold for one in kinds), sum(one.quota for one in kinds)
    money = Money(sum(one.money_minor for one in kinds), event.currency)
    days = by_day(hours, ZoneInfo(event.zone), now_ms)
    bars = tuple(
        Bar(
            one.name,
            say(_sold_words(one)),
            one.sold,
            one.quota,
        )
        for one in kinds
    )
    return Chart(
        title=event.title,
        subtitle=say(_when_counted(event, now_ms)),
        figures=(
            Figure(number(sold), say(words("figures.chart_sold", quota=quota))),
            Figure(say(words("figures.money", money=money)), say(words("figures.chart_money"))),
        ),
        panels=(
            Columns(
                say(words("figures.chart_days")),
                tuple(count for _, count in days),
                _marks(days, event.zone, say),
            ),
            Bars(say(words("figures.chart_kinds")), bars, Tone.GOOD),
        ),
    )


def _sold_words(kind: KindSales) -> Words:
    """Say how many of a kind are sold, beside those that were given."""
    key = "figures.chart_kind_invited" if kind.invited else "figures.chart_kind"
    return words(key, sold=kind.sold, quota=kind.quota, n=kind.invited)


def _when_counted(event: Event, now_ms: int) -> Words:
    """Say when it was counted; first of all, whether this event is not simply on sale."""
    at = Moment(now_ms, event.zone)
    state = event.sale_state(now_ms)
    opens = Moment(event.sales_from_ms or now_ms, event.zone)
    if state is SaleState.OPEN:
        return words("figures.chart_at", at=at)
    return words(
        "figures.chart_at_state", state=words(f"organising.status_{state.value}", at=opens), at=at
    )


def by_day(hours: Sequence[SoldHour], zone: ZoneInfo, now_ms: int) -> list[tuple[date, int]]:
    """Count tickets by the day on which they were sold there, up to today, none left out."""
    counts: dict[date, int] = {}
    for hour in hours:
        day = _day(hour.begins_ms, zone)
        counts[day] = counts.get(day, 0) + hour.tickets
    last = max(_day(now_ms, zone), max(counts, default=_day(now_ms, zone)))
    first = min(counts, default=last)
    shown = min(DAYS_MAX, max(DAYS_MIN, (last - first).days + 1))
    days = [last - timedelta(days=back) for back in range(shown - 1, -1, -1)]
    return [(day, counts.get(day, 0)) for day in days]


def _marks(
    days: Sequence[tuple[date, int]], zone: str, say: Callable[[Words], str]
) -> tuple[tuple[int, str], ...]:
    """Name the first, the middle and the last day."""
    places = sorted({0, len(days) // 2, len(days) - 1})
    named = [words("figures.chart_day", day=_noon(days[at][0], zone)) for at in places]
    return tuple((at, say(name)) for at, name in zip(places, named, strict=True))


def _noon(day: date, zone: str) -> Moment:
    at = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(zone))
    return Moment(int(at.timestamp() * 1000), zone)


def _day(at_ms: int, zone: ZoneInfo) -> date:
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone).date()

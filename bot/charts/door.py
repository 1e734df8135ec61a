"""The chart of an event's door as it is when the picture is sent."""

from dataclasses import dataclass
from functools import partial

from bot.charts.chart import Bar, Bars, Chart, Columns, Figure, Ground, Tone
from bot.charts.drawing import draw_chart
from bot.reports.about import read_about
from boxoffice.rules import MINUTE_MS
from chat.clock import Clock
from chat.messages import Media, Moment, Words, words
from chat.texts import Texts
from chat.workers import Runner
from gate_scanner.live import REFUSALS_MAX, refused
from storage.database import Database
from storage.live import LiveCounts, live_counts


@dataclass(frozen=True, slots=True)
class DoorPictures:
    """Draws `door:EVENT`; the numbers are those of the moment it is drawn."""

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
        at_ms = self.clock()
        now = await read_about(self.database, key, partial(live_counts, now_ms=at_ms))
        picture = await self.workers.run(draw_chart, door_chart(now, self.texts, language))
        return Media(picture, "image/png", "direct.png")


def door_chart(now: LiveCounts, texts: Texts, language: str) -> Chart:
    """Put the counts of a door into a chart, in words: dark, for it is read at night."""

    def say(one: Words) -> str:
        return texts.render(one, language)

    def number(value: int) -> str:
        return say(words("live.number", number=value))

    at = Moment(now.at_ms, now.zone)
    room = now.inside_max
    inside = words("live.chart_inside", expected=now.expected)
    if room is not None:
        inside = words("live.chart_room", room=room)
    slow = now.lately > 0 and now.per_minute == 0
    pace = say(words("live.chart_slow")) if slow else number(now.per_minute)
    panels: list[Bars | Columns] = [
        Columns(say(words("live.chart_minutes")), now.minutes, _marks(now, texts, language))
    ]
    if len(now.by_gate) > 1:
        gates = tuple(Bar(gate, number(count), count) for gate, count in now.by_gate)
        panels.append(Bars(say(words("live.chart_gates")), gates, Tone.GOOD))
    kinds = tuple(
        Bar(
            kind,
            say(words("live.chart_kind", inside=count, expected=expected)),
            count,
            expected,
        )
        for kind, count, expected in now.by_kind
    )
    panels.append(Bars(say(words("live.chart_kinds")), kinds, Tone.GOOD))
    if now.refusals:
        reasons = tuple(
            Bar(say(refused(verdict)), number(count), count)
            for verdict, count in now.refusals[:REFUSALS_MAX]
        )
        panels.append(Bars(say(words("live.refused")), reasons, Tone.BAD))
    return Chart(
        title=now.title,
        subtitle=say(words("live.chart_at", at=at)),
        figures=(
            Figure(number(now.inside), say(inside)),
            Figure(pace, say(words("live.chart_pace"))),
        ),
        panels=tuple(panels),
        ground=Ground.DARK,
    )


def _marks(now: LiveCounts, texts: Texts, language: str) -> tuple[tuple[int, str], ...]:
    """Name the first minute, the middle and the last."""
    last = len(now.minutes) - 1
    return tuple(
        (place, texts.render(words("live.chart_time", at=moment), language))
        for place in (0, last // 2, last)
        for moment in (Moment(now.at_ms - (last - place) * MINUTE_MS, now.zone),)
    )

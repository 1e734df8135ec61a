"""What a chart shows, in words and numbers: light, for both sides of the worker's pipe.

A flow or a gallery fills a `Chart`; `drawing.draw_chart` makes the picture in a worker process.
Every text is ready to be read: in the reader's language, numbers written as people write them.
"""

from dataclasses import dataclass
from enum import Enum

WARM = "charts.warm"
"""Far work that gets a worker ready to draw and has no result: a chart comes without it, later."""


class Ground(Enum):
    """What the picture stands on: its own colour, the same in a light and in a dark chat."""

    LIGHT = "light"
    """Paper: read at a desk, passed on, printed."""
    DARK = "dark"
    """Night: kind to the eyes of people who stand in the dark."""


class Tone(Enum):
    """What a bar says by its colour, never by that alone: its words say it too."""

    PLAIN = "plain"
    GOOD = "good"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Figure:
    """A number large enough to be read across a table, and what it counts."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A line of a list: `part` of `whole` is filled; without a whole, bars compare their parts."""

    label: str
    value: str
    part: int
    whole: int = 0


@dataclass(frozen=True, slots=True)
class Bars:
    """A list of bars under a title."""

    title: str
    bars: tuple[Bar, ...]
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class Columns:
    """Counts along time, a column each; `marks` name some of them below: (place, words)."""

    title: str
    counts: tuple[int, ...]
    marks: tuple[tuple[int, str], ...] = ()
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class Chart:
    """One picture: what it is about, its large numbers, then its panels from top to bottom."""

    title: str
    subtitle: str
    figures: tuple[Figure, ...] = ()
    panels: tuple[Bars | Columns, ...] = ()
    ground: Ground = Ground.LIGHT

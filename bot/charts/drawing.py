"""Drawing a chart: a PNG as wide as a phone's screen, made in a worker process.

Matplotlib is heavy, so it is loaded when a chart is drawn and not before: only the worker that
draws holds it.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PIL import Image

from bot.charts.chart import Bars, Chart, Columns, Ground, Tone
from bot.tickets.lettering import BOLD, FONTS, REGULAR, drawable, fit, measured, shortened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Sheet

WIDTH: Final = 1080
"""Pixels: what apps keep of a picture; a phone shows it at a third, so no text is under 30."""

MARGIN: Final = 64
ROOM: Final = WIDTH - 2 * MARGIN
DPI: Final = 100
POINTS_PER_PX: Final = 72 / DPI

TITLES_PX: Final = (58, 52, 46, 40)
SUBTITLE_PX: Final = 36
FIGURES_PX: Final = (104, 92, 80, 68, 56)
"""Large numbers; side by side they have one size: the largest at which none is cut."""

PANEL_PX: Final = 40
LABEL_PX: Final = 36
MARK_PX: Final = 32
SHORT_PART: Final = 0.6
"""Of the longest number's room, what the shortest has at least."""

HEAD_HEIGHT: Final = 176
FIGURES_HEIGHT: Final = 196
PANEL_TITLE_HEIGHT: Final = 84
BAR_HEIGHT: Final = 84
BAR_THICK: Final = 22
COLUMNS_HEIGHT: Final = 330
PANEL_GAP: Final = 30

BARS_MAX: Final = 8
"""Lines of one list: a picture stays one that is looked at without scrolling."""

COLOURS: Final = 64
"""Of the file: flat paint and the soft edges of letters need no more, and it is a third as long."""

PACKED: Final = 6
"""How hard the file is packed, of 9: the last steps cost seven times as much and save a tenth."""

VALUE_PART_MAX: Final = 0.45
"""As much of a line as its number may take; the rest is its name's."""


@dataclass(frozen=True, slots=True)
class _Paint:
    ground: str
    ink: str
    soft: str
    track: str
    tones: dict[Tone, str]


_PAINTS: Final = {
    Ground.DARK: _Paint(
        "#0f1a21",
        "#f2f6f8",
        "#a9bac5",
        "#2a3a45",
        {Tone.PLAIN: "#57aefc", Tone.GOOD: "#34c77b", Tone.BAD: "#ff6b6b"},
    ),
    Ground.LIGHT: _Paint(
        "#ffffff",
        "#10191e",
        "#526571",
        "#e3e9ed",
        {Tone.PLAIN: "#1667c7", Tone.GOOD: "#12894d", Tone.BAD: "#c62f36"},
    ),
}


def draw_chart(chart: Chart) -> bytes:
    """Draw a chart and return its PNG; heavy, for workers only."""
    from matplotlib.figure import Figure as Sheet  # noqa: PLC0415 heavy, for workers only

    height = HEAD_HEIGHT + (FIGURES_HEIGHT if chart.figures else 0) + MARGIN // 2
    height += sum(_height(panel) for panel in chart.panels)
    sheet = Sheet(figsize=(WIDTH / DPI, height / DPI), dpi=DPI)
    _Drawing(sheet, height, _PAINTS[chart.ground]).draw(chart)
    painted, made = io.BytesIO(), io.BytesIO()
    sheet.savefig(painted, format="rgba", dpi=DPI)
    pixels = Image.frombytes("RGBA", (WIDTH, height), painted.getvalue())
    # Half of a drawing's time went into choosing colours and packing them as small as can be: these
    # ways take a sixth of that, for a file as small as before.
    flat = _flat(pixels.convert("RGB"))
    flat.save(made, "PNG", compress_level=PACKED)
    return made.getvalue()


def _flat(pixels: Image.Image) -> Image.Image:
    """Reduce the colours; the ground, which the corner shows, stays exactly what it is."""
    flat = pixels.quantize(COLOURS, method=Image.Quantize.FASTOCTREE)
    corner = (0, 0, 1, 1)
    place = flat.crop(corner).tobytes()[0]
    palette = bytearray(flat.getpalette() or b"")
    palette[3 * place : 3 * place + 3] = pixels.crop(corner).tobytes()
    flat.putpalette(palette)
    return flat


def warm_up() -> None:
    """Load what drawing needs, so that the first chart is not the slow one; for workers only."""
    import matplotlib.figure  # noqa: PLC0415 heavy, for workers only
    import matplotlib.font_manager  # noqa: PLC0415 heavy, for workers only
    import matplotlib.patches  # noqa: PLC0415 heavy, for workers only
    import matplotlib.ticker  # noqa: PLC0415, F401 heavy, for workers only


def _rooms(values: Sequence[str]) -> list[float]:
    """Part a line among large numbers by their length; a short one still has room for its label."""
    longs = [measured(drawable(value, BOLD), BOLD) for value in values]
    parts = [max(long, SHORT_PART * max(longs)) for long in longs]
    return [ROOM * part / sum(parts) for part in parts]


def _common_size(values: Sequence[str], rooms: Sequence[float]) -> int:
    """Give the largest size at which each of these fits its room; the smallest, if none does."""
    longs = [measured(drawable(value, BOLD), BOLD) for value in values]
    for size in FIGURES_PX:
        pairs = zip(longs, rooms, strict=True)
        if all(long * size <= room - MARGIN // 2 for long, room in pairs):
            return size
    return FIGURES_PX[-1]


def _height(panel: Bars | Columns) -> int:
    if isinstance(panel, Columns):
        return PANEL_TITLE_HEIGHT + COLUMNS_HEIGHT + PANEL_GAP
    return PANEL_TITLE_HEIGHT + BAR_HEIGHT * min(len(panel.bars), BARS_MAX) + PANEL_GAP


class _Drawing:
    """The pen: one sheet whose points are pixels, counted from the top."""

    def __init__(self, sheet: Sheet, height: int, paint: _Paint) -> None:
        self._sheet = sheet
        self._height = height
        self._paint = paint
        self._y = 0
        sheet.set_facecolor(paint.ground)
        self._page: Axes = sheet.add_axes((0, 0, 1, 1))
        self._page.set_axis_off()
        self._page.set_xlim(0, WIDTH)
        self._page.set_ylim(height, 0)

    def draw(self, chart: Chart) -> None:
        """Draw everything, from top to bottom."""
        ink, soft = self._paint.ink, self._paint.soft
        title = fit(chart.title, BOLD, width=ROOM, sizes=TITLES_PX, lines_max=1)
        self._write(MARGIN, 96, " ".join(title.lines), title.size, ink, bold=True)
        self._write(MARGIN, 150, chart.subtitle, SUBTITLE_PX, soft, width=ROOM)
        self._y = HEAD_HEIGHT
        if chart.figures:
            rooms = _rooms([one.value for one in chart.figures])
            size = _common_size([one.value for one in chart.figures], rooms)
            for place, figure in enumerate(chart.figures):
                x = MARGIN + sum(rooms[:place])
                width = rooms[place] - MARGIN // 2
                self._write(x, self._y + 104, figure.value, size, ink, bold=True, width=width)
                self._write(x, self._y + 156, figure.label, LABEL_PX, soft, width=width)
            self._y += FIGURES_HEIGHT
        for panel in chart.panels:
            self._write(MARGIN, self._y + 50, panel.title, PANEL_PX, ink, bold=True, width=ROOM)
            self._y += PANEL_TITLE_HEIGHT
            if isinstance(panel, Columns):
                self._columns(panel)
            else:
                self._bars(panel)
            self._y += PANEL_GAP

    def _bars(self, panel: Bars) -> None:
        shown = panel.bars[:BARS_MAX]
        most = max((max(bar.part, bar.whole) for bar in shown), default=0) or 1
        has_wholes = any(bar.whole for bar in shown)
        for bar in shown:
            y = self._y + 34
            value = shortened(
                drawable(bar.value, BOLD), BOLD, size=LABEL_PX, width=round(ROOM * VALUE_PART_MAX)
            )
            taken = measured(value, BOLD) * LABEL_PX
            self._write(
                MARGIN, y, bar.label, LABEL_PX, self._paint.ink, width=ROOM - taken - MARGIN // 2
            )
            self._write(
                WIDTH - MARGIN, y, value, LABEL_PX, self._paint.ink, bold=True, align="right"
            )
            top = self._y + 50
            self._pill(top, bar.whole / most if has_wholes else 1.0, self._paint.track)
            if bar.part > 0:
                self._pill(top, bar.part / most, self._paint.tones[panel.tone])
            self._y += BAR_HEIGHT

    def _pill(self, top: float, part: float, colour: str) -> None:
        """Draw a round-ended bar over a part of the page's room: never thinner than it is round."""
        from matplotlib.patches import FancyBboxPatch  # noqa: PLC0415 heavy, for workers only

        half = BAR_THICK / 2
        long = max(ROOM * min(part, 1.0), BAR_THICK)
        self._page.add_patch(
            FancyBboxPatch(
                (MARGIN + half, top + half),
                long - BAR_THICK,
                0,
                boxstyle=f"round,pad={half},rounding_size={half}",
                facecolor=colour,
                edgecolor="none",
            )
        )

    def _columns(self, panel: Columns) -> None:
        """Draw counts along time on axes of their own."""
        from matplotlib.font_manager import FontProperties  # noqa: PLC0415 heavy, for workers only
        from matplotlib.ticker import MaxNLocator  # noqa: PLC0415 heavy, for workers only

        left, below = MARGIN + 72, 56
        axes = self._sheet.add_axes(
            (
                left / WIDTH,
                1 - (self._y + COLUMNS_HEIGHT - below) / self._height,
                (WIDTH - MARGIN - left) / WIDTH,
                (COLUMNS_HEIGHT - below - 10) / self._height,
            )
        )
        places = range(len(panel.counts))
        axes.bar(places, panel.counts, width=0.78, color=self._paint.tones[panel.tone], zorder=2)
        axes.set_facecolor("none")
        axes.set_xlim(-0.6, max(len(panel.counts), 1) - 0.4)
        # The last line of the grid stands above every column, or its height cannot be read.
        ticks = MaxNLocator(nbins=3, integer=True).tick_values(0, max(1, *panel.counts, 1))
        axes.set_ylim(0, ticks[-1] * 1.02)
        axes.set_yticks(ticks)
        axes.set_xticks(
            [place for place, _ in panel.marks], [drawable(said) for _, said in panel.marks]
        )
        axes.grid(axis="y", color=self._paint.track, linewidth=2, zorder=0)
        axes.tick_params(length=0, pad=12, colors=self._paint.soft)
        face = FontProperties(fname=FONTS / REGULAR, size=MARK_PX * POINTS_PER_PX)
        for label in (*axes.get_xticklabels(), *axes.get_yticklabels()):
            label.set_fontproperties(face)
        # What stands at an end stays within the picture.
        for (place, _), label in zip(panel.marks, axes.get_xticklabels(), strict=True):
            if place in {0, len(panel.counts) - 1}:
                label.set_horizontalalignment("left" if place == 0 else "right")
        for side in axes.spines.values():
            side.set_visible(False)
        self._y += COLUMNS_HEIGHT

    def _write(
        self,
        x: float,
        y: float,
        text: str,
        size: int,
        colour: str,
        *,
        bold: bool = False,
        width: float | None = None,
        align: str = "left",
    ) -> None:
        """Write one line with its foot at `y`, shortened to a width in pixels."""
        from matplotlib.font_manager import FontProperties  # noqa: PLC0415 heavy, for workers only

        name = BOLD if bold else REGULAR
        said = drawable(text, name)
        if width is not None:
            said = shortened(said, name, size=size, width=round(width))
        self._page.text(
            x,
            y,
            said,
            parse_math=False,  # a price in dollars is no formula
            fontproperties=FontProperties(fname=FONTS / name, size=size * POINTS_PER_PX),
            color=colour,
            ha=align,
            va="baseline",
        )

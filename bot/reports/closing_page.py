"""The closing report on A4 paper: large numbers first, then the kinds, the money, the gates.

Pure drawing: every text and number comes ready to be read. Written in a worker.
"""

from fpdf import FPDF

from bot.reports.closing_facts import ClosingPage, Table
from bot.tickets.lettering import BOLD, FONTS, REGULAR, drawable, fit

WIDTH, EDGE = 210.0, 18.0
INNER = WIDTH - 2 * EDGE
PT = 25.4 / 72
INK = (22, 27, 34)
SOFT = (96, 104, 116)
RULE = (222, 226, 231)
BAND = 46.0
BOTTOM = 297.0 - 18.0
FIGURE_SIZES = (26, 22, 18, 15, 12)


def draw_closing(page: ClosingPage) -> bytes:
    """Draw the report and give its PDF."""
    sheet = _Sheet(page)
    sheet.add_page()
    sheet.band()
    sheet.figures()
    for table in page.tables:
        sheet.numbers(table)
    return bytes(sheet.output())


class _Sheet(FPDF):
    """A report under way; a subclass so that every page has its foot."""

    def __init__(self, page: ClosingPage) -> None:
        super().__init__(unit="mm", format="A4")
        self.set_auto_page_break(auto=False)
        self.set_title(f"{page.heading} — {page.title}")
        self.set_creator("guichet")
        self.add_font("report", "", FONTS / REGULAR)
        self.add_font("report", "B", FONTS / BOLD)
        self._page = page
        self._at = 0.0

    def footer(self) -> None:
        """Say when the report was made, and which page this is."""
        self._text(EDGE, 297 - 9, self._page.made, 8, colour=SOFT)
        self._text(WIDTH - EDGE, 297 - 9, f"{self.page_no()}", 8, colour=SOFT, right=True)

    def band(self) -> None:
        """Draw the head: the event in white on its colour."""
        self.set_fill_color(*_rgb(self._page.accent))
        self.rect(0, 0, WIDTH, BAND, "F")
        self._text(EDGE, 13, self._page.heading, 10, colour=(255, 255, 255))
        title = fit(
            drawable(self._page.title),
            BOLD,
            width=round(INNER / PT),
            sizes=(26, 22, 18, 15),
            lines_max=1,
        )
        self._text(
            EDGE,
            25,
            title.lines[0] if title.lines else "",
            title.size,
            bold=True,
            colour=(255, 255, 255),
        )
        self._text(
            EDGE, 35, f"{self._page.when}   ·   {self._page.place}", 10.5, colour=(255, 255, 255)
        )
        self._at = BAND + 14

    def figures(self) -> None:
        """Write the large numbers side by side."""
        count = max(1, len(self._page.figures))
        # Money is the widest number; it stands last.
        wide = INNER / (count + 0.6)
        for at, (value, label) in enumerate(self._page.figures):
            left = EDGE + at * wide
            wide_here = wide * 1.6 if at == count - 1 else wide
            number = fit(
                value,
                BOLD,
                width=round((wide_here - 4) / PT),
                sizes=(26, 22, 18, 15, 12),
                lines_max=1,
            )
            self._text(left, self._at + 6, number.lines[0], number.size, bold=True)
            self._text(left, self._at + 13, label, 9.5, colour=SOFT)
        self._at += 26

    def numbers(self, table: Table) -> None:
        """Write a table; it begins a new page rather than break in its head."""
        needed = 20 + 7.5 * min(4, len(table.rows))
        if self._at + needed > BOTTOM:
            self._next_page()
        self._text(EDGE, self._at, table.title, 13, bold=True)
        self._at += 8
        self._row(table.head, 9, colour=SOFT)
        for row in table.rows:
            if self._at > BOTTOM:
                self._next_page()
                self._row(table.head, 9, colour=SOFT)
            self._row(row, 10.5)
        if table.total:
            self._row(table.total, 10.5, bold=True)
        if table.note:
            self._text(EDGE, self._at + 1, table.note, 9, colour=SOFT)
            self._at += 5
        self._at += 9

    def _next_page(self) -> None:
        self.add_page()
        self._at = 24

    def _row(
        self,
        cells: tuple[str, ...],
        size: float,
        *,
        bold: bool = False,
        colour: tuple[int, int, int] = INK,
    ) -> None:
        """Write a row: words to the left, numbers to the right, over a fine rule."""
        left = EDGE
        for at, (cell, wide) in enumerate(zip(cells, _widths(len(cells)), strict=True)):
            text = fit(
                drawable(cell),
                BOLD if bold else REGULAR,
                width=round((wide - 3) / PT),
                sizes=(round(size), 9, 8, 7),
                lines_max=1,
            )
            said = text.lines[0] if text.lines else ""
            x = left if at == 0 else left + wide
            self._text(x, self._at, said, text.size, bold=bold, colour=colour, right=at > 0)
            left += wide
        self.set_draw_color(*RULE)
        self.set_line_width(0.2)
        self.line(EDGE, self._at + 2.6, WIDTH - EDGE, self._at + 2.6)
        self._at += 7.5

    def _text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        *,
        bold: bool = False,
        colour: tuple[int, int, int] = INK,
        right: bool = False,
    ) -> None:
        self.set_font("report", "B" if bold else "", size)
        self.set_text_color(*colour)
        said = drawable(text)
        self.text(x - (self.get_string_width(said) if right else 0), y, said)


def _widths(columns: int) -> list[float]:
    """Share the width out: words have a third or more, and money, the last, twice a count's."""
    if columns <= COLUMNS_FEW:
        first = INNER * 0.6
        return [first] + [(INNER - first) / (columns - 1)] * (columns - 1)
    first = INNER * (0.3 if columns > COLUMNS_OF_MONEY else 0.24)
    if columns > COLUMNS_MANY:
        first = INNER * 0.2
    parts = [1.0] * (columns - 2) + ([2.0] if columns > COLUMNS_OF_MONEY else [1.0])
    return [first] + [(INNER - first) * part / sum(parts) for part in parts]


COLUMNS_FEW = 3
COLUMNS_MANY = 7
COLUMNS_OF_MONEY = 5
"""With more columns than that they are counts, with money in the last."""


def _rgb(accent: str) -> tuple[int, int, int]:
    red, green, blue = (int(accent[at : at + 2], 16) for at in (1, 3, 5))
    return red, green, blue

"""The written agreement of a transfer on one A4 page: who, what, when, and what both confirmed.

It opens no gate: no code stands on it, and its foot says so.
"""

from collections.abc import Sequence

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from bot.tickets.agreement import Agreement, Signature
from bot.tickets.lettering import BOLD, FONTS, REGULAR, drawable, drawable_points
from bot.tickets.pdf import PRINT_FONTS

LEFT = 24.0
WIDTH = 210.0 - 2 * LEFT  # ISO 216, A4, in millimetres
LABEL = 42.0
BOX_GAP = 8.0
BOX = (WIDTH - BOX_GAP) / 2
BOX_HEIGHT = 36.0
FOOT = 278.0

ROOMY_ROWS_MAX = 8
"""So many rows leave room to breathe; ten tickets under long names are set closer."""


def draw(agreement: Agreement) -> bytes:
    """Draw the page and give the PDF."""
    page = _Page(agreement)
    page.add_page()
    page.head(agreement)
    page.facts(agreement.facts)
    page.clauses(agreement.clauses)
    page.signatures(agreement.signatures)
    page.foot(agreement.foot)
    return bytes(page.output())


class _Page(FPDF):
    """The page under way, black on white: it is read, copied and filed."""

    def __init__(self, agreement: Agreement) -> None:
        super().__init__(unit="mm", format="A4")
        self.set_auto_page_break(auto=False)
        self.set_margins(LEFT, 24, LEFT)
        self.c_margin = 0
        self.set_title(drawable(agreement.title))
        self.set_creator("guichet")
        self._row, self._line = (6.4, 6.0) if len(agreement.facts) <= ROOMY_ROWS_MAX else (5.0, 5.3)
        small = _needs_only_latin(_texts(agreement))
        for style, name in (("", REGULAR), ("B", BOLD)):
            self.add_font("page", style, FONTS / (PRINT_FONTS[name] if small else name))

    def head(self, agreement: Agreement) -> None:
        self._mark(LEFT, 22)
        self._pen(11, bold=True)
        self.text(LEFT + 7, 26.2, "guichet")
        self.set_xy(LEFT, 40)
        self._write(agreement.title, 22, bold=True, height=9)
        self.ln(3)
        self._write(agreement.between, 12, height=6.2)
        self.ln(7)

    def facts(self, rows: Sequence[tuple[str, str]]) -> None:
        """Set a label and a value a row, between two lines."""
        self._rule()
        self.ln(4)
        for label, value in rows:
            self._pen(9.5)
            self.cell(LABEL, self._row, drawable(label))
            self._pen(11, bold=True)
            self.multi_cell(
                WIDTH - LABEL,
                self._row,
                drawable(value, BOLD),
                new_x=XPos.LMARGIN,
                new_y=YPos.NEXT,
            )
        self.ln(4)
        self._rule()
        self.ln(7)

    def clauses(self, clauses: Sequence[str]) -> None:
        for number, clause in enumerate(clauses, start=1):
            self._pen(11, bold=True)
            self.cell(8, self._line, f"{number}.")
            self._pen(11)
            self.multi_cell(
                WIDTH - 8,
                self._line,
                drawable(clause),
                align="L",
                new_x=XPos.LMARGIN,
                new_y=YPos.NEXT,
            )
            self.ln(self._line * 0.4)
        self.ln(self._line)

    def signatures(self, both: Sequence[Signature]) -> None:
        """Set what both confirmed side by side, where a paper would have two signatures."""
        top = self.get_y()
        for at, one in enumerate(both):
            left = LEFT + at * (BOX + BOX_GAP)
            self.set_line_width(0.3)
            self.rect(left, top, BOX, BOX_HEIGHT, round_corners=True, corner_radius=3, style="D")
            self.set_xy(left + 4, top + 4)
            self._pen(9)
            self.cell(BOX - 8, 5, drawable(one.role))
            self.set_xy(left + 4, top + 10)
            self._pen(12, bold=True)
            self.multi_cell(BOX - 8, 5.6, drawable(one.name, BOLD), align="L")
            self.set_x(left + 4)
            self._pen(9)
            self.multi_cell(BOX - 8, 4.8, drawable(one.confirmed), align="L")

    def foot(self, text: str) -> None:
        self.set_xy(LEFT, FOOT)
        self._write(text, 7.8, height=4.4)

    def _mark(self, x: float, y: float) -> None:
        """Draw the mark of Guichet: a ticket window with its counter and a slot."""
        self.set_fill_color(0)
        self.ellipse(x, y, 4.4, 4.4, "F")
        self.rect(x, y + 2.2, 4.4, 1.4, "F")
        self.rect(x - 0.3, y + 4.1, 5, 0.6, "F")
        self.set_fill_color(255)
        self.rect(x - 0.3, y + 3.6, 5, 0.5, "F")
        self.ellipse(x + 1.6, y + 1.0, 1.2, 1.2, "F")
        self.rect(x + 1.1, y + 2.7, 2.2, 0.35, "F")

    def _rule(self) -> None:
        self.set_line_width(0.3)
        self.line(LEFT, self.get_y(), LEFT + WIDTH, self.get_y())

    def _pen(self, size: float, *, bold: bool = False) -> None:
        self.set_font("page", "B" if bold else "", size)

    def _write(self, text: str, size: float, *, height: float, bold: bool = False) -> None:
        self._pen(size, bold=bold)
        shown = drawable(text, BOLD if bold else REGULAR)
        self.multi_cell(WIDTH, height, shown, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _texts(agreement: Agreement) -> list[str]:
    signed = [text for one in agreement.signatures for text in (one.role, one.name, one.confirmed)]
    rows = [text for row in agreement.facts for text in row]
    return [agreement.title, agreement.between, agreement.foot, *agreement.clauses, *rows, *signed]


def _needs_only_latin(texts: Sequence[str]) -> bool:
    """Say whether the small fonts have every letter of the page."""
    known = drawable_points(PRINT_FONTS[REGULAR])
    return all(ord(char) in known for text in texts for char in drawable(text))

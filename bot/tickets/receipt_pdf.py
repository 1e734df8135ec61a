"""A receipt on A4: who sold, what was bought, what was paid; black on white but for one line."""

from collections.abc import Sequence

from fpdf import FPDF

from bot.tickets.lettering import BOLD, FONTS, REGULAR, drawable, drawable_points, fit, shortened
from bot.tickets.receipt import ReceiptFace, ReceiptRow

PT = 25.4 / 72
LEFT = 20.0
RIGHT = 190.0
WIDTH = RIGHT - LEFT
"""Margins of two centimetres, in millimetres like every length here: receipts are filed."""

FOOT = 282.0
COLUMNS = (112.0, 148.0, RIGHT)
"""Where the numbers of a row end, on their right."""

INK = (24, 28, 33)
GREY = (96, 104, 112)
HAIR = (214, 219, 224)

ROWS_MAX = 24
"""Rows of kinds on the one page; an event has eight kinds."""

PRINT_FONTS = {REGULAR: f"print/{REGULAR}", BOLD: f"print/{BOLD}"}
"""Latin alone: they open in a fifth of the time; one foreign letter takes the whole ones."""


def draw_receipt(face: ReceiptFace) -> bytes:
    """Draw a receipt and give the PDF."""
    sheet = _Receipt(face)
    sheet.add_page()
    if face.watermark:
        sheet.across(face.watermark)
    y = sheet.head(face)
    y = sheet.facts(face.facts, y + 12)
    if face.rows:
        y = sheet.rows(face, y + 10)
    y = sheet.sums(face.sums, y + 4)
    sheet.notes(face.notes)
    return bytes(sheet.output())


class _Receipt(FPDF):
    """A receipt under way."""

    def __init__(self, face: ReceiptFace) -> None:
        super().__init__(unit="mm", format="A4")
        self.set_auto_page_break(auto=False)
        self.set_title(face.number)
        self.set_creator("guichet")
        small = _needs_only_latin(face)
        for style, name in (("", REGULAR), ("B", BOLD)):
            self.add_font("receipt", style, FONTS / (PRINT_FONTS[name] if small else name))

    def head(self, face: ReceiptFace) -> float:
        """Say what this is, its number, and who sold."""
        red, green, blue = (int(face.accent[at : at + 2], 16) for at in (1, 3, 5))
        self.set_fill_color(red, green, blue)
        self.rect(LEFT, 20, WIDTH, 1.6, "F")
        self._write(face.heading, LEFT, 36, 26, bold=True)
        self._write(face.number, LEFT, 43.5, 10, colour=GREY)
        y = 34.0
        for at, line in enumerate(face.seller[:6]):
            name = REGULAR if at else BOLD
            size = 9.5 if at else 11
            text = shortened(drawable(line), name, size=int(size), width=_points(84))
            self._ends(text, RIGHT, y, size, bold=not at, colour=GREY if at else INK)
            y += 5
        return max(43.5, y - 5)

    def facts(self, facts: Sequence[tuple[str, str]], y: float) -> float:
        """Set labels beside their values."""
        for label, value in facts:
            self._write(label, LEFT, y, 9, colour=GREY)
            text = fit(value, REGULAR, width=_points(WIDTH - 42), sizes=(10, 9), lines_max=2)
            for line in text.lines:
                self._write(line, LEFT + 42, y, text.size)
                y += 5
            y += 1.4
        return y

    def rows(self, face: ReceiptFace, y: float) -> float:
        """Set what was bought, a row a kind and price."""
        what, *numbers = face.columns
        self._write(what, LEFT, y, 8.5, colour=GREY)
        for text, right in zip(numbers, COLUMNS, strict=True):
            self._ends(text, right, y, 8.5, colour=GREY)
        y = self._hair(y + 2.4)
        for row in face.rows[:ROWS_MAX]:
            self._row(row, y + 6)
            y = self._hair(y + 9.4)
        return y

    def _row(self, row: ReceiptRow, y: float) -> None:
        width = _points(COLUMNS[0] - LEFT - 14)
        self._write(shortened(drawable(row.label), REGULAR, size=10, width=width), LEFT, y, 10)
        for text, right in zip((row.count, row.price, row.amount), COLUMNS, strict=True):
            self._ends(drawable(text), right, y, 10)

    def sums(self, sums: Sequence[tuple[str, str]], y: float) -> float:
        """Add up below the rows; the last line stands out."""
        *lines, last = sums
        for label, amount in lines:
            self._ends(drawable(label), COLUMNS[1], y + 3, 10, colour=GREY)
            self._ends(drawable(amount), RIGHT, y + 3, 10)
            y += 6.6
        label, amount = last
        self._ends(drawable(label), COLUMNS[1], y + 6, 12, bold=True)
        self._ends(drawable(amount), RIGHT, y + 6, 14, bold=True)
        return y + 10

    def notes(self, notes: Sequence[str]) -> None:
        """Say at the foot what the law or the house wants said."""
        texts = [fit(one, REGULAR, width=_points(WIDTH), sizes=(8,), lines_max=3) for one in notes]
        y = FOOT - 4.2 * sum(len(text.lines) for text in texts)
        self._hair(y - 5)
        for text in texts:
            for line in text.lines:
                self._write(line, LEFT, y, text.size, colour=GREY)
                y += 4.2

    def across(self, word: str) -> None:
        """Write across the lower page, below all that is said, that no real money moved."""
        text = fit(word, BOLD, width=_points(WIDTH), sizes=(34, 28, 22), lines_max=1)
        self.set_font("receipt", "B", text.size)
        self.set_text_color(*HAIR)
        line = " ".join(text.lines)
        with self.rotation(24, x=105, y=226):
            self.text(105 - self.get_string_width(line) / 2, 230, line)

    # ---- Pens ----------------------------------------------------------------------------------

    def _hair(self, y: float) -> float:
        self.set_draw_color(*HAIR)
        self.set_line_width(0.25)
        self.line(LEFT, y, RIGHT, y)
        return y

    def _write(
        self,
        text: str,
        x: float,
        y: float,
        size: float,
        *,
        bold: bool = False,
        colour: tuple[int, int, int] = INK,
    ) -> None:
        self.set_font("receipt", "B" if bold else "", size)
        self.set_text_color(*colour)
        self.text(x, y, drawable(text))

    def _ends(
        self,
        text: str,
        right: float,
        y: float,
        size: float,
        *,
        bold: bool = False,
        colour: tuple[int, int, int] = INK,
    ) -> None:
        self.set_font("receipt", "B" if bold else "", size)
        self._write(text, right - self.get_string_width(text), y, size, bold=bold, colour=colour)


def _needs_only_latin(face: ReceiptFace) -> bool:
    shown = {face.heading, face.number, face.watermark or "", *face.seller, *face.notes}
    shown |= {*face.columns, *(text for pair in (*face.facts, *face.sums) for text in pair)}
    for row in face.rows:
        shown |= {row.label, row.count, row.price, row.amount}
    known = drawable_points(PRINT_FONTS[REGULAR])
    return all(ord(char) in known for text in shown for char in drawable(text))


def _points(millimetres: float) -> int:
    """Give a width in points; a fiftieth less, because paper sets no pair of letters closer."""
    return int(millimetres / PT * 0.98)

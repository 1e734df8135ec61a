"""The tickets of an order on A4 paper: one a page, or four to cut; in colour or pure black.

Every code is made of filled squares in pure black, whatever the version, 1.35 mm a module: eight
dots of a bad printer (150 dpi). No fold that people make, in half, in three or in four, runs
through a code, and none runs through one after cutting. `bot/tickets/checking.py` reads the very
modules before they are drawn; the tests read the rendered pages.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from fpdf import FPDF

from bot.tickets import qr
from bot.tickets.face import TicketFace
from bot.tickets.lettering import (
    BOLD,
    FONTS,
    REGULAR,
    Fitted,
    drawable,
    drawable_points,
    fit,
    shortened,
)

PAGE_WIDTH = 210.0
PAGE_HEIGHT = 297.0  # ISO 216, A4, in millimetres like every length here
STRIPS = 4
STRIP = PAGE_HEIGHT / STRIPS

MODULE = 1.35
"""At 150 dpi eight dots a module, where a reader needs three."""

FOLDS_ACROSS = (74.25, 99.0, 148.5, 198.0, 222.75)
"""Where people fold a sheet: in half, in three, in four."""

FOLDS_DOWN = (70.0, 105.0, 140.0)

PT = 25.4 / 72

EDGE = 8.0  # what home printers cannot reach
CARD_TOP = 5.0
CARD_HEIGHT = STRIP - 2 * CARD_TOP
CARD_WIDTH = PAGE_WIDTH - 2 * EDGE
BAND = 76.0  # the coloured part, from the card's left
INFO = EDGE + BAND + 7
TEAR = 145.0
QR_MIDDLE = (TEAR + EDGE + CARD_WIDTH) / 2
QR_TOPS = (9.0, 29.5, 9.0, 9.0)
"""Where the code begins in each strip: in the second it stands low, clear of the fold in three."""

CORNER = 4.0
PRINT_FONTS = {REGULAR: f"print/{REGULAR}", BOLD: f"print/{BOLD}"}
"""Latin alone and no layout tables: they open in a fifth of the time (docs/decisions/0002-font)."""


class Paper(StrEnum):
    """How an order is laid on paper."""

    PAGES = "pages"
    PAGES_BLACK = "pages-black"
    CUT = "cut"
    CUT_BLACK = "cut-black"

    @property
    def is_black(self) -> bool:
        """No colour and no grey at all: what a laser printer draws without dots."""
        return self in {Paper.PAGES_BLACK, Paper.CUT_BLACK}

    @property
    def per_page(self) -> int:
        """Tickets on one page."""
        return STRIPS if self in {Paper.CUT, Paper.CUT_BLACK} else 1


@dataclass(frozen=True, slots=True)
class PaperWords:
    """What paper says beside the tickets, in their language."""

    title: str
    advice: tuple[str, ...]
    cut: str


@dataclass(frozen=True, slots=True)
class Symbol:
    """Where a code stands: page from 0, its dark square's left, top and side in millimetres."""

    page: int
    left: float
    top: float
    side: float


def symbol_places(count: int, paper: Paper, modules: int = 25) -> list[Symbol]:
    """Give the place of every code of an order of `count` tickets, its quiet zone left out."""
    side = modules * MODULE
    places = []
    for rank in range(count):
        page, strip = divmod(rank, paper.per_page)
        top = strip * STRIP + QR_TOPS[strip] + MODULE
        places.append(Symbol(page, QR_MIDDLE - side / 2, top, side))
    return places


def draw(faces: Sequence[TicketFace], paper: Paper, words: PaperWords) -> bytes:
    """Draw an order's tickets and give the PDF.

    Raises ValueError when a code cannot be said by a QR that gates read well (`qr.matrix`).
    """
    sheet = _Sheet(faces, words, black=paper.is_black)
    for rank, face in enumerate(faces):
        strip = rank % paper.per_page
        if strip == 0:
            sheet.add_page()
        sheet.ticket(face, strip)
        if paper.per_page == 1:
            sheet.in_full(face, rank + 1, len(faces))
        elif strip == paper.per_page - 1 or rank == len(faces) - 1:
            sheet.cutting_lines(strip + 1)
    return bytes(sheet.output())


class _Sheet(FPDF):
    """A PDF under way. A subclass, because filled squares go straight into the page's stream."""

    def __init__(self, faces: Sequence[TicketFace], words: PaperWords, *, black: bool) -> None:
        super().__init__(unit="mm", format="A4")
        self.set_auto_page_break(auto=False)
        self.set_title(words.title)
        self.set_creator("guichet")
        self._words = words
        self._black = black
        self._ground = (255, 255, 255)
        # The small fonts draw nearly every ticket; one foreign letter takes the whole ones.
        small = _needs_only_latin(faces, words)
        for style, name in (("", REGULAR), ("B", BOLD)):
            self.add_font("ticket", style, FONTS / (PRINT_FONTS[name] if small else name))

    # ---- A strip: what is shown at the gate --------------------------------------------------

    def ticket(self, face: TicketFace, strip: int) -> None:
        """Draw one ticket in a quarter of the page."""
        top = strip * STRIP + CARD_TOP
        self._band(face, top)
        self._facts(face, top)
        self._code(face, strip)
        self.set_draw_color(0)
        self.set_line_width(0.3)
        self.rect(
            EDGE, top, CARD_WIDTH, CARD_HEIGHT, round_corners=True, corner_radius=CORNER, style="D"
        )

    def _band(self, face: TicketFace, top: float) -> None:
        """Draw the event's side: filled with its colour, or left white to spare the black."""
        ink = 0 if self._black else 255
        if not self._black:
            self._ground = _rgb(face.accent)
            self.set_fill_color(*self._ground)
            # Rounded on the left alone: a straight piece lies over the right half of a rounded one.
            self.rect(
                EDGE, top, 4 * CORNER, CARD_HEIGHT, "F", round_corners=True, corner_radius=CORNER
            )
            self.rect(EDGE + CORNER, top, BAND - CORNER, CARD_HEIGHT, "F")
        else:
            self.set_draw_color(0)
            self.set_line_width(0.3)
            self.line(EDGE + BAND, top, EDGE + BAND, top + CARD_HEIGHT)
        self.set_text_color(ink)
        self._mark(EDGE + 6, top + 6, ink)
        self._line("guichet", EDGE + 12.5, top + 10.4, 11, bold=True)
        width = BAND - 12
        y = top + CARD_HEIGHT - 6
        for line in reversed(face.date_lines[:3]):
            text = fit(line, BOLD, width=_points(width), sizes=(12, 11, 10, 9), lines_max=1)
            self._line(text.lines[0] if text.lines else "", EDGE + 6, y, text.size, bold=True)
            y -= 5.6
        lines_max = 3 if len(face.date_lines) == 1 else 2
        sizes = (25, 21, 18, 15, 13)
        title = fit(face.title, BOLD, width=_points(width), sizes=sizes, lines_max=lines_max)
        if not title.whole:
            title = fit(face.title, BOLD, width=_points(width), sizes=(15, 13), lines_max=4)
        y -= (len(title.lines) - 1) * title.size * PT * 1.14 + 3
        for line in title.lines:
            self._line(line, EDGE + 6, y, title.size, bold=True)
            y += title.size * PT * 1.14

    def _mark(self, x: float, y: float, ink: int) -> None:
        """Draw the mark of Guichet: a ticket window with its counter and a slot."""
        self.set_fill_color(ink)
        self.ellipse(x, y, 4.4, 4.4, "F")
        self.rect(x, y + 2.2, 4.4, 1.4, "F")
        self.rect(x - 0.3, y + 4.1, 5, 0.6, "F")
        self.set_fill_color(*self._ground)
        self.rect(x - 0.3, y + 3.6, 5, 0.5, "F")
        self.ellipse(x + 1.6, y + 1.0, 1.2, 1.2, "F")
        self.rect(x + 1.1, y + 2.7, 2.2, 0.35, "F")

    def _facts(self, face: TicketFace, top: float) -> None:
        """Draw place, kind, price, holder and order between the band and the tear."""
        width = TEAR - INFO - (8 if face.watermark else 4)
        rows = [
            (face.words.place, face.place_lines[:2]),
            (face.words.kind, (" · ".join(filter(None, (face.kind, face.age))),)),
            (face.words.price, (face.price,)),
            *([(face.words.holder, (face.holder,))] if face.holder else []),
            (face.words.order, (" · ".join(filter(None, (face.order_reference, face.rank))),)),
        ]
        rows = [(label, values) for label, values in rows if any(values)]
        texts = [_fitted(values, width) for _, values in rows]
        room = CARD_HEIGHT - 10
        lines = sum(len(text.lines) for row in texts for text in row)
        pitch = min(5.2, (room - len(rows) * 5.2) / max(1, lines))
        y = top + 8.2
        self.set_text_color(0)
        for (label, _), row in zip(rows, texts, strict=True):
            self._line(drawable(label, BOLD).upper(), INFO, y, 6.5, bold=True)
            y += 4.4
            for rank, text in enumerate(row):
                for line in text.lines:
                    self._line(line, INFO, y, text.size, bold=not rank)
                    y += pitch
            y += 1.6

    def _code(self, face: TicketFace, strip: int) -> None:
        """Draw the code, and the one to read out where the fold leaves room for it."""
        top = strip * STRIP
        self._tear(face, top + CARD_TOP)
        matrix = qr.matrix(face.code)
        side = len(matrix) * MODULE
        self._squares(matrix, QR_MIDDLE - side / 2, top + QR_TOPS[strip] + MODULE)
        below = top + QR_TOPS[strip] + side
        is_low = QR_TOPS[strip] > STRIP / 3
        y = top + 13 if is_low else below + 9
        self.set_text_color(0)
        self._middle(drawable(face.words.code, BOLD).upper(), y, 6.5)
        self._middle(face.short_code, y + 7.4, 17)

    def _tear(self, face: TicketFace, top: float) -> None:
        """Draw the dotted line, or the bar that says the ticket is worth nothing."""
        if not face.watermark:
            self.set_draw_color(0)
            self.set_line_width(0.25)
            self.set_dash_pattern(dash=0.8, gap=1.2)
            self.line(TEAR, top + 3, TEAR, top + CARD_HEIGHT - 3)
            self.set_dash_pattern()
            return
        self.set_fill_color(0)
        self.rect(TEAR - 3, top, 6, CARD_HEIGHT, "F")
        text = shortened(
            drawable(face.watermark, BOLD), BOLD, size=9, width=_points(CARD_HEIGHT - 6)
        )
        self.set_text_color(255)
        self.set_font("ticket", "B", 9)
        x, y = TEAR + 1.15, top + (CARD_HEIGHT + self.get_string_width(text)) / 2
        with self.rotation(90, x, y):
            self.text(x, y, text)

    # ---- Below the strip, on a page of its own -------------------------------------------------

    def in_full(self, face: TicketFace, rank: int, count: int) -> None:
        """Say everything again in large letters, with how to keep and show the ticket."""
        self.set_text_color(0)
        left, width = EDGE + 6, CARD_WIDTH - 12
        y = STRIP + 22
        title = fit(face.title, BOLD, width=_points(width), sizes=(30, 26, 22), lines_max=4)
        for line in title.lines:
            self._line(line, left, y, title.size, bold=True)
            y += title.size * PT * 1.16
        for line in face.date_lines[:3]:
            text = fit(line, BOLD, width=_points(width), sizes=(15, 13, 11), lines_max=1)
            self._line("".join(text.lines), left, y, text.size, bold=True)
            y += 7
        for at, line in enumerate(face.place_lines[:2]):
            name = REGULAR if at else BOLD
            text = fit(line, name, width=_points(width), sizes=(13, 11), lines_max=1)
            self._line("".join(text.lines), left, y, text.size, bold=not at)
            y += 6.4
        y += 3
        self.set_draw_color(0)
        self.set_line_width(0.6)
        self.line(left, y, left + 22, y)
        y += 11
        for line in (face.rules, *self._words.advice):
            text = fit(line, REGULAR, width=_points(width - 6), sizes=(11, 10), lines_max=3)
            self.set_fill_color(0)
            self.ellipse(left, y - 2.2, 1.3, 1.3, "F")
            for part in text.lines:
                self._line(part, left + 5, y, text.size)
                y += 5.4
            y += 2.4
        foot = f"{drawable(face.words.order)} {face.order_reference}"
        self._line(foot, left, PAGE_HEIGHT - 12, 9)
        if count > 1:
            of = f"{rank} / {count}"
            self.set_font("ticket", "B", 9)
            x = PAGE_WIDTH - left - self.get_string_width(of)
            self._line(of, x, PAGE_HEIGHT - 12, 9, bold=True)
        self._fold_marks()

    def _fold_marks(self) -> None:
        """Draw short marks at the edge where the sheet folds in half."""
        self.set_line_width(0.2)
        y = PAGE_HEIGHT / 2
        for x in (3.0, PAGE_WIDTH - 6):
            self.line(x, y, x + 3, y)

    def cutting_lines(self, strips: int) -> None:
        """Draw a dashed line below every strip of a page but a line at its end."""
        self.set_draw_color(0)
        self.set_line_width(0.2)
        self.set_text_color(0)
        for strip in range(1, min(strips, STRIPS - 1) + 1):
            y = strip * STRIP
            text = shortened(drawable(self._words.cut), REGULAR, size=6, width=_points(60))
            self.set_font("ticket", "", 6)
            half = self.get_string_width(text) / 2 + 2
            self.text(PAGE_WIDTH / 2 - half + 2, y + 0.75, text)
            self.set_dash_pattern(dash=2, gap=1.6)
            self.line(3, y, PAGE_WIDTH / 2 - half, y)
            self.line(PAGE_WIDTH / 2 + half, y, PAGE_WIDTH - 3, y)
            self.set_dash_pattern()

    # ---- Pens ----------------------------------------------------------------------------------

    def _squares(self, matrix: list[list[bool]], left: float, top: float) -> None:
        """Fill the dark modules in one stroke, so that no hair of white stays between two."""
        self.set_fill_color(0)
        runs = []
        for row, modules in enumerate(matrix):
            y = (self.h - top - (row + 1) * MODULE) * self.k
            for start, length in _runs(modules):
                x, width = (left + start * MODULE) * self.k, length * MODULE * self.k
                runs.append(f"{x:.3f} {y:.3f} {width:.3f} {MODULE * self.k:.3f} re")
        self._out(" ".join((*runs, "f")))

    def _line(self, text: str, x: float, y: float, size: float, *, bold: bool = False) -> None:
        self.set_font("ticket", "B" if bold else "", size)
        self.text(x, y, text)

    def _middle(self, text: str, y: float, size: float) -> None:
        self.set_font("ticket", "B", size)
        self.text(QR_MIDDLE - self.get_string_width(text) / 2, y, text)


def _fitted(values: Sequence[str], width: float) -> list[Fitted]:
    """Fit a value, in two lines where one would cut it or be small; what explains it is finer."""
    first, *others = values
    for sizes, lines_max in (((11, 10, 9), 1), ((10, 9, 8), 2)):
        text = fit(first, BOLD, width=_points(width), sizes=sizes, lines_max=lines_max)
        if text.whole:
            break
    fine = (fit(one, REGULAR, width=_points(width), sizes=(8, 7), lines_max=1) for one in others)
    return [text, *fine]


def _runs(modules: list[bool]) -> list[tuple[int, int]]:
    """Give where dark modules stand side by side: the first of them, and how many."""
    starts = [at for at, dark in enumerate(modules) if dark and not (at and modules[at - 1])]
    ends = [at for at, dark in enumerate(modules) if dark and modules[at + 1 : at + 2] != [True]]
    return [(start, end - start + 1) for start, end in zip(starts, ends, strict=True)]


def _needs_only_latin(faces: Sequence[TicketFace], words: PaperWords) -> bool:
    """Say whether the small fonts have every letter that these tickets show."""
    shown = {words.title, words.cut, *words.advice}
    for face in faces:
        shown |= {face.title, face.kind, face.price, face.rules, face.order_reference}
        shown |= {*face.date_lines, *face.place_lines, face.holder or "", face.watermark or ""}
        own = face.words
        shown |= {own.place, own.kind, own.price, own.holder, own.order, own.code}
    known = drawable_points(PRINT_FONTS[REGULAR])
    return all(ord(char) in known for text in shown for char in drawable(text))


def _points(millimetres: float) -> int:
    """Give a width in points; a fiftieth less, because paper sets no pair of letters closer."""
    return int(millimetres / PT * 0.98)


def _rgb(accent: str) -> tuple[int, int, int]:
    red, green, blue = (int(accent[at : at + 2], 16) for at in (1, 3, 5))
    return red, green, blue

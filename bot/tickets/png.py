"""The ticket as a picture for a phone: one portrait PNG of ten colours.

Everything is drawn on one grey canvas whose values `colours` turns into the event's own at the end,
so the pieces that never change are drawn once a process whatever its colour is. Nothing may be
drawn in black on the colour itself: its edges would pass through white.
"""

from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise

from PIL import Image, ImageChops, ImageDraw

from bot.tickets import qr
from bot.tickets.colours import ACCENT, BLACK, ENGRAVED, INK_SOFT, PAPER, WHITE, encoded
from bot.tickets.face import TicketFace
from bot.tickets.lettering import BOLD, REGULAR, Fitted, drawable, fit, font, measured, shortened

WIDTH = 1080
MARGIN = 32  # of paper around the card
INSET = 96  # from the picture's edge to the text
TEXT_WIDTH = WIDTH - 2 * INSET
CORNER = 44
NOTCH = 30  # radius of the bites beside the perforation
SMOOTH = 3  # the unchanging pieces are drawn this much larger, then reduced

RINGS_CENTRE = (WIDTH - 190, 190)
RINGS = range(80, 800, 90)
RING_LINE = 4

BAND_MIN = 430
BAND_MAX = 900
QR_SIDE_MAX = 700  # with its quiet zone: 21 px a module for version 2, 18 for version 3
DATE_LINES_MAX = 3
CODE_SIZE = 80
CODE_GAP = 26  # of white between two letters, the same everywhere: they are read one by one
CODE_HYPHEN_GAP = 40  # and around the hyphen, which parts the two halves
RIBBON = 68

TITLE_SIZES = (116, 104, 92, 80)  # in two lines
TITLE_SIZES_LONG = (80, 70, 60)  # in three
DATE_SIZES = (46, 40, 36)
VALUE_SIZES = (46, 40, 36)
VALUE_TALL = 54  # of a value in one line
BESIDE = 24  # between a kind and its price
FINE_SIZES = (34, 30)
RULES_SIZES = (30, 28, 26)
AGE_SIZE = 44
AGE_ROOM = 170  # of the place's lines, for the age beside them
LABEL_SIZE = 26
LABEL_CHARS_MAX = 22  # as many as half a card holds
LEADING = 1.16


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the parts of one ticket begin, in pixels from the top, and its fitted texts."""

    title: Fitted
    dates: tuple[Fitted, ...]
    place: tuple[Fitted, ...]
    kind: Fitted
    price: Fitted
    price_left: int
    rules: Fitted
    band_end: int
    info: int
    perforation: int
    height: int
    module: int
    modules: list[list[bool]]


def draw(face: TicketFace) -> bytes:
    """Draw a ticket and give its PNG: 1080 pixels wide, about 1800 high, 20 to 30 kB.

    Raises ValueError when the code cannot be said by a QR that gates read well (`qr.matrix`).
    """
    layout = _laid_out(face)
    canvas = Image.new("L", (WIDTH, layout.height), PAPER)
    pen = ImageDraw.Draw(canvas)
    pen.rectangle((MARGIN, layout.band_end, WIDTH - MARGIN - 1, layout.height - 1), fill=WHITE)
    canvas.paste(_band().crop((0, 0, WIDTH, layout.band_end)), (0, 0))
    canvas.paste(_foot(), (0, layout.height - _foot().height))
    canvas.paste(_perforation(), (0, layout.perforation - NOTCH - 4))
    _draw_band(pen, face, layout)
    _draw_info(canvas, pen, face, layout)
    _draw_stub(canvas, pen, face, layout)
    return encoded(canvas, face.accent)


def _laid_out(face: TicketFace) -> _Layout:
    """Fit every text and add up the heights: all measuring happens here."""
    title = fit(face.title, BOLD, width=TEXT_WIDTH, sizes=TITLE_SIZES, lines_max=2)
    if not title.whole:
        title = fit(face.title, BOLD, width=TEXT_WIDTH, sizes=TITLE_SIZES_LONG, lines_max=3)
    dates = tuple(
        fit(line, BOLD, width=TEXT_WIDTH, sizes=DATE_SIZES, lines_max=1)
        for line in face.date_lines[:DATE_LINES_MAX]
    )
    name, *address = face.place_lines or ("",)
    room = TEXT_WIDTH - (AGE_ROOM if face.age else 0)
    place = (
        fit(name, BOLD, width=room, sizes=VALUE_SIZES, lines_max=2),
        *(fit(each, REGULAR, width=room, sizes=FINE_SIZES, lines_max=1) for each in address[:2]),
    )
    kind, price, price_left = _side_by_side(face)
    rules = fit(face.rules, REGULAR, width=TEXT_WIDTH, sizes=RULES_SIZES, lines_max=3)
    band = 180 + _tall(title) + 64 + sum(_tall(each) for each in dates) + 58
    band_end = max(BAND_MIN, band)
    info = band_end + (RIBBON if face.watermark else 0)
    place_tall = sum(_tall(each) for each in place)
    rows = 2 if face.holder is None else 3
    values_tall = max(VALUE_TALL, _tall(kind)) + (rows - 2) * VALUE_TALL
    perforation = info + 54 + rows * 40 + place_tall + (rows - 1) * 40 + values_tall + 54
    modules = qr.matrix(face.code)
    module = QR_SIDE_MAX // (len(modules) + 2 * qr.QUIET_MODULES)
    side = module * (len(modules) + 2 * qr.QUIET_MODULES)
    height = perforation + side + 160 + _tall(rules) + 84
    return _Layout(
        title,
        dates,
        place,
        kind,
        price,
        price_left,
        rules,
        band_end,
        info,
        perforation,
        height,
        module,
        modules,
    )


def _side_by_side(face: TicketFace) -> tuple[Fitted, Fitted, int]:
    """Fit kind and price in a half each; a long kind takes what a short price leaves, twice over.

    Answers where the price begins, besides.
    """
    half = TEXT_WIDTH // 2
    price = fit(face.price, BOLD, width=half - BESIDE, sizes=VALUE_SIZES, lines_max=1)
    kind = fit(face.kind, BOLD, width=half - BESIDE, sizes=VALUE_SIZES, lines_max=1)
    if kind.whole:
        return kind, price, INSET + half
    longest = max((measured(line, BOLD) * price.size for line in price.lines), default=0)
    left = WIDTH - INSET - max(round(longest), _label(face.words.price).width)
    room = left - BESIDE - INSET
    for lines_max in (1, 2):
        kind = fit(face.kind, BOLD, width=room, sizes=VALUE_SIZES, lines_max=lines_max)
        if kind.whole:
            break
    return kind, price, left


def _tall(text: Fitted) -> int:
    """Give the height of fitted lines, in pixels."""
    return round(len(text.lines) * text.size * LEADING)


def _draw_band(pen: ImageDraw.ImageDraw, face: TicketFace, layout: _Layout) -> None:
    """Draw the colour band: the house's mark, the order, the title, a rule, the dates."""
    said = f"{face.words.order} {face.order_reference}"
    said = f"{said} · {face.rank}" if face.rank else said
    order = shortened(drawable(said), REGULAR, size=28, width=520)
    pen.text((WIDTH - INSET, 119), order, font=font(REGULAR, 28), fill=WHITE, anchor="rm")
    dates_tall = sum(_tall(each) for each in layout.dates)
    y = layout.band_end - 58 - dates_tall - 64 - _tall(layout.title)
    y = _draw_lines(pen, layout.title, y, name=BOLD, fill=WHITE)
    if layout.dates:
        pen.rectangle((INSET, y + 26, INSET + 95, y + 33), fill=WHITE)
    y += 64
    for line in layout.dates:
        y = _draw_lines(pen, line, y, name=BOLD, fill=WHITE)
    if face.watermark:
        top = layout.band_end
        pen.rectangle((MARGIN, top, WIDTH - MARGIN - 1, top + RIBBON - 1), fill=BLACK)
        words = _tracked(shortened(drawable(face.watermark, BOLD), BOLD, size=30, width=720))
        pen.text(
            (WIDTH // 2, top + RIBBON // 2), words, font=font(BOLD, 30), fill=WHITE, anchor="mm"
        )


def _draw_info(
    canvas: Image.Image, pen: ImageDraw.ImageDraw, face: TicketFace, layout: _Layout
) -> None:
    """Draw the white part: place, kind and price side by side, holder."""
    y = layout.info + 54
    if face.place_lines:
        _draw_label(canvas, face.words.place, INSET, y)
    if face.age:
        badge = _age(face.age)
        canvas.paste(badge, (WIDTH - INSET - badge.width, y - 4))
    y += 40
    y = _draw_lines(pen, layout.place[0], y, name=BOLD, fill=BLACK)
    for line in layout.place[1:]:
        y = _draw_lines(pen, line, y, name=REGULAR, fill=INK_SOFT)
    y += 40
    for x, word, text in (
        (INSET, face.words.kind, layout.kind),
        (layout.price_left, face.words.price, layout.price),
    ):
        _draw_label(canvas, word, x, y)
        _draw_lines(pen, text, y + 40, name=BOLD, fill=BLACK, x=x)
    y += 40 + max(VALUE_TALL, _tall(layout.kind)) + 40
    if face.holder is not None:
        _draw_label(canvas, face.words.holder, INSET, y)
        text = fit(face.holder, BOLD, width=TEXT_WIDTH, sizes=VALUE_SIZES, lines_max=1)
        _draw_lines(pen, text, y + 40, name=BOLD, fill=BLACK)


def _draw_stub(
    canvas: Image.Image, pen: ImageDraw.ImageDraw, face: TicketFace, layout: _Layout
) -> None:
    """Draw what is below the perforation: the QR, the code to read out, the rules."""
    quiet = qr.QUIET_MODULES * layout.module
    count = len(layout.modules)
    side = count * layout.module
    x, y = (WIDTH - side) // 2, layout.perforation + quiet + 8
    symbol = Image.new("L", (count, count))
    symbol.putdata([BLACK if dark else WHITE for row in layout.modules for dark in row])
    canvas.paste(symbol.resize((side, side), Image.Resampling.NEAREST), (x, y))
    if face.watermark:
        _draw_sides(canvas, face.watermark, x - quiet, x + side + quiet, y + side // 2)
    y += side + quiet
    _draw_label(canvas, face.words.code, 0, y + 4, middle=WIDTH // 2)
    y += 48
    drawn = [_code_letter(char) for char in face.short_code]
    gaps = [_gap(one, next_) for one, next_ in pairwise(face.short_code)]
    x = (WIDTH - sum(one.width for one in drawn) - sum(gaps)) // 2
    for one, gap in zip(drawn, (*gaps, 0), strict=True):
        canvas.paste(one, (x, y))
        x += one.width + gap
    y += 112
    letters = font(REGULAR, layout.rules.size)
    for line in layout.rules.lines:
        pen.text((WIDTH // 2, y), line, font=letters, fill=INK_SOFT, anchor="ma")
        y += round(layout.rules.size * LEADING)


@lru_cache(maxsize=64)  # the alphabet of short codes
def _code_letter(char: str) -> Image.Image:
    """Draw one character of the short code, as wide as its ink."""
    letters = font(BOLD, CODE_SIZE)
    left, _, right, _ = letters.getbbox(char, anchor="ls")
    letter = Image.new("L", (round(right - left), CODE_SIZE), WHITE)
    at = (-left, round(CODE_SIZE * 0.82))
    ImageDraw.Draw(letter).text(at, char, font=letters, fill=BLACK, anchor="ls")
    return letter


def _gap(one: str, following: str) -> int:
    return CODE_HYPHEN_GAP if "-" in {one, following} else CODE_GAP


@lru_cache(maxsize=32)  # a few ages are in use
def _age(age: str) -> Image.Image:
    """Draw from what age a ticket admits, as a sign beside the place."""
    letters = font(BOLD, AGE_SIZE)
    wide = round(letters.getlength(age)) + 52
    large = Image.new("L", (wide * SMOOTH, 76 * SMOOTH), WHITE)
    ImageDraw.Draw(large).rounded_rectangle(
        (0, 0, large.width - 1, large.height - 1), 38 * SMOOTH, fill=ACCENT
    )
    sign = large.reduce(SMOOTH)
    ImageDraw.Draw(sign).text(
        (wide // 2, 38), drawable(age, BOLD), font=letters, fill=WHITE, anchor="mm"
    )
    return sign


def _draw_sides(canvas: Image.Image, watermark: str, left: int, right: int, middle: int) -> None:
    """Say on both sides of the QR that it is worth nothing, outside its quiet zone."""
    letters = font(BOLD, 30)
    words = _tracked(shortened(drawable(watermark, BOLD), BOLD, size=30, width=500))
    strip = Image.new("L", (round(letters.getlength(words)) + 4, 44), WHITE)
    ImageDraw.Draw(strip).text((2, 22), words, font=letters, fill=INK_SOFT, anchor="lm")
    inset = (left - MARGIN - strip.height) // 2
    top = middle - strip.width // 2
    canvas.paste(strip.transpose(Image.Transpose.ROTATE_90), (MARGIN + inset, top))
    canvas.paste(strip.transpose(Image.Transpose.ROTATE_270), (right + inset, top))


def _draw_lines(
    pen: ImageDraw.ImageDraw, text: Fitted, y: int, *, name: str, fill: int, x: int = INSET
) -> int:
    """Draw fitted lines below `y`, flush left, and give the y below them."""
    letters = font(name, text.size)
    for place, line in enumerate(text.lines):
        baseline = y + round((place + 0.5) * text.size * LEADING + text.size * 0.364)
        pen.text((x, baseline), line, font=letters, fill=fill, anchor="ls")
    return y + _tall(text)


def _draw_label(
    canvas: Image.Image, word: str, x: int, y: int, *, middle: int | None = None
) -> None:
    """Draw a small spaced word above its value, from `x` or around `middle`."""
    label = _label(word)
    canvas.paste(label, (x if middle is None else middle - label.width // 2, y))


@lru_cache(maxsize=64)  # the words of two languages
def _label(word: str) -> Image.Image:
    """Draw one label on white, as wide as it is and at most half a card."""
    words = _tracked(drawable(word[:LABEL_CHARS_MAX], BOLD).upper())
    letters = font(BOLD, LABEL_SIZE)
    label = Image.new("L", (round(letters.getlength(words)) + 2, LABEL_SIZE + 8), WHITE)
    ImageDraw.Draw(label).text((0, LABEL_SIZE), words, font=letters, fill=ACCENT, anchor="ls")
    return label


def _tracked(text: str) -> str:
    """Space letters a little, as small capitals want, with hair spaces."""
    return "\u200a".join(text)


@cache
def _band() -> Image.Image:
    """Draw the top of every ticket: rounded corners, the colour, engraved rings, the mark."""
    size = (WIDTH * SMOOTH, BAND_MAX * SMOOTH)
    large = Image.new("L", size, PAPER)
    pen = ImageDraw.Draw(large)
    edge = MARGIN * SMOOTH
    pen.rounded_rectangle(
        (edge, edge, size[0] - edge - 1, size[1] * 2), CORNER * SMOOTH, fill=ACCENT
    )
    _draw_mark(pen, INSET * SMOOTH, 98 * SMOOTH, 40 * SMOOTH)
    band = large.reduce(SMOOTH)
    # The rings are drawn without soft edges: they are faint, and edges would double the bytes.
    rings = Image.new("1", band.size)
    pen = ImageDraw.Draw(rings)
    for radius in RINGS:
        pen.circle(RINGS_CENTRE, radius, outline=1, width=RING_LINE)
    band.paste(
        ENGRAVED,
        (0, 0),
        ImageChops.logical_and(rings, band.point(lambda value: 255 if value == ACCENT else 0, "1")),
    )
    name = font(BOLD, 36)
    ImageDraw.Draw(band).text((INSET + 58, 118), "guichet", font=name, fill=WHITE, anchor="lm")
    return band


def _draw_mark(pen: ImageDraw.ImageDraw, x: int, y: int, side: int) -> None:
    """Draw the mark of Guichet: a ticket window, an arch with its counter and a slot."""
    pen.rounded_rectangle(
        (x, y, x + side, y + side * 0.8),
        side / 2,
        fill=WHITE,
        corners=(True, True, False, False),
    )
    pen.rectangle((x - side * 0.06, y + side * 0.9, x + side * 1.06, y + side * 1.04), fill=WHITE)
    pen.ellipse((x + side * 0.36, y + side * 0.22, x + side * 0.64, y + side * 0.5), fill=ACCENT)
    pen.rectangle((x + side * 0.25, y + side * 0.6, x + side * 0.75, y + side * 0.67), fill=ACCENT)


@cache
def _foot() -> Image.Image:
    """Draw the bottom of every ticket: rounded corners on paper."""
    size = (WIDTH * SMOOTH, (MARGIN + CORNER) * SMOOTH)
    large = Image.new("L", size, PAPER)
    edge = MARGIN * SMOOTH
    ImageDraw.Draw(large).rounded_rectangle(
        (edge, -size[1], size[0] - edge - 1, size[1] - edge - 1), CORNER * SMOOTH, fill=WHITE
    )
    return large.reduce(SMOOTH)


@cache
def _perforation() -> Image.Image:
    """Draw the line to tear: a bite on either side and a row of holes between."""
    size = (WIDTH * SMOOTH, (2 * NOTCH + 8) * SMOOTH)
    large = Image.new("L", size, PAPER)
    pen = ImageDraw.Draw(large)
    edge, middle, bite = MARGIN * SMOOTH, size[1] // 2, NOTCH * SMOOTH
    pen.rectangle((edge, 0, size[0] - edge - 1, size[1]), fill=WHITE)
    for x in (edge, size[0] - edge):
        pen.ellipse((x - bite, middle - bite, x + bite, middle + bite), fill=PAPER)
    hole = 5 * SMOOTH
    for x in range(INSET * SMOOTH, size[0] - INSET * SMOOTH + 1, 24 * SMOOTH):
        pen.ellipse(
            (x - hole, middle - hole, x + hole, middle + hole),
            fill=WHITE + round(0.3 * (ACCENT - WHITE)),
        )
    return large.reduce(SMOOTH)

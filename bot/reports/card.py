"""The share card of an event: one picture to pass on, with a code that opens its page.

Portrait, as a status or a story shows it. On the poster if there is one, else on the event's colour
with the rings of its tickets. Drawn in a worker; light values in, a JPEG out.
"""

import io
from dataclasses import dataclass

from PIL import Image, ImageDraw
from qrcode import constants
from qrcode.main import QRCode

from bot.tickets.lettering import BOLD, REGULAR, Fitted, drawable, fit, font, shortened

WIDTH, HEIGHT = 1080, 1350
"""Four to five: the tallest picture that every app shows whole in a chat."""

INSET = 84
TEXT_WIDTH = WIDTH - 2 * INSET
TITLE_SIZES = (118, 104, 92, 80, 68)
LINE_SIZES = (46, 42, 38, 34)
PANEL_TALL = 330
PANEL_CORNER = 40
CLEAR_PART, FADED_PART = 0.22, 0.68
"""How far down a poster stays as it is, and from where on it is behind a veil."""

CODE_SIDE = 286
SMOOTH = 2  # rings and corners are drawn this much larger, then reduced
NIGHT = (12, 16, 24)
QUALITY = 88
"""Letters and the code stay sharp; the picture stays under half a megabyte."""


@dataclass(frozen=True, slots=True)
class CardFace:
    """Everything that stands on a card, ready to be read."""

    title: str
    when: str
    place: str
    price: str
    call: str
    """What to do with the code: short, in bold."""
    how: str
    """How, in a line below."""
    link: str
    """What the code opens; empty where there is no link."""
    accent: str
    """The event's colour, `#rrggbb`."""
    mark: str
    """The house's own name, small."""
    poster: bytes | None = None


def draw_card(face: CardFace) -> bytes:
    """Draw a card and give its JPEG."""
    accent = _colour(face.accent)
    deep = _mixed(accent, NIGHT, 0.62)
    card = _ground(face.poster, accent, deep)
    pen = ImageDraw.Draw(card)
    panel_top = HEIGHT - PANEL_TALL - 60
    title = fit(drawable(face.title), BOLD, width=TEXT_WIDTH, sizes=TITLE_SIZES, lines_max=3)
    if not title.whole:
        title = fit(drawable(face.title), BOLD, width=TEXT_WIDTH, sizes=(80, 68), lines_max=4)
    lines = [
        (fit(drawable(face.when), BOLD, width=TEXT_WIDTH, sizes=LINE_SIZES, lines_max=2), 1.0),
        (fit(drawable(face.place), REGULAR, width=TEXT_WIDTH, sizes=LINE_SIZES, lines_max=2), 0.86),
        (fit(drawable(face.price), REGULAR, width=TEXT_WIDTH, sizes=LINE_SIZES, lines_max=1), 0.86),
    ]
    tall = _tall(title) + 34 + sum(_tall(line) + 14 for line, _ in lines)
    top = panel_top - 64 - tall
    if face.poster is None:
        pen.text((INSET, 70), drawable(face.mark), font=font(BOLD, 34), fill=(255, 255, 255))
    top = _write(pen, title, BOLD, top, (255, 255, 255)) + 34
    for line, strength in lines:
        name = BOLD if strength == 1.0 else REGULAR
        top = _write(pen, line, name, top, _mixed((255, 255, 255), deep, 1 - strength)) + 14
    _panel(card, face, panel_top, accent)
    out = io.BytesIO()
    card.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue()


def _ground(
    poster: bytes | None, accent: tuple[int, int, int], deep: tuple[int, int, int]
) -> Image.Image:
    """The poster, darkened towards the words; or the event's colour with its rings."""
    slope = Image.linear_gradient("L").resize((WIDTH, HEIGHT))
    if poster is None:
        ground = Image.composite(
            Image.new("RGB", (WIDTH, HEIGHT), deep),
            Image.new("RGB", (WIDTH, HEIGHT), _mixed(accent, NIGHT, 0.12)),
            slope,
        )
        return _ringed(ground, accent)
    with Image.open(io.BytesIO(poster)) as opened:
        picture = opened.convert("RGB")
    tall = round(picture.height * WIDTH / picture.width)
    ground = Image.new("RGB", (WIDTH, HEIGHT), deep)
    ground.paste(picture.resize((WIDTH, tall)), (0, 0))
    # The words begin where the poster has faded: below half of it, or of the card.
    clear, faded = CLEAR_PART * min(tall, HEIGHT), FADED_PART * min(tall, HEIGHT)
    shade = Image.new("L", (1, HEIGHT))
    for row in range(HEIGHT):
        part = (row - clear) / (faded - clear)
        shade.putpixel((0, row), round(250 * max(0.0, min(1.0, part))))
    veil = Image.new("RGB", (WIDTH, HEIGHT), deep)
    return Image.composite(veil, ground, shade.resize((WIDTH, HEIGHT)))


def _ringed(ground: Image.Image, accent: tuple[int, int, int]) -> Image.Image:
    """Draw the rings of the event's tickets, large, from the upper right."""
    rings = Image.new("L", (WIDTH * SMOOTH, HEIGHT * SMOOTH), 0)
    pen = ImageDraw.Draw(rings)
    x, y = (WIDTH - 210) * SMOOTH, 300 * SMOOTH
    for radius in range(90, 1100, 92):
        reach = radius * SMOOTH
        fade = max(18, 120 - radius // 9)
        pen.ellipse((x - reach, y - reach, x + reach, y + reach), outline=fade, width=5 * SMOOTH)
    light = Image.new("RGB", (WIDTH, HEIGHT), _mixed(accent, (255, 255, 255), 0.55))
    return Image.composite(light, ground, rings.resize((WIDTH, HEIGHT)))


def _panel(card: Image.Image, face: CardFace, top: int, accent: tuple[int, int, int]) -> None:
    """Draw the white panel with the code and what to do with it."""
    wide, tall = WIDTH - 2 * 60, PANEL_TALL
    mask = Image.new("L", (wide * SMOOTH, tall * SMOOTH), 0)
    ImageDraw.Draw(mask).rounded_rectangle(
        (0, 0, wide * SMOOTH - 1, tall * SMOOTH - 1), PANEL_CORNER * SMOOTH, fill=255
    )
    card.paste((255, 255, 255), (60, top), mask.resize((wide, tall)))
    pen = ImageDraw.Draw(card)
    text_left, text_wide = 60 + 44, wide - 2 * 44
    if face.link:
        code = _code(face.link)
        card.paste(code, (60 + wide - 36 - CODE_SIDE, top + (tall - CODE_SIDE) // 2))
        text_wide -= CODE_SIDE + 20
    call = fit(drawable(face.call), BOLD, width=text_wide, sizes=(58, 52, 46, 40), lines_max=2)
    how = fit(drawable(face.how), REGULAR, width=text_wide, sizes=(32, 29, 26), lines_max=3)
    link = drawable(face.link.removeprefix("https://"))
    # An address is typed whole or not at all: one that finds no room is left to the code.
    link_fits = bool(link) and shortened(link, REGULAR, size=26, width=text_wide) == link
    link_tall = 50 if link_fits else 0
    at = top + (tall - _tall(call) - 16 - _tall(how) - link_tall) // 2
    at = _write(pen, call, BOLD, at, _mixed(accent, NIGHT, 0.25), left=text_left) + 16
    at = _write(pen, how, REGULAR, at, (70, 78, 90), left=text_left)
    if link_fits:
        pen.text((text_left, at + 14), link, font=font(REGULAR, 26), fill=(120, 128, 140))


def _code(link: str) -> Image.Image:
    """Draw the code that opens the event's page, in whole pixels a module."""
    symbol = QRCode(error_correction=constants.ERROR_CORRECT_M, border=1)
    symbol.add_data(link)
    symbol.make(fit=True)
    modules = symbol.get_matrix()
    code = Image.new("1", (len(modules), len(modules)), 1)
    for row, line in enumerate(modules):
        for column, is_dark in enumerate(line):
            if is_dark:
                code.putpixel((column, row), 0)
    module = max(1, CODE_SIDE // len(modules))
    side = module * len(modules)
    whole = Image.new("RGB", (CODE_SIDE, CODE_SIDE), (255, 255, 255))
    large = code.convert("RGB").resize((side, side), Image.Resampling.NEAREST)
    whole.paste(large, ((CODE_SIDE - side) // 2, (CODE_SIDE - side) // 2))
    return whole


def _write(
    pen: ImageDraw.ImageDraw,
    text: Fitted,
    name: str,
    top: int,
    fill: tuple[int, int, int],
    *,
    left: int = INSET,
) -> int:
    """Write fitted lines; answers where they end."""
    for line in text.lines:
        pen.text((left, top), line, font=font(name, text.size), fill=fill)
        top += round(text.size * LEADING)
    return top


LEADING = 1.18


def _tall(text: Fitted) -> int:
    return round(len(text.lines) * text.size * LEADING)


def _colour(accent: str) -> tuple[int, int, int]:
    red, green, blue = (int(accent[at : at + 2], 16) for at in (1, 3, 5))
    return red, green, blue


def _mixed(
    one: tuple[int, int, int], other: tuple[int, int, int], part: float
) -> tuple[int, int, int]:
    """Mix `part` of the other colour into one."""
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(one, other, strict=True))
    return red, green, blue

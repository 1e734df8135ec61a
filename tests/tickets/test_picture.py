"""What every ticket's picture keeps: its size, its few colours, a QR that gates read."""

import io
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image

from bot.tickets import png, qr
from bot.tickets.face import ACCENTS, TicketFace, accent_of
from tests.tickets.faces import CASES, JAZZ

BYTES_MAX = 100_000
MODULE_PX_MIN = 16
BLACK, WHITE = (0, 0, 0), (255, 255, 255)

each_case = pytest.mark.parametrize("face", CASES.values(), ids=CASES.keys())


def opened(picture: bytes) -> Image.Image:
    """Decode a PNG as any viewer would, checking every chunk."""
    with Image.open(io.BytesIO(picture)) as image:
        image.verify()
    with Image.open(io.BytesIO(picture)) as image:
        image.load()
        return image


def symbol_box(picture: bytes) -> tuple[int, int, int, int]:
    """Find the QR by its size: the widest box of black on the stub, whatever the text around."""
    image = opened(picture).convert("RGB")
    black = (
        image.point(lambda value: 255 if value == 0 else 0)
        .convert("L")
        .point(lambda value: 255 if value == 255 else 0)
    )
    left, right = (image.width - 25 * 21) // 2, (image.width + 25 * 21) // 2
    column = black.crop((left, 0, left + 1, image.height))
    # The left edge of a QR has two finder patterns: seven modules of black each, 18 rows apart.
    runs, top = [], None
    for y in range(image.height):
        dark = column.getpixel((0, y)) == 255
        if dark and top is None:
            top = y
        elif not dark and top is not None:
            runs.append((top, y))
            top = None
    finders = [run for run in runs if run[1] - run[0] == 7 * 21]
    assert len(finders) == 2, runs
    return left, finders[0][0], right, finders[1][1]


@each_case
def test_a_ticket_is_a_small_portrait_palette_png(face: TicketFace) -> None:
    """A ticket is 1080 wide, portrait, a palette of at most sixteen colours, under 100 kB."""
    picture = png.draw(face)
    image = opened(picture)
    assert (image.format, image.mode, image.width) == ("PNG", "P", 1080)
    assert 1.5 * image.width < image.height < 2.1 * image.width
    assert len(picture) < BYTES_MAX
    colours = image.getcolors()
    assert colours is not None
    assert len(colours) <= 16


@each_case
def test_the_qr_is_pure_black_on_pure_white_with_four_quiet_modules(face: TicketFace) -> None:
    """Each pixel of the symbol is its module's, black or white exactly; around it all is white."""
    picture = png.draw(face)
    image = opened(picture).convert("RGB")
    modules = qr.matrix(face.code)
    left, top, right, bottom = symbol_box(picture)
    module = (right - left) // len(modules)
    assert module >= MODULE_PX_MIN
    assert (right - left, bottom - top) == (module * len(modules), module * len(modules))
    expected = Image.new("RGB", (len(modules), len(modules)))
    expected.putdata([BLACK if dark else WHITE for row in modules for dark in row])
    drawn = image.crop((left, top, right, bottom))
    assert drawn.tobytes() == expected.resize(drawn.size, Image.Resampling.NEAREST).tobytes()
    quiet = qr.QUIET_MODULES * module
    around = image.crop((left - quiet, top - quiet, right + quiet, bottom + quiet))
    around.paste(WHITE, (quiet, quiet, quiet + drawn.width, quiet + drawn.height))
    assert around.getcolors() == [(around.width * around.height, WHITE)]


def test_drawing_is_repeatable() -> None:
    """The same face gives the same bytes, so that a ticket sent again is the same ticket."""
    assert png.draw(JAZZ) == png.draw(replace(JAZZ))


def test_the_demo_says_so_and_the_live_ticket_does_not() -> None:
    """The watermark adds a black ribbon across the card, which no live ticket has."""
    live = opened(png.draw(JAZZ)).convert("RGB")
    demo = opened(png.draw(replace(JAZZ, watermark="DÉMO"))).convert("RGB")

    def black_rows(image: Image.Image) -> int:
        strip = image.crop((60, 0, 61, image.height))
        return sum(strip.getpixel((0, y)) == BLACK for y in range(strip.height))

    assert black_rows(live) == 0
    assert black_rows(demo) == png.RIBBON


@pytest.mark.parametrize("accent", ACCENTS)
def test_accents_carry_white_letters(accent: str) -> None:
    """Every accent keeps a contrast of 7 to 1 with white (WCAG 2.2, 1.4.6)."""
    channels = [int(accent[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels
    )
    assert 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05) >= 7


def test_an_event_keeps_its_accent() -> None:
    """An event's colour depends on its id alone, and events get all of them."""
    assert accent_of("jazz") == accent_of("jazz")
    assert {accent_of(str(number)) for number in range(200)} == set(ACCENTS)


odd_texts = st.text(max_size=600)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)  # each draws a picture
@given(
    title=odd_texts,
    holder=st.none() | odd_texts,
    kind=odd_texts,
    place=st.lists(odd_texts, max_size=4),
    rules=odd_texts,
    reference=odd_texts,
)
@example(
    title="M" * 5000, holder="é" * 5000, kind="W" * 50, place=["\n" * 9], rules="x " * 900,
    reference="9" * 300,
)  # fmt: skip
@example(
    title="👩🏽‍🎤 Jazz\u202e", holder="\ud800\x00\u0301\u0301\u0301", kind="ﷺ", place=[],
    rules="…", reference="",
)  # fmt: skip
def test_no_text_breaks_a_ticket(
    *, title: str, holder: str | None, kind: str, place: list[str], rules: str, reference: str
) -> None:
    """Whatever people type, the ticket stays a sound PNG under 100 kB with its QR untouched."""
    face = replace(
        JAZZ,
        title=title,
        holder=holder,
        kind=kind,
        place_lines=tuple(place),
        rules=rules,
        order_reference=reference,
    )
    picture = png.draw(face)
    assert len(picture) < BYTES_MAX
    assert opened(picture).height < 2.3 * png.WIDTH
    assert symbol_box(picture)


@pytest.mark.parametrize("code", ["", "abc", "G" * 60, "É"])
def test_a_code_that_gates_read_badly_is_refused(code: str) -> None:
    """A code outside the alphanumeric set, or too long for version 3, makes no ticket."""
    with pytest.raises(ValueError, match="ticket code"):
        png.draw(replace(JAZZ, code=code))


def test_our_codes_fit_version_two() -> None:
    """29 characters at level Q are 25 modules a side: version 2 (ISO/IEC 18004, table 7)."""
    assert len(qr.matrix(JAZZ.code)) == 25


def test_an_age_and_a_rank_change_the_picture_and_its_symbol_not() -> None:
    """`21+` and `1/2` are drawn beside the place and the order; the code stays where it was."""
    plain, marked = png.draw(JAZZ), png.draw(replace(JAZZ, age="21+", rank="1/2"))
    assert marked != plain
    assert symbol_box(marked) == symbol_box(plain)
    assert len(marked) < BYTES_MAX

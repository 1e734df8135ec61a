"""What becomes a poster, what does not, and what is left of the file that was sent: nothing."""

import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bot.posters.drawing import POSTER_BYTES_MAX, SIDE_MAX, PosterFault, draw_poster
from tests.gate_scanner.pictures import saved
from tests.transcripts.pictures import poster

ORIENTATION, CAMERA = 0x0112, 0x0110


def drawn(file: bytes) -> Image.Image:
    """Draw a poster that must be one, and open it as whoever receives it does."""
    body = draw_poster(file)
    assert isinstance(body, bytes)
    assert len(body) <= POSTER_BYTES_MAX
    image = Image.open(io.BytesIO(body))
    assert image.format == "JPEG"
    assert max(image.size) <= SIDE_MAX
    return image


QUICKLY = {"PNG": {"compress_level": 1}, "WEBP": {"method": 0}, "AVIF": {"speed": 10}}
"""How a file is written without looking for the smallest."""


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
def test_what_phones_and_designers_send_becomes_a_small_jpeg(kind: str) -> None:
    """Whatever the format and size, what is shown is a JPEG that a weak network carries."""
    sent = saved(poster().resize((1800, 2400)), kind, **QUICKLY.get(kind, {}))
    assert drawn(sent).size == (960, 1280)


def test_a_print_shops_colours_and_a_transparent_ground_are_shown_as_meant() -> None:
    """Ink colours become a screen's; what is transparent is white, not black."""
    assert drawn(saved(poster().convert("CMYK"), "JPEG")).mode == "RGB"
    ghost = Image.new("RGBA", (400, 400), (255, 0, 0, 0))
    assert drawn(saved(ghost)).getpixel((200, 200)) == (255, 255, 255)


def test_a_poster_stands_upright_and_tells_nothing_of_its_camera() -> None:
    """The camera's note turns the picture, and is gone with every other note."""
    notes = Image.Exif()
    notes[ORIENTATION], notes[CAMERA] = 6, "Phone of Awa"
    image = drawn(saved(Image.new("RGB", (800, 600), "teal"), "JPEG", exif=notes))
    assert image.size == (600, 800)
    assert not dict(image.getexif())


def test_noise_is_made_to_fit() -> None:
    """The hardest picture there is still comes out within the limit of bytes."""
    drawn(saved(Image.effect_noise((2000, 2000), 200).convert("RGB"), "JPEG", quality=95))


def bomb(side: int) -> bytes:
    """A PNG of a few bytes whose header claims a square of this side."""

    def chunk(name: bytes, body: bytes) -> bytes:
        crc = struct.pack("!I", zlib.crc32(name + body))
        return struct.pack("!I", len(body)) + name + body + crc

    head = struct.pack("!IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0"))


@pytest.mark.parametrize(
    ("file", "fault"),
    [
        (b"", PosterFault.NOT_AN_IMAGE),
        (b"%PDF-1.7 a poster", PosterFault.NOT_AN_IMAGE),
        (b"\0" * (20 * 1024 * 1024 + 1), PosterFault.TOO_LARGE),
        (bomb(30_000), PosterFault.TOO_LARGE),
        (saved(Image.new("RGB", (239, 900))), PosterFault.TOO_SMALL),
        (saved(Image.new("RGB", (300, 1300))), PosterFault.TOO_NARROW),
        (saved(poster(), "JPEG")[:20_000], PosterFault.INCOMPLETE),
    ],
    ids=lambda value: value.value if isinstance(value, PosterFault) else "file",
)
def test_what_is_no_poster_says_why(file: bytes, fault: PosterFault) -> None:
    """Each bad file has its own answer, before any of its pixels cost memory."""
    assert draw_poster(file) is fault


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 5_000), st.binary(max_size=40))
def test_hostile_files_never_raise(at: int, junk: bytes) -> None:
    """Whatever stands in a file, there is a poster or a reason."""
    good = saved(poster().resize((300, 400)), "JPEG")
    assert isinstance(draw_poster(good[:at] + junk + good[at + len(junk) :]), bytes | PosterFault)

"""Files cut, broken, foreign or made to harm: an answer comes, and nothing is invented."""

import io
import os
import struct
import warnings
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from chat.workers import Workers
from gate_scanner.decoding import Decoded, Fault, Shape, decode
from gate_scanner.decoding.answer import PHOTO_MAX_BYTES
from gate_scanner.decoding.opening import JPEG_PIXELS_MAX
from tests.gate_scanner.pictures import card, code, qr, saved, ticket

CODE = code(1)


def bomb(side: int) -> bytes:
    """Make a valid PNG of a few hundred kB whose pixels would take `side` squared bytes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        check = struct.pack("!I", zlib.crc32(kind + body))
        return struct.pack("!I", len(body)) + kind + body + check

    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(side + 1)) for _ in range(side // 50))
    header = struct.pack("!IIBBBBB", side, side, 8, 0, 0, 0, 0)
    parts = (
        chunk(b"IHDR", header),
        chunk(b"IDAT", rows + packer.flush()),
        chunk(b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def test_a_file_cut_at_any_length_gets_an_answer() -> None:
    """A transfer that stopped at any kilobyte: nothing wrong is read, nothing raises."""
    for kind, options in (
        ("PNG", {}),
        ("JPEG", {"quality": 95}),
        ("JPEG", {"quality": 95, "progressive": True}),
        ("WEBP", {"quality": 95}),
        ("GIF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
    ):
        whole = saved(card(CODE, module_px=4), kind, **options)
        for length in range(0, len(whole), 1024):
            decoded = ticket(whole[:length])
            assert decoded.texts in {(), (CODE,)}
            assert decoded.texts or decoded.fault in {Fault.NOT_AN_IMAGE, Fault.INCOMPLETE}


def test_a_file_that_stops_after_its_code_is_read() -> None:
    """The lower end of a photo is missing, its code is not."""
    tall = Image.new("RGB", (600, 2000), "white")
    tall.paste(card(CODE), (20, 0))
    whole = saved(tall, "JPEG")
    assert ticket(whole[: int(len(whole) * 0.9)]).texts == (CODE,)


@pytest.mark.parametrize(
    "photo",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"GUICHET is a box office\n" * 100, id="a text"),
        pytest.param(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", id="a PDF"),
        pytest.param(b"\x89PNG\r\n\x1a\n", id="only a signature"),
        pytest.param(b"\xff\xd8\xff\xe0" + bytes(500), id="zeros after JPEG's first bytes"),
        pytest.param(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", id="EPS, never run"),
    ],
)
def test_what_is_no_image_says_so(photo: bytes) -> None:
    """A document, a text or nothing at all is not an image."""
    assert ticket(photo) == Decoded((), (), Fault.NOT_AN_IMAGE)


def test_too_many_bytes_are_refused_unread() -> None:
    """Thirty megabytes of noise are refused by their length."""
    assert ticket(os.urandom(30 * 2**20)).fault is Fault.TOO_LARGE
    assert ticket(b"\x00" * (PHOTO_MAX_BYTES + 1)).fault is Fault.TOO_LARGE


def test_a_photo_bomb_is_refused_by_its_header() -> None:
    """Fifty thousand pixels square in a small file are not unpacked."""
    photo = bomb(50_000)
    assert len(photo) < 2**18
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ticket(photo).fault is Fault.TOO_LARGE


def test_a_jpeg_bomb_is_refused_by_its_header() -> None:
    """A JPEG may be larger than the rest, not endless."""
    small = bytearray(saved(Image.new("L", (64, 64), 255), "JPEG"))
    frame = small.index(b"\xff\xc0")
    small[frame + 5 : frame + 9] = struct.pack("!HH", 65_000, 65_000)
    assert JPEG_PIXELS_MAX < 65_000**2
    assert ticket(bytes(small)).fault is Fault.TOO_LARGE


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1), (2, 2), (7, 9), (20000, 3)])
def test_tiny_and_thin_images_have_no_code(size: tuple[int, int]) -> None:
    """Shapes no camera makes are answered like any other."""
    for tone in (0, 255):
        assert ticket(saved(Image.new("L", size, tone))).texts == ()


@given(st.binary(max_size=3000))
@settings(max_examples=200, deadline=None)
def test_random_bytes_are_never_a_ticket(photo: bytes) -> None:
    """Noise gets an answer, and the answer is no."""
    decoded = ticket(photo)
    assert decoded.texts == ()
    assert decoded.fault is not None


@given(
    kind=st.sampled_from(["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"]),
    harms=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=20),
)
@settings(max_examples=150, deadline=None)
def test_flipped_bytes_never_invent_a_code(kind: str, harms: list[tuple[float, int]]) -> None:
    """A file with bytes changed anywhere gives its own code or none."""
    photo = bytearray(saved(qr(CODE, module_px=3), kind))
    for where, byte in harms:
        photo[int(where * (len(photo) - 1))] = byte
    assert ticket(bytes(photo)).texts in {(), (CODE,)}


async def test_hostile_photos_do_not_stop_a_worker() -> None:
    """In a worker, within its memory and its deadline, one after the other, the last is read."""
    async with Workers(1) as pool:
        for photo in (bomb(50_000), b"", os.urandom(2**20), saved(card(CODE))[:2000]):
            assert (await pool.run(decode, photo, accept=Shape.TICKET)).texts == ()
        decoded = await pool.run(decode, saved(card(CODE)), accept=Shape.TICKET)
        assert decoded.texts == (CODE,)


async def test_the_largest_photo_fits_into_a_worker() -> None:
    """Forty megapixels of a PNG with transparency are decoded within the memory limit."""
    huge = Image.new("RGBA", (8000, 5000), "white")
    huge.paste(card(CODE, module_px=40).convert("RGBA"), (100, 100))
    photo = saved(huge, compress_level=1)
    async with Workers(1) as pool:
        assert (await pool.run(decode, photo, accept=Shape.TICKET)).texts == (CODE,)


def test_opening_leaves_no_setting_behind() -> None:
    """A broken file does not change how the next one is opened."""
    whole = saved(card(CODE), "JPEG")
    ticket(whole[:3000])
    with pytest.raises(OSError, match="truncated"):
        Image.open(io.BytesIO(whole[:3000])).load()

"""Ten colours of a ticket's picture, and its PNG.

A value of the grey canvas is a place on two ramps that meet in white: 0 is black, `WHITE` is white,
`ACCENT` is the event's colour, and what lies between is a mixture. So letters keep their soft edges
in black on white, colour on white and white on colour; at the end one table turns the values into
ten palette entries.
"""

import struct
import zlib
from functools import cache

from PIL import Image, ImageChops

BLACK = 0
INK_SOFT = 44  # grey for what is read second; 7 to 1 on white, so it also prints
WHITE = 128
ACCENT = 255

# The palette: five steps from black to white, then five from white to the accent. More steps show
# no softer edge on a phone's fine screen and cost a third more bytes.
GREY_STEPS = (0, INK_SOFT, 72, 100, WHITE)
ACCENT_PARTS = (0.11, 0.36, 0.64, 0.88, 1.0)
PAPER = WHITE + round(0.11 * (ACCENT - WHITE))  # what the ticket lies on
ENGRAVED = WHITE + round(0.88 * (ACCENT - WHITE))  # the fine lines in the band

DPI = 300  # printed as it is: 91 mm wide, four tickets on a sheet


def encoded(canvas: Image.Image, accent: str) -> bytes:
    """Turn values into palette entries and write a PNG of four bits a pixel (RFC 2083).

    Pillow's own writer never filters a palette picture, and takes three times as long to search
    for longer matches. A ticket's rows mostly repeat the row above: with filter 2 (up) they become
    zeros, and run lengths alone compress them as well.
    """
    entries = canvas.point(_steps())
    packed = _packed(entries)
    above = Image.new("L", packed.size)
    above.paste(packed, (0, 1))
    rows = Image.new("L", (packed.width + 1, packed.height), 2)  # each row begins with its filter
    rows.paste(ImageChops.subtract_modulo(packed, above), (1, 0))
    deflate = zlib.compressobj(4, zlib.DEFLATED, zlib.MAX_WBITS, 9, zlib.Z_RLE)
    pixels = deflate.compress(rows.tobytes()) + deflate.flush()
    dots_per_metre = round(DPI / 0.0254)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">IIBBBBB", *canvas.size, 4, 3, 0, 0, 0)),
            _chunk(b"PLTE", bytes(_palette(accent))),
            _chunk(b"pHYs", struct.pack(">IIB", dots_per_metre, dots_per_metre, 1)),
            _chunk(b"IDAT", pixels),
            _chunk(b"IEND", b""),
        )
    )


def _packed(entries: Image.Image) -> Image.Image:
    """Put two pixels into each byte, the left one in the high half."""
    entries.putpalette(bytes(16 * 3))
    return Image.frombytes("L", (entries.width // 2, entries.height), entries.tobytes("raw", "P;4"))


def _chunk(kind: bytes, content: bytes) -> bytes:
    """Wrap one chunk of a PNG: its length, kind, content and check value."""
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)


@cache
def _steps() -> list[int]:
    """For each of the 256 values, the palette entry nearest to it."""
    places = [*GREY_STEPS, *(WHITE + part * (ACCENT - WHITE) for part in ACCENT_PARTS)]
    return [
        min(range(len(places)), key=lambda entry: abs(places[entry] - value))
        for value in range(256)
    ]


@cache
def _palette(accent: str) -> list[int]:
    """Give the ten colours as red, green, blue, red, ...: exact black and white among them."""
    colour = tuple(int(accent[at : at + 2], 16) for at in (1, 3, 5))
    greys = [round(255 * step / WHITE) for step in GREY_STEPS]
    entries = [(grey, grey, grey) for grey in greys] + [
        tuple(round(255 + part * (channel - 255)) for channel in colour) for part in ACCENT_PARTS
    ]
    return [channel for entry in entries for channel in entry]

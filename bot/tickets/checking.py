"""The last look at a ticket before it is sent: a gate must read it, even as chats hand it on."""

import io

from PIL import Image

from bot.tickets import qr
from boxoffice.errors import GuichetError
from gate_scanner.decoding import Shape, decode

# What messengers do at worst to a picture sent as a photo: a smaller one, coarsely compressed.
CHAT_WIDTH = 800
CHAT_JPEG_QUALITY = 60

PRINTED_DOTS = 8  # of a module at 150 dpi, see pdf.MODULE


class UnreadableTicket(GuichetError):
    """A ticket's picture does not read as its code: it must not be sent."""


def check(picture: bytes, code: str) -> None:
    """Read the code out of a ticket's PNG, as it is and as a chat mangles it.

    The file is opened once: both ways begin with the same brightness of its pixels. Raises
    `UnreadableTicket` unless both give exactly `code` and nothing else. The error names the way it
    failed and never the code, which opens the door.
    """
    grey = _grey(picture)
    for way, photo in (("as drawn", _saved(grey, "PPM")), ("as a chat sends it", _mangled(grey))):
        texts = decode(photo, accept=Shape.ANY).texts
        if texts != (code,):
            raise UnreadableTicket(f"The ticket, {way}, holds {len(texts)} codes, none or others.")


def check_modules(code: str) -> None:
    """Read the very modules that paper is given, before they are drawn.

    A PDF is not rendered here: its squares stand where these do, at eight dots of a bad printer,
    and the tests render pages and read them. Raises `UnreadableTicket` as `check` does.
    """
    matrix = qr.matrix(code)
    quiet = qr.QUIET_MODULES
    side = len(matrix) + 2 * quiet
    symbol = Image.new("L", (side, side), 255)
    for y, row in enumerate(matrix, quiet):
        for x, dark in enumerate(row, quiet):
            if dark:
                symbol.putpixel((x, y), 0)
    printed = symbol.resize((side * PRINTED_DOTS,) * 2, Image.Resampling.NEAREST)
    texts = decode(_saved(printed, "PPM"), accept=Shape.ANY).texts
    if texts != (code,):
        raise UnreadableTicket(f"The printed ticket holds {len(texts)} codes, none or others.")


def as_a_chat_sends_it(
    picture: bytes, *, width: int = CHAT_WIDTH, quality: int = CHAT_JPEG_QUALITY
) -> bytes:
    """Shrink a picture to a width in pixels and compress it as JPEG, as chat apps do to photos.

    In grey: a reader takes a JPEG's brightness alone, which is what a JPEG keeps of colours first,
    and one layer costs a third of three.
    """
    return _mangled(_grey(picture), width, quality)


def _grey(picture: bytes) -> Image.Image:
    with Image.open(io.BytesIO(picture)) as image:
        return image.convert("L")


def _mangled(grey: Image.Image, width: int = CHAT_WIDTH, quality: int = CHAT_JPEG_QUALITY) -> bytes:
    height = round(grey.height * width / grey.width)
    small = grey.resize((width, height), Image.Resampling.BILINEAR)
    return _saved(small, "JPEG", quality=quality)


def _saved(grey: Image.Image, kind: str, **options: int) -> bytes:
    """Write a file; as PPM it is the bare pixels, for nothing."""
    out = io.BytesIO()
    grey.save(out, kind, **options)
    return out.getvalue()

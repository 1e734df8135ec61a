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

    Raises `UnreadableTicket` unless both give exactly `code` and nothing else. The error names the
    way it failed and never the code, which opens the door.
    """
    for way, photo in (("as drawn", picture), ("as a chat sends it", as_a_chat_sends_it(picture))):
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
    out = io.BytesIO()
    symbol.resize((side * PRINTED_DOTS,) * 2, Image.Resampling.NEAREST).save(out, "PNG")
    texts = decode(out.getvalue(), accept=Shape.ANY).texts
    if texts != (code,):
        raise UnreadableTicket(f"The printed ticket holds {len(texts)} codes, none or others.")


def as_a_chat_sends_it(
    picture: bytes, *, width: int = CHAT_WIDTH, quality: int = CHAT_JPEG_QUALITY
) -> bytes:
    """Shrink a picture to a width in pixels and compress it as JPEG, as chat apps do to photos.

    In grey: a reader takes a JPEG's brightness alone, which is what a JPEG keeps of colours first,
    and one layer costs a third of three.
    """
    with Image.open(io.BytesIO(picture)) as image:
        height = round(image.height * width / image.width)
        small = image.convert("L").resize((width, height), Image.Resampling.BILINEAR)
    out = io.BytesIO()
    small.save(out, "JPEG", quality=quality)
    return out.getvalue()

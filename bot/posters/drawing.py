"""From whatever somebody sends to one small, upright, plain JPEG; runs in a worker process.

The header's size is looked at before any pixel is decoded, and the picture is drawn anew: nothing
of the file that came in, its notes of place and camera included, is shown to anybody.
"""

import io
import warnings
from enum import Enum
from typing import Final

from PIL import Image, ImageOps

BYTES_MAX: Final = 20 * 1024 * 1024
"""What Telegram, Twilio and the web chat hand over at most."""

PIXELS_MAX: Final = 40_000_000
"""Pixels decoded at most: 120 MB as colours, a print shop's A3 at 300 dpi has 17 million."""

JPEG_PIXELS_MAX: Final = 200_000_000
"""A JPEG is reduced while it is decoded: a phone's 200 megapixels fit as well."""

SIDE_MIN: Final = 240
"""Smaller pictures are thumbnails: nobody could read their words."""

SIDES_RATIO_MAX: Final = 4
"""Longer strips are banners; chat apps crop or refuse them (Telegram at 20)."""

SIDE_MAX: Final = 1280
"""What Telegram shows of a photo, and more than a phone's screen is wide."""

QUALITIES: Final = (82, 74, 66, 56, 46)
POSTER_BYTES_MAX: Final = 250 * 1024
"""Sent with every look at the event's page, over weak networks: quality yields, then size."""

FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
"""What phones and designers send (Pillow opens an MPO as the JPEG it begins with); its rarer and
older readers stay closed to strangers."""


class PosterFault(Enum):
    """Why a file becomes no poster; each has a sentence."""

    TOO_LARGE = "too_large"
    NOT_AN_IMAGE = "not_an_image"
    TOO_SMALL = "too_small"
    TOO_NARROW = "too_narrow"
    INCOMPLETE = "incomplete"
    GONE = "gone"


def draw_poster(file: bytes) -> bytes | PosterFault:
    """Draw a file anew as a JPEG of at most SIDE_MAX and POSTER_BYTES_MAX, or say why not."""
    if len(file) > BYTES_MAX:
        return PosterFault.TOO_LARGE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # odd metadata is none of our business
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            opened = _open(file)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            return PosterFault.TOO_LARGE
        except MemoryError:
            raise  # the worker's limit, for the pool to answer
        except Exception:  # noqa: BLE001 on broken files Pillow's readers raise nearly anything
            return PosterFault.NOT_AN_IMAGE
    return opened if isinstance(opened, PosterFault) else _written(opened)


def _open(file: bytes) -> Image.Image | PosterFault:
    """Decode within limits: upright, on white, no larger than a poster is shown."""
    with Image.open(io.BytesIO(file), formats=FORMATS) as image:
        width, height = image.size
        shorter, longer = min(width, height), max(width, height)
        if width * height > (JPEG_PIXELS_MAX if image.format in {"JPEG", "MPO"} else PIXELS_MAX):
            return PosterFault.TOO_LARGE
        if shorter < SIDE_MIN:
            return PosterFault.TOO_SMALL
        if longer > SIDES_RATIO_MAX * shorter:
            return PosterFault.TOO_NARROW
        image.draft("RGB", (SIDE_MAX, SIDE_MAX))
        if image.width * image.height > PIXELS_MAX:
            return PosterFault.TOO_LARGE
        try:
            image.load()
        except OSError:
            return PosterFault.INCOMPLETE
        upright = ImageOps.exif_transpose(_on_white(image)).convert("RGB")
    upright.thumbnail((SIDE_MAX, SIDE_MAX), Image.Resampling.LANCZOS)
    return upright


def _on_white(image: Image.Image) -> Image.Image:
    """Lay a transparent picture on white: what is transparent would come out black."""
    if not image.has_transparency_data:
        return image
    coloured = image.convert("RGBA")
    white = Image.new("RGBA", coloured.size, "white")
    white.alpha_composite(coloured)
    return white


def _written(poster: Image.Image) -> bytes:
    """Write it small: a lower quality first, then a smaller side, until it fits."""
    while True:
        for quality in QUALITIES:
            written = io.BytesIO()
            poster.save(written, "JPEG", quality=quality, optimize=True, progressive=True)
            if written.tell() <= POSTER_BYTES_MAX:
                return written.getvalue()
        poster = poster.resize((poster.width * 3 // 4, poster.height * 3 // 4))

"""From a file's bytes to grey pixels, within limits, whatever the bytes are.

The header's size is checked before any pixel is decoded, so that a small file cannot become a
large memory (a "photo bomb"). Pillow does the work, and its own warning about bombs is an error.
"""

import contextlib
import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, ImageOps

from gate_scanner.decoding.answer import PHOTO_MAX_BYTES, Fault

Grey = NDArray[np.uint8]
"""Rows of brightness, 0 black to 255 white."""

PIXELS_MAX: Final = 40_000_000
"""Pixels decoded at most: 40 MB as grey, 160 as colours with transparency."""

JPEG_PIXELS_MAX: Final = 200_000_000
"""A JPEG is reduced while it is decoded, so that a phone's 200-megapixel photo is read too."""

DECODED_SIDE_MIN: Final = 1000
"""A JPEG is not reduced below this many pixels a side: a code of a tenth of it is readable."""

FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "AVIF")
"""What phones and chat apps send (Pillow opens an MPO as the JPEG it begins with); its rarer and
older readers stay closed to strangers."""


@dataclass(frozen=True, slots=True)
class Opened:
    """Grey pixels, whether the file held all of them, and whether it holds finer ones."""

    grey: Grey
    complete: bool
    reduced: bool


def open_grey(photo: bytes, *, side_min: int = DECODED_SIDE_MIN) -> Opened | Fault:
    """Decode a file to grey pixels, upright; the first frame of an animation counts.

    A JPEG comes halved, once or more, as long as both its sides keep at least `side_min`.
    """
    if len(photo) > PHOTO_MAX_BYTES:
        return Fault.TOO_LARGE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # odd metadata is none of our business
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            return _load(photo, side_min)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            return Fault.TOO_LARGE
        except MemoryError:
            raise  # the worker's limit, for the pool to answer
        except Exception:  # noqa: BLE001 on broken files Pillow's readers raise nearly anything
            return Fault.NOT_AN_IMAGE


def colours(photo: bytes) -> tuple[Grey, ...]:
    """Decode a file that `open_grey` could open to its red, green and blue, smaller if large."""
    with warnings.catch_warnings(), _as_far_as_it_goes():
        warnings.simplefilter("ignore")
        try:
            with Image.open(io.BytesIO(photo), formats=FORMATS) as image:
                if image.mode in ("1", "L", "LA", "I", "F") or image.mode.startswith("I;"):
                    return ()
                image.draft("RGB", (DECODED_SIDE_MIN, DECODED_SIDE_MIN))
                upright = ImageOps.exif_transpose(_flat(image))
                pixels = np.asarray(upright.convert("RGB"))
        except MemoryError:
            raise  # the worker's limit, for the pool to answer
        except Exception:  # noqa: BLE001 as above; then there are no colours to look at
            return ()
    return tuple(np.ascontiguousarray(pixels[:, :, channel]) for channel in range(3))


def _load(photo: bytes, side_min: int) -> Opened | Fault:
    with Image.open(io.BytesIO(photo), formats=FORMATS) as image:
        width, height = full = image.size
        if image.format in ("JPEG", "MPO"):
            if width * height > JPEG_PIXELS_MAX:
                return Fault.TOO_LARGE
            image.draft("L", (side_min, side_min))
            width, height = image.size
        if width * height > PIXELS_MAX:
            return Fault.TOO_LARGE
        complete = True
        try:
            image.load()
        except OSError:
            complete = False
    if not complete:
        with (
            _as_far_as_it_goes(),
            Image.open(io.BytesIO(photo), formats=FORMATS) as image,
        ):
            image.draft("L", (side_min, side_min))
            image.load()
            return Opened(_grey(image), complete=False, reduced=image.size != full)
    return Opened(_grey(image), complete=True, reduced=(width, height) != full)


def _grey(image: Image.Image) -> Grey:
    """Turn any mode into grey, transparency onto white, upright by the camera's own note."""
    flat = _flat(image)
    if flat.mode.startswith("I") or flat.mode == "F":
        return _stretched(np.asarray(flat, dtype=np.float32))
    upright = ImageOps.exif_transpose(flat)
    return np.ascontiguousarray(np.asarray(upright.convert("L")))


def _flat(image: Image.Image) -> Image.Image:
    """Lay a transparent image on white: codes are dark, and transparent is what lies behind."""
    if not image.has_transparency_data:
        return image
    coloured = image.convert("RGBA")
    white = Image.new("RGBA", coloured.size, "white")
    white.alpha_composite(coloured)
    return white


def _stretched(pixels: NDArray[np.float32]) -> Grey:
    """Bring 16-bit and float brightness, of whatever scale, into 0 to 255."""
    finite = np.nan_to_num(pixels, nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(finite.min()), float(finite.max())
    span = high - low
    if not 0 < span < float("inf"):
        return np.zeros(pixels.shape, np.uint8)
    return ((finite - low) * (255.0 / span)).astype(np.uint8)


@contextlib.contextmanager
def _as_far_as_it_goes() -> Iterator[None]:
    """Let Pillow decode a file that stops in the middle, and put its switch back afterwards."""
    before = ImageFile.LOAD_TRUNCATED_IMAGES
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before

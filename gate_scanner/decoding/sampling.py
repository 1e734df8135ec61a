"""Read a rectified code module by module, and give back what every code has by its definition.

The reader finds codes by their eyes: a stain on one eye hides the whole code from it, although
error correction would bear the loss. Once the code's square is known the eyes need not be seen:
each module is sampled in its middle, what the standard fixes (eyes, timing lines, the
alignment pattern) is drawn anew, and the clean matrix goes to the reader.
"""

import itertools
from collections.abc import Iterator
from functools import cache
from typing import Final

import cv2
import numpy as np
import zxingcpp
from numpy.typing import NDArray

from gate_scanner.decoding.mending import doubts, mended
from gate_scanner.decoding.opening import Grey
from gate_scanner.decoding.reading import TEXT_MAX

MODULE_PX: Final = 8
"""Pixels a module in a rectified code."""

QUIET: Final = 4
"""Modules kept around a rectified code: the standard's quiet zone, where paper may slip to."""

EYE: Final = np.zeros((7, 7), np.uint8)
EYE[1:6, 1:6] = 255
EYE[2:5, 2:5] = 0
"""A finder pattern, a module a pixel (ISO/IEC 18004, 6.3.3)."""

ALIGNMENT: Final = np.zeros((5, 5), np.uint8)
ALIGNMENT[1:4, 1:4] = 255
ALIGNMENT[2, 2] = 0
"""An alignment pattern, a module a pixel (ISO/IEC 18004, 6.3.6)."""

ONE_ALIGNMENT: Final = range(25, 46)
"""Sizes with exactly one alignment pattern: versions 2 to 6 (ISO/IEC 18004, annex E)."""

TURNS_TRIED: Final = 2
"""Sides tried as the upper one, of four: with one eye lost, two fit about equally."""

MATRICES_MENDED: Final = 2
"""Ways to tell dark from light that are tried with losses: about ten milliseconds each."""

MISFIT_MORE_MAX: Final = 12
"""Fixed modules by which a second side may fit worse, when losses blur which one is up."""

PURE_SCALE: Final = 4
"""Pixels a module in the clean matrix the reader gets."""

Modules = NDArray[np.uint8]
"""0 dark and 255 light, one a module."""


def read_sampled(rectified: Grey, modules: int, *, turns: int) -> str | None:
    """Sample a rectified code and read it; `turns` is how many of its four sides may be up."""
    for matrix in _matrices(rectified, modules):
        turned = sorted((np.rot90(matrix, turn) for turn in range(turns)), key=_misfit)
        for upright in turned[:TURNS_TRIED]:
            text = _text(_with_fixed_patterns(upright))
            if text:
                return text
    return None


def read_mended(rectified: Grey, modules: int, *, turns: int) -> str | None:
    """Read a rectified code of which much is lost, its doubtful modules taken for missing."""
    middles = QUIET * MODULE_PX + MODULE_PX // 2 + MODULE_PX * np.arange(modules)
    pixels = rectified.astype(np.float32)
    mean = cv2.blur(pixels, (4, 4))
    square = cv2.blur(pixels * pixels, (4, 4))
    values = np.asarray(mean[np.ix_(middles, middles)], np.float32)
    varies = np.sqrt(np.maximum(square - mean * mean, 0))
    rough = np.asarray(varies[np.ix_(middles, middles)], np.float32)
    for matrix in itertools.islice(_matrices(rectified, modules), MATRICES_MENDED):
        doubt = doubts(values, rough, matrix)
        misfits = sorted((_misfit(np.rot90(matrix, turn)), turn) for turn in range(turns))
        for misfit, turn in misfits[:TURNS_TRIED]:
            if misfit > misfits[0][0] + MISFIT_MORE_MAX:
                break
            whole = mended(np.rot90(matrix, turn), np.rot90(doubt, turn))
            text = None if whole is None else _text(whole)
            if text:
                return text
    return None


def _misfit(matrix: Modules) -> int:
    """Count the modules that are not what every code has there."""
    fixed, fixed_as = _fixed_patterns(matrix.shape[0])
    return int(np.count_nonzero((matrix != fixed_as) & fixed))


def _matrices(rectified: Grey, modules: int) -> Iterator[Modules]:
    """Tell dark from light: between the darkest and lightest near by, by the mean, by the whole.

    A blurred module carries part of its neighbours: `sharper` takes it off again.
    """
    middles = QUIET * MODULE_PX + MODULE_PX // 2 + MODULE_PX * np.arange(modules)
    soft = cv2.blur(rectified, (4, 4)).astype(np.float32)
    values = soft[np.ix_(middles, middles)]
    near = np.ones((7, 7), np.uint8)
    for sharper in (0.0, 0.7, 1.5):
        sharp = values + sharper * (values - cv2.blur(values, (3, 3)))
        if not sharper:
            low = cv2.GaussianBlur(cv2.erode(sharp, near), (0, 0), 3)
            high = cv2.GaussianBlur(cv2.dilate(sharp, near), (0, 0), 3)
            yield _matrix(sharp > (low + high) / 2)
        yield _matrix(sharp > cv2.blur(sharp, (9, 9)))
        bytes_ = np.clip(sharp, 0, 255).astype(np.uint8)
        level, _ = cv2.threshold(bytes_, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
        yield _matrix(sharp > level)


def _matrix(light: NDArray[np.bool_]) -> Modules:
    return np.where(light, 255, 0).astype(np.uint8)


def _with_fixed_patterns(matrix: Modules) -> Modules:
    """Draw what every code of this size has, whatever was sampled there."""
    fixed, fixed_as = _fixed_patterns(matrix.shape[0])
    return np.where(fixed, fixed_as, matrix)


@cache
def _fixed_patterns(count: int) -> tuple[NDArray[np.bool_], Modules]:
    """Say which modules every code of this size has, and what they are."""
    on_dark, on_light = (
        _fixed_drawn(np.full((count, count), plain, np.uint8)) for plain in (0, 255)
    )
    return on_dark == on_light, on_dark


def _fixed_drawn(whole: Modules) -> Modules:
    count = whole.shape[0]
    timing = np.where(np.arange(count) % 2 == 0, 0, 255).astype(np.uint8)
    whole[6, :], whole[:, 6] = timing, timing
    last = count - 7
    whole[:8, :8] = whole[:8, last - 1 :] = whole[last - 1 :, :8] = 255
    whole[:7, :7] = whole[:7, last:] = whole[last:, :7] = EYE
    if count in ONE_ALIGNMENT:
        whole[last - 2 : last + 3, last - 2 : last + 3] = ALIGNMENT
    whole[last - 1, 8] = 0
    return whole


def _text(matrix: Modules) -> str | None:
    edged = cv2.copyMakeBorder(
        matrix, QUIET, QUIET, QUIET, QUIET, cv2.BORDER_CONSTANT, value=(255,)
    )
    large = cv2.resize(edged, None, fx=PURE_SCALE, fy=PURE_SCALE, interpolation=cv2.INTER_NEAREST)
    # Asked for Model 2 alone, the reader finds nothing in pure images; it tells the kind itself.
    found = zxingcpp.read_barcodes(
        large,
        formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode),
        is_pure=True,
        text_mode=zxingcpp.TextMode.Plain,
    )
    texts = [code.text for code in found if 0 < len(code.text) <= TEXT_MAX]
    return texts[0] if texts else None

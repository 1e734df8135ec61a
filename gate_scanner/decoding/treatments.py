"""What is tried when a photo cannot be read as it is, in the order of what each win costs."""

from collections.abc import Iterator
from typing import Final

import cv2
import numpy as np
import zxingcpp

from gate_scanner.decoding import opening
from gate_scanner.decoding.opening import Grey
from gate_scanner.decoding.reading import Reading, read

TREATED_SIDE_MAX: Final = 1200
"""Longer sides are reduced to this before treatment: each treatment then costs a few ms."""

ENLARGED_SIDE_MAX: Final = 900
"""Images above this are not enlarged: their modules are large enough, and time is short."""


def each(photo: bytes, grey: Grey, seen: Reading) -> Iterator[Reading]:
    """Yield the reading of every treatment in turn; the caller stops when it has enough."""
    cv2.setNumThreads(1)
    del seen
    small = _fit(grey, TREATED_SIDE_MAX)
    enlarged = _scaled(small, 2, 2) if max(small.shape) <= ENLARGED_SIDE_MAX else small
    yield read(small, zxingcpp.Binarizer.GlobalHistogram)
    yield read(_gamma(small, 2))
    yield read(_clahe(small, 4))
    yield read(_closed(enlarged))
    yield read(_gamma(small, 2), zxingcpp.Binarizer.GlobalHistogram)
    yield read(_gamma(small, 3))
    yield read(_gamma(small, 0.5))
    yield read(_blurred(_clahe(enlarged, 8), 1))
    yield read(_adaptive(small), zxingcpp.Binarizer.BoolCast)
    yield read(_scaled(small, 1.6, 1))
    yield read(_scaled(small, 1, 1.6))
    yield read(_otsu(enlarged))
    for channel in opening.colours(photo):
        yield read(_fit(channel, TREATED_SIDE_MAX))


def _fit(grey: Grey, side_max: int) -> Grey:
    longest = max(grey.shape)
    if longest <= side_max:
        return grey
    height, width = (max(1, round(side * side_max / longest)) for side in grey.shape)
    return _u8(cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA))


def _scaled(grey: Grey, x: float, y: float) -> Grey:
    return _u8(cv2.resize(grey, None, fx=x, fy=y, interpolation=cv2.INTER_CUBIC))


def _gamma(grey: Grey, power: float) -> Grey:
    curve = (255 * (np.arange(256) / 255) ** power).astype(np.uint8)
    return _u8(cv2.LUT(grey, curve))


def _clahe(grey: Grey, tiles: int) -> Grey:
    return _u8(cv2.createCLAHE(clipLimit=4, tileGridSize=(tiles, tiles)).apply(grey))


def _closed(grey: Grey) -> Grey:
    return _u8(cv2.morphologyEx(grey, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)))


def _blurred(grey: Grey, sigma: float) -> Grey:
    return _u8(cv2.GaussianBlur(grey, (0, 0), sigma))


def _adaptive(grey: Grey) -> Grey:
    window = max(3, max(grey.shape) // 8 | 1)
    return _u8(
        cv2.adaptiveThreshold(grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, window, 5)
    )


def _otsu(grey: Grey) -> Grey:
    return _u8(cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)[1])


def _u8(pixels: cv2.typing.MatLike) -> Grey:
    """Narrow OpenCV's type of a result: every one here is 8-bit grey."""
    return np.asarray(pixels, dtype=np.uint8)

"""One look at an image with the reader: the codes it read, and those it only saw."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import zxingcpp

from gate_scanner.decoding.opening import Grey

Corners = tuple[tuple[float, float], ...]
"""Top left, top right, bottom right and bottom left of a code, by its own orientation."""

SIDE_MIN: Final = 21
"""Pixels a side below which no code fits: the smallest has so many modules."""

_QR_ONLY: Final = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCodeModel2)

TEXT_MAX: Final = 7089
"""A QR code holds at most so many digits (ISO/IEC 18004, table 7, version 40-L)."""


@dataclass(frozen=True, slots=True)
class Code:
    """A code that was read."""

    text: str
    corners: Corners

    @property
    def middle(self) -> tuple[float, float]:
        """Where its centre lies, in pixels of the image it was read in."""
        return _middle(self.corners)

    @property
    def side(self) -> float:
        """How long its sides are on average, in pixels."""
        return _side(self.corners)


@dataclass(frozen=True, slots=True)
class Seen:
    """A code that was located and could not be read."""

    corners: Corners
    modules: int
    """Modules a side, 17 + 4 times the version the reader believes it has."""

    @property
    def module_px(self) -> float:
        """How many pixels one module measures."""
        return _side(self.corners) / self.modules


@dataclass(frozen=True, slots=True)
class Reading:
    """What one look gave."""

    codes: tuple[Code, ...] = ()
    unread: tuple[Seen, ...] = ()

    def scaled(self, x: float, y: float) -> "Reading":
        """Place everything in an image that is so many times wider and higher."""
        return self.placed(lambda corners: tuple((x * one, y * other) for one, other in corners))

    def placed(self, move: Callable[[Corners], Corners]) -> "Reading":
        """Place everything elsewhere."""
        return Reading(
            tuple(Code(code.text, move(code.corners)) for code in self.codes),
            tuple(Seen(move(seen.corners), seen.modules) for seen in self.unread),
        )

    def covers(self, seen: Seen) -> bool:
        """Say whether a located code is one that was read, seen a second time."""
        x, y = _middle(seen.corners)
        return any(
            math.hypot(code.middle[0] - x, code.middle[1] - y) < code.side / 2
            for code in self.codes
        )


def read(grey: Grey, binarizer: zxingcpp.Binarizer = zxingcpp.Binarizer.LocalAverage) -> Reading:
    """Look for QR codes, and QR codes only: all formats cost ten times more and invent texts."""
    if min(grey.shape) < SIDE_MIN:
        return Reading()
    found = zxingcpp.read_barcodes(
        np.ascontiguousarray(grey),
        formats=_QR_ONLY,
        binarizer=binarizer,
        text_mode=zxingcpp.TextMode.Plain,
        return_errors=True,
    )
    codes = tuple(
        Code(barcode.text, _corners(barcode))
        for barcode in found
        if barcode.valid and 0 < len(barcode.text) <= TEXT_MAX
    )
    return Reading(codes, tuple(_unread(found)))


def _unread(found: list[zxingcpp.Barcode]) -> Iterator[Seen]:
    for barcode in found:
        corners = _corners(barcode)
        extra = barcode.extra
        version = extra.get("Version", "") if isinstance(extra, dict) else ""
        if not barcode.valid and version.isdigit() and _side(corners) > 0:
            yield Seen(corners, 17 + 4 * int(version))


def _corners(barcode: zxingcpp.Barcode) -> Corners:
    place = barcode.position
    points = (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
    return tuple((float(point.x), float(point.y)) for point in points)


def _middle(corners: Corners) -> tuple[float, float]:
    return sum(x for x, _ in corners) / 4, sum(y for _, y in corners) / 4


def _side(corners: Corners) -> float:
    following = corners[1:] + corners[:1]
    sides = (
        math.hypot(x2 - x1, y2 - y1) for (x1, y1), (x2, y2) in zip(corners, following, strict=True)
    )
    return sum(sides) / 4

"""Find the eyes of codes by themselves, and the squares that two or three of them may belong to.

An eye is a dark square ring around a dark middle: three outlines, one in the other. It is looked
for in several ways to tell dark from light, because a lamp or a shadow spoils one and not another.
A square follows from two eyes: they lie side by side or across, and an eye's own edges say which.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from gate_scanner.decoding.opening import Grey
from gate_scanner.decoding.reading import Corners

FILLED_MIN: Final = 0.4
"""Part of its upright box that an eye fills at least: a half, turned by 45 degrees."""

CORE_MIN: Final = 0.08
CORE_MAX: Final = 0.35
"""The dark middle of an eye is 9 of 49 modules, give or take what blur moves."""

EYES_MAX: Final = 12
"""Eyes looked at together, the surest first: three codes and a few mistakes."""

SIDE_PX_MIN: Final = 6.0
"""An eye of less than a pixel a module is not one."""

ALIKE: Final = 1.7
"""How much larger one eye of a code may look than another: tilted paper."""

TURN_MAX: Final = math.radians(22)
"""How far an eye's edge may point beside the other eye: perspective, and coarse edges."""

MODULES: Final = (17.0, 64.0)
"""Sizes of codes that are looked for, with some room for tilt."""

Points = NDArray[np.float32]
"""Rows of x and y."""


@dataclass(frozen=True, slots=True)
class Eye:
    """An eye: its middle, its side in pixels, and which way its edges run, up to a right angle."""

    x: float
    y: float
    side: float
    turn: float
    sure: int = 1
    """In how many ways it was seen."""


def eyes_in(black: cv2.typing.MatLike) -> Iterator[Eye]:
    """Find eyes where dark is not zero, by their nested outlines."""
    outlines, tree = cv2.findContours(black, cv2.RETR_TREE, cv2.CHAIN_APPROX_SIMPLE)
    for place, outline in enumerate(outlines):
        hole = int(tree[0][place][2])
        middle = int(tree[0][hole][2]) if hole >= 0 else -1
        if middle < 0:
            continue
        outer, inner = cv2.contourArea(outline), cv2.contourArea(outlines[middle])
        _, _, wide, high = cv2.boundingRect(outline)
        filled, core = outer / (wide * high), inner / max(outer, 1.0)
        if filled > FILLED_MIN and CORE_MIN < core < CORE_MAX:
            (x, y), _, turn = cv2.minAreaRect(outlines[middle])
            yield Eye(x, y, math.sqrt(outer), math.radians(turn))


def find_eyes(grey: Grey) -> list[Eye]:
    """Find eyes in every way, the surest first, each once."""
    found: list[Eye] = []
    for black in _blacks(grey):
        for eye in eyes_in(black):
            if eye.side < SIDE_PX_MIN:
                continue
            same = next((at for at, one in enumerate(found) if _same(one, eye)), None)
            if same is None:
                found.append(eye)
            else:
                one = found[same]
                found[same] = Eye(one.x, one.y, one.side, one.turn, one.sure + 1)
    return sorted(found, key=lambda eye: -eye.sure)[:EYES_MAX]


def eyes_beyond(grey: Grey, outlines: Sequence[Corners]) -> int:
    """Count the eyes, seen in two ways at least, that lie in none of the codes with these corners.

    Two of them in a photo of several codes are one more code.
    """
    inside = [np.array(outline, np.float32) for outline in outlines]
    beyond: list[Eye] = []
    for black in _blacks(grey):
        for eye in eyes_in(black):
            if eye.side < SIDE_PX_MIN or any(
                cv2.pointPolygonTest(outline, (eye.x, eye.y), measureDist=False) >= 0
                for outline in inside
            ):
                continue
            same = next((at for at, one in enumerate(beyond) if _same(one, eye)), None)
            if same is None:
                beyond.append(eye)
            else:
                beyond[same] = replace(beyond[same], sure=beyond[same].sure + 1)
    return sum(eye.sure > 1 for eye in beyond)


def squares(eyes: Sequence[Eye]) -> Iterator[Points]:
    """Yield the four corners, clockwise, of squares that two eyes may belong to; best first."""
    pairs = [
        (one, other)
        for one, other in combinations(eyes, 2)
        if max(one.side, other.side) < ALIKE * min(one.side, other.side)
    ]
    pairs.sort(key=lambda pair: -(pair[0].sure + pair[1].sure))
    for one, other in pairs:
        yield from _of_pair(one, other)


def _of_pair(one: Eye, other: Eye) -> Iterator[Points]:
    """Yield the squares in which two eyes lie side by side, to either side, or across."""
    apart = np.array((other.x - one.x, other.y - one.y), np.float32)
    distance = float(np.linalg.norm(apart))
    module = (one.side + other.side) / 14
    points_at = math.atan2(float(apart[1]), float(apart[0]))
    beside = min(_off(points_at, eye.turn) for eye in (one, other))
    across = min(_off(points_at + math.pi / 4, eye.turn) for eye in (one, other))
    start = np.array((one.x, one.y), np.float32)
    if beside < TURN_MAX and MODULES[0] < distance / module + 7 < MODULES[1]:
        upright = np.array((-apart[1], apart[0]), np.float32)
        for up in (upright, -upright):
            middles = np.array([start, start + apart, start + apart + up, start + up])
            yield _grown(middles, distance, module)
    side = distance / math.sqrt(2)
    if across < TURN_MAX and MODULES[0] < side / module + 7 < MODULES[1]:
        half, cross = apart / 2, np.array((-apart[1], apart[0]), np.float32) / 2
        middle = start + half
        middles = np.array([start, middle + cross, start + apart, middle - cross])
        yield _grown(middles, side, module)


def _grown(middles: Points, side: float, module: float) -> Points:
    """Go from the middles of four eyes to the corners of the code, clockwise."""
    middle = middles.mean(0)
    corners = (middle + (middles - middle) * (1 + 7 * module / side)).astype(np.float32)
    is_clockwise = cv2.contourArea(corners, oriented=True) > 0
    return np.asarray(corners if is_clockwise else corners[::-1].copy(), np.float32)


def _off(direction: float, turn: float) -> float:
    """Say by how much a direction misses the nearest of an eye's edges."""
    quarter = math.pi / 2
    off = (direction - turn) % quarter
    return min(off, quarter - off)


def _same(one: Eye, other: Eye) -> bool:
    return math.hypot(one.x - other.x, one.y - other.y) < 0.4 * max(one.side, other.side)


def _blacks(grey: Grey) -> Iterator[cv2.typing.MatLike]:
    """Tell dark from light: around each pixel coarsely and finely, for the whole, and in glare."""
    longest = max(grey.shape)
    for parts in (6, 16, 40):
        window = max(7, longest // parts | 1)
        yield cv2.adaptiveThreshold(
            grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, window, 4
        )
    kind = cv2.THRESH_BINARY_INV + cv2.THRESH_OTSU
    yield cv2.threshold(grey, 0, 255, kind)[1]
    deep = (255 * (np.arange(256) / 255) ** 3).astype(np.uint8)
    yield cv2.threshold(cv2.LUT(grey, deep), 0, 255, kind)[1]

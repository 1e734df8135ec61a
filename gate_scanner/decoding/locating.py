"""Find the square of a code whose eyes are damaged, by its outline instead.

The quiet zone sets a code apart: its dark modules, closed into one patch, make a quadrangle.
Eyes are then matched at the four corners of each candidate, and whatever eyes there are
(two suffice) correct its corners and give its number of modules.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from gate_scanner.decoding.eyes import find_eyes
from gate_scanner.decoding.eyes import squares as squares_of
from gate_scanner.decoding.flattening import grid_strength, rectified
from gate_scanner.decoding.opening import Grey
from gate_scanner.decoding.reading import Seen
from gate_scanner.decoding.sampling import ALIGNMENT, EYE, ONE_ALIGNMENT

PATCHES_MAX: Final = 14
"""Candidates examined: about a millisecond each."""

EYED_MAX: Final = 16
"""Squares of two eyes examined beside them."""

SQUARES_MAX: Final = 4
"""Candidates read, the likeliest first (in two sizes): up to 50 ms each when in vain."""

EYE_MATCH_MIN: Final = 0.55
"""Correlation with an eye from which a corner's match is believed."""

CORNERS: Final = 4

EYES_FOR_A_PLANE: Final = 2
"""With two eyes, a third point makes a plane of the code: its alignment pattern."""

ALIGNMENT_MATCH_MIN: Final = 0.65
"""Correlation from which an alignment pattern is believed: it is smaller than an eye."""

ALIGNMENT_REACH: Final = 5.0
"""Modules around its place in a square where it is looked for: tilted paper."""

SIDE_PX: Final = 96
MARGIN_PX: Final = 16
"""A candidate is examined at this size: an eye of the largest code has 15 pixels."""

SIZES: Final = (21, 25, 29, 33, 37, 41, 45)
"""Modules a side looked for, versions 1 to 7; each match is right to one step or so."""

Points = NDArray[np.float32]
"""Rows of x and y."""


@dataclass(frozen=True, slots=True)
class _Square:
    """A candidate: how well its three best corners look like eyes, its size and eye middles."""

    match: float
    modules: int
    middles: Points


def locate(grey: Grey) -> Iterator[Seen]:
    """Yield where codes may be, likeliest first; which corner is up is not known."""
    patches = [patch for _, patch in sorted(_patches(grey), key=lambda one: -one[0])[:PATCHES_MAX]]
    patches += itertools.islice(squares_of(find_eyes(grey)), EYED_MAX)
    squares = [square for patch in patches if (square := _examined(grey, patch))]
    squares.sort(key=lambda square: -square.match)
    for rank, square in enumerate(squares[:SQUARES_MAX]):
        sizes = [square.modules + step for step in (-4, 0, 4) if square.modules + step >= SIZES[0]]
        likely = []
        for modules in sizes:
            seen = Seen(_corners(square.middles, modules), modules)
            likely.append((grid_strength(rectified(grey, seen)), seen))
        likely.sort(key=lambda pair: -pair[0])
        for _, seen in likely[: 1 if rank else 2]:
            yield seen


def _patches(grey: Grey) -> Iterator[tuple[float, Points]]:
    """Find dark patches with the outline and the texture of a code, each once."""
    known: list[Points] = []
    for corners in (fit for outline in _outlines(grey) for fit in _quadrangles(outline)):
        side = float(np.linalg.norm(corners - np.roll(corners, 1, 0), axis=1).mean())
        if known:
            others = np.array(known)
            apart = np.abs(corners[None, :, None] - others[:, None]).sum(3).min(2).max(1).min()
            if apart < 0.06 * side:
                continue
        known.append(corners)
        two_toned = _two_toned(grey, corners)
        if two_toned > 0:
            yield two_toned, corners


def _outlines(grey: Grey) -> Iterator[cv2.typing.MatLike]:
    """Close dark modules into patches, by three ways to call a pixel dark and two widths."""
    longest = max(grey.shape)
    window = longest // 6 | 1
    around = cv2.blur(grey, (window, window)).astype(np.int16) - 4
    _, light = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    deep = (255 * (np.arange(256) / 255) ** 3).astype(np.uint8)
    _, glaring = cv2.threshold(cv2.LUT(grey, deep), 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    for dark in (grey < around, np.asarray(light) == 0, np.asarray(glaring) == 0):
        for parts in (130, 60):
            width = max(3, longest // parts | 1)
            kernel = np.ones((width, width), np.uint8)
            closed = cv2.morphologyEx(dark.astype(np.uint8), cv2.MORPH_CLOSE, kernel)
            opened = cv2.morphologyEx(closed, cv2.MORPH_OPEN, kernel)
            outlines, _ = cv2.findContours(opened, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
            smallest = max(900.0, (0.04 * longest) ** 2)
            yield from (line for line in outlines if cv2.contourArea(line) > smallest)


def _quadrangles(outline: cv2.typing.MatLike) -> Iterator[Points]:
    """Fit four corners, clockwise, around a patch: as tilted paper, and as a straight box.

    The box is for a patch that lost a corner to a stain or to glare.
    """
    hull = cv2.convexHull(outline)
    area = cv2.contourArea(hull)
    if cv2.contourArea(outline) < 0.6 * area:
        return
    for coarse in (0.02, 0.04, 0.06, 0.09):
        fitted = cv2.approxPolyDP(hull, coarse * cv2.arcLength(hull, closed=True), closed=True)
        if len(fitted) == CORNERS:
            if 0.8 * area < cv2.contourArea(fitted) < 1.2 * area:
                yield from _clockwise(fitted[:, 0])
            break
    yield from _clockwise(cv2.boxPoints(cv2.minAreaRect(hull)))


def _clockwise(corners: cv2.typing.MatLike) -> Iterator[Points]:
    """Turn corners to one sense, unless they are too small or too slanted for a code."""
    points = np.asarray(corners, np.float32)
    sides = np.linalg.norm(points - np.roll(points, 1, 0), axis=1)
    if sides.min() >= SIZES[0] and sides.max() <= 3.5 * sides.min():
        yield points if cv2.contourArea(points, oriented=True) > 0 else points[::-1].copy()


def _two_toned(grey: Grey, corners: Points) -> float:
    """Say how much of a patch's variance two tones explain; 0 where its texture is no code's."""
    side = 64
    square = np.array([(0, 0), (side, 0), (side, side), (0, side)], np.float32)
    view = cv2.getPerspectiveTransform(corners, square)
    patch = np.asarray(cv2.warpPerspective(grey, view, (side, side)), np.uint8)
    tones = patch.astype(np.float32)
    light = tones > cv2.blur(tones, (31, 31))
    across = float((light[:, 1:] != light[:, :-1]).sum()) / side
    down = float((light[1:] != light[:-1]).sum()) / side
    if not (6 < across < 40 and 6 < down < 40):  # noqa: PLR2004 changes a row, of 21 to 57 modules
        return 0.0
    level, _ = cv2.threshold(patch, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    above = patch > level
    part = float(above.mean())
    if not 0 < part < 1:
        return 0.0
    apart = float(tones[above].mean() - tones[~above].mean())
    explained = part * (1 - part) * apart**2 / max(1e-6, float(tones.var()))
    return explained if explained > 0.6 else 0.0  # noqa: PLR2004 plain noise has 0.64 at most


def _examined(grey: Grey, corners: Points) -> _Square | None:
    """Match eyes of every size at the four corners; None with fewer than two believable."""
    ideal = _square_at(MARGIN_PX, MARGIN_PX + SIDE_PX)
    view = cv2.getPerspectiveTransform(corners, ideal)
    whole = SIDE_PX + 2 * MARGIN_PX
    patch = cv2.warpPerspective(grey, view, (whole, whole), borderMode=cv2.BORDER_REPLICATE)
    patch = cv2.GaussianBlur(patch, (0, 0), 0.7)
    best: _Square | None = None
    for modules in SIZES:
        matches, middles = _eyes(patch, modules)
        ordered = sorted(matches)
        match = sum(ordered[1:]) + 0.5 * ordered[2]
        if ordered[2] < EYE_MATCH_MIN or (best and match <= best.match):
            continue
        believed = np.array(matches) > EYE_MATCH_MIN
        best = _Square(match, modules, _completed(patch, modules, believed, middles))
    if best is None:
        return None
    back = cv2.perspectiveTransform(best.middles[None], np.linalg.inv(view))[0]
    return _Square(best.match, best.modules, np.asarray(back, np.float32))


def _completed(
    patch: cv2.typing.MatLike, modules: int, believed: NDArray[np.bool_], middles: Points
) -> Points:
    """Suppose where lost eyes stand: by the alignment pattern if it is seen, else in a square."""
    inset = 3.5 * SIDE_PX / modules
    supposed = _square_at(MARGIN_PX + inset, MARGIN_PX + SIDE_PX - inset)
    known = [corner for corner in range(CORNERS) if believed[corner]]
    if len(known) == EYES_FOR_A_PLANE and modules in ONE_ALIGNMENT:
        best = max(
            (
                _alignment(patch, modules, corner)
                for corner in range(CORNERS)
                if corner not in known
            ),
            key=lambda found: found[0],
        )
        if best[0] > ALIGNMENT_MATCH_MIN:
            _, corner, place = best
            home = _square_at(3.5, modules - 3.5)
            deep = _square_at(6.5, modules - 6.5)
            plane = cv2.getAffineTransform(
                np.array([*home[known], deep[corner]], np.float32),
                np.array([*middles[known], place], np.float32),
            )
            supposed = np.asarray(cv2.transform(home[None], plane)[0], np.float32)
    return np.where(believed[:, None], middles, supposed).astype(np.float32)


def _alignment(
    patch: cv2.typing.MatLike, modules: int, corner: int
) -> tuple[float, int, tuple[float, float]]:
    """Find the best match of an alignment pattern near a corner: how good, and its middle."""
    module_px = SIDE_PX / modules
    size = round(5 * module_px)
    mark = cv2.resize(ALIGNMENT, (size, size), interpolation=cv2.INTER_AREA)
    home = _square_at(MARGIN_PX + 6.5 * module_px, MARGIN_PX + SIDE_PX - 6.5 * module_px)[corner]
    reach = ALIGNMENT_REACH * module_px + size / 2
    x, y = (max(0, round(float(part) - reach)) for part in home)
    around = patch[y : y + round(2 * reach), x : x + round(2 * reach)]
    if min(around.shape) < size:
        return 0.0, corner, (0.0, 0.0)
    scores = cv2.matchTemplate(around, mark, cv2.TM_CCOEFF_NORMED)
    _, match, _, place = cv2.minMaxLoc(scores)
    middle = (x + place[0] + size / 2 - 0.5, y + place[1] + size / 2 - 0.5)
    return float(match), corner, middle


def _eyes(patch: cv2.typing.MatLike, modules: int) -> tuple[list[float], Points]:
    """Find the best match of an eye near each corner: how good, and where its middle is."""
    module_px = SIDE_PX / modules
    ringed = cv2.copyMakeBorder(EYE, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=(255,))
    size = round(9 * module_px)
    eye = cv2.resize(ringed, (size, size), interpolation=cv2.INTER_AREA)
    whole = patch.shape[0]
    reach = min(whole // 2, int(size + MARGIN_PX + 3 * module_px))
    matches, middles = [], []
    for x, y in ((0, 0), (whole - reach, 0), (whole - reach, whole - reach), (0, whole - reach)):
        scores = cv2.matchTemplate(patch[y : y + reach, x : x + reach], eye, cv2.TM_CCOEFF_NORMED)
        _, match, _, place = cv2.minMaxLoc(scores)
        matches.append(float(match))
        middles.append((x + place[0] + size / 2 - 0.5, y + place[1] + size / 2 - 0.5))
    return matches, np.array(middles, np.float32)


def _corners(middles: Points, modules: int) -> tuple[tuple[float, float], ...]:
    """Go from the middles of four eyes (one supposed) to the corners of the code."""
    view = cv2.getPerspectiveTransform(_square_at(3.5, modules - 3.5), middles)
    corners = cv2.perspectiveTransform(_square_at(0, modules)[None], view)[0]
    return tuple((float(x), float(y)) for x, y in corners)


def _square_at(first: float, last: float) -> Points:
    return np.array([(first, first), (last, first), (last, last), (first, last)], np.float32)

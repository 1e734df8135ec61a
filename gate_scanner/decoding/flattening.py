"""Straighten a code that was seen and not read: on cloth, a bottle, crumpled or curled paper.

The reader found the three eyes of the code and its size, then sampled a straight grid that the
paper does not follow. Inside the quadrangle it gave, brightness changes only at the borders of
modules; so, after a straight rectification, the edges show how far the true grid has slipped at
each module. Multiplying the edges with a wave of one module's length and averaging over a
few modules gives that slip as a phase (demodulation, as radar interferometry measures ground).
A phase is known up to whole modules: it is unwrapped from the eyes, where it is nearly zero,
towards the weaker places. The image is then warped back, twice more with finer averages.
"""

import heapq
from functools import cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from gate_scanner.decoding.opening import Grey
from gate_scanner.decoding.reading import Code, Seen, read
from gate_scanner.decoding.sampling import MODULE_PX, QUIET, read_mended, read_sampled

AVERAGED: Final = ((1.2, 1.5, 1.2), (3.0, 2.0, 1.5))
"""Modules (standard deviation) the slip is averaged over, step by step, in two ways: finely for
strong bends, broadly for noise and damage. Each reads codes the other does not."""

MODULES_MAX: Final = 57
"""Larger codes (above version 10) are left alone: no ticket is one, and time grows with area."""

Field = NDArray[np.float32]
"""One number a module, rows of columns."""


def read_straightened(grey: Grey, seen: Seen, *, turns: int = 1) -> Code | None:
    """Read a code that was located: rectified, then flattened; None where it cannot be read.

    `turns` is how many of its four sides may be up: 1 where the reader told, else 4.
    """
    if seen.modules > MODULES_MAX:
        return None
    straight = rectified(grey, seen)
    text = read_sampled(straight, seen.modules, turns=turns)
    flat = straight
    for averaged in AVERAGED:
        if text is None:
            flat = _flattened(straight, averaged)
            codes = read(flat).codes
            text = codes[0].text if codes else read_sampled(flat, seen.modules, turns=turns)
    for sheet in (straight, flat):
        if text is None:
            text = read_mended(sheet, seen.modules, turns=turns)
    return None if text is None else Code(text, seen.corners)


def rectified(grey: Grey, seen: Seen) -> Grey:
    """Warp a code's quadrangle to a square of whole modules with its quiet zone."""
    first, last = QUIET * MODULE_PX, (QUIET + seen.modules) * MODULE_PX
    square = np.array([(first, first), (last, first), (last, last), (first, last)], np.float32)
    view = cv2.getPerspectiveTransform(np.array(seen.corners, np.float32), square)
    side = first + last
    warped = cv2.warpPerspective(
        grey, view, (side, side), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(warped, dtype=np.uint8)


def grid_strength(straight: Grey) -> float:
    """Say how well the edges of a rectified code keep to its grid: of two sizes, which is right."""
    within = slice(QUIET, -QUIET)
    return sum(
        float(_wave(image, 3.0)[1][within, within].mean())
        for image in (straight, np.ascontiguousarray(straight.T))
    )


def _flattened(straight: Grey, steps: tuple[float, ...]) -> Grey:
    """Warp a rectified code so that its edges lie on the grid."""
    side = straight.shape[0]
    along = np.arange(side, dtype=np.float32)
    home_x, home_y = np.meshgrid(along, along)
    from_x, from_y = home_x, home_y
    flat = straight
    for step, averaged in enumerate(steps):
        slip_x = _slip(flat, averaged, unwrapped=step == 0)
        slip_y = _slip(np.ascontiguousarray(flat.T), averaged, unwrapped=step == 0).T
        to_x = home_x + cv2.resize(slip_x, (side, side))
        to_y = home_y + cv2.resize(np.ascontiguousarray(slip_y), (side, side))
        from_x, from_y = _moved(from_x, to_x, to_y), _moved(from_y, to_x, to_y)
        flat = np.asarray(
            cv2.remap(straight, from_x, from_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE),
            dtype=np.uint8,
        )
    return flat


def _slip(flat: Grey, averaged: float, *, unwrapped: bool) -> Field:
    """Measure, for each module, how many pixels its vertical edges lie to the right of the grid."""
    phase, strength = _wave(flat, averaged)
    if unwrapped:
        phase = _unwrapped(phase, strength)
    weight = strength + (1e-3 * float(strength.max()) + 1e-6)
    weighted = cv2.GaussianBlur(phase * weight, (0, 0), averaged / 2)
    smooth = np.divide(weighted, cv2.GaussianBlur(weight, (0, 0), averaged / 2))
    return np.asarray(smooth * (MODULE_PX / (2 * np.pi)), dtype=np.float32)


def _wave(flat: Grey, averaged: float) -> tuple[Field, Field]:
    """Demodulate the vertical edges: for each module their phase on the grid, and its strength."""
    count = flat.shape[0] // MODULE_PX
    edges = cv2.absdiff(flat[:, 1:], flat[:, :-1])
    rows = edges.reshape(count, MODULE_PX, -1).sum(1, dtype=np.float32)
    cosine, sine = (
        cv2.GaussianBlur(rows @ part, (0, 0), averaged) for part in _waves_of_modules(count)
    )
    return np.arctan2(sine, cosine).astype(np.float32), np.hypot(cosine, sine).astype(np.float32)


@cache
def _waves_of_modules(count: int) -> tuple[Field, Field]:
    """Give, for each edge between two pixels, its module's wave there: cosine and sine.

    So many columns of zeros and a module of wave each: rows times these are sums over modules.
    """
    edges = np.arange(count * MODULE_PX - 1)
    own = edges[:, None] // MODULE_PX == np.arange(count)
    wave = np.exp(2j * np.pi * (edges + 1) / MODULE_PX)[:, None] * own
    return wave.real.astype(np.float32), wave.imag.astype(np.float32)


def _unwrapped(phase: Field, strength: Field) -> Field:
    """Make a phase continuous, from the middles of the three eyes by falling strength.

    Fields are flat lists here, with an edge of done places around: Python is quicker so.
    """
    count = phase.shape[0]
    row = count + 2
    wrapped: list[float] = np.pad(phase, 1).ravel().tolist()
    weakness: list[float] = (-np.pad(strength, 1)).ravel().tolist()
    done: list[bool] = (
        np.pad(np.zeros(phase.shape, np.bool_), 1, constant_values=True).ravel().tolist()
    )
    near, far = QUIET + 4, count - QUIET - 3
    eyes = (near * row + near, near * row + far, far * row + near)
    waiting = [(-np.inf, eye, 0.0) for eye in eyes]
    turn = 2 * np.pi
    while waiting:
        _, place, before = heapq.heappop(waiting)
        if done[place]:
            continue
        here = wrapped[place] + turn * round((before - wrapped[place]) / turn)
        wrapped[place], done[place] = here, True
        for beside in (place - row, place + row, place - 1, place + 1):
            if not done[beside]:
                heapq.heappush(waiting, (weakness[beside], beside, here))
    return np.array(wrapped, np.float32).reshape(row, row)[1:-1, 1:-1].copy()


def _moved(field: Field, to_x: Field, to_y: Field) -> Field:
    moved = cv2.remap(field, to_x, to_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, dtype=np.float32)

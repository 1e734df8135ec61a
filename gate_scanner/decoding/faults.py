"""Why a photo could not be read, so that the answer can say what to do about it."""

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from gate_scanner.decoding.answer import Fault
from gate_scanner.decoding.opening import Grey
from gate_scanner.decoding.reading import Reading

DARK_LEVEL: Final = 60
"""Brightness (of 255) that all but a twentieth of a photo stays under when it is too dark."""

MODULE_PX_MIN: Final = 2.0
"""Pixels a module needs: below two, a module falls between the camera's own pixels."""

SHARP_MIN: Final = 40.0
"""Variance of the Laplacian, of an image of 480 pixels stretched to full contrast; below: blur."""

JUDGED_SIDE: Final = 480
"""Sharpness is compared at one size, since a large photo is soft in its own pixels."""

FINDERS_SIDE: Final = 1600
"""Finder patterns are searched at about this size: small images are enlarged, large reduced."""

EYES: Final = 3
"""Finder patterns of a whole code."""

FILLED_MIN: Final = 0.4
"""Part of its upright box that a finder pattern fills at least: a half, turned by 45 degrees."""

CORE_MIN: Final = 0.08
CORE_MAX: Final = 0.35
"""The dark middle of a finder pattern is 9 of 49 modules, give or take what blur moves."""

CODE_MODULES: Final = 29
"""Modules a side of our tickets at most (version 3)."""


def why(grey: Grey, seen: Reading) -> Fault:
    """Judge by the light, then by what can be seen of a code, then by the sharpness."""
    if np.percentile(grey, 95) < DARK_LEVEL:
        return Fault.DARK
    finders = _finders(grey)
    blurred = _sharpness(grey) < SHARP_MIN
    if not finders and not seen.unread:
        return Fault.BLURRED if blurred else Fault.NONE
    modules_px = [code.module_px for code in seen.unread]
    if max(modules_px + [finder.side / 7 for finder in finders]) < MODULE_PX_MIN:
        return Fault.TOO_SMALL
    if not seen.unread and len(finders) < EYES and _leaves_the_frame(finders, grey):
        return Fault.CUT
    return Fault.BLURRED if blurred else Fault.DAMAGED


@dataclass(frozen=True, slots=True)
class _Finder:
    """A finder pattern, one of the three eyes of a code: its middle and its side in pixels."""

    x: float
    y: float
    side: float


def _finders(grey: Grey) -> list[_Finder]:
    """Find dark squares with a light ring around a dark middle, by their nested outlines."""
    scale = min(4.0, FINDERS_SIDE / max(grey.shape))
    height, width = (max(1, round(side * scale)) for side in grey.shape)
    how = cv2.INTER_LINEAR if scale > 1 else cv2.INTER_AREA
    sized = cv2.resize(grey, (width, height), interpolation=how)
    black = cv2.threshold(sized, 0, 255, cv2.THRESH_BINARY_INV + cv2.THRESH_OTSU)[1]
    outlines, tree = cv2.findContours(black, cv2.RETR_TREE, cv2.CHAIN_APPROX_SIMPLE)
    found = []
    for place, outline in enumerate(outlines):
        hole = int(tree[0][place][2])
        middle = int(tree[0][hole][2]) if hole >= 0 else -1
        if middle < 0:
            continue
        outer, inner = cv2.contourArea(outline), cv2.contourArea(outlines[middle])
        left, top, wide, high = cv2.boundingRect(outline)
        filled, core = outer / (wide * high), inner / max(outer, 1.0)
        if filled > FILLED_MIN and CORE_MIN < core < CORE_MAX:
            x, y = (left + wide / 2) / scale, (top + high / 2) / scale
            found.append(_Finder(x, y, math.sqrt(outer) / scale))
    return found


def _leaves_the_frame(finders: list[_Finder], grey: Grey) -> bool:
    """Say whether the code around one or two finder patterns can lie within the frame."""
    height, width = grey.shape
    reach: float = max(finder.side for finder in finders) / 7 * CODE_MODULES
    left, right = min(f.x for f in finders), max(f.x for f in finders)
    top, bottom = min(f.y for f in finders), max(f.y for f in finders)
    spread: float = max(right - left, bottom - top)
    if len(finders) == 1:
        return bool(min(left, width - left) < reach and min(top, height - top) < reach)
    upright = bottom - top > right - left
    room = min(left, width - right) if upright else min(top, height - bottom)
    return bool(room < spread)


def _sharpness(grey: Grey) -> float:
    height, width = (max(1, round(side * JUDGED_SIDE / max(grey.shape))) for side in grey.shape)
    small = cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)
    low, high = np.percentile(small, (2, 98))
    if high - low < 1:
        return 0.0
    stretched = np.clip((small - low) * (255 / (high - low)), 0, 255).astype(np.float32)
    return float(cv2.Laplacian(stretched, cv2.CV_32F).var())

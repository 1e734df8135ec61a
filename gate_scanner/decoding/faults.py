"""Why a photo could not be read, so that the answer can say what to do about it."""

from typing import Final

import cv2
import numpy as np

from gate_scanner.decoding.answer import Fault
from gate_scanner.decoding.eyes import Eye, eyes_in
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

EYES_SIDE: Final = 1600
"""Eyes are searched at about this size: small images are enlarged, large reduced."""

EYES: Final = 3
"""Of a whole code."""

CODE_MODULES: Final = 29
"""Modules a side of our tickets at most (version 3)."""


def why(grey: Grey, seen: Reading) -> Fault:
    """Judge by the light, then by what can be seen of a code, then by the sharpness."""
    if np.percentile(grey, 95) < DARK_LEVEL:
        return Fault.DARK
    eyes = _eyes(grey)
    blurred = _sharpness(grey) < SHARP_MIN
    if not eyes and not seen.unread:
        return Fault.BLURRED if blurred else Fault.NONE
    modules_px = [code.module_px for code in seen.unread]
    if max(modules_px + [eye.side / 7 for eye in eyes]) < MODULE_PX_MIN:
        return Fault.TOO_SMALL
    if not seen.unread and len(eyes) < EYES and _leaves_the_frame(eyes, grey):
        return Fault.CUT
    return Fault.BLURRED if blurred else Fault.DAMAGED


def _eyes(grey: Grey) -> list[Eye]:
    """Find eyes, in pixels of the photo."""
    scale = min(4.0, EYES_SIDE / max(grey.shape))
    height, width = (max(1, round(side * scale)) for side in grey.shape)
    how = cv2.INTER_LINEAR if scale > 1 else cv2.INTER_AREA
    sized = cv2.resize(grey, (width, height), interpolation=how)
    black = cv2.threshold(sized, 0, 255, cv2.THRESH_BINARY_INV + cv2.THRESH_OTSU)[1]
    return [Eye(eye.x / scale, eye.y / scale, eye.side / scale, eye.turn) for eye in eyes_in(black)]


def _leaves_the_frame(eyes: list[Eye], grey: Grey) -> bool:
    """Say whether the code around one or two eye patterns can lie within the frame."""
    height, width = grey.shape
    reach: float = max(eye.side for eye in eyes) / 7 * CODE_MODULES
    left, right = min(f.x for f in eyes), max(f.x for f in eyes)
    top, bottom = min(f.y for f in eyes), max(f.y for f in eyes)
    spread: float = max(right - left, bottom - top)
    if len(eyes) == 1:
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

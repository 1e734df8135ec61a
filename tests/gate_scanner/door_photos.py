"""The four hardships that photographs from a door are judged by, from barely to heavily.

Glare, tilt, damage and dark, each of a strength between 0 and 1. `hardships.py` holds every
hardship at its heaviest; here the strength is drawn, up to a limit at which one plain call of the
reader still reads 85 of 100, as it does of the photographs that are judged and not here.
"""

import io
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from tests.gate_scanner.hardships import Chance, Pixels, Subject, file_of, subject

MIDDLE: Final = 0.3
"""Where no code is found to begin with, it is supposed to fill the picture but for such edges."""

Hurt = Callable[[Subject, Chance, float], Pixels]


def subject_of(photo: bytes, text: str) -> Subject:
    """Open a photograph; where a plain look finds no code, suppose one in the middle."""
    found = subject(photo, text)
    if found is not None:
        return found
    pixels = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(photo))).convert("RGB"))
    height, width = pixels.shape[:2]
    half = (0.5 - MIDDLE / 2) * min(height, width)
    box = np.array([(-half, -half), (half, -half), (half, half), (-half, half)], np.float32)
    corners = (box + np.array((width / 2, height / 2), np.float32)).astype(np.float32)
    return Subject(pixels, text, corners, 2 * half / 33)


def glare(one: Subject, chance: Chance, strength: float) -> Pixels:
    """Let a lamp shine on it: white spots that grow until they hide what is under them."""
    height, width = one.pixels.shape[:2]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    light = np.zeros((height, width), np.float32)
    for _ in range(chance.integers(1, 4)):
        middle = chance.dirichlet(np.ones(4)) @ one.corners
        wide, high = (0.08 + chance.uniform(0, 0.32, 2) * strength) * one.side
        turn = chance.uniform(0, np.pi)
        u = (x - middle[0]) * np.cos(turn) + (y - middle[1]) * np.sin(turn)
        v = -(x - middle[0]) * np.sin(turn) + (y - middle[1]) * np.cos(turn)
        light += (80 + 240 * strength) * np.exp(-((u / wide) ** 2) - (v / high) ** 2)
    return _clip(one.pixels + light[..., None])


def tilt(one: Subject, chance: Chance, strength: float) -> Pixels:
    """Hold it away from upright: one side comes near, the far one is pressed together."""
    height, width = one.pixels.shape[:2]
    turn = chance.uniform(0, 2 * np.pi)
    lean = np.radians(20 + 55 * strength)
    across = np.array((np.cos(turn), np.sin(turn)), np.float32)
    along = np.array((-np.sin(turn), np.cos(turn)), np.float32)
    middle = one.corners.mean(0)
    eye = 2.2 * one.side
    near = middle + 0.9 * one.side * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], np.float32)
    placed = []
    for point in near:
        u, v = (point - middle) @ across, (point - middle) @ along
        scale = eye / (eye + v * np.sin(lean))
        placed.append(middle + scale * (u * across + v * np.cos(lean) * along))
    view = cv2.getPerspectiveTransform(near.astype(np.float32), np.array(placed, np.float32))
    return np.asarray(
        cv2.warpPerspective(
            one.pixels,
            view,
            (width, height),
            flags=cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_REPLICATE,
        ),
        np.uint8,
    )


def damage(one: Subject, chance: Chance, strength: float) -> Pixels:
    """Stain, tear and scratch it, with ink, paper and dirt."""
    hurt = one.pixels.copy()
    for _ in range(chance.integers(1, 3 + round(2 * strength))):
        middle = chance.dirichlet(np.ones(4)) @ one.corners
        colour = tuple(int(part) for part in chance.integers(0, 256, 3))
        size = (0.01 + 0.14 * strength * chance.uniform(0.4, 1)) * one.side
        if chance.random() < 0.6:
            axes = (max(1, round(size)), max(1, round(size * chance.uniform(0.4, 1))))
            cv2.ellipse(hurt, _at(middle), axes, chance.uniform(0, 180), 0, 360, colour, -1)
        else:
            to = middle + chance.normal(0, 0.5 * one.side, 2)
            thick = max(1, round((0.5 + 1.5 * strength) * one.module_px))
            cv2.line(hurt, _at(middle), _at(to), colour, thick, cv2.LINE_AA)
    return hurt


def dark(one: Subject, chance: Chance, strength: float) -> Pixels:
    """Photograph it at night: little light, uneven, and the camera's grain and its smear."""
    height, width = one.pixels.shape[:2]
    level = 0.35 * (1 - strength) + 0.04
    turn = chance.uniform(0, 2 * np.pi)
    x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    uneven = level * (1 + 0.5 * strength * (x * np.cos(turn) + y * np.sin(turn)))
    dim = one.pixels * np.maximum(uneven, 0.02)[..., None]
    shot = chance.normal(0, 1, one.pixels.shape) * np.sqrt(dim + 1) * (0.3 + 0.7 * strength)
    grain = chance.normal(0, 1 + 3 * strength, one.pixels.shape)
    smear = 0.15 + 0.25 * strength * one.module_px
    return _clip(cv2.GaussianBlur(dim, (0, 0), smear) + shot + grain)


LIMITS: Final[Mapping[str, tuple[Hurt, float]]] = MappingProxyType(
    {"glare": (glare, 0.12), "tilt": (tilt, 0.34), "damage": (damage, 0.1), "dark": (dark, 0.68)}
)
"""Each hardship, and up to which strength it is drawn: there a plain call reads 85 %."""


def hurt(name: str, one: Subject, seed: int, *, times: float = 1) -> bytes:
    """Put a photograph through a hardship of a drawn strength; saved as a chat app does."""
    chance = np.random.default_rng([seed, *name.encode()])
    treat, limit = LIMITS[name]
    return file_of(treat(one, chance, chance.uniform(0, min(1.0, times * limit))), 85)


def _at(point: NDArray[np.generic]) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))


def _clip(pixels: NDArray[np.generic]) -> Pixels:
    return np.asarray(np.clip(pixels, 0, 255), np.uint8)

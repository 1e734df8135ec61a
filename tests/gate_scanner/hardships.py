"""What happens to photos at a door: glare, tilt, dark, blur, wrinkles, damage.

`suffered(name, subject, seed)` treats a picture whose code was found; the same seed makes the same
picture. Treatments are measured in the code's own modules, so that a small photo and a large one
suffer alike.
"""

import io
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

import cv2
import numpy as np
import zxingcpp
from numpy.typing import NDArray
from PIL import Image, ImageOps

Pixels = NDArray[np.uint8]
"""Rows of columns of red, green and blue."""

Chance = np.random.Generator

QR: Final = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCodeModel2)


@dataclass(frozen=True, slots=True)
class Subject:
    """A picture with one code: its text, its four corners, and pixels a module."""

    pixels: Pixels
    text: str
    corners: NDArray[np.float32]
    module_px: float

    @property
    def side(self) -> float:
        """How long the code's sides are on average."""
        return float(np.linalg.norm(self.corners - np.roll(self.corners, 1, 0), axis=1).mean())


def subject(photo: bytes, text: str) -> Subject | None:
    """Open a picture and find its code; None where a plain look does not read it."""
    opened: Image.Image = Image.open(io.BytesIO(photo))
    image = ImageOps.exif_transpose(opened).convert("RGB")
    pixels = np.asarray(image)
    for code in zxingcpp.read_barcodes(pixels, formats=QR):
        if code.text != text:
            continue
        place = code.position
        corners = np.array(
            [
                (point.x, point.y)
                for point in (
                    place.top_left,
                    place.top_right,
                    place.bottom_right,
                    place.bottom_left,
                )
            ],
            np.float32,
        )
        extra = code.extra
        version = extra.get("Version", "3") if isinstance(extra, dict) else "3"
        modules = 17 + 4 * int(version)
        found = Subject(pixels, text, corners, 1.0)
        return replace(found, module_px=found.side / modules)
    return None


# ---- Light ---------------------------------------------------------------------------------------


def glare(one: Subject, chance: Chance) -> Pixels:
    """Shine a lamp on glossy paper: one or two white spots over part of the code."""
    height, width = one.pixels.shape[:2]
    light = np.zeros((height, width), np.float32)
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    for _ in range(chance.integers(1, 3)):
        middle = _inside(one, chance)
        wide, high = chance.uniform(0.10, 0.30, 2) * one.side
        turn = chance.uniform(0, np.pi)
        u = (x - middle[0]) * np.cos(turn) + (y - middle[1]) * np.sin(turn)
        v = -(x - middle[0]) * np.sin(turn) + (y - middle[1]) * np.cos(turn)
        light += chance.uniform(130, 280) * np.exp(-((u / wide) ** 2) - (v / high) ** 2)
    return _clip(one.pixels + light[..., None])


def dark(one: Subject, chance: Chance) -> Pixels:
    """Photograph at night: a tenth of the light, and the camera's noise."""
    level = chance.uniform(0.06, 0.25)
    noise = chance.normal(0, chance.uniform(2, 7), one.pixels.shape)
    shot = chance.normal(0, 1, one.pixels.shape) * np.sqrt(one.pixels * level) * 0.6
    return _clip(one.pixels * level + noise + shot)


def shadow(one: Subject, chance: Chance) -> Pixels:
    """Let a hand's shadow fall across the code, with a hard edge."""
    height, width = one.pixels.shape[:2]
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    middle, turn = _inside(one, chance), chance.uniform(0, 2 * np.pi)
    beyond = (x - middle[0]) * np.cos(turn) + (y - middle[1]) * np.sin(turn)
    edge = 1 / (1 + np.exp(-beyond / (chance.uniform(0.3, 3) * one.module_px)))
    deep = chance.uniform(0.12, 0.4)
    return _clip(one.pixels * (deep + (1 - deep) * edge)[..., None])


def faded(one: Subject, chance: Chance) -> Pixels:
    """Print with an empty cartridge: little contrast, some grain."""
    low = chance.uniform(100, 160)
    high = low + chance.uniform(18, 50)
    grain = chance.normal(0, 3, one.pixels.shape)
    return _clip(low + one.pixels / 255 * (high - low) + grain)


# ---- Shape ---------------------------------------------------------------------------------------


def tilted(one: Subject, chance: Chance) -> Pixels:
    """Hold the paper far from upright: strong perspective, any direction."""
    around = _box(one, 0.35)
    depth = chance.uniform(0.45, 0.8)
    short = chance.uniform(0.4, 0.75)
    size = max(one.side * 1.9, 200)
    near, far = size / 2, size / 2 * depth
    high = size * short
    shape = np.array(
        [(-far, -high / 2), (far, -high / 2), (near, high / 2), (-near, high / 2)], np.float32
    )
    turn = chance.uniform(0, 2 * np.pi)
    spin = np.array([(np.cos(turn), -np.sin(turn)), (np.sin(turn), np.cos(turn))], np.float32)
    placed = shape @ spin.T
    placed += size * 0.75
    view = cv2.getPerspectiveTransform(around, placed.astype(np.float32))
    side = int(size * 1.5)
    return _u8(
        cv2.warpPerspective(
            one.pixels, view, (side, side), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE
        )
    )


def wrinkled(one: Subject, chance: Chance) -> Pixels:
    """Crumple the paper: smooth shifts of up to a module or so, with their shading."""
    height, width = one.pixels.shape[:2]
    around = max(3, round(max(height, width) / (one.side / 3.0)))
    moved = chance.uniform(0.35, 0.8) * one.module_px
    waves = chance.normal(0, moved, (2, around, around)).astype(np.float32)
    right, down = (
        cv2.resize(wave, (width, height), interpolation=cv2.INTER_CUBIC) for wave in waves
    )
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    bent = cv2.remap(
        one.pixels, x + right, y + down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    shade = 1 + 0.28 * cv2.blur(right - down, (5, 5)) / moved
    return _clip(bent * np.clip(shade, 0.45, 1.4)[..., None])


def bottle(one: Subject, chance: Chance) -> Pixels:
    """Wrap the code around a bottle: the sides are pressed together."""
    turned = chance.uniform(0, 2 * np.pi)
    middle = one.corners.mean(0)
    height, width = one.pixels.shape[:2]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    u = (x - middle[0]) * np.cos(turned) + (y - middle[1]) * np.sin(turned)
    v = -(x - middle[0]) * np.sin(turned) + (y - middle[1]) * np.cos(turned)
    radius = chance.uniform(0.72, 1.0) * one.side
    flat = radius * np.arcsin(np.clip(u / radius, -0.98, 0.98))
    sunk = v - chance.uniform(0.05, 0.3) * radius * (1 - np.cos(flat / radius))
    back_x = middle[0] + flat * np.cos(turned) - sunk * np.sin(turned)
    back_y = middle[1] + flat * np.sin(turned) + sunk * np.cos(turned)
    return _u8(
        cv2.remap(
            one.pixels,
            back_x.astype(np.float32),
            back_y.astype(np.float32),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
    )


# ---- Damage --------------------------------------------------------------------------------------


def damaged(one: Subject, chance: Chance) -> Pixels:
    """Tear, stain and scratch: up to an eighth of the code is gone."""
    hurt = one.pixels.copy()
    for _ in range(chance.integers(1, 4)):
        middle = _inside(one, chance)
        colour = tuple(int(part) for part in chance.integers(0, 256, 3))
        size = chance.uniform(0.05, 0.13) * one.side
        if chance.random() < 0.5:
            axes = (round(size), round(size * chance.uniform(0.4, 1)))
            cv2.ellipse(hurt, _point(middle), axes, chance.uniform(0, 180), 0, 360, colour, -1)
        else:
            to = middle + chance.normal(0, 0.45 * one.side, 2)
            thick = max(1, round(chance.uniform(0.5, 1.6) * one.module_px))
            cv2.line(hurt, _point(middle), _point(to), colour, thick, cv2.LINE_AA)
    return hurt


def eye_lost(one: Subject, chance: Chance) -> Pixels:
    """Cover one of the three eyes, wholly or in part, as a thumb or a stamp does."""
    hurt = one.pixels.copy()
    corner = int(chance.choice([0, 1, 3]))
    towards = one.corners.mean(0) - one.corners[corner]
    middle = one.corners[corner] + towards * chance.uniform(0.05, 0.2)
    colour = tuple(int(part) for part in chance.integers(40, 230, 3))
    radius = round(chance.uniform(2.2, 4.2) * one.module_px)
    cv2.circle(hurt, _point(middle), radius, colour, -1, cv2.LINE_AA)
    return hurt


# ---- The camera ----------------------------------------------------------------------------------


def moved(one: Subject, chance: Chance) -> Pixels:
    """Move the hand while the shutter is open: a streak of one to two modules."""
    long = max(2, round(chance.uniform(0.9, 1.8) * one.module_px))
    still = np.zeros((long, long), np.float32)
    still[long // 2] = 1 / long
    turn = cv2.getRotationMatrix2D((long / 2 - 0.5, long / 2 - 0.5), chance.uniform(0, 180), 1)
    kernel = cv2.warpAffine(still, turn, (long, long))
    kernel = kernel / kernel.sum()
    return _clip(
        cv2.filter2D(one.pixels, cv2.CV_32F, kernel) + chance.normal(0, 2, one.pixels.shape)
    )


def unfocused(one: Subject, chance: Chance) -> Pixels:
    """Let the lens focus behind the paper."""
    soft = cv2.GaussianBlur(one.pixels, (0, 0), chance.uniform(0.55, 0.85) * one.module_px)
    return _clip(soft + chance.normal(0, 2, one.pixels.shape))


def far(one: Subject, chance: Chance) -> Pixels:
    """Stand three metres away: two pixels and a bit a module, in a frame full of other things."""
    scale = chance.uniform(2.0, 2.8) / one.module_px
    around = _cropped(one, 0.25)
    wide, high = (max(8, round(side * scale)) for side in around.shape[1::-1])
    small = cv2.resize(around, (wide, high), interpolation=cv2.INTER_AREA)
    frame = _scene(chance, 1280, 960)
    left = int(chance.integers(0, max(1, 1280 - wide)))
    top = int(chance.integers(0, max(1, 960 - high)))
    part = frame[top : top + high, left : left + wide]
    part[:] = small[: part.shape[0], : part.shape[1]]
    return _clip(frame + chance.normal(0, 2, frame.shape))


def squeezed(one: Subject, chance: Chance) -> Pixels:
    """Send it through an app that saves every byte: JPEG of quality 12 to 30, smaller."""
    scale = min(1.0, chance.uniform(2.6, 4.0) / one.module_px)
    small = cv2.resize(one.pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return _jpeg(_u8(small), int(chance.integers(12, 31)))


def on_screen(one: Subject, chance: Chance) -> Pixels:
    """Photograph another phone's screen: moire, a tint, a reflection."""
    height, width = one.pixels.shape[:2]
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    wave = np.zeros((height, width))
    for _ in range(2):
        turn, long = chance.uniform(0, np.pi), chance.uniform(0.7, 5) * one.module_px
        wave += np.sin(2 * np.pi * (x * np.cos(turn) + y * np.sin(turn)) / long)
    bright = 1 + chance.uniform(0.15, 0.35) * wave / 2
    tint = chance.uniform(0.75, 1.0, 3)
    shine = chance.uniform(0, 70) * np.clip((x - y * chance.uniform(-1, 1)) / width, 0, 1)
    return _clip(one.pixels * bright[..., None] * tint + shine[..., None])


def inverted(one: Subject, chance: Chance) -> Pixels:
    """Show it in a phone's night mode, dimmed."""
    dim = chance.uniform(0.35, 0.9)
    return _clip(
        (255 - one.pixels.astype(np.float32)) * dim + chance.normal(0, 3, one.pixels.shape)
    )


def coloured(one: Subject, chance: Chance) -> Pixels:
    """Print it in a colour on a colour that are alike in grey."""
    ink, paper = chance.uniform(0, 150, 3), chance.uniform(110, 255, 3)
    bright = np.array([0.299, 0.587, 0.114])
    ink = ink - (bright @ ink - bright @ paper + chance.uniform(22, 45)) * 0.9
    ink, paper = np.clip(ink, 0, 255), np.clip(paper, 0, 255)
    part = one.pixels.mean(2, keepdims=True) / 255
    return _clip(ink * (1 - part) + paper * part + chance.normal(0, 2, one.pixels.shape))


HARDSHIPS: Final[Mapping[str, Callable[[Subject, Chance], Pixels]]] = MappingProxyType(
    {
        one.__name__: one
        for one in (
            glare,
            dark,
            shadow,
            faded,
            tilted,
            wrinkled,
            bottle,
            damaged,
            eye_lost,
            moved,
            unfocused,
            far,
            squeezed,
            on_screen,
            inverted,
            coloured,
        )
    }
)
"""Every hardship by its name."""


def suffered(name: str, one: Subject, seed: int) -> bytes:
    """Put a picture through a hardship and save it as a chat app does."""
    chance = np.random.default_rng([seed, *name.encode()])
    pixels = HARDSHIPS[name](one, chance)
    return file_of(pixels, 90 if name == "squeezed" else 80)


def drawn(subjects: list[Subject], count: int, seed: int) -> Iterator[Subject]:
    """Draw so many subjects, each at most once."""
    yield from random.Random(seed).sample(subjects, min(count, len(subjects)))


# ---- Parts ---------------------------------------------------------------------------------------


def _inside(one: Subject, chance: Chance) -> NDArray[np.float32]:
    """Choose a point of the code."""
    weights = chance.dirichlet(np.ones(4))
    return np.asarray(weights @ one.corners, np.float32)


def _box(one: Subject, more: float) -> NDArray[np.float32]:
    """The upright box around the code, larger by a part of its side, within the picture."""
    height, width = one.pixels.shape[:2]
    low = np.maximum(one.corners.min(0) - more * one.side, 0)
    high = np.minimum(one.corners.max(0) + more * one.side, (width - 1, height - 1))
    return np.array(
        [(low[0], low[1]), (high[0], low[1]), (high[0], high[1]), (low[0], high[1])], np.float32
    )


def _cropped(one: Subject, more: float) -> Pixels:
    box = _box(one, more).round().astype(int)
    return _u8(one.pixels[box[0, 1] : box[2, 1] + 1, box[0, 0] : box[2, 0] + 1])


def _scene(chance: Chance, width: int, height: int) -> NDArray[np.float32]:
    """A table with things on it: soft patches and hard edges."""
    coarse = chance.uniform(40, 220, (7, 9, 3)).astype(np.float32)
    scene = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    for _ in range(12):
        at = chance.uniform(0, (width, height))
        to = at + chance.uniform(20, 260, 2)
        colour = tuple(float(part) for part in chance.uniform(0, 255, 3))
        cv2.rectangle(scene, _point(at), _point(to), colour, int(chance.integers(1, 9)))
    return np.asarray(scene, np.float32)


def _point(at: NDArray[np.generic]) -> tuple[int, int]:
    return round(float(at[0])), round(float(at[1]))


def _clip(pixels: NDArray[np.generic]) -> Pixels:
    return np.asarray(np.clip(pixels, 0, 255), np.uint8)


def _u8(pixels: cv2.typing.MatLike) -> Pixels:
    return np.asarray(pixels, np.uint8)


def _jpeg(pixels: Pixels, quality: int) -> Pixels:
    return np.asarray(Image.open(io.BytesIO(file_of(pixels, quality))).convert("RGB"))


def file_of(pixels: Pixels, quality: int) -> bytes:
    """Save a picture as chat apps do."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality, subsampling=2)
    return file.getvalue()

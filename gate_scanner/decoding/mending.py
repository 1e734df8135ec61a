"""Read a sampled code of which much is lost: the modules that look doubtful count as missing.

Error correction mends twice as many codewords when it is told which ones are lost ("erasures",
ISO/IEC 18004, 7.5.2) than when it has to find them, and a lamp's reflection or a stain shows where
it lies. So the least certain codewords are given up, more and more of them, until the rest agrees
(generalized minimum distance decoding, Forney 1966); two check symbols are never given up, so that
chance is not taken for a text. The mended codewords are drawn as a clean code for the reader.
"""

import itertools
from collections.abc import Iterator
from functools import cache
from typing import Final

import cv2
import numpy as np
import qrcode
import reedsolo
from numpy.typing import NDArray
from qrcode import base, util

MODULES_MAX: Final = 45
"""Version 7: a ticket has version 3, and time grows with the area."""

GIVEN_UP: Final = (0.35, 0.7, 1.0)
"""Parts of a block's spare check symbols given up, one attempt each."""

SPARE: Final = 2
"""Check symbols kept to tell a mended text from chance: one in 65,536 passes."""

FORMAT_DISTANCE_MAX: Final = 5
"""Bits by which the better copy of the format may differ; two formats differ by seven."""

LEVELS: Final = (1, 0, 3, 2)
"""How the standard numbers the levels L, M, Q and H (ISO/IEC 18004, table 12)."""

reedsolo.init_tables(prim=0x11D, generator=2)  # GF(256) of ISO/IEC 18004, 7.5.2

Modules = NDArray[np.uint8]
Doubts = NDArray[np.float32]
"""How doubtful each module is: 0 certain, 1 anybody's guess."""


def doubts(values: NDArray[np.float32], rough: NDArray[np.float32], matrix: Modules) -> Doubts:
    """Say which modules are doubtful: grey, uneven within, washed out, or part of a plain patch.

    `values` is the brightness of each module's middle, `rough` how much it varies there.
    """
    near = np.ones((7, 7), np.uint8)
    low, high = cv2.erode(values, near), cv2.dilate(values, near)
    span = np.maximum(high - low, 1)
    whole = max(1.0, float(np.percentile(values, 90) - np.percentile(values, 10)))
    grey = 1 - np.abs(2 * (values - low) / span - 1)
    washed = 1 - np.clip(span / (0.6 * whole), 0, 1)
    light = (matrix > 0).astype(np.float32)
    part = cv2.blur(light, (5, 5), borderType=cv2.BORDER_REFLECT)
    plain = np.clip((np.abs(2 * part - 1) - 0.6) / 0.4, 0, 1)
    uneven = np.clip(rough / (0.5 * whole), 0, 1)
    return np.asarray(np.maximum.reduce([grey, washed, 0.9 * plain, 0.8 * uneven]), np.float32)


def mended(matrix: Modules, doubt: Doubts) -> Modules | None:
    """Correct an upright matrix, giving doubtful codewords up; None where it cannot be done."""
    count = matrix.shape[0]
    if count > MODULES_MAX:
        return None
    dark = matrix == 0
    form = _format(dark)
    if form is None:
        return None
    level, mask = form
    version = (count - 17) // 4
    rows, columns = _bytes(count, version)
    words = np.packbits(dark[rows, columns] ^ _flips(count, version, mask), axis=1).ravel()
    worst = np.sort(doubt[rows, columns].astype(np.float64), axis=1)[:, -3:].sum(1)
    whole = _corrected(words.tolist(), worst.tolist(), version, level)
    return None if whole is None else _drawn(whole, version, level, mask)


def _corrected(words: list[int], worst: list[float], version: int, level: int) -> list[int] | None:
    """Correct every block of the interleaved codewords."""
    blocks = base.rs_blocks(version, level)
    total = sum(block.total_count for block in blocks)
    whole = words[:total]
    for places, check in _blocks([(one.data_count, one.total_count) for one in blocks]):
        block = [whole[place] for place in places]
        doubtful = sorted(range(len(block)), key=lambda at: -worst[places[at]])
        fixed = _block(block, check, doubtful)
        if fixed is None:
            return None
        for place, word in zip(places, fixed, strict=True):
            whole[place] = word
    return whole


def _block(block: list[int], check: int, doubtful: list[int]) -> list[int] | None:
    for part in GIVEN_UP:
        lost = sorted(doubtful[: round(part * (check - SPARE))])
        try:
            data, ecc, _ = reedsolo.rs_correct_msg(bytearray(block), check, erase_pos=lost)
        except (reedsolo.ReedSolomonError, ZeroDivisionError, IndexError):
            continue  # too much is wrong, in one of the ways the library says so
        fixed = [*data, *ecc]
        changed = sum(fixed[at] != block[at] for at in range(len(block)) if at not in lost)
        if 2 * changed + len(lost) <= check - (SPARE if lost else 0):
            return fixed
    return None


def _blocks(sizes: list[tuple[int, int]]) -> Iterator[tuple[list[int], int]]:
    """Yield where each block's codewords stand in the interleaved row, and its check symbols."""
    places: list[list[int]] = [[] for _ in sizes]
    at = 0
    for rank in range(max(data for data, _ in sizes)):
        for block, (data, _) in enumerate(sizes):
            if rank < data:
                places[block].append(at)
                at += 1
    for rank in range(max(total - data for data, total in sizes)):
        for block, (data, total) in enumerate(sizes):
            if rank < total - data:
                places[block].append(at)
                at += 1
    for block, (data, total) in enumerate(sizes):
        yield places[block], total - data


def _format(dark: NDArray[np.bool_]) -> tuple[int, int] | None:
    """Read the level and the mask from their two copies, the better of which decides."""
    last = dark.shape[0] - 1
    rows = [0, 1, 2, 3, 4, 5, 7, 8]
    first = [*((row, 8) for row in rows), (8, 7), *((8, col) for col in range(5, -1, -1))]
    second = [*((8, last - col) for col in range(8)), *((last - 6 + row, 8) for row in range(7))]
    seen = np.array([[dark[at] for at in copy] for copy in (first, second)])
    names, bits = _formats()
    apart = (seen[:, None] != bits[None]).sum(2)
    best = int(np.lexsort((apart.sum(0), apart.min(0)))[0])
    return names[best] if apart[:, best].min() <= FORMAT_DISTANCE_MAX else None


@cache
def _formats() -> tuple[list[tuple[int, int]], NDArray[np.bool_]]:
    """List every level and mask, and the fifteen bits that say each."""
    names = [(level, mask) for level in LEVELS for mask in range(8)]
    said = [util.BCH_type_info((level << 3) | mask) for level, mask in names]
    return names, np.array([[one >> rank & 1 for rank in range(15)] for one in said], np.bool_)


@cache
def _places(count: int, version: int) -> list[tuple[int, int]]:
    """List the modules of data in the order of their bits (ISO/IEC 18004, 7.7.3)."""
    fixed = np.zeros((count, count), np.bool_)
    fixed[:9, :9] = fixed[:9, -8:] = fixed[-8:, :9] = True
    fixed[6, :] = fixed[:, 6] = True
    centres = util.pattern_position(version)
    for row, col in itertools.product(centres, repeat=2):
        in_an_eye = sorted((row, col)) in ([6, 6], [6, centres[-1]])
        if not in_an_eye:
            fixed[row - 2 : row + 3, col - 2 : col + 3] = True
    if version >= 7:  # noqa: PLR2004 the first that says its version
        fixed[:6, -11:-8] = fixed[-11:-8, :6] = True
    places = []
    upwards = True
    for right in (*range(count - 1, 6, -2), 5, 3, 1):
        rows = range(count - 1, -1, -1) if upwards else range(count)
        places += [(row, col) for row in rows for col in (right, right - 1) if not fixed[row, col]]
        upwards = not upwards
    return places


@cache
def _bytes(count: int, version: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Give the rows and the columns of the modules of data, eight a codeword."""
    places = np.array(_places(count, version))
    whole = places[: len(places) // 8 * 8].reshape(-1, 8, 2)
    return whole[..., 0], whole[..., 1]


@cache
def _flips(count: int, version: int, mask: int) -> NDArray[np.bool_]:
    """Say which of these modules a mask turns (ISO/IEC 18004, 7.8.2)."""
    flips = util.mask_func(mask)
    pairs = (zip(*byte, strict=True) for byte in zip(*_bytes(count, version), strict=True))
    return np.array([[flips(int(row), int(col)) for row, col in byte] for byte in pairs], np.bool_)


def _drawn(words: list[int], version: int, level: int, mask: int) -> Modules:
    """Draw whole codewords as a code."""
    drawing = qrcode.QRCode(version=version, error_correction=level)
    drawing.data_cache = words
    drawing.makeImpl(False, mask)  # noqa: FBT003 the library's own signature
    dark = np.array(drawing.modules, np.bool_)
    return np.where(dark, 0, 255).astype(np.uint8)

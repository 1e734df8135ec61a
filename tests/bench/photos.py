"""How well and how fast photographs made by others are decoded, on one core."""

import os
import re
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gate_scanner.decoding import Shape, decode

ROOT = Path(__file__).parents[2]
_UNESCAPED = {"t": "\t", "n": "\n", "r": "\r", "\\": "\\"}


@dataclass(frozen=True, slots=True)
class Photograph:
    """One photograph, and the text its code holds."""

    path: Path
    text: str


def folder() -> Path:
    """Say where the photographs are expected: in `QR_PHOTOS`, or beside the repository."""
    return Path(os.environ.get("QR_PHOTOS") or ROOT.parent / "shared" / "qr_photos")


def photographs(root: Path) -> Iterator[Photograph]:
    """List the photographs of every set under `root` with their expected texts."""
    for listing in sorted(root.glob("*/expected.tsv")):
        header, *rows = listing.read_text(encoding="utf-8").rstrip("\n").split("\n")
        if header != "file\ttext":
            raise ValueError(f"{listing} does not begin with its header")
        for row in rows:
            name, escaped = row.split("\t")
            text = re.sub(r"\\(.)", lambda found: _UNESCAPED[found[1]], escaped)
            yield Photograph(listing.parent / name, text)


async def photo_figures() -> dict[str, float]:
    """Decode every photograph once; empty where there are none.

    A photograph counts when its text is found, character by character (one photograph holds a
    second code inside the first). Times are of `decode` whole, with the
    opening of the file's format, after one warm-up that loads the libraries.
    """
    listed = list(photographs(folder()))
    if not listed:
        return {}
    decode(listed[0].path.read_bytes(), accept=Shape.ANY)
    exact = 0
    times_ms = []
    for photograph in listed:
        photo = photograph.path.read_bytes()
        start_ns = time.perf_counter_ns()
        decoded = decode(photo, accept=Shape.ANY)
        times_ms.append((time.perf_counter_ns() - start_ns) / 1e6)
        exact += photograph.text in decoded.texts
    return {
        "photos_exact_pct": 100 * exact / len(listed),
        "photos_median_ms": statistics.median(times_ms),
        "photos_p95_ms": statistics.quantiles(times_ms, n=20)[-1],
    }

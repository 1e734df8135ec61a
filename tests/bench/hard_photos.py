"""How well hard photos are read: real photographs and our own tickets, put through every hardship.

    python -m tests.bench.hard_photos [COUNT [SEED [NAME...]]]

prints, for each hardship, what one plain call of the reader finds, what the cascade finds, and how
long that takes. The pictures are made anew from a seed: tune with one, judge with another. Many
are beyond any reader: the photographs carry codes of low correction.
"""

import io
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import zxingcpp
from PIL import Image

from gate_scanner.decoding import Shape, decode
from tests.bench.photos import folder, photographs
from tests.gate_scanner.hardships import HARDSHIPS, Subject, drawn, subject, suffered
from tests.gate_scanner.pictures import card, code, saved

QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)

TICKETS = 24
"""Our own tickets among the subjects."""

COUNT = 60
SEED = 1
BENCH_COUNT = 12
"""Pictures of each hardship in `make bench`: about two hundred in ten seconds."""


@dataclass(slots=True)
class Tally:
    """What became of the pictures of a hardship."""

    plain: int = 0
    read: int = 0
    times_ms: list[float] = field(default_factory=list)
    missed: list[int] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many pictures there were."""
        return len(self.times_ms)

    def add(self, other: "Tally") -> None:
        """Count another's pictures in."""
        self.plain += other.plain
        self.read += other.read
        self.times_ms += other.times_ms

    def line(self, name: str) -> str:
        """Say it in a line."""
        return (
            f"{name:10} {self.count:4}  plain {100 * self.plain / self.count:5.1f} %"
            f"  read {100 * self.read / self.count:5.1f} %"
            f"  median {statistics.median(self.times_ms):5.1f} ms"
            f"  p95 {statistics.quantiles(self.times_ms, n=20)[-1]:6.1f} ms  {self.missed}\n"
        )


def subjects() -> list[Subject]:
    """Every picture whose code a plain look finds: the hardship is then what makes it hard."""
    listed = [(one.path.read_bytes(), one.text) for one in photographs(folder())]
    listed += [(saved(card(code(seed))), code(seed)) for seed in range(TICKETS)]
    found = (subject(photo, text) for photo, text in listed)
    return [one for one in found if one is not None]


def tally(name: str, chosen: Sequence[Subject], seed: int) -> Tally:
    """Put pictures through a hardship; count what a plain call and what the cascade reads."""
    found = Tally()
    for number, one in enumerate(chosen):
        photo = suffered(name, one, seed * 1000 + number)
        pixels = np.asarray(Image.open(io.BytesIO(photo)))
        plain = zxingcpp.read_barcodes(pixels, formats=QR)
        found.plain += any(code.text == one.text for code in plain)
        start_s = time.process_time()
        texts = decode(photo, accept=Shape.ANY).texts
        found.times_ms.append((time.process_time() - start_s) * 1000)
        found.read += one.text in texts
        if one.text not in texts:
            found.missed.append(number)
    return found


async def hard_photo_figures() -> dict[str, float]:
    """Read a few pictures of every hardship; empty where there are no photographs."""
    if not list(photographs(folder())):
        return {}
    every, whole = subjects(), Tally()
    for name in HARDSHIPS:
        whole.add(tally(name, list(drawn(every, BENCH_COUNT, SEED)), SEED))
    return {
        "hard_photos_plain_pct": 100 * whole.plain / whole.count,
        "hard_photos_exact_pct": 100 * whole.read / whole.count,
        "hard_photos_median_ms": statistics.median(whole.times_ms),
    }


def main(arguments: Sequence[str]) -> None:
    """Print a line a hardship, and the whole."""
    count = int(arguments[0]) if arguments else COUNT
    seed = int(arguments[1]) if len(arguments) > 1 else SEED
    every, whole = subjects(), Tally()
    for name in arguments[2:] or HARDSHIPS:
        one = tally(name, list(drawn(every, count, seed)), seed)
        whole.add(one)
        sys.stdout.write(one.line(name))
    sys.stdout.write(whole.line("all"))


if __name__ == "__main__":
    main(sys.argv[1:])

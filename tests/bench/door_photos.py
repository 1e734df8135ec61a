"""How well photographs from a door are read, and what each treatment earns there.

    python -m tests.bench.door_photos [SEED [TIMES]]

puts each of the real photographs through glare, tilt, damage and dark, of a strength at which one
plain call of the reader reads about 85 of 100 (TIMES as strong, if it is given), and prints what
the cascade reads, the wrong texts it gave (there must be none), and which treatment was the one.
"""

import io
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import zxingcpp
from PIL import Image

from gate_scanner.decoding import Shape, decode
from gate_scanner.decoding.opening import Opened, open_grey
from gate_scanner.decoding.treatments import Looks
from tests.bench.photos import folder, photographs
from tests.gate_scanner.door_photos import LIMITS, hurt, subject_of

QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
EVERY = 4
"""In `make bench` one photograph in four is put through each hardship: about two hundred."""


class Tally:
    """What became of the pictures of a hardship."""

    def __init__(self) -> None:
        self.plain = self.read = self.wrong = 0
        self.times_ms: list[float] = []
        self.earned: Counter[str] = Counter()

    def count(self, photo: bytes, text: str) -> None:
        """Read a picture in both ways."""
        pixels = np.asarray(Image.open(io.BytesIO(photo)))
        self.plain += any(code.text == text for code in zxingcpp.read_barcodes(pixels, formats=QR))
        start_s = time.thread_time()
        texts = decode(photo, accept=Shape.ANY).texts
        self.times_ms.append((time.thread_time() - start_s) * 1000)
        self.read += text in texts
        self.wrong += bool(texts) and text not in texts

    def line(self, name: str) -> str:
        """Say it in a line."""
        of = len(self.times_ms) / 100
        return (
            f"{name:8} {len(self.times_ms):4}  plain {self.plain / of:5.1f} %"
            f"  read {self.read / of:5.1f} %  wrong {self.wrong}"
            f"  median {statistics.median(self.times_ms):4.1f} ms"
            f"  p95 {statistics.quantiles(self.times_ms, n=20)[-1]:5.1f} ms\n"
        )


def winner(photo: bytes, text: str) -> str:
    """Name the treatment that reads a picture first."""
    opened = open_grey(photo)
    assert isinstance(opened, Opened)
    looks = Looks(photo, opened)
    if any(code.text == text for code in looks.first().codes):
        return "as it is, straightened"
    for name, reading in looks.treated():
        if any(code.text == text for code in reading.codes):
            return name
    return "nothing"


def pictures(
    name: str, seed: int, *, times: float = 1, every: int = 1
) -> Iterator[tuple[bytes, str]]:
    """Make the pictures of a hardship with their texts."""
    for place, one in enumerate(photographs(folder())):
        if place % every == 0:
            known = subject_of(one.path.read_bytes(), one.text)
            yield hurt(name, known, seed * 1000 + place, times=times), one.text


async def door_photo_figures() -> dict[str, float]:
    """Read some pictures of every hardship; empty where there are no photographs."""
    whole = Tally()
    for name in LIMITS:
        for photo, text in pictures(name, 1, every=EVERY):
            whole.count(photo, text)
    if not whole.times_ms:
        return {}
    of = len(whole.times_ms) / 100
    return {
        "door_photos_plain_pct": whole.plain / of,
        "door_photos_exact_pct": whole.read / of,
        "door_photos_wrong_pct": whole.wrong / of,
        "door_photos_median_ms": statistics.median(whole.times_ms),
    }


def main(arguments: Sequence[str]) -> None:
    """Print a line a hardship, then a line a treatment."""
    seed = int(arguments[0]) if arguments else 1
    times = float(arguments[1]) if len(arguments) > 1 else 1.0
    whole = Tally()
    for name in LIMITS:
        one = Tally()
        for photo, text in pictures(name, seed, times=times):
            before = one.plain
            one.count(photo, text)
            if one.plain == before:
                whole.earned[winner(photo, text)] += 1
        sys.stdout.write(one.line(name))
        sys.stdout.flush()
        whole.plain, whole.read = whole.plain + one.plain, whole.read + one.read
        whole.wrong += one.wrong
        whole.times_ms += one.times_ms
    sys.stdout.write(whole.line("all"))
    for treatment, earned in whole.earned.most_common():
        sys.stdout.write(f"{earned:5}  {treatment}\n")


if __name__ == "__main__":
    main(sys.argv[1:])

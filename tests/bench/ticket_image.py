"""What a ticket's picture costs: processor time and bytes, the decode check left out."""

from __future__ import annotations

import statistics
import time
from dataclasses import replace

from bot.tickets import png
from tests.tickets.faces import CASES

RUNS = 15


def ticket_image_figures() -> dict[str, float]:
    """Draw every sample ticket several times, each with its own code, and give the medians."""
    times_ms: list[float] = []
    sizes_bytes: list[int] = []
    for number in range(RUNS + 1):
        for face in CASES.values():
            fresh = replace(
                face,
                code=f"{face.code[:-5]}{number:05}",
                short_code=f"{number * 7919 % 10_000:04}-EFG7",
                order_reference=f"{number:05}",
            )
            start = time.process_time()
            picture = png.draw(fresh)
            if number:  # the first of each opens fonts and draws what all tickets share
                times_ms.append((time.process_time() - start) * 1000)
            sizes_bytes.append(len(picture))
    return {
        "ticket_image_ms": statistics.median(times_ms),
        "ticket_image_bytes": statistics.median(sizes_bytes),
    }

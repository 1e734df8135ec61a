"""What paper costs: ten tickets on ten pages, drawn, the decode check left out."""

from __future__ import annotations

import statistics
import time
from dataclasses import replace

from bot.tickets import pdf
from tests.tickets.faces import JAZZ

RUNS = 15
WORDS = pdf.PaperWords("Billets", ("Imprimez à 100 %.", "Ne pliez pas le code."), "découpez ici")


def pdf_figures() -> dict[str, float]:
    """Draw an order of ten several times, each ticket with its own code, and give the median."""
    times_ms: list[float] = []
    for run in range(RUNS + 1):
        faces = [replace(JAZZ, code=f"{JAZZ.code[:-6]}{run:04}{n:02}") for n in range(10)]
        start = time.process_time()
        body = pdf.draw(faces, pdf.Paper.PAGES, WORDS)
        if run:  # the first run opens and measures the fonts
            times_ms.append((time.process_time() - start) * 1000)
        assert body.startswith(b"%PDF")
    return {"pdf_10_tickets_ms": statistics.median(times_ms)}

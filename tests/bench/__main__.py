"""`make bench`: one line a figure, `name value unit`, the raw limits of the same run first.

`make bench ONLY=gate` runs one part. Where the photographs are absent their lines are left out.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping

import structlog

from tests.bench.door_photos import door_photo_figures
from tests.bench.gate import gate_figures, same_statements_per_s, statements_of_a_turn
from tests.bench.hard_photos import hard_photo_figures
from tests.bench.journeys import journey_figures
from tests.bench.long import memory_figures, size_figures
from tests.bench.orders import order_figures
from tests.bench.pdf import pdf_figures
from tests.bench.photos import photo_figures
from tests.bench.process import process_figures
from tests.bench.raw import raw_commits_per_s, raw_turns_per_s, raw_update_per_s
from tests.bench.reminders import reminder_figures
from tests.bench.terminal import terminal_figures
from tests.bench.ticket_image import ticket_image_figures

Part = Callable[[], Awaitable[Mapping[str, float]]]

UNITS = ("per_s", "ms", "bytes", "mb", "pct", "s")


async def _gate() -> Mapping[str, float]:
    """The gate's figures, and what part of the raw limits its turn is."""
    limits = {
        "raw_commits_per_s": await raw_commits_per_s(),
        "raw_update_per_s": await raw_update_per_s(),
        "raw_turns_per_s": await raw_turns_per_s(await statements_of_a_turn()),
        "same_statements_per_s": await same_statements_per_s(),
    }
    gate = await gate_figures()
    turns = gate["gate_turn_per_s"]
    return {
        **limits,
        **gate,
        "gate_turn_of_raw_pct": 100 * turns / limits["raw_update_per_s"],
        "gate_turn_of_raw_turn_pct": 100 * turns / limits["raw_turns_per_s"],
        "gate_turn_of_same_statements_pct": 100 * turns / limits["same_statements_per_s"],
    }


async def _ticket() -> Mapping[str, float]:
    return ticket_image_figures()


async def _paper() -> Mapping[str, float]:
    return pdf_figures()


PARTS: Mapping[str, Part] = {
    "gate": _gate,
    "terminal": terminal_figures,
    "journeys": journey_figures,
    "orders": order_figures,
    "ticket": _ticket,
    "paper": _paper,
    "reminders": reminder_figures,
    "process": process_figures,
    "photos": photo_figures,
    "door": door_photo_figures,
    "hard": hard_photo_figures,
}

LONG: Mapping[str, Part] = {"memory": memory_figures, "sizes": size_figures}
"""Parts of some minutes, run only when they are asked for: each, or both as `long`."""


def main(arguments: list[str]) -> int:
    """Run every part, or those named."""
    known = {**PARTS, **LONG}
    asked = [part for name in arguments for part in (LONG if name == "long" else (name,))]
    unknown = [name for name in asked if name not in known]
    if unknown:
        sys.stderr.write(
            f"no such part: {', '.join(unknown)}; there are {', '.join([*known, 'long'])}\n"
        )
        return 2
    # What is logged of slow moments must not stand among the figures.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    for name in asked or PARTS:
        for figure, value in asyncio.run(_figures(known[name])).items():
            sys.stdout.write(f"{figure} {_rounded(value)} {_unit(figure)}\n")
            sys.stdout.flush()
    return 0


async def _figures(part: Part) -> Mapping[str, float]:
    return await part()


def _unit(figure: str) -> str:
    """The unit a figure's name ends with."""
    return next(unit for unit in UNITS if figure.endswith(unit)).replace("per_s", "/s")


def _rounded(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

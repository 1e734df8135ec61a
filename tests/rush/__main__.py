"""`make rush`: an on-sale rush, simulated under a clock of its own; see docs/scaling.md."""

import argparse
import asyncio
import sys
import time

from tests.rush.simulating import rush, story


def main() -> int:
    """Simulate one rush and say what it showed; 1 if a promise broke."""
    parser = argparse.ArgumentParser(prog="python -m tests.rush", description=__doc__)
    parser.add_argument("--buyers", type=int, default=10_000)
    parser.add_argument("--places", type=int, default=500)
    parser.add_argument("--within", type=int, default=60, help="seconds in which they come")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--unpaced", action="store_true", help="send all at once, to compare")
    asked = parser.parse_args()
    began = time.monotonic()
    told = asyncio.run(
        rush(
            buyers=asked.buyers,
            places=asked.places,
            within_ms=asked.within * 1000,
            seed=asked.seed,
            is_paced=not asked.unpaced,
        )
    )
    sys.stdout.write(f"{story(told)}\n(simulated in {time.monotonic() - began:.0f} s)\n")
    return 1 if told.breaches or told.unanswered or told.tickets > told.places else 0


if __name__ == "__main__":
    sys.exit(main())

"""Storms by hand: every transcript under hundreds of seeds, and a death at every crossing.

python -m tests.storm                              everything, a line a transcript
python -m tests.storm --seeds 50 --only NAME       fewer seeds, one transcript
python -m tests.storm --only NAME --seed 7         one seed again, with all that happened
python -m tests.storm --only NAME --kill 12+       one death again, after crossing 12 (12-: before)
"""

import argparse
import asyncio
import logging
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import structlog

from tests.storm.cases import Case, CaseBroke, KillCase, SeedCase, kill_cases, play_calm, play_case
from tests.storm.databases import fresh_database, make_template
from tests.transcripts.script import Script, scripts

CASES_A_JOB = 25
"""So many plays are handed to a process at a time."""

SEEDS = 200


@dataclass(slots=True)
class Result:
    """What some cases of a transcript gave."""

    cases: int = 0
    deaths: int = 0
    failures: tuple[str, ...] = ()

    def add(self, other: "Result") -> None:
        """Count another's."""
        self.cases += other.cases
        self.deaths += other.deaths
        self.failures += other.failures


def main() -> int:
    """Run what was asked; 0 if everything held."""
    asked = _parser().parse_args()
    chosen = [one for one in scripts() if asked.only in (None, one.name)]
    if not chosen:
        sys.stderr.write(f"no transcript {asked.only}\n")
        return 2
    if asked.seed is not None or asked.kill is not None:
        case = SeedCase(asked.seed) if asked.kill is None else _kill(asked.kill)
        return asyncio.run(_again(chosen[0], case))
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=spawn) as pool:
        return max(_storm(pool, script, asked.seeds) for script in chosen)


def _storm(pool: ProcessPoolExecutor, script: Script, seeds: int) -> int:
    """Play one transcript in all its cases and print its line."""
    started = time.monotonic()
    crossings = asyncio.run(_count_crossings(script))
    cases: list[Case] = [*map(SeedCase, range(seeds)), *kill_cases(crossings)]
    jobs = [cases[at : at + CASES_A_JOB] for at in range(0, len(cases), CASES_A_JOB)]
    total = Result()
    for result in pool.map(_work, [script] * len(jobs), jobs):
        total.add(result)
    sys.stdout.write(
        f"{script.name}: {seeds} seeds and a death at each of {crossings} crossings, before and"
        f" after: {total.cases} plays, {total.deaths} deaths, {len(total.failures)} broke,"
        f" {time.monotonic() - started:.0f} s\n"
    )
    for failure in total.failures:
        sys.stdout.write(f"{failure}\n")
    sys.stdout.flush()
    return 1 if total.failures else 0


def _work(script: Script, cases: Sequence[Case]) -> Result:
    """Play some cases in a process of their own."""
    return asyncio.run(_play(script, cases))


async def _play(script: Script, cases: Sequence[Case]) -> Result:
    _hush()
    result = Result()
    with tempfile.TemporaryDirectory(prefix="guichet-storm-") as folder:
        template = await make_template(Path(folder))
        async with fresh_database(template) as database:
            calm = await play_calm(script, database)
        for case in cases:
            async with fresh_database(template) as database:
                result.cases += 1
                try:
                    result.deaths += (await play_case(script, calm, case, database)).deaths
                except CaseBroke as broke:
                    result.failures += (str(broke),)
    return result


async def _count_crossings(script: Script) -> int:
    _hush()
    with tempfile.TemporaryDirectory(prefix="guichet-storm-") as folder:
        template = await make_template(Path(folder))
        async with fresh_database(template) as database:
            return (await play_calm(script, database)).crossings


async def _again(script: Script, case: Case) -> int:
    """Play one case and tell everything that happened."""
    with tempfile.TemporaryDirectory(prefix="guichet-storm-") as folder:
        template = await make_template(Path(folder))
        async with fresh_database(template) as database:
            calm = await play_calm(script, database)
        async with fresh_database(template) as database:
            try:
                play = await play_case(script, calm, case, database)
            except CaseBroke as broke:
                sys.stdout.write(f"{broke}\n")
                return 1
    sys.stdout.write("\n".join([*play.log, f"held, {play.deaths} deaths", ""]))
    return 0


def _hush() -> None:
    """Failures are ordered here by the hundred: what is logged of them would hide the result."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def _kill(asked: str) -> KillCase:
    return KillCase(int(asked[:-1]), after=asked.endswith("+"))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.storm", description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS, help=f"how many ({SEEDS})")
    parser.add_argument("--only", metavar="NAME", help="one transcript")
    parser.add_argument("--seed", type=int, help="one seed again, told whole")
    parser.add_argument("--kill", metavar="N+|N-", help="one death again, told whole")
    return parser


if __name__ == "__main__":
    sys.exit(main())

"""Storms by hand: every transcript under hundreds of seeds, and deaths at every crossing of some.

python -m tests.storm                              everything, a line a transcript
python -m tests.storm --seeds 50 --only NAME       fewer seeds, one transcript
python -m tests.storm --only NAME --seed 7         one seed again, with all that happened
python -m tests.storm --only NAME --kill 12+       one death again, after crossing 12 (12-: before)
"""

import argparse
import asyncio
import multiprocessing
import os
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.quick import quick_root
from tests.storm.cases import (
    ABOUT_MONEY,
    KILLED_EVERYWHERE,
    Case,
    CaseBroke,
    KillCase,
    SeedCase,
    kill_cases,
    play_calm,
    play_case,
)
from tests.storm.databases import fresh_database, make_template
from tests.storm.many import Result, count_crossings, play_cases
from tests.storm.playing import StormBroke
from tests.transcripts.script import Script, scripts

CASES_A_JOB = 25
"""So many plays are handed to a process at a time."""

SEEDS = 200
MONEY_SEEDS = 500
"""... where money moves."""


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
        return max(_storm(pool, script, _seeds(script, asked.seeds)) for script in chosen)


def _seeds(script: Script, asked: int | None) -> int:
    """Say how many seeds a transcript gets."""
    if asked is not None:
        return asked
    return MONEY_SEEDS if ABOUT_MONEY.search(script.name) else SEEDS


def _storm(pool: ProcessPoolExecutor, script: Script, seeds: int) -> int:
    """Play one transcript in all its cases and print its line."""
    started = time.monotonic()
    try:
        crossings = asyncio.run(count_crossings(script))
    except StormBroke as broke:
        sys.stdout.write(f"{script.name}: broke in calm weather: {broke}\n")
        return 1
    kills = kill_cases(crossings) if script.name in KILLED_EVERYWHERE else []
    cases: list[Case] = [*map(SeedCase, range(seeds)), *kills]
    jobs = [cases[at : at + CASES_A_JOB] for at in range(0, len(cases), CASES_A_JOB)]
    total = Result()
    for result in pool.map(play_cases, [script] * len(jobs), jobs):
        total.add(result)
    sys.stdout.write(
        f"{script.name}: {seeds} seeds, {len(kills)} kills in turn, {crossings} crossings:"
        f" {total.cases} plays, {total.deaths} deaths, {len(total.failures)} broke,"
        f" {time.monotonic() - started:.0f} s\n"
    )
    for failure in total.failures:
        sys.stdout.write(f"{failure}\n")
    sys.stdout.flush()
    return 1 if total.failures else 0


async def _again(script: Script, case: Case) -> int:
    """Play one case and tell everything that happened."""
    with tempfile.TemporaryDirectory(prefix="guichet-storm-", dir=quick_root()) as folder:
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


def _kill(asked: str) -> KillCase:
    return KillCase(int(asked[:-1]), after=asked.endswith("+"))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.storm", description=__doc__)
    told = f"how many ({SEEDS}, and {MONEY_SEEDS} where money moves)"
    parser.add_argument("--seeds", type=int, help=told)
    parser.add_argument("--only", metavar="NAME", help="one transcript")
    parser.add_argument("--seed", type=int, help="one seed again, told whole")
    parser.add_argument("--kill", metavar="N+|N-", help="one death again, told whole")
    return parser


if __name__ == "__main__":
    sys.exit(main())

"""Storms by hand: every transcript under hundreds of seeds, and deaths at every crossing of some.

python -m tests.storm                              everything, a line a transcript
python -m tests.storm --seeds 50 --only NAME       fewer seeds, one transcript
python -m tests.storm --after NAME                 the transcripts behind one: an interrupted run
python -m tests.storm --money                      those in which money moves, 500 seeds each
python -m tests.storm --first 200                  other seeds: 200 to 399, no crossing again
python -m tests.storm --only NAME --seed 7         one seed again, with all that happened
python -m tests.storm --only NAME --kill 12+       one death again, after crossing 12 (12-: before)
"""

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import suppress
from pathlib import Path

from tests.quick import quick_root
from tests.storm.cases import (
    KILLED_EVERYWHERE,
    Case,
    CaseBroke,
    KillCase,
    SeedCase,
    is_about_money,
    kill_cases,
    play_calm,
    play_case,
)
from tests.storm.databases import fresh_database, make_template
from tests.storm.many import Result, count_crossings, play_cases
from tests.storm.playing import StormBroke
from tests.storm.resting import run_resting
from tests.transcripts.script import Script, scripts

CASES_A_JOB = 25
"""So many plays are handed to a process at a time."""

SEEDS = 200
MONEY_SEEDS = 500
"""... where money moves."""


def main() -> int:
    """Run what was asked; 0 if everything held."""
    asked = _parser().parse_args()
    names = [one.name for one in scripts()]
    for name in (asked.only, asked.after):
        if name is not None and name not in names:
            sys.stderr.write(f"no transcript {name}\n")
            return 2
    chosen = [one for one in scripts() if asked.only in (None, one.name)]
    if asked.money:
        chosen = [one for one in chosen if is_about_money(one)]
    if asked.after is not None:
        chosen = [one for one in chosen if names.index(one.name) > names.index(asked.after)]
    if asked.seed is not None or asked.kill is not None:
        case = SeedCase(asked.seed) if asked.kill is None else _kill(asked.kill)
        return run_resting(_again(chosen[0], case))
    return _storm(chosen, asked.first, asked.seeds)


def _seeds(script: Script, first: int, asked: int | None) -> range:
    """Say which seeds a transcript gets: as many as were asked, else more where money moves."""
    count = asked or (MONEY_SEEDS if is_about_money(script) else SEEDS)
    return range(first, first + count)


def _storm(chosen: Sequence[Script], first: int, asked: int | None) -> int:
    """Play transcripts in all their cases, a line each, on every core; the totals at the end."""
    began = time.monotonic()
    whole, broken = Result(), 0
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=spawn) as pool:
        # Every core has work of the next transcripts while the last cases of one are played.
        begun = [(script, _begin(pool, script, _seeds(script, first, asked))) for script in chosen]
        for script, jobs in begun:
            total = _total(script, jobs)
            whole.add(total)
            broken += bool(total.failures)
            sys.stdout.write(
                f"{script.name}: {total.crossings} crossings, {total.cases} plays,"
                f" {total.deaths} deaths, {len(total.failures)} broke,"
                f" {time.monotonic() - began:.0f} s so far\n"
            )
            sys.stdout.writelines(f"{failure}\n" for failure in total.failures)
            sys.stdout.flush()
    sys.stdout.write(
        f"in all: {len(chosen)} transcripts, seeds from {first} on,"
        f" {whole.cases} plays, {whole.deaths} deaths, {len(whole.failures)} broke in {broken}"
        f" transcripts, {time.monotonic() - began:.0f} s\n"
    )
    return 1 if broken else 0


def _begin(pool: ProcessPoolExecutor, script: Script, seeds: range) -> list[Future[Result]]:
    """Hand a transcript's cases out, some at a time: its seeds, and of some every crossing.

    Crossings go with the first seeds: they are the same however many seeds follow.
    """
    cases: list[Case] = [*map(SeedCase, seeds)]
    if script.name in KILLED_EVERYWHERE and seeds.start == 0:
        with suppress(StormBroke):  # every one of its jobs says so
            cases += kill_cases(count_crossings(script))
    starts = range(0, len(cases), CASES_A_JOB)
    return [pool.submit(play_cases, script, cases[at : at + CASES_A_JOB]) for at in starts]


def _total(script: Script, jobs: Sequence[Future[Result]]) -> Result:
    total = Result()
    for job in jobs:
        try:
            total.add(job.result())
        except StormBroke as broke:
            total.failures = (f"{script.name}: broke in calm weather: {broke}",)
    return total


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
    parser.add_argument("--first", type=int, default=0, help="the first of the seeds (0)")
    told = "only those in which money moves"
    parser.add_argument("--money", action="store_true", help=told)
    parser.add_argument("--after", metavar="NAME", help="go on behind this transcript")
    parser.add_argument("--only", metavar="NAME", help="one transcript")
    parser.add_argument("--seed", type=int, help="one seed again, told whole")
    parser.add_argument("--kill", metavar="N+|N-", help="one death again, told whole")
    return parser


if __name__ == "__main__":
    sys.exit(main())

"""Every transcript through storms: kills, repeats, failures and delays, and what must hold.

The seeds rotate with the commit, so that every commit tries others; `make storm` tries hundreds.
"""

import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

from storage.database import Database
from storage.opening import open_database
from tests.storm.cases import KILLED_EVERYWHERE, SeedCase, kill_cases, play_calm, play_case
from tests.storm.databases import fresh_database
from tests.transcripts.script import Script, scripts

SEEDS = (30, 2)
"""So many transcripts are in turn on SQLite, each under so many seeds: half a minute."""

DEATHS = (10, 3)
"""So many of those killed everywhere are in turn, each so often, once a play: ten seconds."""

POSTGRES_SEEDS = 8
"""Seeds of as many transcripts on PostgreSQL."""

ROOT = Path(__file__).parent.parent.parent


@cache
def base_seed() -> int:
    """Where this commit's seeds begin; outside a repository, at zero."""
    git = shutil.which("git")
    if git is None:
        return 0
    asked = [git, "-C", str(ROOT), "rev-parse", "HEAD"]
    told = subprocess.run(asked, capture_output=True, text=True, check=False)  # noqa: S603 (fixed)
    return int(told.stdout[:7], 16) if told.returncode == 0 else 0


def _in_turn(many: Sequence[Script], count: int) -> list[Script]:
    """So many of these, another part of them with another commit."""
    first = base_seed() % len(many)
    return [*many, *many][first : first + count]


KILLED = [script for script in scripts() if script.name in KILLED_EVERYWHERE]


@pytest.mark.parametrize("script", _in_turn(scripts(), SEEDS[0]), ids=lambda script: script.name)
async def test_a_transcript_survives_its_seeds(script: Script, sqlite_template: Path) -> None:
    """Under this commit's seeds the invariants hold at every step, and nothing is lost."""
    async with fresh_database(sqlite_template) as database:
        calm = await play_calm(script, database)
    for at in range(SEEDS[1]):
        async with fresh_database(sqlite_template) as database:
            await play_case(script, calm, SeedCase(base_seed() + at), database)


@pytest.mark.parametrize("script", _in_turn(KILLED, DEATHS[0]), ids=lambda script: script.name)
async def test_a_death_at_any_crossing_loses_nothing(script: Script, sqlite_template: Path) -> None:
    """A process that dies before or after any write, send or call leaves all its successor needs.

    Here some crossings that rotate with the commit; `make storm` tries each.
    """
    async with fresh_database(sqlite_template) as database:
        calm = await play_calm(script, database)
    every = kill_cases(calm.crossings)
    for at in range(DEATHS[1]):
        case = every[(base_seed() + at * len(every) // DEATHS[1]) % len(every)]
        async with fresh_database(sqlite_template) as database:
            await play_case(script, calm, case, database)


@pytest.mark.parametrize("number", range(POSTGRES_SEEDS))
async def test_postgresql_survives_and_ends_alike(
    number: int, sqlite_template: Path, postgres_url: str
) -> None:
    """On PostgreSQL a storm ends as the calm play on SQLite does."""
    script = scripts()[(base_seed() + number) % len(scripts())]
    async with fresh_database(sqlite_template) as database:
        calm = await play_calm(script, database)
    postgres: Database = await open_database(postgres_url)
    try:
        await play_case(script, calm, SeedCase(base_seed() + number), postgres)
    finally:
        await postgres.close()

"""Many cases of a transcript, in a process that does nothing else."""

import asyncio
import logging
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from tests.quick import quick_root
from tests.storm.cases import Case, CaseBroke, play_calm, play_case
from tests.storm.databases import fresh_database, make_template
from tests.transcripts.script import Script


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


def play_cases(script: Script, cases: Sequence[Case]) -> Result:
    """Play some cases; failures are counted, not raised."""
    return asyncio.run(_play(script, cases))


async def _play(script: Script, cases: Sequence[Case]) -> Result:
    _hush()
    result = Result()
    with tempfile.TemporaryDirectory(prefix="guichet-storm-", dir=quick_root()) as folder:
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


async def count_crossings(script: Script) -> int:
    """Count the places where a process may die in the calm play."""
    _hush()
    with tempfile.TemporaryDirectory(prefix="guichet-storm-", dir=quick_root()) as folder:
        template = await make_template(Path(folder))
        async with fresh_database(template) as database:
            return (await play_calm(script, database)).crossings


def _hush() -> None:
    """Failures are ordered here by the hundred: what is logged of them would hide the result."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))

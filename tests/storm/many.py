"""Many cases of a transcript, in a process that does nothing else."""

import atexit
import logging
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import structlog

from tests.quick import quick_root
from tests.storm.cases import CalmPlay, Case, CaseBroke, play_calm, play_case
from tests.storm.databases import fresh_database, make_template
from tests.storm.resting import run_resting
from tests.transcripts.script import Script


@dataclass(slots=True)
class Result:
    """What some cases of a transcript gave."""

    cases: int = 0
    deaths: int = 0
    crossings: int = 0
    failures: tuple[str, ...] = ()

    def add(self, other: "Result") -> None:
        """Count another's."""
        self.cases += other.cases
        self.deaths += other.deaths
        self.crossings = max(self.crossings, other.crossings)
        self.failures += other.failures


def play_cases(script: Script, cases: Sequence[Case]) -> Result:
    """Play some cases; failures are counted, not raised. Raises StormBroke in calm weather."""
    return run_resting(_play(script, cases))


def count_crossings(script: Script) -> int:
    """Count the places where a process may die in the calm play; raises StormBroke."""
    return run_resting(_calm(script)).crossings


_calms: dict[str, CalmPlay] = {}
"""The calm plays of this process: the measure of many cases, played once."""


async def _play(script: Script, cases: Sequence[Case]) -> Result:
    calm = await _calm(script)
    result = Result(crossings=calm.crossings)
    for case in cases:
        async with fresh_database(await _template()) as database:
            result.cases += 1
            try:
                result.deaths += (await play_case(script, calm, case, database)).deaths
            except CaseBroke as broke:
                result.failures += (str(broke),)
    return result


async def _calm(script: Script) -> CalmPlay:
    if script.name not in _calms:
        _hush()
        async with fresh_database(await _template()) as database:
            _calms[script.name] = await play_calm(script, database)
    return _calms[script.name]


async def _template() -> Path:
    template = _folder() / "template.db"
    return template if template.exists() else await make_template(template.parent)


@cache
def _folder() -> Path:
    """Make the folder of this process, which goes with it."""
    folder = tempfile.TemporaryDirectory(prefix="guichet-storm-", dir=quick_root())
    atexit.register(folder.cleanup)
    return Path(folder.name)


def _hush() -> None:
    """Failures are ordered here by the hundred: what is logged of them would hide the result."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))

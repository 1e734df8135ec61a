"""What an operator watches, in Prometheus's own words.

What happened in this process is counted here; how things stand is read from the database when it is
asked for, so that any of several workers answers it alike.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from chat.clock import Clock
from chat.turns import take_turn, take_turn_at_once, tell_at_once
from chat.workers import Runner
from storage.database import Database, FunctionTime, name_of
from storage.gauges import Gauges, gauges

P = ParamSpec("P")
R = TypeVar("R")

CONTENT_TYPE = CONTENT_TYPE_LATEST

HEAVY_BUCKETS_S = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
"""A photo takes three milliseconds, or its deadline of some seconds."""


@dataclass(slots=True)
class Metrics:
    """The counters of one process, and the gauges of its database."""

    database: Database
    clock: Clock
    process: str
    """What tells this worker's counters from another's."""
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    heavy: Histogram = field(init=False)

    def __post_init__(self) -> None:
        """Make what counts."""
        self.heavy = Histogram(
            "guichet_heavy_seconds",
            "Drawing and decoding in worker processes, their wait for one included.",
            ("work", "process"),
            buckets=HEAVY_BUCKETS_S,
            registry=self.registry,
        )

    def timed(self, runner: Runner) -> Runner:
        """Measure what a runner runs."""
        return _Timed(runner, self)

    async def page(self) -> bytes:
        """Write the page that Prometheus reads."""
        found = await self.database.read(gauges, self.clock())
        now = CollectorRegistry(auto_describe=False)
        now.register(_Found([*_standing(found), *_functions(self.database.times, self.process)]))
        return generate_latest(self.registry) + generate_latest(now)


@dataclass(frozen=True, slots=True)
class _Timed:
    """A runner that says how long things took."""

    runner: Runner
    metrics: Metrics

    async def run(self, fn: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run it, and count it whatever becomes of it."""
        started = time.perf_counter()
        try:
            return await self.runner.run(fn, *args, **kwargs)
        finally:
            work = str(getattr(fn, "__name__", "other"))
            spent = time.perf_counter() - started
            self.metrics.heavy.labels(work, self.metrics.process).observe(spent)


@dataclass(frozen=True, slots=True, eq=False)
class _Found(Collector):
    """What was read a moment ago."""

    found: Iterable[Metric]

    def collect(self) -> Iterable[Metric]:
        """Give it."""
        return self.found


def _standing(found: Gauges) -> Iterable[Metric]:
    """How things stand in the database."""
    for name, help_text, by, counts in (
        ("outbox_waiting", "Messages and far work waiting.", "kind", found.outbox_waiting),
        ("payments_today", "Payments begun in 24 hours.", "state", found.payments),
        ("scans_today", "Judgements at the doors in 24 hours.", "verdict", found.scans),
    ):
        metric = GaugeMetricFamily(f"guichet_{name}", help_text, labels=[by])
        for label, count in sorted(counts.items()):
            metric.add_metric([label], count)
        yield metric
    for plain, help_text, value in (
        ("outbox_late_seconds", "How long the oldest is due.", found.outbox_late_ms / 1000),
        ("outbox_failed", "What was given up and told to a person.", found.outbox_failed),
        ("inbox_waiting", "Messages kept and not worked yet.", found.inbox_waiting),
        ("inbox_late_seconds", "How old the oldest of them is.", found.inbox_late_ms / 1000),
        ("holds", "Orders whose seats are held unpaid.", found.holds),
    ):
        yield GaugeMetricFamily(f"guichet_{plain}", help_text, value=value)


def _functions(times: Mapping[str, FunctionTime], process: str) -> Iterable[Metric]:
    """What each storage function took of its thread; turns are one of them."""
    calls = CounterMetricFamily(
        "guichet_function_calls", "Runs of each transaction.", labels=["function", "process"]
    )
    spent = CounterMetricFamily(
        "guichet_function_seconds",
        "Time each transaction held its thread or connection.",
        labels=["function", "process"],
    )
    for name, counted in sorted(times.items()):
        calls.add_metric([name, process], counted.count)
        spent.add_metric([name, process], counted.total_ns / 1e9)
    turns = CounterMetricFamily("guichet_turns", "Turns of conversations.", labels=["process"])
    taken = [times.get(name_of(one)) for one in (take_turn, take_turn_at_once, tell_at_once)]
    turns.add_metric([process], sum(one.count for one in taken if one))
    return [calls, spent, turns]

"""What stays as it is in the long run: memory over many turns, and speed over many tickets.

Not part of `make bench`, because it takes some minutes: `make bench ONLY=long`. What a machine is
busy with besides shows least in the figures of processor time (`cpu`).
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from boxoffice.rules import DAY_MS
from storage import events
from storage.opening import open_database
from tests.bench import gate, orders, process
from tests.transcripts.stage import START, ListedChannel, SetClock, raise_stage
from tests.transcripts.world import make_event

if TYPE_CHECKING:
    from chat.messages import Outgoing, TalkName
    from storage.database import Database
    from tests.transcripts.stage import Stage

TURNS = 200_000
WARM = 20_000
"""By then every cache is as full as it gets."""
CHATS = 2_000
CALLERS = 64
SAID = ("bonjour", "1", "menu", "mes billets", "aide")
MINUTE_MS = 60_000
A_MINUTE = 2_000
"""Turns after which a minute has passed, and upkeep forgets what is old enough."""

FEW, MANY = 1_000, 1_000_000
EVENT_TICKETS = 2_500
RUNS = 3
SCANS = 3_000
SOLD = 600


# ---- Memory --------------------------------------------------------------------------------------


class Mute(ListedChannel):
    """A channel that keeps nothing: what is weighed is the house."""

    async def send(self, talk: TalkName, ref: str, outgoing: Outgoing) -> None:
        """Forget it."""


async def memory_figures() -> dict[str, float]:
    """Take two hundred thousand turns of two thousand chats, delivery and upkeep at work."""
    with tempfile.TemporaryDirectory() as folder:
        database = await open_database(f"sqlite:///{folder}/bench.db")
        try:
            clock = SetClock()
            facts = ("Standard 5000 x 500",)
            await database.write(make_event, "Mesure", START, facts, clock())
            stage = raise_stage(database, clock, Mute())
            async with stage.guichet.working():
                await _talk_on(stage, clock, WARM, 0)
                before_mb = process.resident_mb()
                began = time.perf_counter()
                await _talk_on(stage, clock, TURNS, WARM)
                rate = TURNS / (time.perf_counter() - began)
                after_mb = process.resident_mb()
        finally:
            await database.close()
    return {
        "turns_200k_per_s": rate,
        "memory_before_200k_mb": before_mb,
        "memory_after_200k_mb": after_mb,
        "memory_growth_200k_pct": 100 * (after_mb - before_mb) / before_mb,
    }


async def _talk_on(stage: Stage, clock: SetClock, turns: int, begun: int) -> None:
    """Have so many messages worked, 64 at once, from chats in their turn."""
    engine = stage.guichet.engine
    left = iter(range(begun, begun + turns))

    async def caller() -> None:
        for number in left:
            ref = f"buyer{number % CHATS}"
            text = SAID[number // CHATS % len(SAID)]
            said = json.dumps({"id": f"m{number}", "ref": ref, "language": "fr", "text": text})
            await engine.receive("listed", "seller", ref, f"m{number}", said)
            await engine.worked("listed", "seller", ref)
            if number % A_MINUTE == 0:
                clock.now_ms += MINUTE_MS

    await asyncio.gather(*(caller() for _ in range(CALLERS)))
    await stage.guichet.delivery.drain()


# ---- Many tickets --------------------------------------------------------------------------------


async def size_figures() -> dict[str, float]:
    """Scan, sell and start on a file of a thousand tickets, and on one of a million."""
    with tempfile.TemporaryDirectory() as folder:
        few, many = _Shelf(Path(folder) / "few"), _Shelf(Path(folder) / "many")
        await few.fill(FEW)
        await many.fill(MANY)
        for number in range(RUNS):  # by turns, so that both meet the same machine
            await few.measure(number)
            await many.measure(number)
    figures: dict[str, float] = {}
    for name, few_values in few.figures.items():
        stem, _, unit = name.partition("@")
        small, large = median(few_values), median(many.figures[name])
        figures |= {f"{stem}_1k_{unit}": small, f"{stem}_1m_{unit}": large}
        figures[f"{stem}_1m_of_1k_pct"] = 100 * large / small
    return figures


@dataclass(slots=True)
class _Shelf:
    """A database of some size, and what was measured on it: `name@unit`, a value a run."""

    folder: Path
    figures: dict[str, list[float]] = field(default_factory=dict)

    async def fill(self, tickets: int) -> None:
        """Sell so many tickets of events that are over, to people who came for one or two."""
        self.folder.mkdir()
        database = await open_database(self._url())
        try:
            clock = SetClock()
            for first in range(0, tickets, EVENT_TICKETS):
                count, title = min(EVENT_TICKETS, tickets - first), f"Jadis {first}"
                starts = START - timedelta(days=30, minutes=first // EVENT_TICKETS)
                now_ms = clock() - 60 * DAY_MS + first
                await database.write(gate.sell, count, now_ms, title, starts)
        finally:
            await database.close()

    async def measure(self, run: int) -> None:
        """Scan at a new event, sell another, and start a process; each once."""
        database = await open_database(self._url())
        try:
            clock = SetClock()
            clock.now_ms += run * MINUTE_MS
            event_id, codes = await database.write(gate.sell, SCANS, clock(), f"Porte {run}")
            await database.write(gate.post_stewards, event_id, clock())
            cpu_s = time.process_time()
            rate, _ = await gate.gate_turns(database, clock, codes)
            self._note("gate_turn@per_s", rate)
            self._note("gate_turn_cpu@ms", (time.process_time() - cpu_s) * 1000 / SCANS)
            await self._sell(database, clock, run)
        finally:
            await database.close()
        start_ms, weight_mb = await process.start_once(str(self.folder))
        self._note("start@ms", start_ms)
        self._note("weight@mb", weight_mb)

    async def _sell(self, database: Database, clock: SetClock, run: int) -> None:
        starts = START + timedelta(days=1)
        facts = (f"Standard 5000 x {SOLD}", "garde 60 min")
        event_id = await database.write(make_event, f"Vente {run}", starts, facts, clock())
        [kind] = await database.read(events.kinds_of, event_id)
        stage = raise_stage(database, clock, Mute(), runner=orders.NoPictures())
        cpu_s = time.process_time()
        async with stage.guichet.working():
            rate, _ = await orders.sell_orders(stage, kind.id, SOLD, f"run{run}buyer")
            await stage.guichet.delivery.drain()
        self._note("orders@per_s", rate)
        self._note("order_cpu@ms", (time.process_time() - cpu_s) * 1000 / SOLD)

    def _note(self, name: str, value: float) -> None:
        self.figures.setdefault(name, []).append(value)

    def _url(self) -> str:
        return f"sqlite:///{self.folder}/demo.db"

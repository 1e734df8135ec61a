"""What the gate carries: the bare admit, and the whole turn from a message to its queued answer."""

import asyncio
import json
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median, quantiles

from bot.web.serving import settled
from boxoffice.codes import Keyring, Mode
from boxoffice.model import Seat
from storage import chats, events, orders, scans, staff, tickets
from storage.database import Database, Tx
from storage.opening import open_database
from tests.bench.again import RecordedDatabase, said_again_per_s
from tests.noting import NotedDatabase
from tests.transcripts.stage import (
    START,
    TEST_KEY,
    ListedChannel,
    SetClock,
    raise_stage,
)
from tests.transcripts.world import make_event

CALLERS = 64
RUNS = 3
ADMITS = 12_000
TURNS = 6_000
"""A few seconds a run: long enough to fill the writer, short enough to be repeated."""

TOMORROW = START + timedelta(days=1)

SEATS_AN_ORDER = 3
"""People come in twos, threes and fours: whoever is let in is asked about the rest of theirs."""


async def gate_figures() -> dict[str, float]:
    """Measure the bare admit and the whole gate turn: 64 callers at once, durable."""
    admits, turns, tails = [], [], []
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as folder:
            database = await open_database(f"sqlite:///{folder}/bench.db")
            try:
                clock = SetClock()
                event_id, codes = await database.write(sell, ADMITS + TURNS, clock())
                hands = await database.write(post_stewards, event_id, clock())
                admits.append(await _admits_per_s(database, hands, codes[:ADMITS]))
                rate, p99_ms = await gate_turns(database, clock, codes[ADMITS:])
                admitted = await database.read(_admitted)
                assert admitted == ADMITS + TURNS, f"{admitted} tickets admitted"
                turns.append(rate)
                tails.append(p99_ms)
            finally:
                await database.close()
    return {
        "gate_admit_per_s": median(admits),
        "gate_turn_per_s": median(turns),
        "gate_turn_p99_ms": median(tails),
    }


async def same_statements_per_s() -> float:
    """The very statements of the gate's turns with no turn around them, on the same tables."""
    with tempfile.TemporaryDirectory() as folder:
        sold, copy = Path(folder) / "bench.db", Path(folder) / "copy.db"
        clock = SetClock()
        database = await open_database(f"sqlite:///{sold}")
        event_id, codes = await database.write(sell, TURNS, clock())
        await database.write(post_stewards, event_id, clock())
        await database.close()
        rates = []
        for run in range(RUNS + 1):
            shutil.copy(sold, copy)
            database = await open_database(f"sqlite:///{copy}")
            if run == 0:
                recorded = RecordedDatabase(database)
                await gate_turns(recorded, clock, codes)
            else:
                rates.append(await said_again_per_s(database, list(recorded.said.values())))
            assert await database.read(_admitted) == TURNS
            await database.close()
    return median(rates)


async def _admits_per_s(database: Database, hands: list[scans.Hand], codes: list[str]) -> float:
    """The bare admit: one conditional update through the writer."""

    async def admit(caller: int, code: str) -> None:
        story = await database.write(scans.admit, hands[caller], scans.ByCode(code), mode=Mode.DEMO)
        assert story is not None, "a valid ticket was refused"

    began = time.perf_counter()
    await _share(codes, admit)
    return len(codes) / (time.perf_counter() - began)


async def gate_turns(database: Database, clock: SetClock, codes: list[str]) -> tuple[float, float]:
    """The whole turn: inbox, judge, journal, outbox; turns a second and their 99th percentile."""
    stage = raise_stage(database, clock, ListedChannel())
    engine = stage.guichet.engine
    took_ms: list[float] = []

    async def scan(caller: int, code: str) -> None:
        ref = f"steward{caller}"
        said = json.dumps({"id": code, "ref": ref, "language": "fr", "text": code})
        began = time.perf_counter()
        await engine.receive("listed", "scanner", ref, code, said)
        await engine.worked("listed", "scanner", ref)
        took_ms.append((time.perf_counter() - began) * 1000)

    with settled():  # as every process that serves is
        began = time.perf_counter()
        await _share(codes, scan)
        rate = len(codes) / (time.perf_counter() - began)
    return rate, quantiles(took_ms, n=100)[-1]


async def statements_of_a_turn() -> int:
    """Count the statements of one turn at the gate, the message's own INSERT left out."""
    with tempfile.TemporaryDirectory() as folder:
        database = await open_database(f"sqlite:///{folder}/bench.db")
        try:
            clock = SetClock()
            event_id, codes = await database.write(sell, 2, clock())
            await database.write(post_stewards, event_id, clock())
            noted = NotedDatabase(database)
            engine = raise_stage(noted, clock, ListedChannel()).guichet.engine
            for code in codes:  # the second finds the chat as every later one does
                noted.said.clear()
                said = json.dumps({"id": code, "ref": "steward0", "language": "fr", "text": code})
                await engine.receive("listed", "scanner", "steward0", code, said)
                await engine.worked("listed", "scanner", "steward0")
            return noted.said.total() - 1
        finally:
            await database.close()


async def _share(codes: list[str], work: Callable[[int, str], Awaitable[None]]) -> None:
    """Have 64 callers work through the codes, each taking the next one when it is done."""
    left: Iterator[str] = iter(codes)

    async def caller(number: int) -> None:
        for code in left:
            await work(number, code)

    await asyncio.gather(*(caller(number) for number in range(CALLERS)))


async def sell(
    tx: Tx, count: int, now_ms: int, title: str = "Mesure", starts: datetime = TOMORROW
) -> tuple[int, list[str]]:
    """Sell so many tickets of one new event, a few to each buyer, and answer with their codes."""
    event_id = await make_event(tx, title, starts, (f"Standard 5000 x {count}",), now_ms)
    kind = (await events.kinds_of(tx, event_id))[0]
    event = await events.event_by_id(tx, event_id)
    assert event is not None
    for first in range(0, count, SEATS_AN_ORDER):
        ranks = range(1, min(SEATS_AN_ORDER, count - first) + 1)
        seats = [Seat(rank, kind.id, 5000, None) for rank in ranks]
        name = f"{title} {first}"
        buyer = await chats.open_chat(
            tx, channel="listed", talk="seller", ref=name, language="fr", name=name, now_ms=now_ms
        )
        new = orders.NewOrder(
            name, event_id, buyer.person_id, buyer.id, seats, "XOF", now_ms + 60_000
        )
        order = await orders.hold(tx, new, now_ms)
        assert order is not None
        await orders.mark_paid(tx, order.id, now_ms)
        await tickets.issue(
            tx,
            order=order,
            event=event,
            kinds={kind.id: kind},
            seats=seats,
            keyring=Keyring.parse(TEST_KEY),
            now_ms=now_ms,
        )
    rows = await tx.rows("SELECT code FROM tickets WHERE event_id = :id ORDER BY id", id=event_id)
    return event_id, [row["code"] for row in rows]


async def post_stewards(tx: Tx, event_id: int, now_ms: int) -> list[scans.Hand]:
    """Put 64 stewards at the event's gate."""
    gate = (await staff.gates_of(tx, event_id))[0]
    hands = []
    for caller in range(CALLERS):
        name = f"steward{caller}"
        chat = await chats.open_chat(
            tx, channel="listed", talk="scanner", ref=name, language="fr", name=name, now_ms=now_ms
        )
        staff_id = await staff.engage(
            tx,
            event_id=event_id,
            person_id=chat.person_id,
            role="steward",
            name=name,
            now_ms=now_ms,
        )
        hands.append(scans.Hand(chat.person_id, staff_id, gate.id, "listed", now_ms, now_ms))
    return hands


async def _admitted(tx: Tx) -> int:
    row = await tx.row("SELECT COUNT(*) AS n FROM tickets WHERE scanned_at_ms IS NOT NULL")
    return int(row["n"]) if row else 0

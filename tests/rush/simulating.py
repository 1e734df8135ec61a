"""The rush itself: the real engine, outbox and database under a clock that is not the wall's."""

import json
import random
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from heapq import heappop
from pathlib import Path
from statistics import quantiles
from typing import ParamSpec, TypeVar

from bot.handlers.telegram import PACE
from bot.payments.protocol import MoneyIn, Notice
from storage import payments
from storage.database import Database, Tx
from storage.opening import open_database
from storage.outbox import Pace, sender_of
from tests.rush.app import Rushed
from tests.rush.buyers import Buyer, Crowd, Deed
from tests.storm.invariants import breaches
from tests.transcripts.stage import START, SetClock, Stage, raise_stage
from tests.transcripts.world import make_event

STEP_MS = 50
"""How finely time passes: a message or two fall due in a step."""

KEEP_UP_MS = 5_000

IN_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 (a folder of our own in it)
"""Its clock is not the wall's: waiting for a disk would change nothing but our patience."""

ENDS_AFTER_MS = 3_600_000
"""A rush that is not over within an hour never ends: that is a fault."""

P = ParamSpec("P")
R = TypeVar("R")


class _NoPictures:
    """Stands where worker processes draw: their time is not this simulation's."""

    async def run(self, fn: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:  # noqa: ARG002
        return b""  # type: ignore[return-value] # a picture of no bytes: only its path is tried


@dataclass(frozen=True, slots=True)
class Rush:
    """What a rush showed; times in milliseconds from a buyer's first word."""

    buyers: int
    places: int
    tickets: int
    turned_away: int
    unanswered: int
    noted: int
    refused: int
    """How often the app said that we were too fast."""
    taken: int
    """The messages it took."""
    lasted_ms: int
    to_first_answer_ms: Mapping[int, int]
    """By percentile."""
    to_ticket_ms: Mapping[int, int]
    to_no_ms: Mapping[int, int]
    breaches: tuple[str, ...]


async def rush(*, buyers: int, places: int, within_ms: int, seed: int, is_paced: bool) -> Rush:
    """Let so many buyers come within a time for so many places.

    Unpaced, everything is sent at once and the app's refusals are all that slows it.
    """
    with tempfile.TemporaryDirectory(prefix="guichet-rush-", dir=IN_MEMORY) as folder:
        database = await open_database(f"sqlite:///{folder}/rush.db")
        try:
            paces = {sender_of("listed", "seller"): PACE} if is_paced else {}
            return await _rush(database, buyers, places, within_ms, random.Random(seed), paces)
        finally:
            await database.close()


async def _rush(
    database: Database,
    count: int,
    places: int,
    within_ms: int,
    chance: random.Random,
    paces: Mapping[str, Pace],
) -> Rush:
    clock = SetClock()
    facts = (f"Standard 5000 x {places}", "garde 30 min")
    event_id = await database.write(
        make_event, "Grand Soir", START + timedelta(days=1), facts, clock()
    )
    crowd = Crowd(chance, clock, event_id)
    app = Rushed(clock, crowd.receive)
    stage = raise_stage(database, clock, app, runner=_NoPictures(), paces=paces)
    began_ms = clock()
    crowd.come(count, within_ms)
    while not all(buyer.is_done for buyer in crowd.buyers.values()):
        if clock() > began_ms + ENDS_AFTER_MS:
            break
        await _step(stage, crowd)
        clock.now_ms += STEP_MS
    lasted_ms = clock() - began_ms
    await stage.guichet.engine.close()
    return await _told(database, crowd, app, places, lasted_ms)


async def _step(stage: Stage, crowd: Crowd) -> None:
    now_ms = stage.clock()
    while crowd.coming and crowd.coming[0].at_ms <= now_ms:
        deed: Deed | None = heappop(crowd.coming)
        if deed is not None and deed.kind == "again":
            deed = crowd.gave_up_waiting(deed)
        if deed is not None:
            await _do(stage, crowd, deed)
    if now_ms % KEEP_UP_MS < STEP_MS:
        for chore in stage.guichet.chores:
            if chore.name in {"end_holds", "remind"}:
                await chore.work(now_ms)
    await stage.guichet.engine.idle()
    await stage.guichet.delivery.drain()


async def _do(stage: Stage, crowd: Crowd, deed: Deed) -> None:
    if deed.kind == "pay":
        payment_id = await stage.database.read(_payment_at, deed.what)
        payment = await stage.database.read(payments.payment_by_id, payment_id)
        assert payment is not None
        notice = Notice(f"n{payment.id}", payment.id, MoneyIn(payment.amount))
        await stage.guichet.payment_work.credit(notice)
        return
    said = {"id": f"m{deed.number}", "ref": deed.who.ref, "language": "fr", deed.kind: deed.what}
    engine = stage.guichet.engine
    await engine.receive("listed", "seller", deed.who.ref, said["id"], json.dumps(said))
    crowd.ask(deed)


async def _payment_at(tx: Tx, url: str) -> int:
    row = await tx.row("SELECT id FROM payments WHERE url = :url", url=url)
    assert row is not None, "the page belongs to no payment"
    return int(row["id"])


async def _told(database: Database, crowd: Crowd, app: Rushed, places: int, lasted_ms: int) -> Rush:
    buyers = list(crowd.buyers.values())

    def spread(ended: Callable[[Buyer], int | None]) -> Mapping[int, int]:
        found = [at - one.came_ms for one in buyers if (at := ended(one)) is not None]
        if len(found) < 2:
            return {}
        cuts = quantiles(found, n=100, method="inclusive")
        return {percent: round(cuts[percent - 1]) for percent in (50, 90, 99)}

    return Rush(
        buyers=len(buyers),
        places=places,
        tickets=await database.read(_count_tickets),
        turned_away=sum(one.turned_away_ms is not None for one in buyers),
        unanswered=sum(not one.is_done for one in buyers),
        noted=sum(one.noted for one in buyers),
        refused=app.refused,
        taken=app.taken,
        lasted_ms=lasted_ms,
        to_first_answer_ms=spread(lambda one: one.heard_ms),
        to_ticket_ms=spread(lambda one: one.ticket_ms),
        to_no_ms=spread(lambda one: one.turned_away_ms),
        breaches=tuple(await database.read(breaches)),
    )


async def _count_tickets(tx: Tx) -> int:
    row = await tx.row("SELECT COUNT(*) AS n FROM tickets WHERE status = 'valid'")
    return int(row["n"]) if row else 0


def story(told: Rush) -> str:
    """Say what a rush showed, a line a fact."""

    def times(spread: Mapping[int, int]) -> str:
        return ", ".join(f"p{percent} {ms / 1000:.1f} s" for percent, ms in spread.items())

    lasted_s = told.lasted_ms / 1000
    facts = (
        f"{told.buyers} buyers for {told.places} places, over after {lasted_s:.0f} s",
        f"first answer   {times(told.to_first_answer_ms)}",
        f"ticket         {times(told.to_ticket_ms)}",
        f"told no        {times(told.to_no_ms)}",
        f"tickets {told.tickets}, turned away {told.turned_away}, unanswered {told.unanswered}",
        f"told to wait {told.noted}",
        f"messages taken {told.taken}, refused as too fast {told.refused}",
        f"oversold {max(0, told.tickets - told.places)}, broken promises {len(told.breaches)}",
    )
    return "\n  ".join(facts)

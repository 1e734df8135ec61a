"""What selling carries: hold, pay and issue, durable; and how soon money is a ticket sent."""

import asyncio
import json
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from statistics import median, quantiles
from typing import ParamSpec, TypeVar

from bot.payments.protocol import MoneyIn, Notice
from boxoffice.model import Payment
from chat.messages import Outgoing, TalkName
from storage import events, payments
from storage.database import Database, Tx, glance
from storage.ids import to_text
from storage.opening import open_database
from tests.transcripts.stage import START, ListedChannel, SetClock, Stage, raise_stage
from tests.transcripts.world import make_event

PRICE = 5000
BUYERS_AT_ONCE = 8
ORDERS = 1_200
NOTICES_AT_ONCE = 50
RUNS = 3

P = ParamSpec("P")
R = TypeVar("R")


class NoPictures:
    """Stands where worker processes draw: drawing has its own figure, `ticket_image_ms`."""

    async def run(self, fn: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:  # noqa: ARG002
        """Draw nothing."""
        return b""  # type: ignore[return-value] # a picture of no bytes: only its path is measured


class _Sent(ListedChannel):
    """A channel that notes when each chat's newest picture went out."""

    def __init__(self) -> None:
        super().__init__()
        self.ticket_sent: dict[str, float] = {}
        self.news = asyncio.Event()

    async def send(self, talk: TalkName, ref: str, outgoing: Outgoing) -> None:
        """Note the time of a ticket."""
        del talk
        if outgoing.media is not None:
            self.ticket_sent[ref] = time.perf_counter()
            self.news.set()


async def order_figures() -> dict[str, float]:
    """Measure orders a second at 8 buyers at once, and 50 notices at once until their tickets."""
    rates, tails, sent = [], [], []
    for _ in range(RUNS):
        async with _selling(ORDERS) as (stage, kind_id, _):
            rate, p99_ms = await sell_orders(stage, kind_id)
            rates.append(rate)
            tails.append(p99_ms)
        async with _selling(NOTICES_AT_ONCE) as (stage, kind_id, channel):
            sent.append(await _paid_to_sent_ms(stage, kind_id, channel))
    return {
        "orders_per_s": median(rates),
        "orders_p99_ms": median(tails),
        "paid_to_sent_p99_ms": median(sent),
    }


@asynccontextmanager
async def _selling(quota: int) -> AsyncIterator[tuple[Stage, int, _Sent]]:
    """Put an event with so many places on sale, on a SQLite file of its own."""
    with tempfile.TemporaryDirectory() as folder:
        database = await open_database(f"sqlite:///{folder}/bench.db")
        try:
            clock, channel = SetClock(), _Sent()
            facts = (f"Standard {PRICE} x {quota}", "garde 60 min")
            starts = START + timedelta(days=1)
            event_id = await database.write(make_event, "Mesure", starts, facts, clock())
            kind = (await database.read(events.kinds_of, event_id))[0]
            stage = raise_stage(database, clock, channel, runner=NoPictures())
            async with stage.guichet.working():
                yield stage, kind.id, channel
            await _check(database, quota)
        finally:
            await database.close()


async def sell_orders(
    stage: Stage, kind_id: int, count: int = ORDERS, name: str = "buyer"
) -> tuple[float, float]:
    """Sell so many places; orders a second, and the 99th percentile of one order's time.

    The conditions were shown to everybody before: only what is shown can be accepted.
    """
    refs = [f"{name}{number}" for number in range(count)]
    for ref in refs:
        await _tap(stage, ref, f"want:{to_text(kind_id)}:1")
    left: Iterator[str] = iter(refs)
    took_ms: list[float] = []

    async def buyer() -> None:
        for ref in left:
            began = time.perf_counter()
            await _pay(stage, await _hold(stage, kind_id, ref), ref)
            took_ms.append((time.perf_counter() - began) * 1000)

    began = time.perf_counter()
    await asyncio.gather(*(buyer() for _ in range(BUYERS_AT_ONCE)))
    return count / (time.perf_counter() - began), quantiles(took_ms, n=100)[-1]


async def _paid_to_sent_ms(stage: Stage, kind_id: int, channel: _Sent) -> float:
    """Hold 50 orders, tell of all their money at once, and wait until the last ticket is sent."""
    refs = [f"buyer{number}" for number in range(NOTICES_AT_ONCE)]
    for ref in refs:
        await _tap(stage, ref, f"want:{to_text(kind_id)}:1")
    held = [await _hold(stage, kind_id, ref) for ref in refs]
    began = time.perf_counter()
    await asyncio.gather(
        *(_pay(stage, payment, ref) for payment, ref in zip(held, refs, strict=True))
    )
    while len(channel.ticket_sent) < NOTICES_AT_ONCE:
        channel.news.clear()
        await channel.news.wait()
    took_ms = [(channel.ticket_sent[ref] - began) * 1000 for ref in refs]
    return quantiles(took_ms, n=100)[-1]


async def _hold(stage: Stage, kind_id: int, ref: str) -> Payment:
    """Accept the conditions of one place: it is held, and a payment begun."""
    await _tap(stage, ref, f"accept:{to_text(kind_id)}:1:1:{to_text(PRICE)}")
    payment = await glance(stage.database, _payment_of, ref)
    assert payment is not None, f"{ref} could not hold a place"
    return payment


async def _tap(stage: Stage, ref: str, action: str) -> None:
    """Press a button and wait until it has had its turn."""
    message_id = f"{ref}.{action}"
    said = json.dumps({"id": message_id, "ref": ref, "language": "fr", "tap": action})
    engine = stage.guichet.engine
    await engine.receive("listed", "seller", ref, message_id, said)
    await engine.worked("listed", "seller", ref)


async def _pay(stage: Stage, payment: Payment, ref: str) -> None:
    """Tell of an order's money and wait until its ticket is issued."""
    notice = Notice(f"n{payment.id}", payment.id, MoneyIn(payment.amount))
    await stage.guichet.payment_work.credit(notice)
    await stage.guichet.engine.worked("listed", "seller", ref)


async def _payment_of(tx: Tx, ref: str) -> Payment | None:
    row = await tx.row(
        "SELECT payments.id FROM payments JOIN orders ON orders.id = payments.order_id"
        " JOIN chats ON chats.person_id = orders.buyer_id WHERE chats.channel = 'listed'"
        " AND chats.talk = 'seller' AND chats.ref = :ref",
        ref=ref,
    )
    return await payments.payment_by_id(tx, row["id"]) if row else None


async def _check(database: Database, quota: int) -> None:
    """Every place sold once, for money: never oversold, nothing lost."""

    async def count(tx: Tx) -> tuple[int, int]:
        tickets = await tx.row("SELECT COUNT(*) AS n FROM tickets WHERE status = 'valid'")
        taken = await tx.row("SELECT SUM(taken) AS n FROM kinds")
        assert tickets is not None
        assert taken is not None
        return tickets["n"], taken["n"]

    assert await database.read(count) == (quota, quota)

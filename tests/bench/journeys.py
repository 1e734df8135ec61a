"""How many buyers' whole journeys the engine carries: ten turns each, hello to tickets."""

import asyncio
import json
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from statistics import median
from typing import ParamSpec, TypeVar

from bot.payments.protocol import MoneyIn, Notice
from boxoffice.model import Payment
from chat.messages import Outgoing, TalkName
from storage import payments
from storage.database import Tx, glance
from storage.opening import open_database
from tests.transcripts.stage import START, ListedChannel, SetClock, Stage, raise_stage
from tests.transcripts.world import make_event

BUYERS_AT_ONCE = 32
JOURNEYS = 320
RUNS = 3

P = ParamSpec("P")
R = TypeVar("R")


class _NoPictures:
    """Stands where worker processes draw: drawing has its own figure, `ticket_image_ms`."""

    async def run(self, fn: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:  # noqa: ARG002
        return b""  # type: ignore[return-value] # a picture of no bytes: only its path is measured


async def journey_figures() -> dict[str, float]:
    """Measure journeys a second, delivery included, drawing left to its own processes."""
    rates = []
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as folder:
            database = await open_database(f"sqlite:///{folder}/bench.db")
            try:
                clock = SetClock()
                await database.write(
                    make_event,
                    "Mesure",
                    START + timedelta(days=1),
                    (f"Standard 5000 x {JOURNEYS}",),
                    clock(),
                )
                channel = _Woken()
                stage = raise_stage(database, clock, channel, runner=_NoPictures())
                rates.append(await _journeys_per_s(stage, channel))
            finally:
                await database.close()
    return {"journeys_per_s": median(rates)}


class _Woken(ListedChannel):
    """A channel that wakes whoever waits for a chat's next message."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: dict[str, asyncio.Queue[Outgoing]] = {}

    async def send(self, talk: TalkName, ref: str, outgoing: Outgoing) -> None:
        """Hand the message to its buyer."""
        del talk
        self.waiting[ref].put_nowait(outgoing)


async def _journeys_per_s(stage: Stage, channel: _Woken) -> float:
    engine = stage.guichet.engine
    left = iter(range(JOURNEYS))

    async def journey(number: int) -> None:
        ref = f"buyer{number}"
        queue = channel.waiting[ref] = asyncio.Queue()

        async def say(step: int, kind: str, what: str) -> Outgoing:
            message_id = f"{ref}.{step}"
            said = json.dumps({"id": message_id, "ref": ref, "language": "fr", kind: what})
            await engine.receive("listed", "seller", ref, message_id, said)
            return await queue.get()

        await say(1, "start", "")
        await say(2, "text", "menu")
        await say(3, "text", "bonjour")
        page = await say(4, "text", "1")
        many = await say(5, "tap", page.buttons[0].action or "")
        conditions = await say(6, "tap", many.buttons[0].action or "")
        to_pay = await say(7, "tap", conditions.buttons[0].action or "")
        payment = await glance(stage.database, _payment_at, to_pay.buttons[0].url or "")
        notice = Notice(f"n{payment.id}", payment.id, MoneyIn(payment.amount))
        await stage.guichet.payment_work.credit(notice)
        ticket = await queue.get()
        assert ticket.media is not None, "no ticket came"
        await say(8, "text", "mes billets")

    async def buyer() -> None:
        for number in left:
            await journey(number)

    async with stage.guichet.working():
        began = time.perf_counter()
        await asyncio.gather(*(buyer() for _ in range(BUYERS_AT_ONCE)))
        return JOURNEYS / (time.perf_counter() - began)


async def _payment_at(tx: Tx, url: str) -> Payment:
    """The payment whose page this is."""
    row = await tx.row("SELECT id FROM payments WHERE url = :url", url=url)
    payment = await payments.payment_by_id(tx, row["id"]) if row else None
    assert payment is not None, "the page belongs to no payment"
    return payment

"""Providers are asked soon, then ever slower; before seats are let go; and a few at a time."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from bot.chores import ASK_FIRST_MS, ASK_SLOWEST_MS, EVENT_REFUNDS_AT_ONCE_MAX
from boxoffice import rules
from chat.upkeep import do_once
from storage.database import Database, Tx
from tests.storm.edges import Crossings
from tests.storm.invariants import breaches
from tests.storm.processes import behind
from tests.storm.screens import StormScreens
from tests.storm.test_outages import Outage
from tests.transcripts.pay_world import newest_payment
from tests.transcripts.stage import SetClock, Stage, open_stage, raise_stage_on

STEP_MS = 2_500
"""As often as upkeep asks."""

FIND = " find: "


@dataclass(slots=True)
class Desk:
    """A box office, and what it asks of its provider."""

    stage: Stage
    outage: Outage
    screens: StormScreens
    log: list[str] = field(default_factory=list)

    async def chore(self, name: str) -> None:
        """Do one chore now."""
        [chore] = [one for one in self.stage.guichet.chores if one.name == name]
        await do_once(chore, self.stage.clock())

    async def asked_during(self, time_ms: int) -> list[int]:
        """Let time pass as a running process does; answers when the provider was asked."""
        began_ms, asked = self.stage.clock.now_ms, []
        while self.stage.clock.now_ms < began_ms + time_ms:
            self.stage.clock.now_ms += STEP_MS
            before = self.asked
            await self.chore("ask_providers")
            await self.stage.settle()
            asked += [self.stage.clock.now_ms - began_ms] * (self.asked - before)
        return asked

    @property
    def asked(self) -> int:
        """How often the provider was asked how a payment stands."""
        return sum(FIND in line for line in self.log)


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    """A house whose every call to the provider is written down."""
    screens, outage, log = StormScreens(), Outage(), list[str]()
    stage = raise_stage_on(database, SetClock(), screens)
    await stage.world("organisateur olga")
    await stage.world("événement jazz: Nuit du Jazz | 12/06/2027 20:30 | Standard 5000 x 40")
    stage.guichet = behind(stage, screens, Crossings(outage, log))
    yield Desk(stage, outage, screens, log)
    await stage.guichet.engine.close()


async def _begin(desk: Desk) -> None:
    for text in ("/start e_jazz", "1 standard", "j'accepte"):
        deed = await desk.stage.deed("awa", text)
        desk.stage.count += 1
        await desk.screens.do(desk.stage.speaker("awa"), desk.stage.count, deed)
        for letter in desk.screens.postbox.letters[-1:]:
            await desk.stage.guichet.engine.receive(
                letter.channel, letter.talk, letter.ref, letter.message_id, letter.payload
            )
        await desk.stage.settle()


async def test_without_notices_a_provider_is_asked_soon_then_ever_slower(desk: Desk) -> None:
    """Every five seconds at first, at last once a minute, until the payment is final."""
    await _begin(desk)
    times = await desk.asked_during(12 * rules.MINUTE_MS)
    pauses = [later - sooner for sooner, later in pairwise(times)]
    assert times[0] <= ASK_FIRST_MS + STEP_MS
    assert pauses[0] <= ASK_FIRST_MS + STEP_MS
    assert all(later >= sooner for sooner, later in pairwise(pauses))
    assert ASK_SLOWEST_MS <= pauses[-1] <= ASK_SLOWEST_MS + STEP_MS
    # The buyer pays, and no notice ever comes: they need press nothing.
    payment = await desk.stage.database.read(newest_payment)
    assert payment is not None
    await desk.stage.sandbox.press(str(payment.url).rpartition("/")[2], "pay")
    await desk.asked_during(2 * rules.MINUTE_MS)
    assert (await desk.stage.seen("awa"))[-1].media is not None
    assert await desk.asked_during(5 * rules.MINUTE_MS) == [], "a final payment is not asked about"


async def test_seats_are_let_go_only_when_the_provider_said_so(desk: Desk) -> None:
    """A provider that does not answer keeps the seats, for five minutes past the hold at most."""
    await _begin(desk)
    desk.outage.away = frozenset({"provider"})
    desk.stage.clock.now_ms += rules.HOLD_MS_DEFAULT + 10 * 1000
    for _ in range(2):
        await desk.chore("end_holds")
        await desk.stage.settle()
        assert await desk.stage.database.read(_status) == "held", "asked, and not answered"
        desk.stage.clock.now_ms += rules.PAYMENT_GRACE_MS // 3
    assert desk.asked >= 2
    desk.stage.clock.now_ms += rules.PAYMENT_GRACE_MS
    await desk.chore("end_holds")
    await desk.stage.settle()
    assert await desk.stage.database.read(_status) == "expired"


async def _status(tx: Tx) -> str:
    row = await tx.row("SELECT status FROM orders ORDER BY id DESC LIMIT 1")
    return str(row["status"]) if row else ""


async def test_an_events_refunds_go_out_a_few_at_a_time(database: Database) -> None:
    """More orders than a provider takes at once: the first ones now, the rest at the next look."""
    more = 2
    async with open_stage(database) as stage:
        await stage.world("événement jazz: Nuit du Jazz | 12/06/2027 20:30 | Standard 5000 x 40")
        for number in range(EVENT_REFUNDS_AT_ONCE_MAX + more):
            await stage.world(f"b{number} achète 1 Standard pour jazz")
        await stage.world("rembourse jazz")
        [chore] = [one for one in stage.guichet.chores if one.name == "refund_events"]
        await do_once(chore, stage.clock())
        await stage.guichet.engine.idle()
        # No gate lets in what is being refunded, though no provider was asked yet.
        assert await database.read(_by_status) == {
            "refunded": EVENT_REFUNDS_AT_ONCE_MAX,
            "valid": more,
        }
        assert await database.read(_refunds) == {"asked": EVENT_REFUNDS_AT_ONCE_MAX}
        await do_once(chore, stage.clock())
        await stage.settle()
        everyone = EVENT_REFUNDS_AT_ONCE_MAX + more
        assert await database.read(_by_status) == {"refunded": everyone}
        assert await database.read(_refunds) == {"done": everyone}
        assert await database.read(breaches) == []


async def _refunds(tx: Tx) -> dict[str, int]:
    rows = await tx.rows("SELECT status, COUNT(*) AS n FROM refunds GROUP BY status")
    return {row["status"]: int(row["n"]) for row in rows}


async def _by_status(tx: Tx) -> dict[str, int]:
    rows = await tx.rows("SELECT status, COUNT(*) AS n FROM tickets GROUP BY status")
    return {row["status"]: int(row["n"]) for row in rows}

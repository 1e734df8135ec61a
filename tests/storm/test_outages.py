"""What was away comes back: the database, a provider, the disk, the right time.

While it lasts nothing is acknowledged that was not kept, whoever waits before a screen hears a
clear word, and afterwards all is as it should be.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from chat.messages import Outgoing
from chat.upkeep import do_once
from storage.database import Database, StorageError
from tests.storm.edges import Crossings
from tests.storm.invariants import AT_REST, breaches
from tests.storm.processes import behind
from tests.storm.screens import Letter, StormScreens
from tests.storm.weather import Deed, Kind
from tests.transcripts.pay_world import newest_payment
from tests.transcripts.script import BUYER
from tests.transcripts.stage import SetClock, Stage, raise_stage_on

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
STEP_MS = 20_000
"""Upkeep looks around every few seconds; this often is enough to see what it does."""


@dataclass(slots=True)
class Outage:
    """A weather in which some kinds of crossings fail for as long as it is said."""

    away: frozenset[Kind] = frozenset()
    crossings: int = 0

    def next(self, kind: Kind) -> Deed:
        """Fail what is away."""
        self.crossings += 1
        return Deed.FAIL_BEFORE if kind in self.away else Deed.GO_ON

    def pick(self, waiting: int) -> int:  # noqa: ARG002 (a weather's shape)
        """First come, first served."""
        return 0


@dataclass(slots=True)
class House:
    """A box office with one event of three places, and its buyer."""

    stage: Stage
    outage: Outage
    screens: StormScreens
    unacknowledged: list[Letter] = field(default_factory=list)

    async def says(self, *texts: str) -> None:
        """Have the buyer do some things, one after the other."""
        for text in texts:
            deed = await self.stage.deed(BUYER, text)
            self.stage.count += 1
            before = len(self.screens.postbox.letters)
            await self.screens.do(self.stage.speaker(BUYER), self.stage.count, deed)
            self.unacknowledged += self.screens.postbox.letters[before:]
            await self.deliver()

    async def deliver(self) -> None:
        """Deliver what was not acknowledged yet, as apps do again and again."""
        for letter in list(self.unacknowledged):
            try:
                await self.stage.guichet.engine.receive(
                    letter.channel, letter.talk, letter.ref, letter.message_id, letter.payload
                )
            except StorageError:
                return
            self.unacknowledged.remove(letter)
        await self.work()

    async def work(self) -> None:
        """Let the process do what it can."""
        try:
            await self.stage.settle()
        except StorageError:
            return

    async def live(self, time_ms: int) -> None:
        """Let time pass, with upkeep, as a running process does."""
        clock: SetClock = self.stage.clock
        for _ in range(time_ms // STEP_MS):
            clock.now_ms += STEP_MS
            for chore in self.stage.guichet.chores:
                await do_once(chore, clock())
            await self.work()

    async def pays_at_the_provider(self) -> None:
        """Have the buyer pay on the newest page, and its notice lost."""
        payment = await self.stage.database.read(newest_payment)
        assert payment is not None
        await self.stage.sandbox.press(str(payment.url).rpartition("/")[2], "pay")

    async def heard(self) -> list[Outgoing]:
        """Everything the buyer was told."""
        return list(await self.stage.seen(BUYER))

    async def last(self) -> str:
        """What the buyer was told last."""
        return (await self.heard())[-1].text

    async def is_well(self) -> None:
        """Every promise holds, and nothing is left undone."""
        assert await self.stage.database.read(breaches) == []
        assert await self.stage.database.read(breaches, AT_REST) == []


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    """A house whose every way to the world may fail."""
    screens, outage = StormScreens(), Outage()
    stage = raise_stage_on(database, SetClock(), screens)
    await stage.world("événement jazz: Nuit du Jazz | 12/06/2027 20:30 | Standard 5000 x 3")
    stage.guichet = behind(stage, screens, Crossings(outage, []))
    yield House(stage, outage, screens)
    await stage.guichet.engine.close()


async def test_while_the_database_is_away_nothing_is_acknowledged(house: House) -> None:
    """What is written meanwhile comes again from the app, and is answered once it is kept."""
    await house.says("/start e_jazz", "1")
    house.outage.away = frozenset({"write"})
    await house.says("1")
    assert house.unacknowledged, "a message was acknowledged that nobody kept"
    answered = len(await house.heard())
    await house.live(10 * MINUTE_MS)
    assert len(await house.heard()) == answered
    house.outage.away = frozenset()
    await house.deliver()
    assert "Conditions" in await house.last()
    await house.live(MINUTE_MS)
    await house.is_well()


async def test_money_that_comes_while_the_database_is_away_is_asked_for_later(
    house: House,
) -> None:
    """Its notice cannot be kept; the provider is asked when the database is back."""
    await house.says("/start e_jazz", "1", "1", "j'accepte")
    house.outage.away = frozenset({"write"})
    await house.pays_at_the_provider()
    await house.live(5 * MINUTE_MS)
    assert (await house.heard())[-1].media is None
    house.outage.away = frozenset()
    await house.live(5 * MINUTE_MS)
    assert (await house.heard())[-1].media is not None, "paid, and no ticket"
    await house.is_well()


async def test_a_provider_away_for_an_hour_is_said_within_a_minute(house: House) -> None:
    """The buyer hears that the page does not open and how long the places are kept; then buys."""
    house.outage.away = frozenset({"provider"})
    await house.says("/start e_jazz", "1", "1", "j'accepte")
    await house.live(2 * MINUTE_MS)
    assert "La page de paiement ne s’ouvre pas" in await house.last()
    await house.live(HOUR_MS)
    assert "place" in await house.last()
    house.outage.away = frozenset()
    await house.says("/start e_jazz", "1", "1", "j'accepte")
    await house.stage.world("payé")
    await house.live(MINUTE_MS)
    assert (await house.heard())[-1].media is not None
    await house.is_well()


async def test_words_that_cannot_be_sent_for_an_hour_come_afterwards(house: House) -> None:
    """The app itself is away: a paid ticket is late, not lost."""
    await house.says("/start e_jazz", "1", "1", "j'accepte")
    house.outage.away = frozenset({"words", "picture"})
    await house.stage.world("payé")
    await house.live(20 * MINUTE_MS)
    house.outage.away = frozenset()
    await house.live(10 * MINUTE_MS)
    assert any(message.media is not None for message in await house.heard())
    await house.is_well()


@pytest.mark.parametrize("jump_ms", [-2 * HOUR_MS, 26 * HOUR_MS])
async def test_a_clock_that_jumps_takes_nothing_that_was_paid(house: House, jump_ms: int) -> None:
    """A hold may end early or late with the clock; what is paid stays paid, once."""
    await house.says("/start e_jazz", "1", "1", "j'accepte")
    house.stage.clock.now_ms += jump_ms
    await house.live(MINUTE_MS)
    await house.stage.world("payé")
    await house.live(MINUTE_MS)
    assert sum(message.media is not None for message in await house.heard()) == 1
    house.stage.clock.now_ms -= jump_ms
    await house.live(MINUTE_MS)
    await house.is_well()

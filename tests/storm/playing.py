"""A transcript played through a storm: processes die, others take over, people repeat themselves.

Two ways of playing. In order, people read before they answer, and the play must end as it does
in calm weather. Out of order, messages come late and overtake each other, so another person may
get the last seat: then only the invariants are asked.
"""

import asyncio
import contextlib
import random
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bot.payments.protocol import Provider
from chat.understanding import fold
from storage import leasing, orders
from storage.database import Database, StorageError, Tx
from tests.storm.edges import Crossings
from tests.storm.ending import Ending, ending, living_codes, read_facts
from tests.storm.invariants import AT_REST, breaches
from tests.storm.processes import behind, bury
from tests.storm.screens import Letter, StormScreens
from tests.storm.weather import Weather
from tests.transcripts.pay_world import book, newest_payment
from tests.transcripts.script import Says, Script, World
from tests.transcripts.stage import SetClock, Stage, raise_stage_on

ROUNDS_MAX = 200
"""A world that is not at rest after so many looks at what is due never will be."""

ASKED_AGAIN_MS = 5_001
"""A provider is asked about a page that is open, every five seconds at first."""

UPKEEP_AGAIN_MS = 2_500
"""Upkeep looks at what waits every two seconds or so."""

TAKE_UP_MS = 2_001
"""After so long a message that no lane has is taken up."""

REPEATED_BY_THE_WORLD = frozenset(
    {"payé", "refusé", "page", "rembourse", "contestation", "prestataire"}
)
"""A provider whose notice was not acknowledged sends it again, and who asked for a refund and was
not told that it was kept asks again. What was kept needs nobody: upkeep goes on with it."""

LANGUAGES = frozenset({"english", "anglais", "francais", "french"})

ANSWERS = frozenset(
    {"oui", "non", "annuler", "anuler", "anuler la reservation", "euh", "final", "passer", "retour"}
)
"""What is typed below a question, and means a button that was read."""


class StormBroke(AssertionError):
    """A play went wrong: the line of the script, and what was broken."""


DOUBT = "Un autre message est arrivé entre-temps"
"""How a number is asked about that two lists could mean (chat/meaning.py)."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Another provider than the sandbox, and how the world pays and tells there."""

    provider: Provider
    happen: Callable[[Stage, str], Awaitable[None]]


@dataclass(slots=True)
class Play:
    """One play of a script on an empty database."""

    script: Script
    database: Database
    weather: Weather
    chance: random.Random | None
    """Decides what people repeat and when they wait; None: never, and always."""
    in_order: bool = True
    log: list[str] = field(default_factory=list)
    deaths: int = 0
    clock: SetClock = field(default_factory=SetClock)
    screens: StormScreens = field(default_factory=StormScreens)
    elsewhere: Elsewhere | None = None
    """Where money is paid, if not in the sandbox."""
    stage: Stage = field(init=False)
    crossings: Crossings = field(init=False)
    _late: list[Letter] = field(default_factory=list)
    _spoke: str = ""
    """Who spoke last."""
    _calls: list[Callable[[], Awaitable[object]]] = field(default_factory=list)
    """Calls to the provider that were given up and have not arrived there yet."""
    _notices: list[str] = field(default_factory=list)
    """Notices that the provider will send once more."""

    def __post_init__(self) -> None:
        """Start the first process."""
        self.stage = raise_stage_on(self.database, self.clock, self.screens)
        self._start_process()

    async def run(self) -> Ending:
        """Play to the end, and rest; raises StormBroke."""
        for move in self.script.on(self.screens.channel.name).moves:
            self.log.append(f"line {move.line}")
            try:
                match move:
                    case Says():
                        await self._says(move)
                    case World():
                        await self._world(move)
                    case _:
                        continue
                await self._must_hold()
            except AssertionError as error:
                raise StormBroke(f"{self.script.name}.chat:{move.line}: {error}") from error
        try:
            await self._come_to_rest()
        except AssertionError as error:
            raise StormBroke(f"{self.script.name}.chat, at rest: {error}") from error
        facts = await self.database.read(read_facts)
        codes = await self.database.read(living_codes)
        return ending(facts, codes, self.screens.channel.sent)

    async def _come_to_rest(self) -> None:
        """Deliver what is still on its way; then nothing is left to do, and every law holds."""
        for letter in self._late:
            await self._deliver(letter)
        while self._notices:
            await self._world_until_told(self._notices.pop())
        await self._rest()
        found = await self.database.read(breaches, AT_REST)
        assert not found, "; ".join(found)

    # ---- People ------------------------------------------------------------------------------

    async def _says(self, move: Says) -> None:
        """Somebody does something, perhaps several times, perhaps late."""
        # Who taps, sends a ticket or types a number has looked; and what waits to be sent is
        # told in the language spoken then.
        looks = move.text.startswith(("[", "(")) or move.text.isdecimal()
        looks = looks or bool(LANGUAGES.intersection(fold(move.text).split()))
        # Words press what was sent: who accepts conditions, or answers a question, has read them.
        looks = looks or _accepts(move.text) or fold(move.text) in ANSWERS
        # Who speaks after another may have waited for what that one did.
        looks = looks or self._spoke not in {"", move.who}
        self._spoke = move.who
        if self.in_order and (looks or not self._hurries()):
            await self._rest()
        try:
            deed = await self.stage.deed(move.who, move.text)
        except AssertionError:
            if self.in_order:
                raise
            return  # what this person would tap or send is not there in this telling
        self.stage.count += 1
        before = len(self.screens.postbox.letters)
        await self.screens.do(self.stage.speaker(move.who), self.stage.count, deed)
        letters = self.screens.postbox.letters[before:]
        if not self.in_order and self._may(0.2):
            self._late += letters
            return
        with self.stage.acting:
            for letter in letters:
                await self._deliver(letter)
        while self.chance is not None and self._may(0.2):
            await self._deliver(self.chance.choice(self.screens.postbox.letters))
        if self._late and self._may(0.5):
            await self._deliver(self._late.pop(0))
        if self.in_order and _accepts(move.text):
            await self._rest()  # who accepts waits for the page, which would come in between
        elif not self._hurries():
            await self._live(self.stage.settle)

        await self._say_which(move)

    async def _say_which(self, move: Says) -> None:
        """Where a late message came between a question and its number, say the last was meant."""
        if not (self.in_order and move.text.isdecimal()):
            return
        await self._rest()
        last = [one for one in await self.stage.seen(move.who) if one.text][-1:]
        if last and last[0].text.startswith(DOUBT) and last[0].buttons:
            shown_last = last[0].buttons[0].action
            await self._says(Says(move.line, move.who, f"[#{shown_last}]"))

    async def _buys(self, move: World, who: str, count: str, kind: str, name: str) -> None:
        """Somebody buys: the steps of `world.py`, each through the storm."""
        if self.in_order:
            await self._rest()  # whoever buys unheard comes to a box office that is at rest
        wanted = (f"{count} {kind}",) if kind else ("1", count)
        for text in (f"/start e_{name}", *wanted):
            await self._says(Says(move.line, who, text))
        await self._rest()
        seen = await self.stage.seen(who)
        accepts = [
            button.action
            for message in seen
            for button in message.buttons
            if str(button.action).startswith("accept:")
        ]
        if not accepts and not self.in_order:
            return
        assert accepts, f"{who} could not buy {count} for {name}"
        await self._says(Says(move.line, who, f"[#{accepts[-1]}]"))
        await self._rest()
        payment = await self.database.read(newest_payment)
        if payment is not None and payment.status == "open":
            await self._world(World(move.line, "payé"))

    async def _deliver(self, letter: Letter) -> None:
        """Hand a letter over until it is acknowledged, as channels do."""

        async def hand_over() -> None:
            await self.stage.guichet.engine.receive(
                letter.channel, letter.talk, letter.ref, letter.message_id, letter.payload
            )

        while not await self._live(hand_over):
            self.log.append(f"again {letter.message_id}")

    # ---- The world ---------------------------------------------------------------------------

    async def _world(self, move: World) -> None:
        if bought := re.fullmatch(r"([\w-]+) achète (\d+)(?: (.+))? pour ([\w-]+)", move.words):
            if self.in_order:
                await self._rest()  # what they find for sale follows from what happened before
            await self._buys(move, *bought.groups(""))
            return
        verb, since = move.words.partition(" ")[0], len(self.log)
        if self.in_order or not self._hurries():
            await self._rest()
        if self._notices and self._may(0.3):
            await self._world_until_told(self._notices.pop())
        try:
            if not (move.words == "payé" and await self._pays_unheard()):
                await self._world_until_told(move.words)
        except AssertionError:
            if self.in_order:
                raise
            return
        if verb == "attend":
            await self._look_around(since)

    async def _look_around(self, since: int) -> None:
        """Let upkeep do everything, again while a provider it asked gave no answer."""
        while True:
            while not await self._live(self._upkeep):
                self.log.append("upkeep again")
            told = self.log[since:]
            if not any(" find: " in line and not line.endswith("goes on") for line in told):
                return
            since = len(self.log)
            self.clock.now_ms += UPKEEP_AGAIN_MS

    async def _world_until_told(self, words: str) -> None:
        """Have something happen, again until it is acknowledged if its doer would repeat it."""

        async def happen() -> None:
            if self.elsewhere is None:
                await self.stage.world(words)
            else:
                await self.elsewhere.happen(self.stage, words)

        lived = await self._live(happen)
        while not lived and words.partition(" ")[0] in REPEATED_BY_THE_WORLD:
            lived = await self._live(happen)

    async def _pays_unheard(self) -> bool:
        """Lose the notice of a payment, if the seed says so: it is then found by asking.

        Else the same notice may come once more, much later, under another number.
        """
        payment = await self.database.read(newest_payment)
        if payment is None or payment.status != "open":
            return False
        if self._may(0.3):
            count = await self.database.read(payments_begun)
            self._notices.append(f"payé page {count}")
        order = await self.database.read(orders.order_by_id, payment.order_id)
        if not self.in_order or order is None or order.status != "held" or not self._may(0.25):
            return False
        self.log.append("the notice is lost")
        await self.database.write(book, payment)
        for _ in range(ROUNDS_MAX):
            self.clock.now_ms += ASKED_AGAIN_MS
            await self._live(self._upkeep)
            await self._rest()
            found = await self.database.read(newest_payment)
            if found is None or found.status != "open":
                return True
        raise AssertionError("money that no notice tells of is never found")

    async def _arrive(self) -> None:
        """Let calls arrive at the provider that were given up long ago; nobody hears an answer."""
        while self._calls:
            call = self._calls.pop()
            with contextlib.suppress(Exception):
                await call()

    async def _rest(self) -> None:
        """Let time pass and processes work until nothing is left to do."""
        for _ in range(ROUNDS_MAX):
            if not await self._live(self.stage.settle):
                continue
            await self._must_hold()
            due_ms = await self.database.read(next_due_ms)
            if due_ms is None:
                await self._arrive()
                return
            self.clock.now_ms = max(self.clock.now_ms + 1, due_ms)
            await self._live(self._upkeep)
        raise AssertionError("the world does not come to rest")

    async def _upkeep(self) -> None:
        failed: StorageError | None = None
        for chore in self.stage.guichet.chores:
            try:
                await chore.work(self.clock())
            except StorageError as error:
                failed = error
        await self.stage.settle()
        if failed is not None:
            raise failed

    async def _must_hold(self) -> None:
        found = await self.database.read(breaches)
        assert not found, "; ".join(found)

    # ---- Processes ---------------------------------------------------------------------------

    def _start_process(self) -> None:
        self.crossings = Crossings(self.weather, self.log, self._calls)
        provider = self.elsewhere.provider if self.elsewhere else None
        self.stage.guichet = behind(self.stage, self.screens, self.crossings, provider)

    async def _live(self, deed: Callable[[], Awaitable[None]]) -> bool:
        """Have the process do something; false if it died of it, or the database failed it."""

        async def work() -> None:
            await deed()

        before = asyncio.all_tasks()
        task = asyncio.create_task(work())
        await asyncio.wait({task})
        if self.crossings.is_dead:
            self.deaths += 1
            # What it was about to say of itself, nobody hears any more.
            last_words = None if task.cancelled() else task.exception()
            self.log.append(f"dead {last_words!r}" if last_words else "dead")
            await bury(asyncio.all_tasks() - before)
            self._start_process()
            if self.in_order:
                # As one does that starts again; out of order, what the dead one leased waits for
                # its time, as if another machine took over.
                await self.database.write(leasing.end_leases)
            return False
        try:
            task.result()
        except StorageError:
            return False
        return True

    def _may(self, likely: float) -> bool:
        return self.chance is not None and self.chance.random() < likely

    def _hurries(self) -> bool:
        return self._may(0.4)


async def payments_begun(tx: Tx) -> int:
    """Count the payments of the play."""
    row = await tx.row("SELECT COUNT(*) AS count FROM payments")
    return int(row["count"]) if row else 0


async def next_due_ms(tx: Tx) -> int | None:
    """Read when something left undone is due: a message to take up, or one to send."""
    row = await tx.row("SELECT MIN(received_ms) AS since FROM inbox WHERE state = 'new'")
    kept_ms = row["since"] if row else None
    due = [await leasing.next_due_ms(tx), None if kept_ms is None else kept_ms + TAKE_UP_MS]
    return min((one for one in due if one is not None), default=None)


def _accepts(text: str) -> bool:
    """Say whether somebody accepts, be it with a letter too few."""
    return "accept" in fold(text) or "acept" in fold(text)

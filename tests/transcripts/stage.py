"""The stage on which transcripts are played: a whole installation on a clock of its own.

Everything is real but the clock, which the script sets, and the processes: pictures are drawn and
read in this one. The stage of this file hands messages over in a list; `on_telegram.py` and
`on_web.py` put real channels in its place. `deed` says what people can do, `world.py` what else can
happen.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ParamSpec, TypeVar
from zoneinfo import ZoneInfo

from bot.flows.house import House
from bot.flows.seller import seller_texts
from bot.installation import Installation, install
from boxoffice.codes import Keyring, Mode
from boxoffice.spelling import ALPHABET
from chat.albums import AlbumPatience
from chat.messages import Outgoing, Start, TalkName, Tap, Text, Unsupported, located
from chat.understanding import fold
from chat.workers import Runner
from storage import chats
from storage.database import Database
from storage.ids import to_text
from storage.outbox import Pace
from tests.transcripts import pictures, world
from tests.transcripts.payers import KnowingSandbox, ListedPost
from tests.transcripts.screens import (
    Card,
    Deed,
    ListedChannel,
    ListedScreens,
    Pictures,
    Screens,
    Speaker,
)
from tests.transcripts.world import START, ZONE

__all__ = [
    "START",
    "ListedChannel",
    "SetClock",
    "Stage",
    "open_stage",
    "raise_stage",
    "raise_stage_on",
]

TEST_KEY = "dGVzdC1rZXktZm9yLXRyYW5zY3JpcHRzLW9ubHktMDE="
"""Visibly a test key: base64 of `test-key-for-transcripts-only-01`."""

SCANNER_PEOPLE = ("porte", "porte2", "superviseur")
"""People who talk to the scanner; everybody else talks to the seller."""

ROUNDS_MAX = 50
"""A message leads to a payment page, that to a message: never fifty times over."""

UNSUPPORTED = {"vocal": "voice", "autocollant": "sticker"}

SHORT_CODE = re.compile(r"Code\s?:\s([0-9A-Z]{4}-[0-9A-Z]{4})")

EIGHT_DIGITS = re.compile(r"^\d{4} ?\d{4}\b", re.MULTILINE)
"""In fours on a line of their own; as one word where WhatsApp writes the sentence."""


@dataclass(slots=True)
class SetClock:
    """A clock that moves when it is told to."""

    now_ms: int = int(datetime(2027, 6, 1, 10, 0, tzinfo=ZoneInfo(ZONE)).timestamp() * 1000)
    """Every transcript begins on Tuesday 1 June 2027, at ten in the morning in Cotonou."""

    def __call__(self) -> int:
        """Answer the time that was set."""
        return self.now_ms


class Acting:
    """Says when somebody is in the middle of a deed: an album is whole when they are not."""

    def __init__(self) -> None:
        self._quiet = asyncio.Event()
        self._quiet.set()

    def __enter__(self) -> None:
        """Begin a deed."""
        self._quiet.clear()

    def __exit__(self, *_: object) -> None:
        """End it."""
        self._quiet.set()

    async def quiet(self, _wait_ms: int) -> None:
        """Let the time pass that the deed takes: a `Quiet` without a clock."""
        await self._quiet.wait()


P = ParamSpec("P")
R = TypeVar("R")


class InThisProcess:
    """Runs heavy functions here and now: a Runner without processes."""

    async def run(self, fn: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run it."""
        return fn(*args, **kwargs)


@dataclass(slots=True)
class Stage:
    """An installation with its people; `hear` and `world` move it, `settle` brings it to rest."""

    database: Database
    clock: SetClock
    screens: Screens
    sandbox: KnowingSandbox
    guichet: Installation
    post: ListedPost
    count: int = 0
    events: dict[str, int] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    """One-use tokens that the world handed out, by name."""
    languages: dict[str, str] = field(default_factory=dict)
    """Whose app does not speak French."""
    taken: dict[str, int] = field(default_factory=dict)
    """How many messages of each person the script has accounted for."""
    acting: Acting = field(default_factory=Acting)

    @property
    def channel(self) -> ListedChannel:
        """The list of what was sent, on a stage that has one."""
        assert isinstance(self.screens, ListedScreens)
        return self.screens.channel

    # ---- What people do --------------------------------------------------------------------------

    async def hear(self, who: str, text: str) -> None:
        """Have somebody do what a `>` line says, and let everything come to rest."""
        deed = await self.deed(who, text)
        self.count += 1
        with self.acting:
            await self.screens.do(self.speaker(who), self.count, deed)
        await self.settle()

    async def deed(self, who: str, text: str) -> Deed:
        """Read a `>` line: words, `[label]`, `/start e_jazz`, or one of the things in brackets."""
        tapped = re.fullmatch(r"\[(.+)\](?: de ([\w-]+))?", text)
        if tapped is not None:
            return Tap(await self.action(tapped[2] or who, tapped[1]))
        if text.startswith("/start"):
            return Start(self.named(text.partition(" ")[2]))
        if not re.fullmatch(r"\(.+\)", text):
            return Text(text)
        return await self._deed_in_brackets(who, text[1:-1])

    async def _deed_in_brackets(self, who: str, asked: str) -> Deed:
        if asked == "délier":
            return Tap(await self.action_of(who, "unlink:"))
        typed = await self._typed_from_elsewhere(asked)
        if typed is not None:
            return Text(typed)
        if (shared := self._shared(asked)) is not None:
            return shared
        if found := re.fullmatch(r"texte de (\d+) caractères", asked):
            return Text(("Bonjour à tous ! " * int(found[1]))[: int(found[1])])
        if found := re.fullmatch(r"lien de ([\w-]+)", asked):
            return Start(await self.link_seen_by(found[1]))
        if found := re.fullmatch(r"code (\d+ )?de ([\w-]+)( mal tapé)?", asked):
            code = await self.short_code(found[2], int(found[1] or 1))
            return Text(mistyped(code) if found[3] else code)
        return Pictures(tuple([await pictures.shown(self, who, one) for one in asked.split(") (")]))

    def _shared(self, asked: str) -> Deed | None:
        """What somebody sends that is neither words nor a picture."""
        if asked in UNSUPPORTED:
            return Unsupported(UNSUPPORTED[asked])
        if found := re.fullmatch(r"position ([\d.]+), ([\d.]+)", asked):
            return located(float(found[1]), float(found[2]))
        if found := re.fullmatch(r"contact de ([\w-]+)", asked):
            return Card(self.speaker(found[1]))
        return None

    async def _typed_from_elsewhere(self, asked: str) -> str | None:
        """What somebody types off another screen: a reference, digits."""
        if found := re.fullmatch(r"référence de ([\w-]+)", asked):
            return await self.reference_seen_by(found[1])
        if asked == "chiffres du courriel":
            return self.post.digits()
        if found := re.fullmatch(r"chiffres de ([\w-]+)( mal tapés)?", asked):
            digits = await self.digits_seen_by(found[1])
            return digits[:-1] + str((int(digits[-1]) + 1) % 10) if found[2] else digits
        return None

    async def action(self, who: str, label: str) -> str:
        """Find the newest button with this label on a screen; `#action` is taken as it is."""
        if label.startswith("#"):
            return label[1:]
        for message in reversed(await self.seen(who)):
            for button in message.buttons:
                if fold(button.label) == fold(label) and button.action:
                    return button.action
        last = [message.text for message in await self.seen(who)][-1:]
        raise AssertionError(f"{who} has no button {label!r}; heard last: {last}")

    async def action_of(self, who: str, prefix: str) -> str:
        """Find the newest button that does this: its label names the app, which differs."""
        for message in reversed(await self.seen(who)):
            for button in message.buttons:
                if button.action and button.action.startswith(prefix):
                    return button.action
        raise AssertionError(f"{who} has no button that does {prefix!r}")

    async def short_code(self, who: str, place: int) -> str:
        """The typed code of somebody's ticket, as its caption says it."""
        codes = [found[1] for one in await self.seen(who) if (found := SHORT_CODE.search(one.text))]
        assert len(codes) >= place, f"{who} has received {len(codes)} tickets"
        return codes[place - 1]

    async def digits_seen_by(self, who: str) -> str:
        """The eight digits shown last on somebody's screen, to be typed elsewhere."""
        for message in reversed(await self.seen(who)):
            if found := EIGHT_DIGITS.search(message.text):
                return found[0]
        raise AssertionError(f"{who} has seen no digits")

    async def reference_seen_by(self, who: str) -> str:
        """The reference of the order that somebody received tickets of last."""
        for message in reversed(await self.seen(who)):
            if found := re.search(r"Commande ([0-9A-Z]{7})", message.text):
                return found[1]
        raise AssertionError(f"{who} has seen no order")

    async def link_seen_by(self, who: str) -> str:
        """The payload of the newest deep link on somebody's screen."""
        for message in reversed(await self.seen(who)):
            urls = [message.text, *(button.url or "" for button in message.buttons)]
            if found := re.search(
                r"[?#&](?:start|seller|scanner|text)=(?:[%\dA-F]+20)?([\w-]+)", "\n".join(urls)
            ):
                return found[1]
        raise AssertionError(f"{who} has seen no link")

    def named(self, payload: str) -> str:
        """Put an event's id or a token in a deep link: `e_jazz`, `p_jazz_CODE`, `s_lien`."""
        prefix, _, name = payload.partition("_")
        if prefix == "e" and name in self.events:
            return f"e_{to_text(self.events[name])}"
        event, _, code = name.partition("_")
        if prefix == "p" and event in self.events:
            return f"p_{to_text(self.events[event])}_{code}"
        return f"{prefix}_{self.links[name]}" if name in self.links else payload

    # ---- What people see -------------------------------------------------------------------------

    def speaker(self, who: str) -> Speaker:
        """Who somebody is, and whom they talk to."""
        talk: TalkName = "scanner" if who in SCANNER_PEOPLE else "seller"
        return Speaker(who, talk, self.languages.get(who, "fr"))

    async def seen(self, who: str) -> Sequence[Outgoing]:
        """Everything the bot said to somebody."""
        return await self.screens.seen(self.speaker(who))

    async def chat_of(self, who: str) -> int:
        """The chat of somebody who has said a word."""
        ref = await self.screens.ref(self.speaker(who))
        name = self.screens.channel.name
        chat = await self.database.read(chats.chat_by_ref, name, self.speaker(who).talk, ref)
        assert chat is not None, f"{who} has not said a word"
        return chat.id

    # ---- Coming to rest --------------------------------------------------------------------------

    async def settle(self) -> None:
        """Work and deliver until nothing is left to do now."""
        engine, delivery = self.guichet.engine, self.guichet.delivery
        for _ in range(ROUNDS_MAX):
            await engine.idle()
            await delivery.drain()
            await engine.idle()
            if not await delivery.has_due() and not await self.screens.answer_calls():
                return
        raise AssertionError("something is due for ever and never delivered")

    async def chores(self) -> None:
        """Let upkeep do everything once."""
        for chore in self.guichet.chores:
            await chore.work(self.clock())
        await self.settle()

    async def world(self, words: str) -> None:
        """Do what a `!` line says, and let everything come to rest."""
        await world.happen(self, words)
        await self.settle()


@contextlib.asynccontextmanager
async def open_stage(
    database: Database,
    *,
    runner: Runner = InThisProcess(),  # noqa: B008 (it has no state)
    public_url: str | None = None,
) -> AsyncIterator[Stage]:
    """Set the stage on an empty database."""
    stage = raise_stage(database, SetClock(), ListedChannel(), runner, public_url=public_url)
    try:
        yield stage
    finally:
        await stage.guichet.engine.close()


def raise_stage(
    database: Database,
    clock: SetClock,
    channel: ListedChannel,
    runner: Runner = InThisProcess(),  # noqa: B008 (it has no state)
    paces: Mapping[str, Pace] | None = None,
    public_url: str | None = None,
) -> Stage:
    """Wire an installation on this database, as a process does when it starts."""
    screens = ListedScreens(channel)
    channel.clock = clock
    stage = raise_stage_on(database, clock, screens, runner, paces, public_url)
    screens.intake = stage.guichet.engine
    return stage


def raise_stage_on(
    database: Database,
    clock: SetClock,
    screens: Screens,
    runner: Runner = InThisProcess(),  # noqa: B008 (it has no state)
    paces: Mapping[str, Pace] | None = None,
    public_url: str | None = None,
) -> Stage:
    """Wire an installation behind these screens."""
    post = ListedPost()
    sandbox = KnowingSandbox(
        database, base_url=screens.public, secret=b"test-secret-" * 4, clock=clock
    )
    channel = screens.channel
    acting = Acting()
    guichet = install(
        database,
        House(
            mode=Mode.DEMO,
            texts=seller_texts(),
            keyring=Keyring.parse(TEST_KEY),
            providers=(sandbox.name,),
            seller_link=lambda _, payload: screens.link("seller", payload),
            scanner_link=lambda _, payload: screens.link("scanner", payload),
            zone=ZONE,
            currency="XOF",
            terminal_url="https://guichet.example/gate",
        ),
        channels={channel.name: channel},
        providers={sandbox.name: sandbox},
        workers=runner,
        clock=clock,
        return_urls={channel.name: "https://guichet.example/"},
        post=post,
        albums=AlbumPatience(acting.quiet, follows_ms=0),  # a script's clock stands still
        paces=paces,
        public_url=public_url or screens.public,
    )
    return Stage(database, clock, screens, sandbox, guichet, post, acting=acting)


def mistyped(code: str) -> str:
    """Change one character of a code, as a tired thumb does."""
    other = ALPHABET[(ALPHABET.index(code[0]) + 1) % len(ALPHABET)]
    return other + code[1:]

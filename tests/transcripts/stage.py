"""The stage on which transcripts are played: a whole installation on a clock of its own.

Everything is real but three things at the edge: the clock is set by the script, the channel keeps
what is sent in a list, and pictures are drawn and read in this process. What the world can do
stands in `world`.
"""

import contextlib
import json
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ParamSpec, TypeVar
from zoneinfo import ZoneInfo

from bot.flows.house import House
from bot.flows.seller import seller_texts
from bot.installation import Installation, install
from bot.payments.protocol import MoneyIn, NoMoney, Notice, Outcome
from bot.payments.sandbox import Sandbox
from boxoffice import rules
from boxoffice.codes import Keyring, Mode
from boxoffice.model import Naming, Payment
from boxoffice.money import Money
from chat.channel import SendRefused
from chat.messages import Heard, Inbound, Media, Outgoing, Photo, Start, TalkName, Tap, Text
from chat.understanding import fold
from chat.workers import Runner
from storage import chats, events, organisers, payments, staff
from storage.database import Database, Tx
from storage.events import NewEvent, NewKind
from storage.ids import to_text

ZONE = "Africa/Porto-Novo"
START = datetime(2027, 6, 1, 10, 0, tzinfo=ZoneInfo(ZONE))
"""Every transcript begins on Tuesday 1 June 2027, at ten in the morning in Cotonou."""

TEST_KEY = "dGVzdC1rZXktZm9yLXRyYW5zY3JpcHRzLW9ubHktMDE="
"""Visibly a test key: base64 of `test-key-for-transcripts-only-01`."""

SCANNER_PEOPLE = ("porte", "porte2")
"""People who talk to the scanner; everybody else talks to the seller."""


@dataclass(slots=True)
class SetClock:
    """A clock that moves when it is told to."""

    now_ms: int = int(START.timestamp() * 1000)

    def __call__(self) -> int:
        return self.now_ms


P = ParamSpec("P")
R = TypeVar("R")


class InThisProcess:
    """Runs heavy functions here and now: a Runner without processes."""

    async def run(self, fn: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run it."""
        return fn(*args, **kwargs)


@dataclass(slots=True)
class ListedChannel:
    """A channel that keeps what is sent, by chat, and the pictures people send."""

    name: str = "listed"
    sent: dict[str, list[Outgoing]] = field(default_factory=dict)
    pictures: dict[str, bytes] = field(default_factory=dict)

    def read(self, talk: TalkName, payload: str, received_ms: int) -> Inbound:
        """Read what `Stage.hear` wrote."""
        said = json.loads(payload)
        kinds: dict[str, Callable[[str], Heard]] = {"text": Text, "tap": Tap, "start": Start}
        heard: Heard
        if "photo" in said:
            heard = Photo((said["photo"],))
        else:
            heard = kinds[said["kind"]](said["what"])
        return Inbound(
            self.name, talk, said["ref"], said["id"], heard, received_ms, "fr", said["ref"].title()
        )

    async def fetch(self, talk: TalkName, ref: str) -> bytes:  # noqa: ARG002 (a channel's shape)
        """Answer with a picture that somebody sent."""
        if ref not in self.pictures:
            raise SendRefused("no such picture")
        return self.pictures[ref]

    async def send(self, talk: TalkName, ref: str, outgoing: Outgoing) -> None:  # noqa: ARG002
        """Keep a message."""
        self.sent.setdefault(ref, []).append(outgoing)


@dataclass(slots=True)
class Stage:
    """An installation with its people; `hear` and `world` move it, `settle` lets it come to rest."""

    database: Database
    clock: SetClock
    channel: ListedChannel
    sandbox: Sandbox
    guichet: Installation
    count: int = 0
    events: dict[str, int] = field(default_factory=dict)

    async def hear(self, who: str, text: str) -> None:
        """Have somebody type, tap `[label]`, or send `(photo)` or `(photo de WHO)`."""
        talk: TalkName = "scanner" if who in SCANNER_PEOPLE else "seller"
        self.count += 1
        said: dict[str, str] = {"id": f"m{self.count}", "ref": who}
        if text.startswith("[") and text.endswith("]"):
            said |= {"kind": "tap", "what": self.action(who, text[1:-1])}
        elif text.startswith("(photo"):
            key = f"p{self.count}"
            self.channel.pictures[key] = self.picture(text.strip("()"), who)
            said["photo"] = key
        elif text.startswith("/start"):
            said |= {"kind": "start", "what": self.named(text.partition(" ")[2])}
        else:
            said |= {"kind": "text", "what": text}
        await self.guichet.engine.receive(
            self.channel.name, talk, who, said["id"], json.dumps(said)
        )
        await self.settle()

    def action(self, who: str, label: str) -> str:
        """Find the newest button with this label on somebody's screen; `#action` is taken as it is."""
        if label.startswith("#"):
            return label[1:]
        for message in reversed(self.channel.sent.get(who, [])):
            for button in message.buttons:
                if fold(button.label) == fold(label) and button.action:
                    return button.action
        raise AssertionError(f"{who} has no button {label!r}")

    def picture(self, asked: str, who: str) -> bytes:
        """The newest picture that somebody received, by `photo`, `photo de WHO`, `photo 2 de WHO`."""
        found = re.fullmatch(r"photo(?: (\d+))?(?: de ([\w-]+))?", asked)
        assert found is not None, asked
        owner = found[2] or who
        media = [one.media for one in self.channel.sent.get(owner, []) if one.media]
        assert media, f"{owner} has received no picture"
        return media[int(found[1]) - 1 if found[1] else -1].body

    def named(self, payload: str) -> str:
        """Put an event's id in a deep link's payload: `e_jazz`."""
        prefix, _, name = payload.partition("_")
        return f"{prefix}_{to_text(self.events[name])}" if name in self.events else payload

    async def settle(self) -> None:
        """Work and deliver until nothing is left to do now."""
        engine, delivery = self.guichet.engine, self.guichet.delivery
        while True:
            await engine.idle()
            before = self.count_sent()
            await delivery.drain()
            await engine.idle()
            if self.count_sent() == before and not await delivery.has_due():
                return

    def count_sent(self) -> int:
        """How many messages were sent so far."""
        return sum(len(messages) for messages in self.channel.sent.values())

    async def chores(self) -> None:
        """Let upkeep do everything once."""
        for chore in self.guichet.chores:
            await chore.work(self.clock())
        await self.settle()

    # ---- What the world does ---------------------------------------------------------------------

    async def world(self, words: str) -> None:
        """Do what a `!` line says."""
        verb, _, rest = words.partition(" ")
        match verb:
            case "événement":
                await self._make_event(rest)
            case "organisateur":
                await self.database.write(self._make_organiser, rest)
            case "porte":
                await self.database.write(self._make_steward, rest)
            case "payé":
                await self._notice(rest, MoneyIn)
            case "refusé":
                await self._notice(rest, lambda _: NoMoney(page_closed=False))
            case "page":
                await self._notice("", lambda _: NoMoney(page_closed=True))
            case "attend":
                await self._wait(rest)
            case _:
                raise AssertionError(f"the world cannot {verb!r}")
        await self.settle()

    async def _make_event(self, rest: str) -> None:
        """`jazz: Nuit du Jazz | 12/06/2027 20:30 | Standard 5000 x 1 | VIP 15000 x 2 | nominatif`."""
        name, _, told = rest.partition(":")
        title, when, *facts = (part.strip() for part in told.split("|"))
        starts = datetime.strptime(when, "%d/%m/%Y %H:%M").replace(tzinfo=ZoneInfo(ZONE))
        self.events[name.strip()] = await self.database.write(
            make_event, title, starts, tuple(facts), self.clock()
        )

    async def _make_organiser(self, tx: Tx, who: str) -> None:
        person_id = await _person(tx, who, "seller", self.clock())
        organiser_id = await organisers.first_organiser(tx)
        if organiser_id is None:
            await organisers.make_organiser(tx, name=who, owner_id=person_id, now_ms=self.clock())
        else:
            await organisers.add_member(tx, organiser_id, person_id, "owner", self.clock())

    async def _make_steward(self, tx: Tx, rest: str) -> None:
        """`porte jazz`: the person `porte` scans at that event; `porte2 jazz` is another one."""
        who, _, name = rest.rpartition(" ")
        who = who or "porte"
        await staff.engage(
            tx,
            event_id=self.events[name],
            person_id=await _person(tx, who, "scanner", self.clock()),
            role="steward",
            name=who.title(),
            now_ms=self.clock(),
        )

    async def _notice(self, rest: str, outcome: Callable[[Money], Outcome]) -> None:
        """The provider's notice about the newest payment; said twice, it is the same notice."""
        payment = await self.database.read(newest_payment)
        assert payment is not None, "nothing was ever to be paid"
        amount = Money(int(rest), payment.amount.currency) if rest else payment.amount
        what = outcome(amount)
        notice = Notice(f"{payment.id}:{type(what).__name__}:{rest}", payment.id, what)
        await self.guichet.payment_work.credit(notice)

    async def _wait(self, rest: str) -> None:
        """`attend 31 minutes`, `attend 2 jours`: time passes, minute by minute where it matters."""
        number, _, unit = rest.partition(" ")
        unit_ms = {"s": 1000, "m": rules.MINUTE_MS, "h": rules.HOUR_MS, "j": rules.DAY_MS}[unit[0]]
        self.clock.now_ms += int(number) * unit_ms
        await self.chores()


@contextlib.asynccontextmanager
async def open_stage(database: Database) -> AsyncIterator[Stage]:
    """Set the stage on an empty database."""
    clock, channel = SetClock(), ListedChannel()
    stage = raise_stage(database, clock, channel)
    yield stage
    await stage.guichet.engine.close()


def raise_stage(
    database: Database,
    clock: SetClock,
    channel: ListedChannel,
    runner: Runner = InThisProcess(),  # noqa: B008 (it has no state)
) -> Stage:
    """Wire an installation on this database, as a process does when it starts."""
    sandbox = Sandbox(
        database, base_url="http://127.0.0.1:9", secret=b"test-secret-" * 4, clock=clock
    )
    guichet = install(
        database,
        House(
            mode=Mode.DEMO,
            texts=seller_texts(),
            keyring=Keyring.parse(TEST_KEY),
            providers=(sandbox.name,),
            seller_link=lambda _, payload: f"https://guichet.example/#seller={payload}",
            scanner_link=lambda _, payload: f"https://guichet.example/#scanner={payload}",
            zone=ZONE,
            currency="XOF",
        ),
        channels={channel.name: channel},
        providers={sandbox.name: sandbox},
        workers=runner,
        clock=clock,
        return_urls={channel.name: "https://guichet.example/"},
    )
    return Stage(database, clock, channel, sandbox, guichet)


async def make_event(
    tx: Tx, title: str, starts: datetime, facts: tuple[str, ...], now_ms: int
) -> int:
    """Put an event on sale, with a gate; kinds are `NAME PRICE x QUOTA`, the rest are rules."""
    organiser_id = await organisers.first_organiser(tx)
    if organiser_id is None:
        person_id = await _person(tx, "organisateur", "seller", now_ms)
        organiser_id = await organisers.make_organiser(
            tx, name="Organisateur", owner_id=person_id, now_ms=now_ms
        )
    starts_ms = int(starts.timestamp() * 1000)
    ends_ms = int((starts + timedelta(hours=5)).timestamp() * 1000)
    ages = [int(found[1]) for fact in facts if (found := re.fullmatch(r"(\d+) ans", fact))]
    holds = [int(found[1]) for fact in facts if (found := re.fullmatch(r"garde (\d+) min", fact))]
    event_id = await events.create_event(
        tx,
        NewEvent(
            organiser_id=organiser_id,
            mode=Mode.DEMO,
            title=title,
            description="",
            venue="Palais des Congrès",
            city="Cotonou",
            folded=fold(f"{title} Palais des Congrès Cotonou"),
            zone=ZONE,
            doors_ms=starts_ms - rules.HOUR_MS,
            starts_ms=starts_ms,
            ends_ms=ends_ms,
            currency="XOF",
            age_min=ages[0] if ages else 0 if "tous publics" in facts else 21,
            naming=Naming.NOMINATIVE if "nominatif" in facts else Naming.TRANSFERABLE,
            refund_terms="",
            conditions="",
            per_buyer_max=rules.TICKETS_PER_BUYER_MAX,
            hold_ms=holds[0] * rules.MINUTE_MS if holds else rules.HOLD_MS_DEFAULT,
            accent="#1f4e5f",
        ),
        now_ms,
    )
    opens_ms = starts_ms - rules.HOUR_MS if "aux portes" in facts else now_ms
    for fact in facts:
        found = re.fullmatch(r"(.+?) (\d+) x (\d+)", fact)
        if found:
            kind = NewKind(
                name=found[1],
                price_minor=int(found[2]),
                quota=int(found[3]),
                valid_from_ms=opens_ms,
                valid_until_ms=ends_ms,
            )
            await events.add_kind(tx, event_id, kind, now_ms)
    await staff.add_gate(tx, event_id, "Entrée", now_ms)
    assert await events.publish(tx, event_id, now_ms), f"{title} cannot be published"
    return event_id


async def newest_payment(tx: Tx) -> Payment | None:
    """Read the payment begun last."""
    row = await tx.row("SELECT id FROM payments ORDER BY id DESC LIMIT 1")
    return await payments.payment_by_id(tx, row["id"]) if row else None


async def _person(tx: Tx, who: str, talk: str, now_ms: int) -> int:
    chat = await chats.open_chat(
        tx, channel="listed", talk=talk, ref=who, language="fr", name=who.title(), now_ms=now_ms
    )
    return chat.person_id


def media_word(media: Media | None) -> str | None:
    """How a transcript names what came with a message."""
    if media is None:
        return None
    return "fichier" if media.as_file else "image"

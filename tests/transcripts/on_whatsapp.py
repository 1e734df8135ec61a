"""The stage on WhatsApp: every word goes through Twilio's forms, every call is checked.

The channel, its webhook and its media are the product's own, served over HTTP; the double is
Twilio, with the person's phone behind.
"""

import contextlib
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from starlette.applications import Starlette

from bot.far_work.undelivered import take_back
from bot.handlers.whatsapp import (
    Arrivals,
    Numbers,
    Pace,
    Receiver,
    SignedForms,
    TwilioApi,
    WhatsAppChannel,
    submit_templates,
)
from bot.handlers.whatsapp.registry import OPEN, Registry
from bot.handlers.whatsapp.rendering import button_id
from chat.channel import Channel
from chat.messages import (
    Button,
    Inbound,
    Location,
    Media,
    Outgoing,
    Start,
    TalkName,
    Tap,
    Text,
    Unsupported,
)
from chat.workers import Runner
from storage import whatsapp as memory
from storage.database import Database, Tx
from tests.doubles.serving import serving
from tests.doubles.twilio import Customer, Seen, TwilioDouble
from tests.doubles.twilio.ordered import Content
from tests.doubles.twilio.people import Pressable
from tests.doubles.twilio.server import SCANNER, SELLER
from tests.transcripts.screens import Card, Deed, Pictures, Speaker, shown_name
from tests.transcripts.stage import InThisProcess, SetClock, Stage, raise_stage_on

PUBLIC_URL = "https://guichet.example"

_CHOICE = re.compile(r"(\d+)\. (.+)")
_CHOICE_LINE = re.compile(r"^(\d+)\. (.+)$", re.MULTILINE)


@dataclass(slots=True)
class Watched:
    """The channel, noting which messages on a screen one `send` became: a long text is several."""

    channel: WhatsAppChannel
    double: TwilioDouble
    name: str = WhatsAppChannel.name
    sends: dict[tuple[TalkName, str], list[tuple[int, int, Outgoing]]] = field(default_factory=dict)

    def read(self, talk: TalkName, payload: str, received_ms: int) -> Inbound:
        """Read as the channel does."""
        return self.channel.read(talk, payload, received_ms)

    async def fetch(self, talk: TalkName, ref: str) -> bytes:
        """Fetch as the channel does."""
        return await self.channel.fetch(talk, ref)

    async def send(self, talk: TalkName, ref: str, outgoing: Outgoing) -> None:
        """Send as the channel does, and wait until it is on the phone and its statuses are told."""
        seen = self.double.customer(ref, number=self.channel.numbers.number(talk)).seen
        before = len(seen)
        await self.channel.send(talk, ref, outgoing)
        await self.double.settled()
        self.sends.setdefault((talk, ref), []).append((before, len(seen), outgoing))


@dataclass(slots=True)
class WhatsAppScreens:
    """Customers of the double, by name."""

    watched: Watched
    database: Database
    clock: SetClock
    public: str
    refs: dict[str, str] = field(default_factory=dict)
    presses: bool = True
    """Whether people press the button of a template that calls them, at once."""
    answered: set[str] = field(default_factory=set)
    """Templates whose button was pressed."""

    @property
    def channel(self) -> Channel:
        """What the installation sends through."""
        return self.watched

    def link(self, talk: TalkName, payload: str) -> str:
        """A link that types its payload."""
        number = self.watched.channel.numbers.number(talk).removeprefix("whatsapp:+")
        return f"https://wa.me/{number}?text={quote('🎟 ' + payload)}"

    async def ref(self, speaker: Speaker) -> str:
        """Somebody the world knows wrote earlier that day: their window is open."""
        customer = self._customer(speaker)
        if customer.heard_ms is None:
            customer.heard_ms = self.clock()
            await self.database.write(
                memory.hear,
                number=customer.number,
                ref=customer.ref,
                message_sid=self.watched.double.new_sid("SM"),
                talk=speaker.talk,
                visits=False,
                media_urls=(),
                now_ms=self.clock(),
            )
        return customer.ref

    async def do(self, speaker: Speaker, number: int, deed: Deed) -> None:  # noqa: ARG002 (Twilio counts by itself)
        """Act in the app; the webhook answers once the engine has it."""
        customer = self._customer(speaker)
        match deed:
            case Text(text):
                await customer.say(text)
            case Start(payload):
                await customer.say(f"🎟 {payload}" if payload else "start")
            case Tap(action):
                number_typed = self._typed(speaker, customer, action)
                if number_typed is not None:
                    await customer.say(number_typed)
                else:
                    await customer.press_id(*_holder(customer, button_id(speaker.talk, action)))
            case Pictures(bodies):
                for body in bodies:
                    await customer.send(body, "image/png")
            case Card(of):
                await customer.share(self._customer(of))
            case Location() | Unsupported():
                await _send_other(customer, deed)

    async def seen(self, speaker: Speaker) -> Sequence[Outgoing]:
        """Each message as one, however many it was cut into."""
        customer = self._customer(speaker)
        return [
            _whole(customer.seen[start:end], outgoing)
            for start, end, outgoing in self.watched.sends.get((speaker.talk, customer.ref), [])
            if end > start
        ]

    async def answer_calls(self) -> bool:
        """Press the button of every template that only asks for it, once."""
        called = False
        if not self.presses:
            return called
        for customer in self.watched.double.customers.values():
            for message in customer.seen:
                calls = [one for one in message.pressables if one.id.endswith(f"/{OPEN}")]
                if message.is_template and calls and message.sid not in self.answered:
                    self.answered.add(message.sid)
                    await customer.press_id(message, calls[0])
                    called = True
        return called

    def _typed(self, speaker: Speaker, customer: Customer, action: str) -> str | None:
        """The number to type for a choice that the newest message shows in its text.

        A choice of an older text cannot be pressed; its button is replayed as an old one.
        """
        sends = self.watched.sends.get((speaker.talk, customer.ref), [])
        if not sends:
            return None
        start, end, outgoing = sends[-1]
        label = next((one.label for one in outgoing.buttons if one.action == action), None)
        found = _CHOICE_LINE.findall("\n".join(one.text for one in customer.seen[start:end]))
        return next((number for number, shown in found if shown == label), None)

    def _customer(self, speaker: Speaker) -> Customer:
        ref = self.refs.setdefault(speaker.name, f"whatsapp:+2290000{len(self.refs):04d}")
        number = self.watched.channel.numbers.number(speaker.talk)
        return self.watched.double.customer(ref, shown_name(speaker.name), number)


@contextlib.asynccontextmanager
async def open_whatsapp_stage(
    database: Database,
    *,
    runner: Runner = InThisProcess(),  # noqa: B008 (it has no state)
    public: str = PUBLIC_URL,
    numbers: tuple[str, str] = (SELLER, SCANNER),
    served: bool = False,
) -> AsyncIterator[Stage]:
    """Set the stage behind two numbers; at the end nothing may have broken Twilio's rules.

    Twilio and we reach each other in this process, or at real servers where `served`:
    tests/handlers try all that a socket adds, and it costs a transcript a fifth more.
    """
    clock = SetClock()
    async with TwilioDouble.running(clock) if served else TwilioDouble.at_hand(clock) as double:
        double.webhook = f"{public}/whatsapp"
        async with TwilioApi(
            double.account_sid, double.auth_token, url=double.url, transport=double.transport
        ) as api:
            registry = await _approved(api, database, double)
            channel = WhatsAppChannel(
                api,
                database,
                numbers=Numbers.of(*numbers),
                public_url=public,
                registry=registry,
                clock=clock,
                # A script's conversations take no time at all.
                pace=Pace(sender_per_s=10_000, person_burst=10_000),
            )
            screens = WhatsAppScreens(Watched(channel, double), database, clock, public)
            stage = raise_stage_on(database, clock, screens, runner)
            forms = SignedForms(api.is_signed, public_url=public)
            receiver = Receiver(
                forms, api, database, stage.guichet.engine, numbers=channel.numbers, clock=clock
            )
            arrivals = Arrivals(
                forms, database, numbers=channel.numbers, lost=take_back, clock=clock
            )
            routes = [*receiver.routes(), *arrivals.routes(), *channel.shelf.routes()]
            async with _reached(Starlette(routes=routes), double, public, served=served):
                yield stage
                await stage.guichet.engine.close()
                await double.settled()
    assert double.faults == []


@contextlib.asynccontextmanager
async def _reached(
    app: Starlette, double: TwilioDouble, public: str, *, served: bool
) -> AsyncIterator[None]:
    if served:
        async with serving(app) as double.outside.reach[public]:
            yield
    else:
        double.outside.at_hand = app
        yield


@dataclass(frozen=True, slots=True)
class _Templates:
    """What Twilio and our database know once every template is made and approved."""

    registry: Registry
    contents: Sequence[Content]
    kept: Sequence[tuple[str, str]]
    """Our database's rows: each shape's digest, and the SID it got."""


_made: list[_Templates] = []
"""None or one: they are the same for every stage."""


async def _approved(api: TwilioApi, database: Database, double: TwilioDouble) -> Registry:
    """Have every template made and approved: by the product's command once, then as it left them.

    Asked for over HTTP they are two hundred calls, more than most transcripts.
    """
    if not _made:
        registry, _ = await submit_templates(api, database, double.clock)
        double.approve()
        kept = await database.read(_shapes)
        _made.append(_Templates(registry, double.knows(), kept))
    else:
        double.remember(_made[0].contents)
        await database.write(_keep_shapes, _made[0].kept, double.clock())
    return _made[0].registry


async def _shapes(tx: Tx) -> list[tuple[str, str]]:
    rows = await tx.rows("SELECT digest, sid FROM whatsapp_contents")
    return [(str(row["digest"]), str(row["sid"])) for row in rows]


async def _keep_shapes(tx: Tx, kept: Sequence[tuple[str, str]], now_ms: int) -> None:
    for digest, sid in kept:
        await memory.keep_content(tx, digest, sid, now_ms)


def _holder(customer: Customer, key: str) -> tuple[Seen, Pressable]:
    """The newest message with this button; for a button of somebody else's, the newest at all."""
    assert customer.seen, "nobody can press a button before the bot said something"
    for message in reversed(customer.seen):
        for one in message.pressables:
            if one.id == key:
                return message, one
    return customer.seen[-1], Pressable("?", key)


def _whole(pieces: Sequence[Seen], sent: Outgoing) -> Outgoing:
    """Put together what one message became: text, buttons, typed choices, links in words.

    What was sent tells what a typed choice does, and that a picture is the one to print: WhatsApp
    shows both pictures alike.
    """
    actions = {one.label: one.action for one in sent.buttons}
    lines = "\n".join(piece.text for piece in pieces if piece.text).split("\n")
    typed: list[Button] = []
    while lines and (found := _CHOICE.fullmatch(lines[-1])) and found[2] in actions:
        if actions[found[2]] is not None:  # a link is counted, and has its button or address
            typed.insert(0, Button(found[2], action=actions[found[2]]))
        lines.pop()
    while lines and not lines[-1]:
        lines.pop()
    links: list[Button] = []
    while len(lines) > 2 and lines[-1].startswith(("http://", "https://")) and not lines[-3]:
        counted = _CHOICE.fullmatch(lines[-2])
        links.insert(0, Button(counted[2] if counted else lines[-2], url=lines[-1]))
        lines = "\n".join(lines[:-2]).rstrip().split("\n")
    pressed = [
        Button(one.label, url=one.url)
        if one.url
        else Button(one.label, action=one.id.partition("/")[2])
        for one in pieces[-1].pressables
    ]
    first = pieces[0]
    media = None
    if first.media:
        to_print = sent.media is not None and sent.media.as_file
        media = Media(first.media, first.mime, first.file_name, as_file=to_print)
    template = sent.template if pieces[-1].is_template else None
    return Outgoing("\n".join(lines), (*links, *pressed, *typed), media, template=template)


async def _send_other(customer: Customer, deed: Location | Unsupported) -> None:
    """Send what is neither words nor a picture."""
    match deed:
        case Location(latitude_e6, longitude_e6):
            await customer.location(latitude_e6 / 1_000_000, longitude_e6 / 1_000_000)
        case Unsupported("voice"):
            await customer.voice()
        case Unsupported(what):
            assert what == "sticker", what
            await customer.sticker()

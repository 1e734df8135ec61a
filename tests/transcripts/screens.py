"""What people do on their phones and what they see there, whichever app it is.

`Screens` is the edge of the stage. The listed one below hands messages over in this process; those
of `on_telegram.py` and `on_web.py` go through the real payloads of their channels, in and out.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from boxoffice.rules import DAY_MS
from chat.channel import Channel, Intake, SendRefused
from chat.clock import Clock
from chat.messages import (
    Contact,
    Heard,
    Inbound,
    Location,
    Outgoing,
    Photo,
    Start,
    TalkName,
    Tap,
    Text,
    Unsupported,
)


def shown_name(name: str) -> str:
    """The name an app shows of somebody: `moussa_bis` is another Moussa."""
    return name.partition("_")[0].title()


@dataclass(frozen=True, slots=True)
class Speaker:
    """Somebody with a phone, whom they talk to, and the language their app speaks."""

    name: str
    talk: TalkName
    language: str = "fr"


@dataclass(frozen=True, slots=True)
class Pictures:
    """Pictures sent at once: one message, or one each, as the app has it."""

    bodies: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """Somebody's contact, shared out of the phone's own list."""

    of: Speaker


Deed = Text | Tap | Start | Pictures | Unsupported | Location | Card
"""What somebody does: types, taps, opens a link, sends pictures, shares a contact, or sends what no
talk can use."""


class Screens(Protocol):
    """The phones of everybody, on one channel."""

    @property
    def channel(self) -> Channel:
        """What the installation reads and sends through."""

    @property
    def public(self) -> str:
        """Where this installation's pages are found."""

    def link(self, talk: TalkName, payload: str) -> str:
        """The deep link that opens a talk with this payload."""

    async def ref(self, speaker: Speaker) -> str:
        """The channel's key of somebody's chat; they may not have said a word yet."""

    async def do(self, speaker: Speaker, number: int, deed: Deed) -> None:
        """Do something, the `number`th of all; returns once the engine has it."""

    async def seen(self, speaker: Speaker) -> Sequence[Outgoing]:
        """Everything the bot said to somebody, as their phone shows it, in order."""

    async def answer_calls(self) -> bool:
        """Press the buttons of messages that only ask to be answered; true if there were any."""


@dataclass(slots=True)
class ListedChannel:
    """A channel that keeps what is sent, by chat, and the pictures people send."""

    name: str = "listed"
    sent: dict[str, list[Outgoing]] = field(default_factory=dict)
    pictures: dict[str, bytes] = field(default_factory=dict)
    clock: Clock = lambda: 0
    heard_ms: dict[str, int] = field(default_factory=dict)
    """When each person wrote last."""
    unapproved: list[Outgoing] = field(default_factory=list)
    """What came after 24 hours of silence and names no approved sentence."""

    def read(self, talk: TalkName, payload: str, received_ms: int) -> Inbound:
        """Read what `ListedScreens.do` wrote."""
        said = json.loads(payload)
        ref = said["ref"]
        return Inbound(
            self.name,
            talk,
            ref,
            said["id"],
            _heard(said),
            received_ms,
            said["language"],
            shown_name(ref),
        )

    async def fetch(self, talk: TalkName, ref: str) -> bytes:  # noqa: ARG002 (a channel's shape)
        """Answer with a picture that somebody sent."""
        if ref not in self.pictures:
            raise SendRefused("no such picture")
        return self.pictures[ref]

    async def send(self, talk: TalkName, ref: str, outgoing: Outgoing) -> None:  # noqa: ARG002
        """Keep a message."""
        self.sent.setdefault(ref, []).append(outgoing)
        silent_ms = self.clock() - self.heard_ms.setdefault(ref, self.clock())
        if silent_ms >= DAY_MS and outgoing.template is None:
            self.unapproved.append(outgoing)


@dataclass(slots=True)
class ListedScreens:
    """Screens that hand everything over in this process."""

    channel: ListedChannel
    intake: Intake | None = None
    """The engine, once it stands."""
    public: str = "http://127.0.0.1:9"

    def link(self, talk: TalkName, payload: str) -> str:
        """A link into the page of the three phones."""
        return f"{self.public}/#{talk}={payload}"

    async def ref(self, speaker: Speaker) -> str:
        """A chat is known by its person's name."""
        return speaker.name

    async def do(self, speaker: Speaker, number: int, deed: Deed) -> None:
        """Leave a message with the engine."""
        self.channel.heard_ms[speaker.name] = self.channel.clock()
        said: dict[str, object] = {
            "id": f"m{number}",
            "ref": speaker.name,
            "language": speaker.language,
        }
        match deed:
            case Text(text):
                said["text"] = text
            case Tap(action):
                said["tap"] = action
            case Start(payload):
                said["start"] = payload
            case Unsupported(what):
                said["other"] = what
            case Location(latitude_e6, longitude_e6):
                said["point"] = [latitude_e6, longitude_e6]
            case Card(of):
                said["contact"] = of.name
            case Pictures(bodies):
                await self._send(said, speaker, number, bodies)
                return
        assert self.intake is not None
        await self.intake.receive(
            self.channel.name, speaker.talk, speaker.name, f"m{number}", json.dumps(said)
        )

    async def _send(
        self, said: dict[str, object], speaker: Speaker, number: int, bodies: Sequence[bytes]
    ) -> None:
        """Send pictures; several are an album, a message each, as Telegram has it."""
        assert self.intake is not None
        for place, body in enumerate(bodies):
            key = f"m{number}.{place}"
            self.channel.pictures[key] = body
            one = said | {"id": key, "photo": key, "album": f"a{number}" if bodies[1:] else ""}
            await self.intake.receive(
                self.channel.name, speaker.talk, speaker.name, key, json.dumps(one)
            )

    async def seen(self, speaker: Speaker) -> Sequence[Outgoing]:
        """What was kept."""
        return self.channel.sent.get(speaker.name, [])

    async def answer_calls(self) -> bool:
        """Nothing only asks to be answered here."""
        return False


def _heard(said: dict[str, object]) -> Heard:
    match said:
        case {"text": str(text)}:
            return Text(text)
        case {"tap": str(action)}:
            return Tap(action)
        case {"start": str(payload)}:
            return Start(payload)
        case {"point": [int(latitude_e6), int(longitude_e6)]}:
            return Location(latitude_e6, longitude_e6)
        case {"contact": str(ref)}:
            return Contact("", ref)
        case {"other": str(what)}:
            return Unsupported(what)
        case {"photo": str(key), "album": str(album)}:
            return Photo((key,), album=album)
        case _:
            raise AssertionError(f"nothing was said: {said}")

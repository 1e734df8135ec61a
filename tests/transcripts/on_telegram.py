"""The stage on Telegram: every word goes through the Bot API's payloads, every call is checked.

The channel and its polling are the product's own; the double is Telegram, with the person's app.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from bot.handlers.telegram import Receiver, TelegramChannel
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
from storage.database import Database
from tests.doubles.telegram import Account, Person, TelegramDouble
from tests.doubles.telegram.accounts import Heard, Shown
from tests.transcripts.screens import Card, Deed, Pictures, Speaker, shown_name
from tests.transcripts.stage import InThisProcess, SetClock, Stage, raise_stage_on

TYPED_MAX = 4096
"""The app sends a longer text as several messages (Bot API, Message.text)."""

PUBLIC_URL = "https://guichet.example"


@dataclass(slots=True)
class Watched:
    """The channel, noting which messages on a screen one `send` became: a long text is several."""

    channel: TelegramChannel
    double: TelegramDouble
    name: str = TelegramChannel.name
    sends: dict[tuple[TalkName, str], list[tuple[int, int]]] = field(default_factory=dict)

    def read(self, talk: TalkName, payload: str, received_ms: int) -> Inbound:
        """Read as the channel does."""
        return self.channel.read(talk, payload, received_ms)

    async def fetch(self, talk: TalkName, ref: str) -> bytes:
        """Fetch as the channel does."""
        return await self.channel.fetch(talk, ref)

    async def send(self, talk: TalkName, ref: str, outgoing: Outgoing) -> None:
        """Send as the channel does."""
        before = len(self.screen(talk, ref))
        await self.channel.send(talk, ref, outgoing)
        after = len(self.screen(talk, ref))
        self.sends.setdefault((talk, ref), []).append((before, after))

    async def show(self, talk: TalkName, ref: str, outgoing: Outgoing, message: str | None) -> str:
        """Show as the channel does; a message that was changed is heard again, at its end."""
        before = len(self.screen(talk, ref))
        shown = await self.channel.show(talk, ref, outgoing, message)
        after = len(self.screen(talk, ref))
        sends = self.sends.setdefault((talk, ref), [])
        if after > before:
            sends.append((before, after))
        elif outgoing.stage == "end":
            said = [heard.json["message_id"] for heard in self.screen(talk, ref)]
            sends.append((said.index(int(shown)), said.index(int(shown)) + 1))
        return shown

    def screen(self, talk: TalkName, ref: str) -> list[Heard]:
        """The bot's messages in one chat."""
        return self.double.accounts[self.channel.bots[talk].token].said(int(ref))


@dataclass(slots=True)
class TelegramScreens:
    """People of the double, by name and talk."""

    watched: Watched
    public: str
    people: dict[tuple[str, TalkName], Person] = field(default_factory=dict)

    @property
    def channel(self) -> Channel:
        """What the installation sends through."""
        return self.watched

    def link(self, talk: TalkName, payload: str) -> str:
        """A deep link, as Telegram makes them."""
        return f"https://t.me/{self.watched.channel.usernames[talk]}?start={payload}"

    async def ref(self, speaker: Speaker) -> str:
        """A private chat has its person's id."""
        return str(self._person(speaker).id)

    async def do(self, speaker: Speaker, number: int, deed: Deed) -> None:  # noqa: ARG002 (Telegram counts by itself)
        """Act in the app; wait until the update is confirmed and the button stopped spinning."""
        person = self._person(speaker)
        match deed:
            case Text(text):
                for start in range(0, len(text), TYPED_MAX):
                    await person.say(text[start : start + TYPED_MAX])
            case Start(payload):
                await person.start(payload)
            case Tap(action):
                await person.press(_holder(person, action), action)
            case Pictures([body]):
                await person.send_photo(body)
            case Pictures(bodies):
                await person.send_album(bodies)
            case Card(of):
                other = self._person(of)
                await person.share(other.id, shown_name(of.name))
            case Location() | Unsupported():
                await _send_other(person, deed)
        account = person.account
        await account.bell.until(lambda: not account.updates and not account.open_queries)

    async def seen(self, speaker: Speaker) -> Sequence[Outgoing]:
        """Each message as one, however many it was cut into."""
        ref = await self.ref(speaker)
        screen = self.watched.screen(speaker.talk, ref)
        return [
            _whole(screen[start:end])
            for start, end in self.watched.sends.get((speaker.talk, ref), [])
        ]

    def held_up(self, media: Media) -> bytes:
        """Give a picture as the app squeezed it: done for those that somebody holds up."""
        return media.body if media.as_file else Shown(media.body).body

    async def answer_calls(self) -> bool:
        """Nothing only asks to be answered here."""
        return False

    def _person(self, speaker: Speaker) -> Person:
        found = self.people.get((speaker.name, speaker.talk))
        if found is None:
            names = list(dict.fromkeys(name for name, _ in self.people))
            place = names.index(speaker.name) if speaker.name in names else len(names)
            account = self._account(speaker.talk)
            found = Person(account, 7000 + place, shown_name(speaker.name), speaker.language)
            self.people[speaker.name, speaker.talk] = found
        return found

    def _account(self, talk: TalkName) -> Account:
        return self.watched.double.accounts[self.watched.channel.bots[talk].token]


@contextlib.asynccontextmanager
async def open_telegram_stage(
    database: Database,
    *,
    runner: Runner = InThisProcess(),  # noqa: B008 (it has no state)
    public: str = PUBLIC_URL,
    served: bool = False,
) -> AsyncIterator[Stage]:
    """Set the stage behind the two bots; at the end nothing may have broken Telegram's rules.

    Telegram is in this process, or a real server where `served`: tests/handlers try all that a
    socket adds, and it costs a transcript a seventh more.
    """
    async with TelegramDouble.running() if served else TelegramDouble.at_hand() as double:
        tokens: dict[TalkName, str] = {
            "seller": double.bot("seller_bot").token,
            "scanner": double.bot("scanner_bot").token,
        }
        async with TelegramChannel(
            tokens, api_url=double.url, transport=double.transport
        ) as channel:
            screens = TelegramScreens(Watched(channel, double), public)
            stage = raise_stage_on(database, SetClock(), screens, runner)
            async with _polling(channel, stage):
                yield stage
                await stage.guichet.engine.close()
    assert double.faults == []


@contextlib.asynccontextmanager
async def _polling(channel: TelegramChannel, stage: Stage) -> AsyncIterator[None]:
    receiver = Receiver(channel, stage.guichet.engine)
    polls = [asyncio.create_task(receiver.poll(talk)) for talk in channel.bots]
    try:
        yield
    finally:
        for poll in polls:
            poll.cancel()
        ended = await asyncio.gather(*polls, return_exceptions=True)
        await receiver.close()
    assert all(isinstance(end, asyncio.CancelledError) for end in ended)


def _holder(person: Person, action: str) -> Heard:
    """The newest message with this button; for a button of somebody else's, the newest at all."""
    assert person.seen, "nobody can press a button before the bot said something"
    own = [heard for heard in person.seen if action in heard.buttons.values()]
    return (own or person.seen)[-1]


def _whole(pieces: Sequence[Heard]) -> Outgoing:
    """Put together what one message became: text, buttons, and the links that stand in words."""
    text = "\n".join(piece.text for piece in pieces if piece.text)
    keys = [key for row in pieces[-1].rows for key in row]
    buttons = [Button(key["text"], key.get("callback_data"), key.get("url")) for key in keys]
    links: list[Button] = []
    *lines, last = text.split("\n")
    while last.startswith(("http://", "https://")) and len(lines) > 1:
        links.insert(0, Button(lines[-1], url=last))
        *lines, last = "\n".join(lines[:-1]).rstrip().split("\n")
    return Outgoing("\n".join([*lines, last]), (*links, *buttons), _media(pieces[0]))


def _media(heard: Heard) -> Media | None:
    """What came with a message, as it was uploaded: see `held_up`."""
    if heard.sent is None:
        return None
    if heard.kind == "photo":
        return Media(heard.sent, "image/jpeg", "photo.jpg")
    return Media(heard.sent, "image/png", str(heard.json["document"]["file_name"]), as_file=True)


async def _send_other(person: Person, deed: Location | Unsupported) -> None:
    """Send what is neither words nor a picture."""
    match deed:
        case Location(latitude_e6, longitude_e6):
            await person.location(latitude_e6 / 1_000_000, longitude_e6 / 1_000_000)
        case Unsupported("voice"):
            await person.voice()
        case Unsupported(what):
            assert what == "sticker", what
            await person.sticker()

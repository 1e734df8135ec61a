"""Phones in a storm: what people do is put in letters first, and what came twice is seen once."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from boxoffice.codes import Code, read_code
from chat.messages import Media, Outgoing, TalkName
from tests.gate_scanner.pictures import card, saved
from tests.storm.ending import codes_in_words
from tests.transcripts.screens import Deed, ListedChannel, ListedScreens, Speaker


@dataclass(frozen=True, slots=True)
class Letter:
    """One message on its way to the engine: delivered again, it is the same message."""

    channel: str
    talk: TalkName
    ref: str
    message_id: str
    payload: str


@dataclass(slots=True)
class Postbox:
    """An Intake that keeps what is handed to it, for whoever delivers it as the storm has it."""

    letters: list[Letter] = field(default_factory=list)

    async def receive(
        self, channel: str, talk: TalkName, ref: str, message_id: str, payload: str
    ) -> bool:
        """Keep a letter."""
        self.letters.append(Letter(channel, talk, ref, message_id, payload))
        return True


@dataclass(slots=True)
class StormScreens:
    """Listed screens whose messages go to a postbox."""

    channel: ListedChannel = field(default_factory=ListedChannel)
    postbox: Postbox = field(default_factory=Postbox)
    public: str = "http://127.0.0.1:9"

    def link(self, talk: TalkName, payload: str) -> str:
        """A link into the page of the three phones."""
        return self._listed().link(talk, payload)

    async def ref(self, speaker: Speaker) -> str:
        """A chat is known by its person's name."""
        return speaker.name

    async def do(self, speaker: Speaker, number: int, deed: Deed) -> None:
        """Put a message in the postbox."""
        await self._listed().do(speaker, number, deed)

    async def seen(self, speaker: Speaker) -> Sequence[Outgoing]:
        """What somebody makes of what came: repeats left out, a code in words held up as a code."""
        first: dict[int, Outgoing] = {}
        for message in self.channel.sent.get(speaker.name, ()):
            # A repeat is known by what the delivery calls it: a ticket may come in words after its
            # image, with others between the two.
            first.setdefault(message.outbox_id, _held_up(message))
        return list(first.values())

    async def answer_calls(self) -> bool:
        """Nothing only asks to be answered here."""
        return False

    def _listed(self) -> ListedScreens:
        return ListedScreens(self.channel, self.postbox, self.public)


def _held_up(message: Outgoing) -> Outgoing:
    """The image did not pass: the holder gives the code at the gate, as the words say."""
    codes = codes_in_words(message.text) if message.media is None else ()
    if not codes:
        return message
    short = next(line for line in message.text.splitlines() if len(line) == 9 and line[4] == "-")
    assert isinstance(read_code(codes[0]), Code)
    return replace(
        message,
        text=f"{message.text}\nCode : {short}",
        media=Media(saved(card(codes[0])), "image/png", "code.png"),
    )

"""The vocabulary of every conversation: what is heard, what is said, what a turn leaves behind.

What the world tells a chat stands in chat/facts.py.

Nothing here knows a channel, a language or a database. A handler turns a channel's payload into an
`Inbound`; a step answers with a `Turn`; delivery renders each `Say` in the chat's language and
hands the channel an `Outgoing`.
"""

from collections.abc import Mapping
from dataclasses import field
from enum import Enum, auto
from typing import Any, Literal

from boxoffice.money import Money
from boxoffice.values import value
from chat.facts import Fact

TalkName = Literal["seller", "scanner"]

Stage = Literal["begin", "going", "end"]

ACTION_BYTES_MAX = 64
"""Telegram's limit on callback_data, kept on every channel: a button is the same everywhere."""


# ---- What is heard -------------------------------------------------------------------------------


@value
class Text:
    """Words that somebody typed."""

    text: str


@value
class Tap:
    """A button pressed, perhaps a month after it was shown: it carries its own meaning."""

    action: str
    label: str = field(default="", compare=False)
    """What stood on it, where the app says so: for the file of what somebody sent."""


@value
class Start:
    """A conversation opened, from a deep link if `payload` is not empty."""

    payload: str = ""


@value
class Photo:
    """Pictures by reference, in the channel's own words; who wants the bytes asks for them."""

    refs: tuple[str, ...]
    caption: str = ""
    album: str = ""
    """What the photos of one album share, where each is a message; empty: sent by itself."""


@value
class Picture:
    """A picture looked at before the turn: kept for a while as `media_id`, or why it is none."""

    media_id: int | None = None
    fault: str | None = None


class Part(Enum):
    """What pictures are of an album whose end nobody tells."""

    WHOLE = auto()
    FIRST = auto()
    """Answered at once; more may come."""
    MORE = auto()
    """They came right behind others, which were answered: one total counts all."""


@value
class Codes:
    """What was read in a message's pictures: ticket codes, other QR texts, or why nothing."""

    found: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    fault: str | None = None
    without: int = 0
    """In how many of the pictures there was no ticket code."""
    part: Part = Part.WHOLE
    """Whether they are all that was sent together, where an app does not say so."""


@value
class Unsupported:
    """Something a talk cannot use: voice, sticker, document, too_large or other."""

    what: str


@value
class Contact:
    """Somebody's card, shared: their number, and their account here if the card says it."""

    phone: str = ""
    ref: str = ""
    card: str = ""
    """Where the card itself lies, in the channel's own words, if all that is known is on it."""

    @property
    def what(self) -> str:
        """What it is to a talk that cannot use it."""
        return "contact"


@value
class Location:
    """A point on the map, shared: in millionths of a degree."""

    latitude_e6: int
    longitude_e6: int

    @property
    def what(self) -> str:
        """What it is to a talk that cannot use it."""
        return "location"


def located(latitude: float, longitude: float) -> Location | Unsupported:
    """Take a point as an app tells it, in degrees; off the globe it is nothing of use."""
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):  # noqa: PLR2004 (degrees of a globe)
        return Unsupported("location")
    return Location(round(latitude * 1_000_000), round(longitude * 1_000_000))


@value
class JoinedGroup:
    """The bot was added to a group; it works in private chats only and says so once."""


Heard = (
    Text
    | Tap
    | Start
    | Photo
    | Picture
    | Codes
    | Unsupported
    | Contact
    | Location
    | JoinedGroup
    | Fact
)


@value
class Inbound:
    """One message as a turn takes it."""

    channel: str
    talk: TalkName
    ref: str
    """The channel's opaque key of the chat; never parsed."""
    message_id: str
    heard: Heard
    received_ms: int
    language: str | None = None
    """The language the person's app speaks, if the channel says so: two letters."""
    name: str = ""
    """What the person calls themselves on the channel, if it says so."""


# ---- What is said --------------------------------------------------------------------------------


@value
class Moment:
    """A point in time as people at the event's place read it."""

    ms: int
    zone: str


@value
class Span:
    """A length of time: minutes that remain, seconds ago."""

    ms: int


@value
class Words:
    """A sentence by its key in the talk's catalogues, with the facts it speaks of."""

    key: str
    facts: "Mapping[str, Value]" = field(default_factory=dict)


Value = str | int | Money | Moment | Span | Words | tuple[Words, ...]
"""A fact inside a sentence. A tuple of Words is set line under line."""


NOTHING = Words("")
"""No words at all: what stands in a sentence where there is nothing to say."""


def words(key: str, **facts: Value) -> Words:
    """Name a sentence and its facts."""
    return Words(key, facts)


@value
class Choice:
    """A button that says something back: at most 64 bytes of action."""

    label: Words
    action: str

    def __post_init__(self) -> None:
        """Refuse an action that Telegram would refuse.

        Raises:
            ValueError: the action is empty or longer than 64 bytes.
        """
        if not 1 <= len(self.action.encode()) <= ACTION_BYTES_MAX:
            raise ValueError(f"an action has 1 to {ACTION_BYTES_MAX} bytes: {self.action!r}")


@value
class Link:
    """A button that opens a page; inside the channel's app, as `app`, where the channel can."""

    label: Words
    url: str
    app: str | None = None


@value
class Place:
    """A point on a map with its name, in millionths of a degree: a pin where the app shows one."""

    title: str
    address: str
    latitude_e6: int
    longitude_e6: int


@value
class Say:
    """One message to a chat.

    `picture` and `file` name media the delivery fetches when it sends (`ticket:ID`, `poster:ID`).
    `about` names what this message delivers (`ticket:ID`): its delivery state follows the
    message's. `instead` is said in words when the picture cannot be sent; `slow` is said first when
    making the picture takes more than three seconds. `place` is a pin beside the words, which also
    carry a link, for apps without pins.
    """

    words: Words
    choices: tuple[Choice | Link, ...] = ()
    picture: str | None = None
    file: str | None = None
    about: str | None = None
    instead: Words | None = None
    slow: Words | None = None
    place: Place | None = None
    template: Words | None = None
    alone: bool = False
    """Kept a message of its own where others are joined: people pass it on."""
    in_words: bool = False
    """The picture is known not to arrive: `instead` is said at once, and where it can be opened."""
    plain: bool = False
    """Without buttons: the choices stand in the text, to be typed."""
    first_number: int = 1
    """The number to type for the first choice: a turn's choices are counted across its messages."""
    progress: str | None = None
    """Which long work this tells of: its message is changed, where an app can (chat/showing.py)."""
    stage: Stage = "begin"
    """Where that work stands."""


@value
class Tell:
    """A message to another chat than the one whose turn it is."""

    chat_id: int
    say: Say


@value
class Job:
    """Far work for the outbox (`payment.start`, `payment.refund`, ...) with the ids it needs.

    Its result comes back to the chat as a fact.
    """

    kind: str
    payload: Mapping[str, int | str]


@value
class Then:
    """Where the conversation stands after a turn: what free text means, and what is remembered."""

    step: str = ""
    memory: Mapping[str, Any] = field(default_factory=dict)


@value
class Turn:
    """What a step leaves behind. `then=None` keeps the conversation where it stood."""

    say: tuple[Say, ...] = ()
    then: Then | None = None
    tell: tuple[Tell, ...] = ()
    jobs: tuple[Job, ...] = ()
    language: str | None = None
    """The language the chat speaks from now on, if this turn changed it."""
    forgets: bool = False
    """What was heard is not kept: its payload is dropped with this turn."""


@value
class Chat:
    """The conversation a step works on, as it was loaded inside the turn's transaction."""

    id: int
    person_id: int
    channel: str
    talk: TalkName
    ref: str
    language: str
    step: str
    memory: Mapping[str, Any]
    now_ms: int
    """The time of this turn: steps read no clock."""
    received_ms: int
    """When the message came in."""
    name: str = ""
    offered: tuple[Choice | Link, ...] = ()
    """The buttons shown last, links too, as a person counts them."""


# ---- What a channel is handed --------------------------------------------------------------------


@value
class Media:
    """A file to send; `as_file` keeps its bytes as they are, to print."""

    body: bytes
    mime: str
    name: str
    as_file: bool = False
    kept_ms: int | None = None
    """How long a copy may lie on its way, where an app's servers fetch it; None: as usual."""


@value
class Button:
    """A rendered button: exactly one of `action` and `url` is set; `app` goes with a `url`."""

    label: str
    action: str | None = None
    url: str | None = None
    app: str | None = None


@value
class Template:
    """An approved sentence by its name, with the facts that fill it, as people read them."""

    name: str
    facts: Mapping[str, str]


@value
class Outgoing:
    """A rendered message: plain text in the chat's language, buttons in order, perhaps a file."""

    text: str
    buttons: tuple[Button, ...] = ()
    media: Media | None = None
    place: Place | None = None
    """A pin, for the channels that have one; the text says the place as well."""
    language: str = ""
    """The chat's language, for the few words an app's own buttons need."""
    template: Template | None = None
    """See `Say.template`."""
    plain: bool = False
    first_number: int = 1
    stage: Stage | None = None
    """Where long work stands that this tells of."""
    outbox_id: int = 0
    """What the delivery calls this message: an app may tell later that it did not arrive."""

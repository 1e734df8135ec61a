"""What the engine and the delivery need from a channel, and how a channel says what went wrong."""

from enum import Enum
from typing import Protocol

from chat.messages import Inbound, Outgoing, TalkName


class Loss(Enum):
    """Why a message that a channel had taken did not arrive after all."""

    SILENCE = "silence"
    """The person has been silent for too long: only an approved sentence may be sent."""
    BUSY = "busy"
    """Too much at once, or a fault that may pass: the same again, later."""
    BUTTONS = "buttons"
    """Its buttons or their words were not taken."""
    PICTURE = "picture"
    """Its picture was not taken."""
    GONE = "gone"
    """This person is not reached on this channel."""


class SendRefused(Exception):
    """The channel will never take this message: blocked, chat gone, invalid content."""


class Withdrawn(Exception):
    """Nobody wants this any more: nothing is sent, nor anything in its stead."""


class Unreached(SendRefused):
    """This person is not reached here, whatever is said: other words would not arrive either."""


class SendLater(Exception):
    """The channel asks to wait: `after_ms` milliseconds, for this chat or for the whole bot."""

    def __init__(self, after_ms: int, reason: str) -> None:
        super().__init__(reason)
        self.after_ms = after_ms


class SlowDown(SendLater):
    """The app says that we send too fast: the sender rests a moment, this chat as long as told."""


class Unreadable(Exception):
    """A persisted payload that is no message of this channel; it is marked failed and logged."""


class Channel(Protocol):
    """One app that carries conversations, for one talk or both."""

    name: str
    """`telegram`, `whatsapp` or `web`: the `channel` of every chat it carries."""

    def read(self, talk: TalkName, payload: str, received_ms: int) -> Inbound:
        """Turn one persisted payload into an Inbound. Pure; raises Unreadable."""
        ...

    async def fetch(self, talk: TalkName, ref: str) -> bytes:
        """Fetch a picture's bytes within the size limit.

        Raises:
            SendRefused: it does not exist any more, or is larger than the limit.
            Any other exception: try again.
        """
        ...

    async def send(self, talk: TalkName, ref: str, outgoing: Outgoing) -> None:
        """Send one message.

        Raises:
            SendRefused: never try this again.
            SendLater: try after the time it carries.
            Any other exception: unknown; sending again must be harmless.
        """
        ...


class Intake(Protocol):
    """Where a handler leaves what it received; the engine is one."""

    async def receive(
        self, channel: str, talk: TalkName, ref: str, message_id: str, payload: str
    ) -> bool:
        """Persist one raw payload, then see that it is worked.

        Returns once it is committed: only then may the handler acknowledge. A message id that is
        already there answers False and nothing happens.
        """
        ...

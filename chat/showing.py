"""One message that shows how far long work has come: edited in place where an app can.

Where it cannot, a message says that the work begins, another that it is over; none in between.
"""

from typing import Protocol, runtime_checkable

from chat.channel import Channel
from chat.messages import Outgoing, Say, TalkName
from storage import progress
from storage.database import Database
from storage.ids import from_text


@runtime_checkable
class Editor(Protocol):
    """A channel that can change a message it sent."""

    async def show(self, talk: TalkName, ref: str, outgoing: Outgoing, message: str | None) -> str:
        """Change the message that the app calls so, or send one; answers what it is called.

        Raises what `Channel.send` raises.
        """
        ...


async def show(
    database: Database, channel: Channel, talk: TalkName, ref: str, say: Say, outgoing: Outgoing
) -> None:
    """Show how far the work of `say.progress` has come.

    A process that dies between the sending and the keeping sends one message more, that says the
    same; from then on it is that one which is changed.
    """
    if not isinstance(channel, Editor):
        if say.stage != "going":
            await channel.send(talk, ref, outgoing)
        return
    progress_id = from_text(say.progress or "") or 0
    known = await database.read(progress.message_of, progress_id)
    shown = await channel.show(talk, ref, outgoing, known)
    if shown != known:
        await database.write(progress.keep_message, progress_id, shown)

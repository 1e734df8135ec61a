"""Writing the journal: who changed what of money or access, in the turn that changes it.

The line and the change commit together; `journaling.py` shows the lines to the owner.
"""

from boxoffice.model import Event
from chat import codec
from chat.messages import Chat, Value, Words
from storage import journal
from storage.database import Tx


async def note(tx: Tx, chat: Chat, event: Event, key: str, **facts: Value) -> None:
    """Write what this person has just done with an event: the sentence `journal.KEY`."""
    await note_of(tx, chat, event.organiser_id, Words(f"journal.{key}", facts), event.id)


async def note_of(
    tx: Tx, chat: Chat, organiser_id: int, said: Words, event_id: int | None = None
) -> None:
    """Write what this person has just done for an organiser."""
    await journal.write(
        tx,
        organiser_id=organiser_id,
        event_id=event_id,
        person_id=chat.person_id,
        said=codec.to_json(said),
        now_ms=chat.now_ms,
    )

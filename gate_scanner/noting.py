"""What the team at the door changes, written in the journal that the event's owner reads.

The sentences are the seller's: it is there that the journal is read.
"""

from chat import codec
from chat.messages import Chat, Value, Words
from storage import journal
from storage.database import Tx


async def note(tx: Tx, chat: Chat, event_id: int, key: str, **facts: Value) -> None:
    """Write what this person has just done at an event: the sentence `journal.KEY`."""
    await journal.write_of_event(
        tx,
        event_id,
        person_id=chat.person_id,
        said=codec.to_json(Words(f"journal.{key}", facts)),
        now_ms=chat.now_ms,
    )

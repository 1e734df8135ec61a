"""What is done from a shell, written in the journal: by nobody who has a chat."""

from chat import codec
from chat.messages import Words
from storage import journal
from storage.database import Tx


async def note_by_shell(
    tx: Tx, organiser_id: int, said: Words, now_ms: int, event_id: int | None = None
) -> None:
    """Write one line, in the transaction that changes what it tells of."""
    await journal.write(
        tx,
        organiser_id=organiser_id,
        event_id=event_id,
        person_id=None,
        said=codec.to_json(said),
        now_ms=now_ms,
    )

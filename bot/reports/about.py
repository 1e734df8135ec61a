"""What a picture or a paper is about: read by the id in its name, or refused for ever."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from chat.channel import SendRefused
from storage.database import Database, Tx
from storage.ids import from_text

T = TypeVar("T")


async def read_about(
    database: Database, key: str, read: Callable[[Tx, int], Awaitable[T | None]]
) -> T:
    """Read what is asked for by the id in its key.

    Raises:
        SendRefused: the key is no id, or there is nothing of that id.
    """
    found_id = from_text(key)
    found = await database.read(read, found_id) if found_id is not None else None
    if found is None:
        raise SendRefused(f"nothing is called {key[:20]!r}")
    return found

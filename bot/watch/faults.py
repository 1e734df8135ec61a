"""What is done about a fault of the program's own: said in the log, told to the owners, parked.

A database or a provider that is away comes back: that work waits and is tried again, and nobody is
told. A statement that the engine refuses, or an answer that no code of ours understands, is refused
again: whoever owns this box office hears of it once, that piece of work waits, the rest goes on.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

import structlog

from boxoffice.rules import DAY_MS, HOUR_MS
from chat.clock import Clock
from chat.messages import Say, words
from chat.saying import PRIORITY_DIALOGUE, queue_say
from storage import faults, loans
from storage.database import Database, Tx, is_away
from storage.inbox import InboxRow

log = structlog.get_logger(__name__)

T = TypeVar("T")

TIMES_MIN = 3
"""A strange answer may come once, and two processes may be in each other's way; three times is a
fault."""

PARKED_MS = HOUR_MS
"""How long a piece of work waits that failed so often: a program that was mended goes on by
itself."""

KEPT_MS = 30 * DAY_MS


def comes_back(error: Exception) -> bool:
    """Say whether this is somebody who is away for a while, and no fault of ours."""
    return isinstance(error, OSError) or is_away(error)


@dataclass(frozen=True, slots=True)
class Faults:
    """Does work piece by piece, so that one that cannot be done is in nobody's way."""

    database: Database
    clock: Clock

    async def each(
        self,
        what: str,
        pieces: Iterable[T],
        key: Callable[[T], int],
        work: Callable[[T], Awaitable[object]],
    ) -> None:
        """Do each piece of work that is not parked. `what` names it: `refund`, `payment`, ...

        Raises:
            StorageError: the database is away; upkeep does the rest when it is back.
        """
        found = list(pieces)
        if not found:
            return
        parked = await self.database.read(
            faults.parked, times_min=TIMES_MIN, since_ms=self.clock() - PARKED_MS
        )
        for piece in found:
            name = f"{what}:{key(piece)}"
            if name in parked:
                continue
            try:
                await work(piece)
            except Exception as error:
                if is_away(error):
                    raise
                await self.met(name, error)

    async def met(self, name: str, error: Exception) -> None:
        """Take note of what went wrong with a piece of work, `refund:ID`.

        Raises:
            StorageError: the database is away.
        """
        if comes_back(error):
            log.warning("away", work=name, why=repr(error))
            return
        log.error("fault", work=name, exc_info=error)
        await self.database.write(_note, name, repr(error), self.clock())

    async def forget(self, now_ms: int) -> None:
        """Drop the notes of what does not happen any more."""
        await self.database.write(faults.forget_old, before_ms=now_ms - KEPT_MS, limit=1000)


async def tell_of_message(tx: Tx, row: InboxRow, reference: str, now_ms: int) -> None:
    """Tell the owners of a message that could not be worked: once an hour, however many fail."""
    hour = now_ms // HOUR_MS
    if await faults.note(tx, f"message:{hour}", reference, now_ms) == 1:
        log.warning("owners_told", inbox=row.id, reference=reference)
        await _tell(tx, Say(words("fault.message", reference=reference)), now_ms)


async def _note(tx: Tx, name: str, why: str, now_ms: int) -> None:
    if await faults.note(tx, name, why, now_ms) == TIMES_MIN:
        what, _, _ = name.partition(":")
        say = Say(words("fault.told", what=words(f"fault.{what}"), reference=name))
        await _tell(tx, say, now_ms)


async def _tell(tx: Tx, say: Say, now_ms: int) -> None:
    for chat_id in await loans.owner_chats(tx):
        await queue_say(tx, chat_id, say, PRIORITY_DIALOGUE, now_ms)

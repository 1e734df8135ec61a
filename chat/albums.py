"""Photos sent together are heard together: one turn, one reply with a total.

An album reaches us as several messages, each persisted and acknowledged by itself, so that a death
at any moment loses none. Before the first one's turn its chat is given a moment of quiet; whatever
photos of the album are in the inbox by then are claimed in that one turn, all or none. What decides
is when they were received, as the inbox keeps it: after a restart an old album waits for nothing.
A photo that comes later still is answered by itself.

Not by editing the first answer: a gate's answer must never change under the eyes that read it, and
WhatsApp cannot edit. Not by a due time of its own: while the quiet lasts the pictures are already
being fetched and read, so that a single photo rarely waits.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from chat.channel import Unreadable
from chat.clock import Clock
from chat.messages import Codes, Heard, Inbound, Photo
from chat.talk import Prepare
from storage import inbox
from storage.database import Database
from storage.inbox import InboxRow

QUIET_MS = 1_000
"""An album is whole when nothing more came for so long: Telegram posts one within a few tenths."""

ALBUM_MAX = 20
"""Photos of one turn, as many as codes are judged in one; more make another reply."""

Quiet = Callable[[int], Awaitable[None]]
"""Lets so many milliseconds pass, in no turn; tests hold it until all is sent."""

Read = Callable[[InboxRow], Inbound]


async def let_pass(wait_ms: int) -> None:
    """Let time pass."""
    await asyncio.sleep(wait_ms / 1000)


@dataclass(frozen=True, slots=True)
class Albums:
    """Finds what was sent together."""

    database: Database
    read: Read
    clock: Clock
    quiet: Quiet = let_pass

    async def heard(
        self, row: InboxRow, inbound: Inbound, prepare: Prepare
    ) -> tuple[Heard, tuple[int, ...]]:
        """Prepare a photo and those sent with it; answers what was heard, and the others' ids.

        Raises:
            StorageError: the inbox cannot be read.
            What `prepare` raises: try the message again.
        """
        if not isinstance(inbound.heard, Photo) or not inbound.heard.album:
            return await prepare(inbound), ()
        first = asyncio.ensure_future(prepare(inbound))
        try:
            rest = await self._rest(row, inbound.heard.album)
            also = await asyncio.gather(*(prepare(one) for _, one in rest))
            return together([await first, *also]), tuple(row_id for row_id, _ in rest)
        finally:
            first.cancel()

    async def _rest(self, row: InboxRow, album: str) -> list[tuple[int, Inbound]]:
        """Wait for a moment of quiet, and find the rest of a photo's album."""
        known = -1
        while True:
            rows = await self.database.read(inbox.behind, row.id, limit=ALBUM_MAX - 1)
            rest = self._of_album(rows, album)
            last_ms = rows[len(rest) - 1].received_ms if rest else row.received_ms
            left_ms = last_ms + QUIET_MS - self.clock()
            is_over = len(rest) < len(rows) or len(rest) == ALBUM_MAX - 1
            if is_over or left_ms <= 0 or len(rest) == known:
                return rest
            known = len(rest)
            await self.quiet(left_ms)

    def _of_album(self, rows: Sequence[InboxRow], album: str) -> list[tuple[int, Inbound]]:
        """Take the photos of the album, up to the first message that is none of them."""
        found = []
        for row in rows:
            try:
                inbound = self.read(row)
            except Unreadable:
                break
            if not isinstance(inbound.heard, Photo) or inbound.heard.album != album:
                break
            found.append((row.id, inbound))
        return found


def together(heards: Sequence[Heard]) -> Heard:
    """Hear several pictures' codes as those of one message, each once."""
    codes = [one for one in heards if isinstance(one, Codes)]
    if len(codes) < len(heards) or len(codes) == 1:
        return heards[0]
    found = tuple(dict.fromkeys(text for one in codes for text in one.found))
    return Codes(
        found,
        tuple(dict.fromkeys(text for one in codes for text in one.others)),
        None if found else next((one.fault for one in codes if one.fault), None),
        sum(one.without for one in codes),
    )

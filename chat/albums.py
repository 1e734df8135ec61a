"""Photos sent together are heard together: one turn, one reply with a total.

An album reaches us as several messages, each persisted and acknowledged by itself, so that a death
at any moment loses none. Before the first one's turn its chat is given a moment of quiet; whatever
photos of the album are in the inbox by then are claimed in that one turn, all or none. What decides
is when they were received, as the inbox keeps it: after a restart an old album waits for nothing.
A photo that comes later still is answered by itself.

Where an app sends an album as messages and tells nobody, any photo may be one of several. Then the
first is answered as soon as it is read, with those that are there by then: who scans one ticket
after the other never waits. Those that come right behind it, faster than a hand can send them one
by one, get one more answer after a moment of quiet, and its total counts the first as well.

Not by editing the first answer: a gate's answer must never change under the eyes that read it, and
WhatsApp cannot edit. Not by a due time of its own: while the quiet lasts the pictures are already
being fetched and read, so that a single photo rarely waits.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from chat.channel import Unreadable
from chat.clock import Clock
from chat.messages import Codes, Heard, Inbound, Part, Photo
from chat.talk import Prepare
from storage import inbox
from storage.database import Database
from storage.inbox import InboxRow

QUIET_MS = 1_000
"""An album is whole when nothing more came for so long: Telegram posts one within a few tenths."""

FOLLOWS_MS = 2_000
"""A photo that comes so soon after another was chosen with it: nobody frames and sends two tickets
in two seconds. On a slow network an album's photos lie further apart; each is answered at once."""

ANY_ALBUM = "any"
"""The album of a photo that may be one of several, where the app sends each as a message."""

ALBUM_MAX = 20
"""Photos of one turn, as many as codes are judged in one; more make another reply."""

Quiet = Callable[[int], Awaitable[None]]
"""Lets so many milliseconds pass, in no turn; tests hold it until all is sent."""

Read = Callable[[InboxRow], Inbound]


async def let_pass(wait_ms: int) -> None:
    """Let time pass."""
    await asyncio.sleep(wait_ms / 1000)


@dataclass(frozen=True, slots=True)
class AlbumPatience:
    """How an album is waited for."""

    quiet: Quiet = let_pass
    follows_ms: int = FOLLOWS_MS
    """How soon after another a photo is one more of the same album, where nobody tells."""


ALBUM_PATIENCE = AlbumPatience()


@dataclass(frozen=True, slots=True)
class Albums:
    """Finds what was sent together."""

    database: Database
    read: Read
    clock: Clock
    patience: AlbumPatience = ALBUM_PATIENCE

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
        album = inbound.heard.album
        part = await self._part(row, album)
        first = asyncio.ensure_future(prepare(inbound))
        try:
            if part is Part.FIRST:
                await self.patience.quiet(0)
                await asyncio.wait([first])
                rest = await self._there(row, album)
            else:
                rest = await self._rest(row, album)
            also = await asyncio.gather(*(prepare(one) for _, one in rest))
            heard = together([await first, *also])
            if isinstance(heard, Codes):
                heard = replace(heard, part=part)
            return heard, tuple(row_id for row_id, _ in rest)
        finally:
            first.cancel()

    async def _part(self, row: InboxRow, album: str) -> Part:
        """Say whether a photo is the first of an album, or one more, where nobody tells."""
        if album != ANY_ALBUM:
            return Part.WHOLE
        before = await self.database.read(inbox.before, row.id)
        if before is None or row.received_ms - before.received_ms >= self.patience.follows_ms:
            return Part.FIRST
        return Part.MORE if self._of_album([before], album) else Part.FIRST

    async def _there(self, row: InboxRow, album: str) -> list[tuple[int, Inbound]]:
        """Find what is there already of a photo's album."""
        rows = await self.database.read(inbox.behind, row.id, limit=ALBUM_MAX - 1)
        return self._of_album(rows, album)

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
            await self.patience.quiet(left_ms)

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

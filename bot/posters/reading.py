"""The seller's far preparation: a photo from an organiser is drawn anew and kept, before the turn.

Anybody else's photo stays a photo: it is not even fetched.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import structlog

from bot.posters.drawing import PosterFault, draw_poster
from boxoffice.rules import DAY_MS
from chat.channel import Channel, SendRefused
from chat.clock import Clock
from chat.messages import Heard, Inbound, Photo, Picture
from chat.workers import Runner, WorkersError
from storage import media, posters
from storage.database import Database

UNUSED_KEPT_MS = DAY_MS
"""A picture that became nobody's poster is dropped after a day: the question about it is old."""

POSTER_MIME = "image/jpeg"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PosterReader:
    """A Photo of somebody who organises becomes a Picture; everything else stays as it is."""

    database: Database
    channels: Mapping[str, Channel]
    workers: Runner
    clock: Clock

    async def __call__(self, inbound: Inbound) -> Heard:
        """Fetch and draw the first picture of a message.

        Raises:
            Any exception of the channel's fetch but SendRefused: try the message again.
        """
        heard = photo_of(inbound)
        if heard is None:
            return inbound.heard
        if not await self.database.read(posters.organises, inbound.channel, inbound.ref):
            return heard
        drawn = await self._drawn(inbound, heard.refs[0])
        if isinstance(drawn, PosterFault):
            return Picture(fault=drawn.value)
        now_ms = self.clock()
        media_id = await self.database.write(
            media.keep,
            mime=POSTER_MIME,
            body=drawn,
            now_ms=now_ms,
            expires_ms=now_ms + UNUSED_KEPT_MS,
        )
        return Picture(media_id)

    async def _drawn(self, inbound: Inbound, ref: str) -> bytes | PosterFault:
        try:
            photo = await self.channels[inbound.channel].fetch(inbound.talk, ref)
        except SendRefused as refusal:
            log.warning("poster_gone", why=str(refusal))
            return PosterFault.GONE
        try:
            return await self.workers.run(draw_poster, photo)
        except WorkersError as error:
            log.warning("poster_not_drawn", why=repr(error))
            return PosterFault.NOT_AN_IMAGE


def photo_of(inbound: Inbound) -> Photo | None:
    """Take the photo of a message, if it has one that can be fetched."""
    heard = inbound.heard
    return heard if isinstance(heard, Photo) and heard.refs else None


def first_photo(inbound: Inbound) -> Inbound:
    """The message with its first picture alone."""
    heard = photo_of(inbound)
    return inbound if heard is None else replace(inbound, heard=replace(heard, refs=heard.refs[:1]))

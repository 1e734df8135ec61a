"""The seller's far preparation: what a photo is depends on who sends it, and what was asked.

Where a paper is to be passed on, the photo stays as it came. Where an organiser was asked for a
poster, it is one. Everywhere else it is read as at the gate: somebody asks whether a ticket is
genuine. An organiser's photo without a ticket in it may still be a poster.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.flows.organising import postering
from bot.flows.tickets import genuine, papers
from bot.posters.reading import PosterReader
from chat.channel import Channel
from chat.clock import Clock
from chat.messages import Codes, Heard, Inbound, Photo, Picture
from chat.workers import Runner
from gate_scanner.photos import PhotoReader
from storage import attempts, chats
from storage.database import Database, Tx

POSTER_STEPS = frozenset({postering.ASKED, postering.ASKED_FIRST})


@dataclass(frozen=True, slots=True)
class SellerPhotos:
    """A Photo becomes a Picture or Codes, or stays a Photo; everything else stays as it is."""

    database: Database
    channels: Mapping[str, Channel]
    workers: Runner
    clock: Clock

    async def __call__(self, inbound: Inbound) -> Heard:
        """Look at the first picture of a message, as far as this chat may still ask.

        Raises:
            Any exception of the channel's fetch but SendRefused: try the message again.
        """
        heard = inbound.heard
        if not isinstance(heard, Photo) or not heard.refs:
            return heard
        step, may_ask = await self.database.read(_where, inbound.channel, inbound.ref, self.clock())
        if step == papers.PHOTO:
            return heard
        posters = PosterReader(self.database, self.channels, self.workers, self.clock)
        if step in POSTER_STEPS:
            return await posters(inbound)
        if may_ask:
            one = replace(inbound, heard=Photo(heard.refs[:1], heard.caption))
            codes = await PhotoReader(self.channels, self.workers)(one)
            if isinstance(codes, Codes) and codes.found:
                return codes
            picture = await posters(inbound)
            return picture if isinstance(picture, Picture) else codes
        return await posters(inbound)


async def _where(tx: Tx, channel: str, ref: str, now_ms: int) -> tuple[str, bool]:
    """Read where a chat stands, and whether its person may have another photo read today."""
    chat = await chats.chat_by_ref(tx, channel, "seller", ref)
    if chat is None:
        return "", True
    key = genuine.photos_key(chat.person_id)
    left = await attempts.left(
        tx, key, most=genuine.PHOTOS_MAX, window_ms=genuine.WINDOW_MS, now_ms=now_ms
    )
    return chat.step, left > 0

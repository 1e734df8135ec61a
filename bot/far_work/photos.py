"""The seller's far preparation: what a photo is depends on who sends it, and what was asked.

A contact's card is read for its number where one was asked for.

Where a paper is to be passed on, the photo stays as it came. Where an organiser was asked for a
poster, it is one. Everywhere else it is read as at the gate: somebody asks whether a ticket is
genuine. An organiser's photo without a ticket in it may still be a poster.
"""

from dataclasses import dataclass

from bot.far_work.contact_cards import CardReader
from bot.flows.organising import postering
from bot.flows.tickets import genuine, giving, papers
from bot.posters.reading import PosterReader, first_photo, photo_of
from chat.messages import Codes, Contact, Heard, Inbound, Picture
from gate_scanner.photos import PhotoReader
from storage import attempts, chats
from storage.database import Tx

POSTER_STEPS = frozenset({postering.ASKED, postering.ASKED_FIRST})


@dataclass(frozen=True, slots=True)
class SellerPhotos:
    """A Photo becomes a Picture or Codes, or stays a Photo; a card gets its number."""

    posters: PosterReader

    async def __call__(self, inbound: Inbound) -> Heard:
        """Look at the first picture of a message, as far as this chat may still ask.

        Raises:
            Any exception of the channel's fetch but SendRefused: try the message again.
        """
        heard, posters = inbound.heard, self.posters
        is_card = isinstance(heard, Contact) and bool(heard.card)
        if not is_card and photo_of(inbound) is None:
            return heard
        step, may_ask = await posters.database.read(
            _where, inbound.channel, inbound.ref, posters.clock()
        )
        if is_card:
            is_asked = step == giving.CONTACT
            return await CardReader(posters.channels)(inbound) if is_asked else Contact()
        if step == papers.PHOTO:
            return heard
        if step in POSTER_STEPS or not may_ask:
            return await posters(inbound)
        codes = await PhotoReader(posters.channels, posters.workers)(first_photo(inbound))
        if isinstance(codes, Codes) and codes.found:
            return codes
        picture = await posters(inbound)
        return picture if isinstance(picture, Picture) else codes


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

"""The share cards: `card:EVENT:CHANNEL`, drawn when they are sent, for the app they are sent in."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.reports.card import CardFace, draw_card
from boxoffice.money import Money
from chat.channel import SendRefused
from chat.messages import Media, Moment, Words, words
from chat.texts import Texts
from chat.workers import Runner
from storage import events, media
from storage.database import Database, Tx
from storage.ids import from_text, to_text

PICTURE = "card"

LinkOf = Callable[[str, str], str | None]


@dataclass(frozen=True, slots=True)
class ShareCards:
    """Draws them."""

    database: Database
    texts: Texts
    workers: Runner
    link: LinkOf

    async def __call__(self, key: str, language: str) -> Media:
        """Read and draw.

        Raises:
            SendRefused: there is no such event.
            WorkersError: it could not be drawn now; try again.
        """
        id_text, _, channel = key.partition(":")
        event_id = from_text(id_text)
        face = None
        if event_id is not None:
            link = self.link(channel, f"e_{to_text(event_id)}") or ""
            face = await self.database.read(self._face, event_id, link, language)
        if face is None:
            raise SendRefused("no such event")
        return Media(await self.workers.run(draw_card, face), "image/jpeg", "affiche.jpg")

    async def _face(self, tx: Tx, event_id: int, link: str, language: str) -> CardFace | None:
        event = await events.event_by_id(tx, event_id)
        if event is None:
            return None

        def say(one: Words) -> str:
            return self.texts.render(one, language)

        kinds = [one for one in await events.kinds_of(tx, event_id) if not one.is_hidden]
        prices = sorted(one.price.amount_minor for one in kinds)
        poster = await media.media_by_id(tx, event.poster_id) if event.poster_id else None
        return CardFace(
            title=event.title,
            when=say(words("card.when", starts=Moment(event.starts_ms, event.zone))),
            place=", ".join(dict.fromkeys(one for one in (event.venue, event.city) if one)),
            price=say(_price(prices, event.currency)),
            call=say(words("card.call")),
            how=say(words("card.how" if link else "card.how_no_link")),
            link=link,
            accent=event.accent,
            mark="guichet",
            poster=poster[1] if poster else None,
        )


def _price(prices: list[int], currency: str) -> Words:
    if not prices or not prices[-1]:
        return words("card.free")
    if prices[0] == prices[-1]:
        return words("card.price", price=Money(prices[0], currency))
    return words("card.from", price=Money(prices[0], currency))

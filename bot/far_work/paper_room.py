"""Where identity papers pass through: fetched from the sender's app when they are sent on.

Each is drawn anew: the notes of place and camera inside the file go no further. Nothing is written.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.posters.drawing import PosterFault, draw_poster
from chat.channel import Channel, SendRefused
from chat.clock import Clock
from chat.messages import Media
from chat.workers import Runner
from storage import papers
from storage.database import Database
from storage.ids import from_text

COPY_KEPT_MS = 5 * 60_000
"""How long an app's own copy may lie where its servers fetch it from: they do within seconds."""


@dataclass(frozen=True, slots=True)
class PaperRoom:
    """Answers `paper:ID` as long as the paper is on its way."""

    database: Database
    channels: Mapping[str, Channel]
    workers: Runner
    clock: Clock

    async def fetch(self, key: str, _language: str) -> Media:
        """Fetch a photo and draw it anew.

        Raises:
            SendRefused: it was passed on, its minutes are over, or it is no picture.
            Any other exception of the sender's channel: try again, as long as there is time.
        """
        paper_id = from_text(key)
        source = await self.database.read(papers.source_of, paper_id or 0, self.clock())
        if source is None:
            raise SendRefused("this paper is not on its way any more")
        photo = await self.channels[source.channel].fetch("seller", source.photo_ref)
        drawn = await self.workers.run(draw_poster, photo)
        if isinstance(drawn, PosterFault):
            raise SendRefused(f"no picture of a paper: {drawn.value}")
        return Media(drawn, "image/jpeg", "piece.jpg", kept_ms=COPY_KEPT_MS)

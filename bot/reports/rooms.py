"""What organisers can be sent, by the first word of its name."""

from collections.abc import Awaitable, Callable, Mapping

from bot.reports import cards, closing, participants, sales
from chat.clock import Clock
from chat.messages import Media
from chat.texts import Texts
from chat.workers import Runner
from storage.database import Database

Room = Callable[[str, str], Awaitable[Media]]


def report_rooms(
    database: Database, texts: Texts, workers: Runner, clock: Clock, link: cards.LinkOf
) -> Mapping[str, Room]:
    """Make every room of this folder."""
    return {
        participants.PICTURE: participants.ParticipantLists(database, texts, workers),
        sales.PICTURE: sales.SalesPictures(database, texts, workers, clock),
        closing.PICTURE: closing.ClosingReports(database, texts, workers, clock),
        cards.PICTURE: cards.ShareCards(database, texts, workers, link),
    }

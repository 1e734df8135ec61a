"""What the closing report says, and when: sold apart from given, absences only afterwards."""

from collections.abc import Callable

import pytest

from bot.flows.seller import seller_texts
from bot.reports.closing import closing_page
from bot.reports.closing_facts import ClosingPage
from boxoffice.model import Event
from boxoffice.rules import MINUTE_MS
from chat.messages import Words
from storage import events
from storage.closing import ClosedKind, Closing
from storage.database import Database
from tests.flows.talking import NOW_MS
from tests.transcripts.world import START, make_event

CLOSING = Closing(
    (
        ClosedKind("Standard", quota=9, sold=4, invited=2, refunded=1, came=5, money_minor=20_000),
        ClosedKind("VIP", quota=3, sold=1, invited=0, refunded=0, came=0, money_minor=15_000),
    ),
    verdicts={},
    conflicts=0,
)
FLOWS = [("cash", "XOF", {"taken": 6_000, "returned": 6_000, "buyer": 0, "organiser": 0})]

MOMENTS: dict[str, Callable[[Event], int]] = {
    "to come": lambda event: event.doors_ms - MINUTE_MS,
    "under way": lambda event: event.doors_ms,
    "over": lambda event: event.ends_ms,
}


@pytest.mark.parametrize(
    ("moment", "heading", "total", "figures"),
    [
        ("to come", ("Jauge", "Vendus", "Invitations", "Rendus"), "12 5 2 1", "5 2"),
        ("under way", ("Jauge", "Vendus", "Invitations", "Rendus", "Venus"), "12 5 2 1 5", "5 2 5"),
        (
            "over",
            ("Jauge", "Vendus", "Invitations", "Rendus", "Venus", "Absents"),
            "12 5 2 1 5 2",
            "5 2 5 2",
        ),
    ],
)
async def test_nobody_is_absent_from_what_is_not_over(
    database: Database, moment: str, heading: tuple[str, ...], total: str, figures: str
) -> None:
    """Invitations stand in their own column; who came, and who did not, once that can be known."""
    page = await _page(database, moment)
    kinds = page.tables[0]
    assert kinds.head == ("Tarif", *heading, "Recette")
    assert " ".join(kinds.total[1:-1]) == total
    assert " ".join(value for value, _ in page.figures[:-1]) == figures


async def test_the_money_is_said_as_on_its_page(database: Database) -> None:
    """What came in and went back again is said on both sides, not as nothing."""
    [money] = [one for one in (await _page(database, "over")).tables if one.head[-1] == "Montant"]
    assert money.title == "Argent : Espèces"
    assert money.rows == (
        ("Encaissé", "6 000 F CFA"),
        ("Rendu aux acheteurs", "6 000 F CFA"),
        ("Solde de l’organisateur", "0 F CFA"),
    )


async def _page(database: Database, moment: str) -> ClosingPage:
    kinds = ("Standard 5000 x 9", "VIP 15000 x 3")
    event_id = await database.write(make_event, "Jazz", START, kinds, NOW_MS)
    event = await database.read(events.event_by_id, event_id)
    assert event is not None
    texts = seller_texts()

    def say(one: Words) -> str:
        return texts.render(one, "fr").replace("\u202f", " ").replace("\u00a0", " ")

    return closing_page(event, CLOSING, FLOWS, say, MOMENTS[moment](event))

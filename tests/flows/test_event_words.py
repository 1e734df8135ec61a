"""What an event's page says of who may come, its conditions say word for word."""

from dataclasses import replace

import pytest

from bot.flows.event_words import conditions_words, event_page
from bot.flows.seller import seller_texts
from boxoffice.model import Naming
from storage import events
from storage.database import Database
from tests.flows.test_day_tickets import FRIDAY
from tests.transcripts.world import make_event


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("age_min", [0, 18])
@pytest.mark.parametrize("naming", list(Naming))
@pytest.mark.parametrize("party_size", [1, 5])
async def test_the_page_and_the_conditions_say_who_may_come_alike(
    database: Database, language: str, age_min: int, naming: Naming, party_size: int
) -> None:
    """Age, its check and names: each of these lines stands in both, the same."""
    event_id = await database.write(
        make_event, "Gala", FRIDAY, ("Table 20000 x 5",), 1_800_000_000_000
    )
    event = await database.read(events.event_by_id, event_id)
    assert event is not None
    event = replace(event, age_min=age_min, naming=naming, checks_age=True)
    (kind,) = await database.read(events.kinds_of, event_id)
    kind = replace(kind, party_size=party_size)
    texts = seller_texts()
    page, full = (
        set(texts.render(said, language).splitlines())
        for said in (event_page(event, [kind]), conditions_words(event, kind, 1, []))
    )
    same = {line for line in page & full if line.startswith("•")}
    assert len(same) == len(("age", "checked", "names"))

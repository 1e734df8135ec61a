"""A ticket for one day of a festival says its day, everywhere a person reads it."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.flows.event_words import age_moment, event_page, kind_when, when_words
from bot.flows.seller import seller_texts
from storage import events
from storage.database import Database, Tx
from tests.transcripts.world import ZONE, make_event

FRIDAY = datetime(2027, 6, 11, 17, 0, tzinfo=ZoneInfo(ZONE))


async def test_a_day_ticket_says_its_day_and_the_pass_the_span(database: Database) -> None:
    """The day stands in words, and the age is judged at that day."""
    event_id = await database.write(
        make_event, "Festival", FRIDAY, ("Pass 20000 x 5", "Dimanche 8000 x 5"), 1_800_000_000_000
    )
    sunday_ms = int((FRIDAY + timedelta(days=2)).timestamp() * 1000)

    async def spread(tx: Tx) -> None:
        run = tx.run
        hour_ms = 3_600_000
        await run(
            "UPDATE events SET ends_ms = :ends_ms WHERE id = :id",
            ends_ms=sunday_ms + 6 * hour_ms,
            id=event_id,
        )
        await run(
            "UPDATE kinds SET valid_from_ms = :from_ms, valid_until_ms = :until_ms"
            " WHERE name = 'Dimanche'",
            from_ms=sunday_ms,
            until_ms=sunday_ms + 8 * hour_ms,
        )
        await run(
            "UPDATE kinds SET valid_until_ms = :until_ms WHERE name = 'Pass'",
            until_ms=sunday_ms + 6 * hour_ms,
        )

    await database.write(spread)
    event = await database.read(events.event_by_id, event_id)
    assert event is not None
    whole, sunday = await database.read(events.kinds_of, event_id)
    texts = seller_texts()
    assert texts.render(kind_when(event, sunday), "fr") == "dimanche 13\u00a0juin"
    assert kind_when(event, whole) == when_words(event)
    assert age_moment(event, sunday).ms == sunday_ms
    assert age_moment(event, whole).ms == event.starts_ms
    page = texts.render(event_page(event, (whole, sunday)), "fr")
    assert "21 ans révolus le premier jour de son billet." in page

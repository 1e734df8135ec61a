"""A small rush: nobody is lost, nothing is oversold, and who waits knows it."""

from tests.rush.simulating import rush

OVER_WITHIN_MS = 240_000
"""Two seconds of the bot's pace for every five buyers, and the slowest payment."""


async def test_a_rush_sells_every_place_once_and_answers_everybody() -> None:
    """600 buyers in five seconds for 40 places: the bot never goes too fast, and says who waits."""
    told = await rush(buyers=600, places=40, within_ms=5_000, seed=7, is_paced=True)
    assert told.tickets == told.places
    assert told.tickets + told.turned_away == told.buyers
    assert told.breaches == ()
    assert told.refused * 100 <= told.taken, "too fast for the app"
    assert told.noted > 0
    assert told.lasted_ms < OVER_WITHIN_MS

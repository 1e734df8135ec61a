"""A small rush: nobody is lost, nothing is oversold, and who waits knows it."""

from tests.rush.simulating import rush


async def test_a_rush_sells_every_place_once_and_answers_everybody() -> None:
    """600 buyers in five seconds for 40 places: the bot never goes too fast, and says who waits."""
    told = await rush(buyers=600, places=40, within_ms=5_000, seed=7, is_paced=True)
    assert told.tickets == told.places
    assert told.tickets + told.turned_away == told.buyers
    assert told.breaches == ()
    assert told.refused * 100 <= told.taken, "too fast for the app"
    assert told.noted > 0
    assert told.to_first_answer_ms[99] < 600 / 27 * 1_000 * 2

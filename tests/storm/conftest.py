"""Storms are played in a loop that says when it rests."""

from collections.abc import Callable, Mapping

from tests.storm.resting import RestingLoop


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], RestingLoop]]:
    """Make such loops for the tests of this folder."""
    return {"resting": RestingLoop}

"""Every transcript plays as it is written: through each channel's payloads, on both engines."""

import contextlib
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

import pytest
import pytest_asyncio

from chat.workers import Runner
from storage.database import Database
from storage.opening import open_database
from tests.postgres_houses import PostgresHouses
from tests.storm.databases import fresh_database
from tests.storm.sketching import ReadingOnce, Sketches
from tests.transcripts.on_telegram import open_telegram_stage
from tests.transcripts.on_web import open_web_stage
from tests.transcripts.on_whatsapp import open_whatsapp_stage
from tests.transcripts.playing import play
from tests.transcripts.script import FOLDER, Script, read_script, scripts
from tests.transcripts.stage import Stage
from tests.transcripts.warm import WarmHouse, end_what_runs


class OpenStage(Protocol):
    """How a stage is set on a database."""

    def __call__(  # noqa: D102 (said above)
        self, database: Database, *, runner: Runner
    ) -> AbstractAsyncContextManager[Stage]: ...


CHANNELS: dict[str, OpenStage] = {
    "telegram": open_telegram_stage,
    "web": open_web_stage,
    "whatsapp": open_whatsapp_stage,
}


def drawing(channel: str, script: Script) -> Runner:
    """Choose how pictures are drawn: it is half of a play, and none depends on channel or engine.

    Through Telegram every one is whole, through WhatsApp where somebody holds one up: both squeeze
    pictures as these apps do.
    """
    whole = channel == "telegram" or (channel == "whatsapp" and script.shows_pictures)
    return ReadingOnce() if whole else Sketches()


def named(value: object) -> str:
    """Name a case by its file."""
    return value.name if isinstance(value, Script) else str(value)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def warm_house() -> AsyncIterator[WarmHouse]:
    """PostgreSQL for the plays of this file: its connections belong to their event loop."""
    warm = WarmHouse()
    yield warm
    await warm.close()


@pytest_asyncio.fixture(loop_scope="module")
async def house(
    channel: str, request: pytest.FixtureRequest, warm_house: WarmHouse
) -> AsyncIterator[Database]:
    """An empty house on the engine this channel is played on, and so on both: no channel knows one.

    The web's is opened as in a process of its own. WhatsApp's crosses to no thread, as in storms,
    which play the bare engine besides: a tenth of a play. Telegram's connections are warm.
    """
    async with _opened(channel, request, warm_house) as database:
        yield database
        await end_what_runs()


@contextlib.asynccontextmanager
async def _opened(
    channel: str, request: pytest.FixtureRequest, warm_house: WarmHouse
) -> AsyncIterator[Database]:
    if channel == "telegram":
        houses: PostgresHouses = request.getfixturevalue("postgres_houses")
        yield await warm_house.entered(houses)
    elif channel == "whatsapp":
        template: Path = request.getfixturevalue("sqlite_template")
        async with fresh_database(template) as database:
            yield database
    else:
        database = await open_database(request.getfixturevalue("house_sqlite_url"))
        yield database
        await database.close()


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("channel", "script"),
    [
        (channel, script)
        for channel in CHANNELS
        for script in scripts()
        if channel not in script.without
    ],
    ids=named,
)
async def test_a_transcript_plays_as_written(channel: str, script: Script, house: Database) -> None:
    """What people read in the file is what the product does, through the channel's own payloads."""
    async with CHANNELS[channel](house, runner=drawing(channel, script)) as stage:
        await play(script, stage)


async def test_a_link_that_no_phone_could_open_stands_in_the_words(house_sqlite_url: str) -> None:
    """Telegram refuses a button to this machine: the payment link then stands under the text."""
    database = await open_database(house_sqlite_url)
    async with open_telegram_stage(database, public="http://127.0.0.1:9") as stage:
        await play(read_script(FOLDER / "acheter_une_place.chat"), stage)
    await database.close()

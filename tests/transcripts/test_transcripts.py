"""Every transcript plays as it is written, on SQLite and on PostgreSQL."""

import pytest

from storage.database import Database
from tests.transcripts.playing import play
from tests.transcripts.script import Script, scripts
from tests.transcripts.stage import open_stage


@pytest.mark.parametrize("script", scripts(), ids=lambda script: script.name)
async def test_a_transcript_plays_as_written(script: Script, database: Database) -> None:
    """What people read in the file is what the product does, message by message."""
    async with open_stage(database) as stage:
        await play(script, stage)

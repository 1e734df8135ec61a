"""What people do besides talking, on the whole way through the bot: groups, edits, huge files."""

from collections.abc import AsyncIterator

import pytest

from storage.opening import open_database
from tests.doubles.telegram import Person
from tests.transcripts.on_telegram import TelegramScreens, open_telegram_stage
from tests.transcripts.screens import Speaker
from tests.transcripts.stage import Stage

GROUP = -100
HUGE = 30 * 1024 * 1024


@pytest.fixture
async def stage(house_sqlite_url: str) -> AsyncIterator[Stage]:
    """Set the stage on Telegram."""
    database = await open_database(house_sqlite_url)
    async with open_telegram_stage(database, served=True) as opened:
        yield opened
    await database.close()


async def somebody(stage: Stage) -> Person:
    """Give a person who has opened the seller."""
    await stage.hear("awa", "bonjour")
    screens = stage.screens
    assert isinstance(screens, TelegramScreens)
    return screens.people["awa", Speaker("awa", "seller").talk]


async def taken(stage: Stage, person: Person) -> None:
    """Wait until the bot has every update, and has answered."""
    await person.account.bell.until(lambda: not person.account.updates)
    await stage.settle()


async def test_a_group_hears_one_sentence_with_the_private_link(stage: Stage) -> None:
    """Added, asked to start, talked beside: one message, which leads to the private chat."""
    awa = await somebody(stage)
    await awa.add_to_group(GROUP)
    await awa.say_in_group(GROUP, "/start@seller_bot")
    await awa.say_in_group(GROUP, "qui vient au concert ?")
    await taken(stage, awa)
    [said] = awa.account.said(GROUP)
    assert "conversation privée" in said.text
    assert any("https://t.me/seller_bot" in str(key) for row in said.rows for key in row)


async def test_an_edited_message_says_nothing_new(stage: Stage) -> None:
    """What was written over is neither heard again nor answered."""
    awa = await somebody(stage)
    before = len(awa.seen)
    await awa.edit("annuler")
    await taken(stage, awa)
    assert len(awa.seen) == before


async def test_a_file_of_thirty_megabytes_is_answered_and_nothing_is_lost(stage: Stage) -> None:
    """It is named too heavy, in words, and the conversation goes on."""
    awa = await somebody(stage)
    await awa.send_document(b"\xff\xd8\xff", "affiche.jpg", "image/jpeg", size=HUGE)
    await taken(stage, awa)
    assert "trop lourd" in awa.seen[-1].text
    await stage.hear("awa", "bonjour")
    assert "trop lourd" not in awa.seen[-1].text

"""Conversations: whose they are, and which language they begin in, on both engines."""

from storage import chats
from storage.database import Database

NOW_MS = 1_795_453_200_000


async def spoken(database: Database, language: str) -> str:
    """Hear a word in a language, and answer the one that the conversation is held in."""
    row = await database.write(
        chats.open_chat,
        channel="web",
        talk="seller",
        ref="phone",
        language=language,
        name="",
        now_ms=NOW_MS,
    )
    return row.language


async def test_an_expected_conversation_takes_the_language_of_its_first_word(
    database: Database,
) -> None:
    """It was made before anybody spoke; from the first word on, only its person changes it."""
    expected = await database.write(
        chats.expect_chat,
        channel="web",
        talk="seller",
        ref="phone",
        language="fr",
        name="Afi",
        now_ms=NOW_MS,
    )
    assert expected.language == "fr"
    assert await spoken(database, "en") == "en"
    assert await spoken(database, "fr") == "en"

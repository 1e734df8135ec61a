"""Whoever floods is answered no more for a while; nobody else notices."""

import asyncio
import json

from bot.flows.seller import BURST_MAX
from storage.chats import BURST_MS
from storage.database import Database
from tests.transcripts.stage import Stage, open_stage

FLOOD = 3 * BURST_MAX


async def write(stage: Stage, who: str, count: int) -> None:
    """Have somebody write many messages at once."""
    engine = stage.guichet.engine
    for _ in range(count):
        stage.count += 1
        said = {"id": f"m{stage.count}", "ref": who, "language": "fr", "text": "menu"}
        await engine.receive("listed", "seller", who, said["id"], json.dumps(said))


async def test_a_flood_is_left_unanswered_and_others_are_not(database: Database) -> None:
    """Of 360 messages at once 120 are answered and one says to slow down; Awa is answered."""
    async with open_stage(database) as stage:
        await asyncio.gather(write(stage, "mallory", FLOOD), write(stage, "awa", 1))
        await stage.settle()
        [heard] = await stage.seen("awa")
        assert "Que voulez-vous faire" in heard.text
        said = [one.text for one in await stage.seen("mallory")]
        assert len(said) <= BURST_MAX + 1
        assert sum("Doucement" in one for one in said) == 1
        # A minute later they are somebody like everybody.
        stage.clock.now_ms += BURST_MS
        await stage.hear("mallory", "menu")
        assert "Que voulez-vous faire" in (await stage.seen("mallory"))[-1].text


async def test_money_is_heard_in_the_middle_of_a_flood(database: Database) -> None:
    """What a provider tells is no message of a person's: the ticket comes all the same."""
    async with open_stage(database) as stage:
        await stage.world("événement jazz: Jazz | 12/06/2027 20:30 | Standard 5000 x 30")
        for text in ("/start e_jazz", "1 Standard", "j'accepte"):
            await stage.hear("awa", text)
        await write(stage, "awa", FLOOD)
        await stage.settle()
        await stage.world("payé")
        assert (await stage.seen("awa"))[-1].media is not None

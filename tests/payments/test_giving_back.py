"""Money of tickets given back, in whatever order it happens: the books hold after every step."""

import random

import pytest

from boxoffice.rules import DAY_MS
from storage.database import Database, Tx
from tests.storm.invariants import AT_REST, breaches
from tests.transcripts.stage import Stage, open_stage

STEPS = 7
"""As much as can become of three tickets."""


@pytest.mark.parametrize("seed", range(4))
async def test_the_books_hold_whatever_is_given_back(seed: int, database: Database) -> None:
    """Given back in parts, refunded, sent back at the provider's desk: no unit is lost or made."""
    chance = random.Random(seed)
    async with open_stage(database) as stage:
        await stage.world("événement jazz: Nuit du Jazz | 12/06/2027 20:30 | Standard 3333 x 9")
        await database.write(_set_terms, chance.choice((1, 33, 50, 80, 99, 100)))
        await stage.world("awa achète 3 Standard pour jazz")
        for _ in range(STEPS):
            await _something(stage, chance)
            assert await database.read(breaches) == []
        await stage.chores()
        assert await database.read(breaches, AT_REST) == []


async def _set_terms(tx: Tx, percent: int) -> None:
    await tx.run(
        "UPDATE events SET refund_percent = :percent, refund_before_ms = :before_ms",
        percent=percent,
        before_ms=DAY_MS,
    )


async def _something(stage: Stage, chance: random.Random) -> None:
    """Let one thing happen that money can go through."""
    match chance.randrange(6):
        case 0 | 1 | 2:
            await _give_back(stage, chance)
        case 3:
            await stage.world(f"rembourse billet {chance.randint(1, 3)}")
        case 4:
            await stage.world(f"prestataire rembourse {chance.choice((1, 700, 3333))}")
        case _:
            await stage.world(chance.choice(("rembourse", "rembourse jazz")))


async def _give_back(stage: Stage, chance: random.Random) -> None:
    """Have the buyer give some tickets back, if there are any, and confirm."""
    await stage.hear("awa", "rendre")
    await stage.hear("awa", chance.choice(("1", "2", "1 3", "tout")))
    buttons = [one for said in await stage.seen("awa") for one in said.buttons if one.action]
    confirm = [one.action for one in buttons if str(one.action).startswith("giveback:")]
    if confirm:
        await stage.hear("awa", f"[#{confirm[-1]}]")

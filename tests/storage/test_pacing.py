"""How fast a bot sends: one bucket for every process, urgent words first, nothing said twice."""

import asyncio
import random

import pytest

from storage import chats, leasing, outbox, pacing
from storage.database import Database, Tx
from storage.leasing import Leased
from storage.opening import open_database
from storage.outbox import ORDINARY, SAY, Lane, Pace, sender_of

PACE = Pace(per_s=10, burst=2)
BOT = sender_of("telegram", "seller")
NOW_MS = 1_900_000_000_000
TICKET, REMINDER = 10, 30


async def _chat(database: Database, ref: str, talk: str = "seller") -> int:
    row = await database.write(
        chats.open_chat,
        channel="telegram",
        talk=talk,
        ref=ref,
        language="fr",
        name="",
        now_ms=NOW_MS,
    )
    return row.id


async def _say(
    database: Database, chat_id: int, words: str, priority: int = ORDINARY, lane: Lane = Lane.CHAT
) -> None:
    await database.write(
        outbox.queue,
        chat_id=chat_id,
        kind=SAY,
        payload=words,
        priority=priority,
        now_ms=NOW_MS,
        lane=lane,
    )


async def _lease(database: Database, at_ms: int = 0, limit: int = 32) -> Leased:
    now_ms = NOW_MS + at_ms
    return await database.write(
        leasing.lease,
        holder="one",
        now_ms=now_ms,
        until_ms=now_ms + 60_000,
        limit=limit,
        paces={BOT: PACE},
    )


def _said(leased: Leased) -> list[str]:
    return [row.payload for row in leased.rows]


async def test_a_bot_sends_at_its_pace_and_another_is_not_held_up(database: Database) -> None:
    """Two at once, then one every 100 ms; the scanner bot has a pace of its own: here, none."""
    for number in range(6):
        await _say(database, await _chat(database, f"b{number}"), f"answer {number}")
    await _say(database, await _chat(database, "steward", "scanner"), "green", 0)
    first = await _lease(database)
    assert _said(first) == ["green", "answer 0", "answer 1"]
    assert first.is_held_back
    assert _said(await _lease(database, 50)) == []
    assert _said(await _lease(database, 100)) == ["answer 2"]
    assert _said(await _lease(database, 1_000)) == ["answer 3", "answer 4"]


async def test_two_processes_share_one_pace(postgres_url: str) -> None:
    """Whoever leases, together they send what one may."""
    one, other = await open_database(postgres_url), await open_database(postgres_url)
    for number in range(20):
        await _say(one, await _chat(one, f"b{number}"), f"answer {number}")
    leased = await asyncio.gather(*(_lease(db, 0) for db in (one, other, one, other)))
    assert sum(len(some.rows) for some in leased) == PACE.burst
    await one.close()
    await other.close()


async def test_a_bot_rests_when_its_app_says_so(database: Database) -> None:
    """Nothing goes out until the rest is over, however long the bot was quiet before."""
    for number in range(3):
        await _say(database, await _chat(database, f"b{number}"), f"answer {number}")
    assert len((await _lease(database, 0, limit=1)).rows) == 1
    await database.write(pacing.rest, BOT, NOW_MS + 5_000)
    assert _said(await _lease(database, 4_999)) == []
    assert len((await _lease(database, 5_200)).rows) == 2


@pytest.mark.parametrize("seed", range(3))
async def test_no_second_ever_sees_more(seed: int, database: Database) -> None:
    """Whatever the pauses, in no second do more messages go out than the pace and its burst."""
    chance, now_ms, sent = random.Random(seed), NOW_MS, []
    for _ in range(60):
        now_ms += chance.choice((0, 1, 30, 100, 400, 900))
        sent += [now_ms] * await database.write(_take, chance.randint(1, 8), now_ms)
    for at_ms in sent:
        assert sum(at_ms <= one < at_ms + 1_000 for one in sent) <= PACE.per_s + PACE.burst


async def _take(tx: Tx, wanted: int, now_ms: int) -> int:
    may = await pacing.may_send(tx, BOT, per_s=PACE.per_s, burst=PACE.burst, now_ms=now_ms)
    taken = min(may, wanted)
    await pacing.spend(tx, BOT, taken)
    return taken


async def test_a_ticket_takes_along_what_its_chat_waits_for(database: Database) -> None:
    """A ticket goes before everybody's dialogue, and so does what was said before it there."""
    for number in range(4):
        await _say(database, await _chat(database, f"b{number}"), f"answer {number}")
    buyer = await _chat(database, "buyer")
    await _say(database, buyer, "wait a moment")
    await _say(database, buyer, "the ticket", TICKET)
    await _say(database, await _chat(database, "b0"), "remember", REMINDER, Lane.OWN)
    assert _said(await _lease(database, 0, limit=1)) == ["wait a moment"]


async def test_what_a_chat_still_waits_for_is_not_said_twice(database: Database) -> None:
    """Tapped again in a queue, the same answer stands once; another answer, or a sent one, not."""
    chat_id = await _chat(database, "impatient")
    await _say(database, chat_id, "the list")

    async def is_said(words: str, after_ms: int) -> bool:
        return await database.read(
            outbox.is_said_already, chat_id, words, NOW_MS + after_ms - 3_000
        )

    assert not await is_said("the list", 2_000), "two quick questions have two answers"
    assert await is_said("the list", 4_000)
    assert not await is_said("another", 4_000)
    await _lease(database)
    assert not await is_said("the list", 4_000), "it may be on its way already"


async def test_a_chat_is_told_of_a_wait_once_in_five_minutes(database: Database) -> None:
    """The note counts by one conditional statement."""
    chat_id = await _chat(database, "waiting")
    every_ms = 300_000
    assert await database.write(chats.note, chat_id, NOW_MS, every_ms)
    assert not await database.write(chats.note, chat_id, NOW_MS + every_ms - 1, every_ms)
    assert await database.write(chats.note, chat_id, NOW_MS + every_ms, every_ms)


async def test_who_starts_again_takes_back_what_it_left(database: Database) -> None:
    """A dead process's leases are over when it is back under its name; another's are not."""
    await _say(database, await _chat(database, "b"), "answer")
    await _lease(database)
    assert await database.write(leasing.end_leases_of, "other") == 0
    assert _said(await _lease(database, 1_000)) == []
    assert await database.write(leasing.end_leases_of, "one") == 1
    assert _said(await _lease(database, 1_000)) == ["answer"]

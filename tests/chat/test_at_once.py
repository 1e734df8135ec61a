"""A message that finds its chat at rest: kept and worked in one transaction, or kept alone."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from chat.engine import TAKE_UP_AFTER_MS, TURN_ATTEMPTS_MAX, Engine
from chat.facts import HoldEnding
from chat.messages import Chat, Heard, Inbound, TalkName, Text, Turn
from storage import inbox
from storage.database import Busy, Database, Tx
from tests.chat.door import Door

NEWS = HoldEnding(7)


class _Broken(Exception):
    """What a faulty step raises."""


@dataclass
class _Moody(Door):
    """A door that hears texts as they are, and fails as often as it is told to."""

    failures: list[Exception] = field(default_factory=list)
    asked: int = 0

    def read(self, talk: TalkName, payload: str, received_ms: int) -> Inbound:
        """Read a text by its words."""
        said = json.loads(payload)
        return Inbound(self.name, talk, "awa", said["id"], Text(said["text"]), received_ms)

    async def hear(self, _tx: Tx, _chat: Chat, heard: Any) -> Turn:  # noqa: ANN401 (any message)
        """Fail, while failures are left; then note the turn."""
        self.asked += 1
        if self.failures:
            raise self.failures.pop(0)
        self.turns.append(heard)
        return Turn()


async def _say(engine: Engine, text: str) -> bool:
    said = json.dumps({"id": text, "text": text})
    return await engine.receive("plain", "scanner", "awa", text, said)


async def _kept(tx: Tx) -> list[tuple[str, str, int]]:
    rows = await tx.rows("SELECT message_id, state, attempts FROM inbox ORDER BY id")
    return [(row["message_id"], row["state"], row["attempts"]) for row in rows]


def _transactions(database: Database) -> int:
    return sum(one.count for name, one in database.times.items() if name.startswith("chat."))


async def test_it_is_worked_when_it_is_acknowledged(database: Database) -> None:
    """One transaction keeps it and takes its turn: nothing is left to work, or to lose."""
    door = _Moody(database)
    engine = door.engine()
    before = _transactions(database)
    assert await _say(engine, "un")
    assert _transactions(database) - before == 1
    assert door.turns == [Text("un")]
    assert await database.read(_kept) == [("un", "done", 0)]


async def test_again_it_has_no_effect(database: Database) -> None:
    """A message id that is known is acknowledged, and worked no second time."""
    door = _Moody(database)
    engine = door.engine()
    told = [await _say(engine, "un"), await _say(engine, "un")]
    told += await asyncio.gather(*(_say(engine, "deux") for _ in range(9)))
    await engine.idle()
    assert (told[:2], sum(told[2:])) == ([True, False], 1)
    assert door.turns == [Text("un"), Text("deux")]


async def test_those_that_come_meanwhile_wait_behind_it(database: Database) -> None:
    """Messages of one chat that come together are worked in their order."""
    door = _Moody(database)
    engine = door.engine()
    words = [str(number) for number in range(20)]
    await asyncio.gather(*(_say(engine, word) for word in words))
    await engine.idle()
    assert [one.text for one in door.turns if isinstance(one, Text)] == words


async def test_what_was_left_before_is_worked_first(database: Database) -> None:
    """Where a dead process left a message of the chat, the new one waits its turn."""
    door = _Moody(database)
    left = inbox.arrived("plain", "scanner", "awa", '{"id": "un", "text": "un"}', door.clock())
    assert await database.write(inbox.put, left, "un")
    engine = door.engine()
    assert await _say(engine, "deux")
    await engine.idle()
    assert door.turns == [Text("un"), Text("deux")]


@pytest.mark.parametrize("times", range(1, TURN_ATTEMPTS_MAX + 1))
async def test_a_turn_that_raises_leaves_it_kept(database: Database, times: int) -> None:
    """It is acknowledged all the same, tried three times in all, then given up."""
    door = _Moody(database, failures=[_Broken() for _ in range(times)])
    engine = door.engine()
    assert await _say(engine, "un")
    await engine.idle()
    done: list[Heard] = [] if times == TURN_ATTEMPTS_MAX else [Text("un")]
    assert (door.turns, door.asked) == (done, min(times + 1, TURN_ATTEMPTS_MAX))
    state = "done" if done else "failed"
    assert await database.read(_kept) == [("un", state, times)]


async def test_it_is_kept_where_its_turn_finds_the_database_away(database: Database) -> None:
    """What others hold up is no fault of the message: it counts no attempt, and is tried again."""
    door = _Moody(database, failures=[Busy("others write")])
    engine = door.engine()
    assert await _say(engine, "un")
    await engine.idle()
    assert door.turns == [Text("un")]
    assert await database.read(_kept) == [("un", "done", 0)]


async def test_who_stops_waiting_stops_no_turn(database: Database) -> None:
    """A wait that is cut short, as a stop may be, neither fails a message nor its turn."""
    door = _Moody(database)
    engine = door.engine()
    said = [asyncio.create_task(_say(engine, word)) for word in ("un", "deux")]
    waits = [
        asyncio.create_task(wait)
        for wait in (engine.idle(), engine.worked("plain", "scanner", "awa"), engine.close())
    ]
    await asyncio.wait([*said, *waits], return_when=asyncio.FIRST_COMPLETED, timeout=0)
    for wait in waits:
        wait.cancel()
    assert await asyncio.gather(*said) == [True, True]
    await engine.idle()
    assert door.turns[0] == Text("un")


async def _chat_id(tx: Tx) -> int:
    row = await tx.row("SELECT id FROM chats")
    assert row is not None
    return int(row["id"])


async def test_what_the_world_tells_is_worked_at_once_and_counts_once(database: Database) -> None:
    """A fact of a chat at rest is one transaction; told again, it is known."""
    door = _Moody(database)
    engine = door.engine()
    await _say(engine, "un")
    chat_id, before = await database.read(_chat_id), _transactions(database)
    told = [await engine.tell(chat_id, NEWS, "news:1") for _ in range(2)]
    assert told == [True, False]
    assert _transactions(database) - before == 2  # the second found it known
    assert door.turns == [Text("un"), NEWS]
    assert await database.read(_kept) == [("un", "done", 0), ("news:1", "done", 0)]


async def test_what_the_world_tells_waits_behind_what_was_left(database: Database) -> None:
    """The world's word comes after a message that a dead process left, as it was said."""
    door = _Moody(database)
    engine = door.engine()
    await _say(engine, "un")
    left = inbox.arrived("plain", "scanner", "awa", '{"id": "deux", "text": "deux"}', door.clock())
    assert await database.write(inbox.put, left, "deux")
    assert await engine.tell(await database.read(_chat_id), NEWS, "news:1")
    await engine.idle()
    assert door.turns == [Text("un"), Text("deux"), NEWS]


async def test_what_the_world_tells_is_kept_though_its_turn_raises(database: Database) -> None:
    """It is tried three times in all, as a message is."""
    door = _Moody(database)
    engine = door.engine()
    await _say(engine, "un")
    door.failures += [_Broken(), Busy("others write"), _Broken()]
    assert await engine.tell(await database.read(_chat_id), NEWS, "news:1")
    await engine.idle()
    assert await database.read(_kept) == [("un", "done", 0), ("news:1", "new", 1)]
    door.clock.now_ms += TAKE_UP_AFTER_MS + 1
    assert await engine.take_up() == 1
    await engine.idle()
    assert door.turns == [Text("un"), NEWS]
    assert await database.read(_kept) == [("un", "done", 0), ("news:1", "done", 2)]

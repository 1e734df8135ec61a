"""Photos sent together: one turn for all of them, none lost, none waited for without need."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from chat.albums import ANY_ALBUM, FOLLOWS_MS, QUIET_MS, Quiet
from chat.engine import Engine
from chat.messages import Codes, Heard, Inbound, Part, Photo, Text
from storage.database import Database, Tx
from tests.chat.door import Door
from tests.transcripts.stage import Acting


async def put(engine: Engine, name: str, album: str = "a") -> None:
    """Hand a photo over, or a text without an album."""
    said = {"id": name, "photo": name, "album": album} if album else {"id": name, "text": name}
    await engine.receive("plain", "scanner", "awa", name, json.dumps(said))


def coming(steps: list[Callable[[], Any]], waits: list[int]) -> Quiet:
    """Let something happen in each moment of quiet, noting how long it was to be."""

    async def quiet(wait_ms: int) -> None:
        waits.append(wait_ms)
        if steps:
            await steps.pop(0)()

    return quiet


async def forever(_wait_ms: int) -> None:
    """Let no moment of quiet ever end."""
    await asyncio.Event().wait()


def kill(engine: Engine) -> None:
    """End a process in the middle of whatever it waits for."""
    for task in engine._tasks.values():  # a death asks nobody
        task.cancel()


async def test_photos_that_keep_coming_are_one_turn(database: Database) -> None:
    """Each photo of an album earns another moment of quiet; then all are answered at once."""
    door = Door(database)
    waits: list[int] = []
    engine: Engine
    steps = [lambda: put(engine, "two"), lambda: put(engine, "three")]
    engine = door.engine(coming(steps, waits))
    await put(engine, "one")
    await engine.idle()
    assert door.turns == [Codes(("one", "two", "three"))]
    assert waits == [QUIET_MS] * 3


async def test_a_photo_that_comes_late_is_answered_by_itself(database: Database) -> None:
    """What missed its album's turn is not lost, nor is anything answered twice."""
    door = Door(database)
    engine = door.engine(coming([], []))
    for name in ("one", "late"):
        await put(engine, name)
        await engine.idle()
    await put(engine, "one")
    await engine.idle()
    assert door.turns == [Codes(("one",)), Codes(("late",))]


async def test_where_nobody_tells_of_albums_the_first_photo_does_not_wait(
    database: Database,
) -> None:
    """It is answered at once; those right behind it wait for quiet, and come as more of it."""
    door = Door(database)
    waits: list[int] = []
    engine: Engine
    steps = [lambda: put(engine, "three", ANY_ALBUM)]
    engine = door.engine(coming([], waits))
    await put(engine, "one", ANY_ALBUM)
    await engine.idle()
    assert door.turns == [Codes(("one",), part=Part.FIRST)]
    assert waits == [0]
    engine = door.engine(coming(steps, waits))
    door.clock.now_ms += FOLLOWS_MS - 1
    await put(engine, "two", ANY_ALBUM)
    await engine.idle()
    assert door.turns[1:] == [Codes(("two", "three"), part=Part.MORE)]
    assert waits[1:] == [QUIET_MS] * 2


async def test_a_steward_who_sends_one_photo_after_the_other_never_waits(
    database: Database,
) -> None:
    """Two seconds between two photos are a hand's pace: each is the first of nothing."""
    door = Door(database)
    waits: list[int] = []
    engine = door.engine(coming([], waits))
    for name in ("one", "two", "three"):
        await put(engine, name, ANY_ALBUM)
        await engine.idle()
        door.clock.now_ms += FOLLOWS_MS
    assert door.turns == [Codes((name,), part=Part.FIRST) for name in ("one", "two", "three")]
    assert waits == [0, 0, 0]


async def test_what_ends_an_album_is_not_waited_for(database: Database) -> None:
    """Another album, or words, say that the one before is whole; their order stays."""
    door = Door(database)
    waits: list[int] = []
    dead = door.engine(forever)
    await put(dead, "one")
    await put(dead, "two", album="b")
    await put(dead, "words", album="")
    kill(dead)
    engine = door.engine(coming([], waits))
    door.clock.now_ms += 2_500
    await engine.take_up()
    await engine.idle()
    assert door.turns == [Codes(("one",)), Codes(("two",)), Text("?")]
    assert waits == []


async def test_a_death_loses_no_photo_and_the_next_process_waits_for_nothing(
    database: Database,
) -> None:
    """What was acknowledged is in the inbox: old by the time it is taken up, it is one turn."""
    door = Door(database)
    waits: list[int] = []
    dead = door.engine(forever)
    for name in ("one", "two", "three"):
        await put(dead, name)
    kill(dead)
    door.clock.now_ms += 2_500
    engine = door.engine(coming([], waits))
    await engine.take_up()
    await engine.idle()
    assert door.turns == [Codes(("one", "two", "three"))]
    assert waits == []


async def test_photos_of_a_flood_are_not_even_read(database: Database) -> None:
    """What will not be answered costs no worker's time: everybody else's photos are read."""
    door = Door(database)
    read: list[Heard] = []

    async def prepare(inbound: Inbound) -> Heard:
        read.append(inbound.heard)
        return await door.prepare(inbound)

    engine = door.engine(coming([], []), prepare, burst_max=3)
    for name in "abcdefgh":
        await put(engine, name, ANY_ALBUM)
        await engine.idle()
        door.clock.now_ms += FOLLOWS_MS
    assert len(read) == len(door.turns) == 3


async def test_two_processes_answer_each_photo_once(database: Database) -> None:
    """A photo that another process answered meanwhile is left out; the rest is still one turn."""
    door = Door(database)
    left = ["two"]

    async def prepare(inbound: Inbound) -> Heard:
        heard = inbound.heard
        if isinstance(heard, Photo) and heard.refs == ("three",) and left:
            await database.write(_answered_elsewhere, left.pop())
        return await door.prepare(inbound)

    acting = Acting()
    engine = door.engine(acting.quiet, prepare)
    with acting:
        for name in ("one", "two", "three"):
            await put(engine, name)
    await engine.idle()
    assert door.turns == [Codes(("one", "three"))]


async def _answered_elsewhere(tx: Tx, message_id: str) -> None:
    await tx.run(
        "UPDATE inbox SET state = 'done', done_ms = 1 WHERE message_id = :id", id=message_id
    )

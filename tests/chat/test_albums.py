"""Photos sent together: one turn for all of them, none lost, none waited for without need."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chat.albums import ANY_ALBUM, FOLLOWS_MS, QUIET_MS, AlbumPatience, Quiet
from chat.engine import Engine
from chat.messages import Chat, Codes, Heard, Inbound, Outgoing, Part, Photo, TalkName, Text, Turn
from chat.talk import Prepare, Talk
from chat.texts import Texts
from storage.database import Database, Tx
from tests.transcripts.stage import Acting, SetClock


@dataclass(slots=True)
class Door:
    """A talk that notes what it hears, one entry a turn, behind a channel of plain JSON."""

    database: Database
    turns: list[Heard] = field(default_factory=list)
    clock: SetClock = field(default_factory=SetClock)
    name: str = "plain"

    def engine(
        self, quiet: Quiet, prepare: Prepare | None = None, burst_max: int | None = None
    ) -> Engine:
        """Start a process."""
        talk = Talk(
            name="scanner",
            texts=Texts(),
            actions={},
            steps={},
            heard={Codes: self.hear, Text: self.hear},
            lost=self.hear,
            hears_albums=True,
            burst_max=burst_max,
        )
        return Engine(
            self.database,
            channels={self.name: self},
            talks={"scanner": talk},
            prepares={"scanner": prepare or self.prepare},
            clock=self.clock,
            queued=lambda: None,
            albums=AlbumPatience(quiet),
        )

    def read(self, talk: TalkName, payload: str, received_ms: int) -> Inbound:
        """Read a photo by its name, or a text."""
        said = json.loads(payload)
        heard = Text("?") if "text" in said else Photo((said["photo"],), album=said["album"])
        return Inbound(self.name, talk, "awa", said["id"], heard, received_ms)

    async def prepare(self, inbound: Inbound) -> Heard:
        """See a photo's own name in it."""
        heard = inbound.heard
        return Codes(heard.refs) if isinstance(heard, Photo) else heard

    async def hear(self, _tx: Tx, _chat: Chat, heard: Any) -> Turn:  # noqa: ANN401 (any message)
        """Note a turn."""
        self.turns.append(heard)
        return Turn()

    async def fetch(self, talk: TalkName, ref: str) -> bytes:
        """Never asked: `prepare` sees nothing but names."""
        raise AssertionError((talk, ref))

    async def send(self, talk: TalkName, ref: str, outgoing: Outgoing) -> None:
        """Never asked: nothing is said."""
        raise AssertionError((talk, ref, outgoing))


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

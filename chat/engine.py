"""The engine: a message is kept before it is acknowledged, and one turn is one transaction.

A handler leaves a payload with `receive`, which answers once it is committed: with its turn, where
its chat is at rest and nothing must be fetched, else for its lane. Each chat is a lane: its
messages are worked in order, lanes side by side. What a turn is stands in chat/turns.py.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import structlog

from chat import codec
from chat.albums import ALBUM_PATIENCE, AlbumPatience, Albums
from chat.channel import Channel, Unreadable
from chat.clock import Clock
from chat.facts import Fact
from chat.messages import Heard, Inbound, Photo, TalkName, Text
from chat.saying import Alarm, give_up, no_alarm
from chat.talk import AS_IT_CAME, Prepare, Talk
from chat.turns import AlbumParted, WaitMs, take_turn, take_turn_at_once, tell_at_once
from storage import chats, inbox
from storage.database import Database, ProgramAtFault, StorageError, glance, is_away
from storage.inbox import InboxRow

log = structlog.get_logger(__name__)

TURN_ATTEMPTS_MAX = 3
"""A turn that raised three times will raise a fourth: say sorry and let later messages go on."""

TAKE_UP_MAX = 500
"""Rows taken up at once after a restart; the next look takes the next ones."""

TAKE_UP_AFTER_MS = 2_000
"""A message this old and not in a lane was left by a process that ended."""

NAME_CHARS_MAX = 100
"""As much of a person's own name as is kept."""

LaneKey = tuple[str, str, str]


def _lane(row: InboxRow) -> LaneKey:
    return row.channel, row.talk, row.ref


class Engine:
    """Works every conversation of an installation. An `Intake` for handlers."""

    def __init__(
        self,
        database: Database,
        *,
        channels: Mapping[str, Channel],
        talks: Mapping[str, Talk],
        prepares: Mapping[str, Prepare],
        clock: Clock,
        queued: Callable[[], None],
        one_bubble: Collection[str] = (),
        albums: AlbumPatience = ALBUM_PATIENCE,
        wait_ms: WaitMs = lambda _channel, _talk: 0,
        alarm: Alarm = no_alarm,
    ) -> None:
        """`prepares` is by talk; `queued` is called after a turn that left something to deliver.

        `wait_ms` estimates how long an answer waits on a channel, in a talk; `quiet` lets time pass
        while an album comes in, of which a photo is one more within `follows_ms` of the last.

        On the channels named in `one_bubble` the words of a turn go out as one message.

        `alarm` tells whoever must know of a message that was given up.
        """
        self._database = database
        self._channels = channels
        self._talks = talks
        self._prepares = prepares
        self._clock = clock
        self._queued = queued
        self._one_bubble = frozenset(one_bubble)
        self._albums = Albums(database, self._read, clock, albums)
        self._wait_ms = wait_ms
        self._alarm = alarm
        self._lanes: dict[LaneKey, deque[InboxRow]] = {}
        self._tasks: dict[LaneKey, asyncio.Future[None]] = {}
        self._closing = False

    async def receive(
        self, channel: str, talk: TalkName, ref: str, message_id: str, payload: str
    ) -> bool:
        """Keep one raw payload, worked if it can be; false if its message id is already there.

        Raises:
            StorageError: it could not be kept; the handler must not acknowledge.
        """
        row = inbox.arrived(channel, talk, ref, payload.replace("\0", ""), self._clock())
        if self._closing or _lane(row) in self._lanes:
            return await self._keep(row, message_id)
        with self._holding(row):
            return await self._take_at_once(row, message_id)

    async def tell(self, chat_id: int, fact: Fact, fact_id: str) -> bool:
        """Persist something the world tells a chat; false if `fact_id` was told before.

        Raises:
            StorageError: it could not be kept.
        """
        if self._closing:
            return await self._keep_fact(chat_id, fact, fact_id)
        left, attempts = await self._at_once(
            self._told_at_once(chat_id, fact, fact_id), fact=fact_id
        )
        if left is None:
            return await self._keep_fact(chat_id, fact, fact_id, attempts)
        return True

    async def take_up(self) -> int:
        """Work what was persisted and not done: after a restart, or after the database was away."""
        rows = await self._database.read(
            inbox.waiting, before_ms=self._clock() - TAKE_UP_AFTER_MS, limit=TAKE_UP_MAX
        )
        taken = [row for row in rows if _lane(row) not in self._lanes]
        for row in taken:
            self._enqueue(row)
        return len(taken)

    async def idle(self) -> None:
        """Wait until every lane is empty; who stops waiting stops no turn."""
        while self._tasks:
            await asyncio.gather(*map(asyncio.shield, self._tasks.values()))

    async def worked(self, channel: str, talk: TalkName, ref: str) -> None:
        """Wait until one chat's lane is empty; who stops waiting stops no turn."""
        while (task := self._tasks.get((channel, talk, ref))) is not None:
            await asyncio.shield(task)

    async def close(self) -> None:
        """Finish the turns in hand; what is queued behind them stays in the inbox."""
        self._closing = True
        await self.idle()

    # ---- A message that finds its chat at rest: kept and worked in one transaction ----

    @contextmanager
    def _holding(self, row: InboxRow) -> Iterator[None]:
        """Have what comes in a chat wait behind this message, which no lane works."""
        key, held = _lane(row), asyncio.get_running_loop().create_future()
        lane = self._lanes[key] = deque()
        self._tasks[key] = held
        try:
            yield
        finally:
            if lane and not self._closing:
                self._tasks[key] = asyncio.create_task(self._work_lane(key))
            else:
                del self._lanes[key], self._tasks[key]
            held.set_result(None)

    async def _take_at_once(self, row: InboxRow, message_id: str) -> bool:
        """Keep a message and take its turn; where that fails, keep it alone for its lane."""
        left, attempts = await self._at_once(self._turn_at_once(row, message_id), inbox=row.id)
        if left is None:
            return await self._keep(replace(row, attempts=attempts), message_id)
        return True

    async def _at_once(self, turn: Awaitable[bool | None], **of: object) -> tuple[bool | None, int]:
        """Take a turn with its message; None if nothing was done, and the attempts that count."""
        try:
            left = await turn
        except Unreadable:
            return None, 0  # its lane says so
        except Exception as error:
            if is_away(error):
                return None, 0
            log.exception("turn_failed", attempts=1, **of)
            return None, 1
        if left:
            self._queued()
        return left, 0

    async def _turn_at_once(self, row: InboxRow, message_id: str) -> bool | None:
        inbound, talk = self._read(row), self._talks[row.talk]
        if not isinstance(inbound.heard, AS_IT_CAME):
            return None
        return await self._database.write(
            take_turn_at_once,
            talk,
            row,
            message_id,
            inbound,
            one_bubble=row.channel in self._one_bubble,
            wait_ms=self._wait_ms(row.channel, talk.name),
        )

    async def _told_at_once(self, chat_id: int, fact: Fact, fact_id: str) -> bool | None:
        return await self._database.write(
            tell_at_once,
            self._talks,
            chat_id,
            fact,
            fact_id,
            self._clock(),
            one_bubble=self._one_bubble,
            wait_ms=self._wait_ms,
        )

    async def _keep_fact(self, chat_id: int, fact: Fact, fact_id: str, attempts: int = 0) -> bool:
        row = await self._database.write(
            inbox.put_fact,
            chat_id=chat_id,
            message_id=fact_id,
            payload=codec.to_json(fact),
            now_ms=self._clock(),
            attempts=attempts,
        )
        if row is not None:
            self._enqueue(row)
        return row is not None

    async def _keep(self, row: InboxRow, message_id: str) -> bool:
        """Keep a message and leave it to its lane; false if its id is already there."""
        if not await self._database.write(inbox.put, row, message_id):
            return False
        self._enqueue(row)
        return True

    # ---- Lanes: messages that wait ----

    def _enqueue(self, row: InboxRow) -> None:
        if self._closing:
            return
        key = _lane(row)
        lane = self._lanes.get(key)
        if lane is not None:
            lane.append(row)
            return
        self._lanes[key] = deque([row])
        self._tasks[key] = asyncio.create_task(self._work_lane(key))

    async def _work_lane(self, key: LaneKey) -> None:
        lane = self._lanes[key]
        try:
            while lane and not self._closing:
                also = await self._work(lane[0])
                lane.popleft()
                for row in [one for one in lane if one.id in also]:
                    lane.remove(row)
        except StorageError as error:
            # The rest stays in the inbox; upkeep takes it up when the database answers again.
            log.warning("lane_left", channel=key[0], talk=key[1], waiting=len(lane), why=str(error))
        finally:
            del self._lanes[key], self._tasks[key]

    async def _work(self, row: InboxRow) -> tuple[int, ...]:
        """Work one message: read it, prepare it, take its turn; three times, then say sorry.

        Answers the ids of the other messages that its turn answered: photos of its album.
        """
        talk = self._talks[row.talk]
        while True:
            also: tuple[int, ...] = ()
            try:
                inbound, also = await self._prepared(row)
                outcome = await self._database.write(
                    take_turn,
                    talk,
                    row.id,
                    inbound,
                    self._clock(),
                    one_bubble=row.channel in self._one_bubble,
                    also=also,
                    wait_ms=self._wait_ms(row.channel, talk.name),
                )
            except AlbumParted:
                continue
            except Unreadable as error:
                log.warning("payload_unreadable", inbox=row.id, channel=row.channel, why=str(error))
                await self._database.write(inbox.fail, row.id, self._clock())
                return ()
            except Exception as error:
                if is_away(error):
                    raise
                attempts = await self._database.write(inbox.count_attempt, row.id)
                log.exception("turn_failed", inbox=row.id, talk=row.talk, attempts=attempts)
                if attempts >= TURN_ATTEMPTS_MAX:
                    await self._give_up(row, talk.sorry)
                    return ()
            else:
                if isinstance(outcome, InboxRow):
                    # Left by a process that ended, or in another's hands: first things first.
                    await self._work(outcome)
                    continue
                if outcome:
                    self._queued()
                return also

    async def _give_up(self, row: InboxRow, sorry: str) -> None:
        """Mark a message failed, say sorry, and let whoever must know be told."""
        try:
            await self._database.write(give_up, row, self._clock(), sorry, self._alarm)
        except ProgramAtFault:
            # Not even that can be said: what comes behind in this chat must not wait for it.
            log.exception("sorry_failed", inbox=row.id)
            await self._database.write(inbox.fail, row.id, self._clock())
        self._queued()

    async def _prepared(self, row: InboxRow) -> tuple[Inbound, tuple[int, ...]]:
        """Read a message and do its far preparation, with the other photos of its album."""
        inbound = self._read(row)
        prepare = self._prepares.get(row.talk)
        if prepare is None or await self._is_flood(row, inbound):
            return inbound, ()
        heard, also = (
            await self._albums.heard(row, inbound, prepare)
            if self._talks[row.talk].hears_albums
            else (await prepare(inbound), ())
        )
        return inbound if heard is inbound.heard else replace(inbound, heard=heard), also

    async def _is_flood(self, row: InboxRow, inbound: Inbound) -> bool:
        """Say whether a photo will not be answered: then nobody else waits while it is read."""
        most = self._talks[row.talk].burst_max
        if most is None or not isinstance(inbound.heard, Photo):
            return False
        answered = await glance(
            self._database,
            chats.burst_of,
            channel=row.channel,
            talk=row.talk,
            ref=row.ref,
            now_ms=self._clock(),
        )
        return answered >= most

    def _read(self, row: InboxRow) -> Inbound:
        talk = self._talks[row.talk].name
        if row.form == "heard":
            heard: Heard = codec.from_json(row.payload)
            return Inbound(row.channel, talk, row.ref, str(row.id), heard, row.received_ms)
        inbound = self._channels[row.channel].read(talk, row.payload, row.received_ms)
        # PostgreSQL keeps no NUL in a text, and no person types one.
        name = inbound.name.replace("\0", "")[:NAME_CHARS_MAX]
        if isinstance(inbound.heard, Text) and "\0" in inbound.heard.text:
            inbound = replace(inbound, heard=Text(inbound.heard.text.replace("\0", "")))
        return inbound if name == inbound.name else replace(inbound, name=name)

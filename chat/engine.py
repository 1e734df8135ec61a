"""The engine: persist, acknowledge, then work; one turn is one transaction.

A handler leaves a payload with `receive`, which answers once it is committed. Each chat is a lane:
its messages are worked in order, lanes side by side. A turn claims its message, loads the chat,
takes the step, queues what is to be said and done, and saves the chat: all of it or none.
"""

import asyncio
import json
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

import structlog

from chat import codec
from chat.albums import Albums, Quiet, let_pass
from chat.channel import Channel, Unreadable
from chat.clock import Clock
from chat.messages import (
    Chat,
    Choice,
    Fact,
    Heard,
    Inbound,
    PaymentReady,
    Say,
    TalkName,
    Tap,
    Text,
    Turn,
    words,
)
from chat.talk import Prepare, Step, Talk
from chat.texts import language_of
from chat.together import NEXT_PAGE, joined, next_page, numbered
from chat.understanding import choose, fold
from chat.waiting import say_wait
from storage import chats, inbox, outbox
from storage.chats import ChatRow
from storage.database import Database, StorageError, Tx
from storage.inbox import InboxRow

log = structlog.get_logger(__name__)

TURN_ATTEMPTS_MAX = 3
"""A turn that raised three times will raise a fourth: say sorry and let later messages go on."""

TAKE_UP_MAX = 500
"""Rows taken up at once after a restart; the next look takes the next ones."""

TAKE_UP_AFTER_MS = 2_000
"""A message this old and not in a lane was left by a process that ended."""

MEMORY_BYTES_MAX = 16_384
"""What a conversation may remember: names of ten beneficiaries and a draft event, not a library."""

NAME_CHARS_MAX = 100
"""As much of a person's own name as is kept."""

PRIORITY_GATE = 0
PRIORITY_NOTE = 5
PRIORITY_TICKET = 10
PRIORITY_HURRIED = 15
"""Who is about to take a seat: see `Talk.hurried`."""

PRIORITY_DIALOGUE = outbox.ORDINARY
"""What a chat is answered; reminders and broadcasts have their own, behind it."""

AWAITED = (PaymentReady,)
"""Facts whose words go before dialogue: a hold runs out while its payment link waits."""

REPEAT_MS = 3_000
"""The same answer twice in a row is said once if the first has waited for so long."""

LaneKey = tuple[str, str, str]


class AlbumParted(Exception):
    """Photos that were to be answered in one turn are not all there any more: look again."""


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
        quiet: Quiet = let_pass,
        wait_ms: Callable[[str, TalkName], int] = lambda _channel, _talk: 0,
    ) -> None:
        """`prepares` is by talk; `queued` is called after a turn that left something to deliver.

        `wait_ms` estimates how long an answer waits on a channel, in a talk; `quiet` lets time pass
        while an album comes in.

        On the channels named in `one_bubble` the words of a turn go out as one message.
        """
        self._database = database
        self._channels = channels
        self._talks = talks
        self._prepares = prepares
        self._clock = clock
        self._queued = queued
        self._one_bubble = frozenset(one_bubble)
        self._albums = Albums(database, self._read, clock, quiet)
        self._wait_ms = wait_ms
        self._lanes: dict[LaneKey, deque[InboxRow]] = {}
        self._tasks: dict[LaneKey, asyncio.Task[None]] = {}
        self._closing = False

    async def receive(
        self, channel: str, talk: TalkName, ref: str, message_id: str, payload: str
    ) -> bool:
        """Persist one raw payload; false if its message id is already there.

        Raises:
            StorageError: it could not be kept; the handler must not acknowledge.
        """
        row = await self._database.write(
            inbox.put,
            channel=channel,
            talk=talk,
            ref=ref,
            message_id=message_id,
            payload=payload.replace("\0", ""),
            now_ms=self._clock(),
        )
        if row is None:
            return False
        self._enqueue(row)
        return True

    async def tell(self, chat_id: int, fact: Fact, fact_id: str) -> bool:
        """Persist something the world tells a chat; false if `fact_id` was told before.

        Raises:
            StorageError: it could not be kept.
        """
        row = await self._database.write(
            inbox.put_fact,
            chat_id=chat_id,
            message_id=fact_id,
            payload=codec.to_json(fact),
            now_ms=self._clock(),
        )
        if row is None:
            return False
        self._enqueue(row)
        return True

    async def take_up(self) -> int:
        """Work what was persisted and not done: after a restart, or after the database was away."""
        rows = await self._database.read(
            inbox.waiting, before_ms=self._clock() - TAKE_UP_AFTER_MS, limit=TAKE_UP_MAX
        )
        taken = [row for row in rows if (row.channel, row.talk, row.ref) not in self._lanes]
        for row in taken:
            self._enqueue(row)
        return len(taken)

    async def idle(self) -> None:
        """Wait until every lane is empty."""
        while self._tasks:
            await asyncio.gather(*self._tasks.values())

    async def worked(self, channel: str, talk: TalkName, ref: str) -> None:
        """Wait until one chat's lane is empty."""
        while (task := self._tasks.get((channel, talk, ref))) is not None:
            await task

    async def close(self) -> None:
        """Finish the turns in hand; what is queued behind them stays in the inbox."""
        self._closing = True
        await self.idle()

    def _enqueue(self, row: InboxRow) -> None:
        if self._closing:
            return
        key = (row.channel, row.talk, row.ref)
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
            except StorageError:
                raise
            except AlbumParted:
                continue
            except Unreadable as error:
                log.warning("payload_unreadable", inbox=row.id, channel=row.channel, why=str(error))
                await self._database.write(inbox.fail, row.id, self._clock())
                return ()
            except Exception:
                attempts = await self._database.write(inbox.count_attempt, row.id)
                log.exception("turn_failed", inbox=row.id, talk=row.talk, attempts=attempts)
                if attempts >= TURN_ATTEMPTS_MAX:
                    await self._database.write(give_up, row, self._clock(), talk.sorry)
                    self._queued()
                    return ()
            else:
                if isinstance(outcome, InboxRow):
                    # Left by a process that ended, or in another's hands: first things first.
                    await self._work(outcome)
                    continue
                if outcome:
                    self._queued()
                return also

    async def _prepared(self, row: InboxRow) -> tuple[Inbound, tuple[int, ...]]:
        """Read a message and do its far preparation, with the other photos of its album."""
        inbound = self._read(row)
        prepare = self._prepares.get(row.talk)
        if prepare is None:
            return inbound, ()
        if self._talks[row.talk].hears_albums:
            heard, also = await self._albums.heard(row, inbound, prepare)
            return replace(inbound, heard=heard), also
        return replace(inbound, heard=await prepare(inbound)), ()

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


async def take_turn(
    tx: Tx,
    talk: Talk,
    inbox_id: int,
    inbound: Inbound,
    now_ms: int,
    *,
    one_bubble: bool = False,
    also: Sequence[int] = (),
    wait_ms: int = 0,
) -> bool | InboxRow:
    """Take one turn, whole, in this transaction. True if it left something to deliver.

    A message whose turn was taken already (by this process or another) leaves nothing. One that
    came behind another of its chat takes no turn: that other is answered, to be worked first.
    The turn answers the messages of `also` too: photos of its album.

    Raises:
        AlbumParted: another process answered some of them meanwhile; nothing was done here.
    """
    if not await inbox.claim(tx, inbox_id, now_ms):
        return await inbox.waiting_before(tx, inbox_id) or False
    for other_id in also:
        if not await inbox.claim(tx, other_id, now_ms):
            raise AlbumParted
    row = await chats.open_chat(
        tx,
        channel=inbound.channel,
        talk=talk.name,
        ref=inbound.ref,
        language=language_of(inbound.language),
        name=inbound.name,
        now_ms=now_ms,
    )
    chat = Chat(
        id=row.id,
        person_id=row.person_id,
        channel=row.channel,
        talk=talk.name,
        ref=row.ref,
        language=row.language,
        step=row.step,
        memory=json.loads(row.memory),
        now_ms=now_ms,
        received_ms=inbound.received_ms,
        name=inbound.name,
    )
    if _is_flood(talk, row, inbound.heard):
        return await _slow_down(tx, talk, row, now_ms)
    step, heard = find_step(talk, chat, row, inbound.heard)
    turn = await step(tx, chat, heard)
    if one_bubble:
        turn = replace(turn, say=joined(turn.say))
    await _keep(tx, row, turn)
    if turn.forgets:
        await inbox.drop_payloads(tx, (inbox_id, *also))
    if turn.say and talk.name == "seller":
        await say_wait(tx, chat, wait_ms, PRIORITY_NOTE)
    return await queue_turn(tx, chat, turn, _urgency(talk, heard))


def _is_flood(talk: Talk, row: ChatRow, heard: Heard) -> bool:
    """Say whether this is one message too many of a person; what the world tells always counts."""
    if talk.burst_max is None or isinstance(heard, Fact):
        return False
    return row.burst > talk.burst_max


async def _slow_down(tx: Tx, talk: Talk, row: ChatRow, now_ms: int) -> bool:
    """Leave a message unanswered, and say so once a minute: others are not to wait for it."""
    if row.burst != (talk.burst_max or 0) + 1:
        return False
    log.warning("flood", chat=row.id, talk=talk.name)
    await queue_say(tx, row.id, Say(words("too_fast")), PRIORITY_DIALOGUE, now_ms)
    return True


def _urgency(talk: Talk, heard: Heard) -> int:
    """How soon the answer to this goes out."""
    if talk.name == "scanner":
        return PRIORITY_GATE
    if isinstance(heard, AWAITED):
        return PRIORITY_TICKET
    if isinstance(heard, Tap) and heard.action.partition(":")[0] in talk.hurried:
        return PRIORITY_HURRIED
    return PRIORITY_DIALOGUE


def find_step(talk: Talk, chat: Chat, row: ChatRow, heard: Heard) -> tuple[Step, Heard]:
    """Find the step that takes what was heard; typed words may turn out to be a tap."""
    if isinstance(heard, Text):
        offered = _offered(talk, row)
        action = choose(
            heard.text,
            offered,
            talk.commands,
            numbers_choose=chat.step not in talk.number_steps,
            light=talk.light,
            phrases=talk.phrases,
        )
        if action is not None:
            heard = Tap(action)
        else:
            opening = talk.openings.get(fold(heard.text).partition(" ")[0])
            if opening is not None and chat.step not in talk.number_steps:
                return opening, heard
            if chat.step in talk.steps:
                return talk.steps[chat.step], heard
    if isinstance(heard, Tap):
        verb = heard.action.partition(":")[0]
        if verb == NEXT_PAGE and (following := next_page(row.offered, heard.action)):
            return following, heard
        return talk.actions.get(verb, talk.lost), heard
    return talk.heard[type(heard)], heard


async def queue_turn(tx: Tx, chat: Chat, turn: Turn, priority: int = PRIORITY_DIALOGUE) -> bool:
    """Queue what a turn says, tells and asks for."""
    for say in numbered(turn.say):
        await queue_say(tx, chat.id, say, priority, chat.now_ms)
    for tell in turn.tell:
        await queue_say(tx, tell.chat_id, tell.say, PRIORITY_DIALOGUE, chat.now_ms)
    for job in turn.jobs:
        await outbox.queue(
            tx,
            chat_id=chat.id,
            kind=job.kind,
            payload=json.dumps(dict(job.payload)),
            priority=PRIORITY_TICKET,
            now_ms=chat.now_ms,
        )
    return bool(turn.say or turn.tell or turn.jobs)


async def queue_say(tx: Tx, chat_id: int, say: Say, priority: int, now_ms: int) -> None:
    """Queue one message; what delivers a ticket goes before dialogue.

    An answer that a chat is still waiting for is not queued again behind itself.
    """
    payload = codec.to_json(say)
    if priority >= PRIORITY_DIALOGUE and await outbox.is_said_already(
        tx, chat_id, payload, now_ms - REPEAT_MS
    ):
        return
    await outbox.queue(
        tx,
        chat_id=chat_id,
        kind=outbox.SAY,
        payload=payload,
        priority=PRIORITY_TICKET if say.about else priority,
        now_ms=now_ms,
        about=say.about,
    )


async def give_up(tx: Tx, row: InboxRow, now_ms: int, sorry: str = "sorry") -> None:
    """Mark a message failed and say sorry with a reference, in one small turn."""
    if not await inbox.fail(tx, row.id, now_ms):
        return
    chat = await chats.open_chat(
        tx,
        channel=row.channel,
        talk=row.talk,
        ref=row.ref,
        language=language_of(None),
        name="",
        now_ms=now_ms,
    )
    reference = f"M{row.id % 1_000_000:06d}"
    log.error("message_failed", inbox=row.id, reference=reference, chat=chat.id)
    await queue_say(tx, chat.id, Say(words(sorry, reference=reference)), PRIORITY_DIALOGUE, now_ms)


async def _keep(tx: Tx, row: ChatRow, turn: Turn) -> None:
    """Save where the conversation stands, if this turn moved it."""
    step, memory = row.step, row.memory
    if turn.then is not None:
        step, memory = turn.then.step, json.dumps(dict(turn.then.memory), ensure_ascii=False)
        if len(memory.encode()) > MEMORY_BYTES_MAX:
            raise ValueError(f"a conversation may remember {MEMORY_BYTES_MAX} bytes")
    offered = row.offered
    choices = [one for say in turn.say for one in say.choices if isinstance(one, Choice)]
    if choices or turn.then is not None:
        offered = codec.to_json(choices)
    language = turn.language or row.language
    if (step, memory, offered, language) != (row.step, row.memory, row.offered, row.language):
        await chats.save_chat(
            tx, row.id, language=language, step=step, memory=memory, offered=offered
        )


def _offered(talk: Talk, row: ChatRow) -> list[tuple[str, str]]:
    """Render the choices last shown, as the person read them."""
    choices: tuple[Choice, ...] = codec.from_json(row.offered)
    return [(talk.texts.render(one.label, row.language), one.action) for one in choices]

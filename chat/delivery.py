"""Delivery: takes what turns queued and sends it, at least once, in each chat's order.

A row is leased, worked with no transaction open, then marked: those that were sent meanwhile, in
the transaction that leases the next. A failure is tried again with growing
pauses; what the channel refuses for ever escalates: the words instead of the picture, then an
alert.
"""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

import structlog

from chat import codec
from chat.channel import Channel, SendLater, SendRefused, SlowDown, Unreached, Withdrawn
from chat.clock import Clock
from chat.following import Follows
from chat.gallery import Gallery
from chat.meaning import READ_MS
from chat.messages import Media, Outgoing, Say
from chat.rendering import rendered, said_instead
from chat.showing import show
from chat.talk import Talk
from chat.waiting import Queues
from storage import chats, leasing, outbox, pacing
from storage.database import Database, ProgramAtFault, StorageError, Tx, is_away
from storage.leasing import Leased
from storage.outbox import OutboxRow

log = structlog.get_logger(__name__)

LEASE_MS = 60_000
"""Longer than any send may take; a process that dies gives its rows back after this."""

SEND_DEADLINE_S = 45
"""A send or a far call that takes longer is 'unknown' and tried again."""

AT_ONCE_MAX = 32
"""Sends under way at the same time: enough for a network, few enough for a cheap machine."""

LOOK_EVERY_S = 2.0
"""How often the outbox is looked at unannounced: the command line writes beside us."""

PACED_LOOK_S = 0.05
"""The same while somebody waits for a sender's pace: a message or two fall due in this time."""

REST_MS = 1_000
"""How long everybody waits when an app says that we are too fast; the chat it said so about waits
as long as it said. It may mean that chat alone, so nobody else waits longer than this."""

RETRY_FIRST_MS = 1_000
RETRY_MAX_MS = 300_000
ATTEMPTS_MAX = 12
"""With doubling pauses this is over half an hour of trying; then a person is told. Work that
somebody waits for before a screen is given up sooner: see `patience`."""

FAULT_ATTEMPTS_MAX = 3
"""A statement that the database refused so often is refused for ever: a person is told soon, and
what comes behind goes on."""

PICTURE_ATTEMPTS_MAX = 4
"""A picture that could not be sent after so many tries is replaced by its words."""

FAULT_CHARS_MAX = 500
"""As much of a failure's words as is worth keeping."""

SLOW_MS = 3_000
"""A picture that takes longer than this to make is announced."""

Work = Callable[[Mapping[str, int | str]], Awaitable[None]]
"""Far work of one kind; it tells its result to the chat, under an id that makes it count once.

Raises SendRefused when it can never be done; any other exception means try again.
"""


class Delivery:
    """The outbox worker of this process."""

    def __init__(
        self,
        database: Database,
        *,
        channels: Mapping[str, Channel],
        talks: Mapping[str, Talk],
        gallery: Gallery,
        works: Mapping[str, Work],
        follows: Follows,
        clock: Clock,
        news: asyncio.Event,
        queues: Queues,
        holder: str,
        patience: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        """`works` is by kind of far work; whoever queues something sets `news`.

        `patience` says after how many tries work of a kind is given up, where that is sooner.
        `holder` is what this process is called among those that share the database.
        """
        self._database = database
        self._channels = channels
        self._talks = talks
        self._gallery = gallery
        self._works = works
        self._given_up = follows.given_up
        self._delivered = follows.delivered
        self._outdated = follows.outdated
        self._clock = clock
        self._news = news
        self._queues = queues
        self._holder = holder
        self._patience = patience
        self._look_in_s = LOOK_EVERY_S
        self._under_way: dict[asyncio.Task[None], int] = {}
        self._sent: list[tuple[OutboxRow, str]] = []
        """Sent and not yet marked, with what became of it."""

    async def run(self) -> None:
        """Deliver until cancelled; then wait for the sends under way, and give the rest back."""
        try:
            while True:
                self._news.clear()
                await self._look()
                await self._wait_for_news()
        finally:
            await self._stop()

    async def drain(self) -> None:
        """Deliver all that is due now, and what that leads to, then return."""
        while True:
            answered = await self._look()
            if self._under_way:
                await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
            elif not (answered and self._sent):
                return

    async def has_due(self) -> bool:
        """Say whether something could be sent now."""
        due_ms = await self._database.read(leasing.next_due_ms)
        return due_ms is not None and due_ms <= self._clock()

    def _unpaced(self) -> list[str]:
        """Who sends as fast as it can: far work, and the apps without a pace."""
        known = [
            outbox.sender_of(channel, talk) for channel in self._channels for talk in self._talks
        ]
        return [outbox.FAR, *(sender for sender in known if sender not in self._queues.paces)]

    async def _wait_for_news(self) -> None:
        try:
            async with asyncio.timeout(self._look_in_s):
                await self._news.wait()
        except TimeoutError:
            return

    async def _look(self) -> bool:
        """Mark what was sent, lease what is due, as far as there is room, and start sending it.

        False if the database did not answer. What was sent is then marked at the next look; should
        the lease run out before, it is sent again: harmless, because the same words say the same.
        """
        room = AT_ONCE_MAX - len(self._under_way)
        sent, self._sent = self._sent, []
        if room <= 0 and not sent:
            return True
        now_ms = self._clock()
        try:
            leased = await self._database.write(self._mark_and_lease, sent, room, now_ms)
        except Exception as error:
            if is_away(error):
                self._sent = sent + self._sent
                log.warning("outbox_unreadable", sent=len(sent), why=str(error))
                return False
            log.exception("marks_failed", sent=len(sent))
            await self._mark_each(sent)
            return True
        self._look_in_s = PACED_LOOK_S if leased.is_held_back else LOOK_EVERY_S
        for row in leased.rows:
            task = asyncio.create_task(self._deliver(row))
            self._under_way[task] = row.id
            task.add_done_callback(self._ended)
        try:
            await self._queues.count(self._database, now_ms)
        except StorageError as error:
            log.warning("queues_not_counted", why=str(error))
        return True

    async def _mark_and_lease(
        self, tx: Tx, sent: list[tuple[OutboxRow, str]], room: int, now_ms: int
    ) -> Leased:
        await self._mark(tx, sent, now_ms)
        leased = await leasing.lease(
            tx,
            holder=self._holder,
            now_ms=now_ms,
            until_ms=now_ms + LEASE_MS,
            limit=room,
            paces=self._queues.paces,
            unpaced=self._unpaced(),
        )
        rows = [row for row in leased.rows if not await self._dropped(tx, row, now_ms)]
        for row in rows:
            if row.offers is not None:
                await chats.show_choices(
                    tx,
                    row.chat_id,
                    row.offers,
                    unasked=row.unasked,
                    until_ms=now_ms + READ_MS,
                )
        # What stood behind a dropped one is looked at next, and soon.
        is_held_back = leased.is_held_back or len(rows) < len(leased.rows)
        return replace(leased, rows=rows, is_held_back=is_held_back)

    async def _dropped(self, tx: Tx, row: OutboxRow, now_ms: int) -> bool:
        """Drop a message that would say what is not true any more."""
        if row.about is None or not await self._outdated(tx, row):
            return False
        log.info("message_outdated", outbox=row.id, about=row.about)
        await outbox.drop(tx, row.id, now_ms)
        return True

    async def _mark(self, tx: Tx, sent: list[tuple[OutboxRow, str]], now_ms: int) -> None:
        for row, state in sent:
            if await outbox.done(tx, row.id, now_ms) and row.about:
                await self._delivered(tx, row, state, now_ms)

    async def _mark_each(self, sent: list[tuple[OutboxRow, str]]) -> None:
        """Mark each alone: one whose mark fails takes no other with it.

        With the database away it is sent again. What follows from a mark may be at fault: then the
        mark alone must do, or the same would be sent for ever.
        """
        for row, state in sent:
            try:
                await self._database.write(self._mark, [(row, state)], self._clock())
            except Exception as error:
                if is_away(error):
                    log.warning("delivery_not_marked", outbox=row.id, why=str(error))
                    continue
                log.exception("delivery_not_kept", outbox=row.id, about=row.about)
                with contextlib.suppress(StorageError):
                    await self._database.write(outbox.done, row.id, self._clock())

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.pop(task, None)
        self._news.set()

    async def _stop(self) -> None:
        if self._under_way:
            _, late = await asyncio.wait(self._under_way, timeout=SEND_DEADLINE_S)
            left = [self._under_way[task] for task in late]
            for task in late:
                task.cancel()
            if left:
                await self._database.write(leasing.release, left)
        await self._mark_each(self._sent)

    async def _deliver(self, row: OutboxRow) -> None:
        """Send or work one row and mark it."""
        try:
            async with asyncio.timeout(SEND_DEADLINE_S):
                state = await self._attempt(row)
        except SendLater as wait:
            if isinstance(wait, SlowDown):
                await self._rest(row)
            await self._again(row, wait.after_ms, str(wait), counts=False)
        except SendRefused as refusal:
            await self._fail(row, str(refusal))
        except Withdrawn:
            self._sent.append((row, "withdrawn"))
        except Exception as error:  # noqa: BLE001 (any other failure is "unknown": tried again)
            is_fault = isinstance(error, ProgramAtFault)
            if is_away(error):
                log.warning("delivery_left", outbox=row.id, why=str(error))
                return
            log.warning("delivery_unknown", outbox=row.id, kind=row.kind, why=repr(error))
            tries = self._patience.get(row.kind, ATTEMPTS_MAX)
            if row.attempts >= (min(tries, FAULT_ATTEMPTS_MAX) if is_fault else tries):
                await self._fail(row, repr(error))
            else:
                pause_ms = min(RETRY_FIRST_MS << (row.attempts - 1), RETRY_MAX_MS)
                await self._again(row, pause_ms, repr(error), counts=True)
        else:
            self._sent.append((row, state))

    async def _attempt(self, row: OutboxRow) -> str:
        if row.kind != outbox.SAY:
            await self._works[row.kind](json.loads(row.payload))
            return "sent"
        say: Say = codec.from_json(row.payload)
        return await self._send(row, say)

    async def _send(self, row: OutboxRow, say: Say) -> str:
        """Send one message; with `instead`, words replace a picture that will not go."""
        channel = self._channels.get(row.channel)
        if channel is None:
            raise SendRefused(f"no channel {row.channel} in this installation")
        outgoing = self._rendered(row, say)
        media_ref = say.picture or say.file
        talk = self._talks[row.talk].name
        if say.progress is not None:
            await show(self._database, channel, talk, row.ref, say, outgoing)
            return "sent"
        if media_ref is None:
            await channel.send(talk, row.ref, outgoing)
            return "sent"
        if say.in_words:
            return await self._send_in_words(row, say, media_ref, channel)
        try:
            media = await self._fetch(row, say, media_ref, channel)
            media = replace(media, as_file=say.file is not None)
            await channel.send(talk, row.ref, replace(outgoing, media=media))
        except (SendLater, Unreached, Withdrawn):
            raise
        except Exception as error:
            hopeless = isinstance(error, SendRefused) or row.attempts >= PICTURE_ATTEMPTS_MAX
            if say.instead is None or not hopeless:
                raise
            log.warning("picture_replaced", outbox=row.id, about=row.about, why=repr(error))
            return await self._send_in_words(row, say, media_ref, channel)
        return "sent"

    async def _send_in_words(
        self, row: OutboxRow, say: Say, media_ref: str, channel: Channel
    ) -> str:
        """Say in words what a picture shows, with a link that opens it where there is one."""
        link = self._gallery.link(media_ref)
        outgoing = self._rendered(row, said_instead(say, link))
        await channel.send(self._talks[row.talk].name, row.ref, outgoing)
        return "text_only"

    def _rendered(self, row: OutboxRow, say: Say) -> Outgoing:
        try:
            return rendered(say, row, self._talks[row.talk].texts)
        except (KeyError, TypeError, ValueError) as error:
            # A sentence that does not exist will not exist at the next attempt either.
            raise SendRefused(f"cannot be said: {error!r}") from error

    async def _fetch(self, row: OutboxRow, say: Say, ref: str, channel: Channel) -> Media:
        """Get the picture; when that takes long, say first that it is coming."""
        making = asyncio.create_task(self._gallery.fetch(ref, row.language))
        try:
            done, _ = await asyncio.wait({making}, timeout=SLOW_MS / 1000)
            if not done and say.slow is not None and row.attempts == 1:
                text = self._talks[row.talk].texts.render(say.slow, row.language)
                await channel.send(self._talks[row.talk].name, row.ref, Outgoing(text))
            return await making
        finally:
            making.cancel()

    async def _again(self, row: OutboxRow, pause_ms: int, fault: str, *, counts: bool) -> None:
        due_ms = self._clock() + pause_ms
        try:
            await self._database.write(
                outbox.later, row.id, due_ms=due_ms, fault=fault[:FAULT_CHARS_MAX], counts=counts
            )
        except StorageError as error:
            log.warning("delivery_not_marked", outbox=row.id, why=str(error))

    async def _rest(self, row: OutboxRow) -> None:
        """Let a sender rest that its app found too fast, whoever sends for it."""
        try:
            until_ms = self._clock() + REST_MS
            await self._database.write(
                pacing.rest, outbox.sender_of(row.channel, row.talk), until_ms
            )
        except StorageError as error:
            log.warning("sender_not_rested", outbox=row.id, why=str(error))

    async def _fail(self, row: OutboxRow, fault: str) -> None:
        async def mark(tx: Tx, now_ms: int) -> None:
            if not await outbox.fail(tx, row.id, fault=fault[:FAULT_CHARS_MAX], now_ms=now_ms):
                return
            if row.about:
                await self._delivered(tx, row, "failed", now_ms)
            await self._given_up(tx, row, now_ms)

        log.error("delivery_failed", outbox=row.id, kind=row.kind, about=row.about, why=fault)
        try:
            await self._database.write(mark, self._clock())
        except ProgramAtFault:
            # Whoever was to be told cannot be: the log says so, and the row is out of the way.
            log.exception("not_followed_up", outbox=row.id, kind=row.kind)
            await self._database.write(
                outbox.fail, row.id, fault=fault[:FAULT_CHARS_MAX], now_ms=self._clock()
            )
        except StorageError as error:
            log.warning("delivery_not_marked", outbox=row.id, why=str(error))

"""What a turn leaves in the outbox: its words, what it tells other chats, its far work."""

import json
from collections.abc import Awaitable, Callable, Sequence

import structlog

from boxoffice.values import value
from chat import codec
from chat.facts import Fact, PaymentReady
from chat.messages import Chat, Choice, Heard, Link, Say, Turn, words
from chat.texts import language_of
from chat.together import numbered
from storage import chats, inbox, outbox
from storage.database import Tx
from storage.inbox import InboxRow

log = structlog.get_logger(__name__)

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


async def queue_turn(
    tx: Tx, chat: Chat, turn: Turn, shown: str | None, heard: Heard, priority: int
) -> bool:
    """Queue what a turn says, tells and asks for; `shown` are its choices, as JSON.

    Nobody asked for what the world told a chat.
    """
    shows = _Shows(shown, int(isinstance(heard, Fact)))
    for say in numbered(turn.say):
        offers = shows if choices_of((say,)) else _NOTHING_SHOWN
        await _queue(tx, chat.id, say, priority, chat.now_ms, offers)
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
    """Queue one message that nobody in its chat asked for; a ticket goes before dialogue."""
    shown = choices_of((say,))
    shows = _Shows(codec.to_json(shown), 1) if shown else _NOTHING_SHOWN
    await _queue(tx, chat_id, say, priority, now_ms, shows)


def choices_of(says: Sequence[Say]) -> list[Choice | Link]:
    """The buttons of some messages, links too, in the order in which they are counted."""
    return [one for say in says for one in say.choices]


@value
class _Shows:
    """The choices that a message makes the newest in its chat, and whether nobody asked."""

    offers: str | None
    unasked: int


_NOTHING_SHOWN = _Shows(None, 0)


async def _queue(tx: Tx, chat_id: int, say: Say, priority: int, now_ms: int, shows: _Shows) -> None:
    """Queue a message; an answer that a chat still waits for is not queued behind itself."""
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
        offers=shows.offers,
        unasked=shows.unasked,
    )


Alarm = Callable[[Tx, InboxRow, str, int], Awaitable[None]]
"""Tells somebody of a message that was given up, its reference, and when: in that transaction."""


async def no_alarm(_tx: Tx, _row: InboxRow, _reference: str, _now_ms: int) -> None:
    """Leave it at the log."""


async def give_up(
    tx: Tx, row: InboxRow, now_ms: int, sorry: str = "sorry", alarm: Alarm = no_alarm
) -> None:
    """Mark a message failed and say sorry with a reference, in one small turn.

    What is tried again later, and given up again, was said the first time.
    """
    if not (await inbox.fail(tx, row.id, now_ms) and await inbox.owe_sorry(tx, row.id, now_ms)):
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
    await alarm(tx, row, reference, now_ms)

"""One turn: claim the message, load the chat, take the step, queue what it leaves, save the chat.

All of it is one transaction: a process that dies in it leaves the message as it was.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

import orjson
import structlog

from chat import codec
from chat.facts import Fact
from chat.meaning import chosen, doubtful, untouched
from chat.messages import (
    Chat,
    Choice,
    Heard,
    Inbound,
    Say,
    TalkName,
    Tap,
    Text,
    Turn,
    words,
)
from chat.saying import (
    AWAITED,
    PRIORITY_DIALOGUE,
    PRIORITY_GATE,
    PRIORITY_HURRIED,
    PRIORITY_NOTE,
    PRIORITY_TICKET,
    choices_of,
    queue_say,
    queue_turn,
)
from chat.talk import Step, Talk
from chat.texts import language_of
from chat.together import LINK, NEXT_PAGE, joined, next_page, show_link
from chat.understanding import fold
from chat.waiting import say_wait
from storage import chats, inbox
from storage.chats import ChatRow
from storage.database import Tx
from storage.inbox import InboxRow

log = structlog.get_logger(__name__)

MEMORY_BYTES_MAX = 16_384
"""What a conversation may remember: names of ten beneficiaries and a draft event, not a library."""

WaitMs = Callable[[str, TalkName], int]
"""Estimates how long an answer waits on a channel, in a talk."""

NOTHING_OFFERED = "[]"
"""What a chat shows that shows no choice."""


class AlbumParted(Exception):
    """Photos that were to be answered in one turn are not all there any more: look again."""


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
    return await _take(
        tx, talk, (inbox_id, *also), inbound, now_ms, one_bubble=one_bubble, wait_ms=wait_ms
    )


async def take_turn_at_once(
    tx: Tx,
    talk: Talk,
    row: InboxRow,
    message_id: str,
    inbound: Inbound,
    *,
    one_bubble: bool = False,
    wait_ms: int = 0,
) -> bool | None:
    """Keep a message and take its turn in one transaction. True if it left something to deliver.

    None if nothing was done: the message is known, or another of its chat waits for its turn.
    """
    if not await inbox.put_done(tx, row, message_id):
        return None
    return await _take(
        tx, talk, (row.id,), inbound, row.received_ms, one_bubble=one_bubble, wait_ms=wait_ms
    )


async def tell_at_once(
    tx: Tx,
    talks: Mapping[str, Talk],
    chat_id: int,
    fact: Fact,
    fact_id: str,
    now_ms: int,
    *,
    one_bubble: Collection[str] = (),
    wait_ms: WaitMs,
) -> bool | None:
    """Keep what the world tells a chat and take its turn in one transaction, likewise."""
    row = await inbox.put_fact_done(
        tx, chat_id=chat_id, message_id=fact_id, payload=codec.to_json(fact), now_ms=now_ms
    )
    if row is None:
        return None
    talk = talks[row.talk]
    return await _take(
        tx,
        talk,
        (row.id,),
        Inbound(row.channel, talk.name, row.ref, str(row.id), fact, now_ms),
        now_ms,
        one_bubble=row.channel in one_bubble,
        wait_ms=wait_ms(row.channel, talk.name),
    )


async def _take(
    tx: Tx,
    talk: Talk,
    inbox_ids: Sequence[int],
    inbound: Inbound,
    now_ms: int,
    *,
    one_bubble: bool,
    wait_ms: int,
) -> bool:
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
        memory=orjson.loads(row.memory),
        now_ms=now_ms,
        received_ms=inbound.received_ms,
        name=inbound.name,
        offered=codec.from_json(row.offered),
    )
    if _is_flood(talk, row, inbound.heard):
        return await _slow_down(tx, talk, row, now_ms)
    step, heard = find_step(talk, chat, row, inbound.heard)
    turn = await step(tx, chat, heard)
    if one_bubble:
        turn = replace(turn, say=joined(turn.say))
    shown = codec.to_json(choices) if (choices := choices_of(turn.say)) else None
    await _keep(tx, row, turn, shown, now_ms)
    if turn.forgets:
        await inbox.drop_payloads(tx, inbox_ids)
    if turn.say and talk.name == "seller":
        await say_wait(tx, chat, wait_ms, PRIORITY_NOTE)
    return await queue_turn(tx, chat, turn, shown, heard, _urgency(talk, heard))


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
    await queue_say(tx, row.id, Say(words(talk.too_fast)), PRIORITY_DIALOGUE, now_ms)
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
    if isinstance(heard, Text) and talk.is_code(heard.text):
        return talk.steps.get(chat.step, talk.heard[Text]), heard
    if isinstance(heard, Text):
        if (doubt := doubtful(talk, chat, row, heard.text)) is not None:
            return doubt, heard
        action = chosen(talk, chat, row, heard.text)
        if action is not None:
            if (press := untouched(talk, chat, action, heard.text)) is not None:
                return press, heard
            heard = Tap(action)
        else:
            opening = talk.openings.get(fold(heard.text).partition(" ")[0])
            awaited = chat.step in talk.number_steps and not talk.insists(chat, heard.text)
            if opening is not None and not awaited:
                return opening, heard
            if chat.step in talk.steps:
                return talk.steps[chat.step], heard
    if isinstance(heard, Tap):
        return _step_of_tap(talk, chat, row, heard.action), heard
    return talk.heard[type(heard)], heard


def _step_of_tap(talk: Talk, chat: Chat, row: ChatRow, action: str) -> Step:
    """Find what a button does."""
    verb = action.partition(":")[0]
    if verb == LINK:
        return show_link
    if verb in talk.asks_first and not _is_shown(chat, action):
        return talk.asks_first[verb]
    if verb == NEXT_PAGE:
        for offered in (row.offered, row.offered_before):
            if following := next_page(offered, action):
                return following
    return talk.actions.get(verb, talk.lost)


async def _keep(tx: Tx, row: ChatRow, turn: Turn, shown: str | None, now_ms: int) -> None:
    """Save where the conversation stands and what it shows, if this turn moved it."""
    step, memory = row.step, row.memory
    if turn.then is not None:
        kept = orjson.dumps(dict(turn.then.memory), option=orjson.OPT_NON_STR_KEYS)
        if len(kept) > MEMORY_BYTES_MAX:
            raise ValueError(f"a conversation may remember {MEMORY_BYTES_MAX} bytes")
        step, memory = turn.then.step, kept.decode()
    offered = shown or (row.offered if turn.then is None else NOTHING_OFFERED)
    language = turn.language or row.language
    if (step, memory, offered, language) != (row.step, row.memory, row.offered, row.language):
        await chats.save_chat(
            tx, row.id, language=language, step=step, memory=memory, offered=offered, now_ms=now_ms
        )


def _is_shown(chat: Chat, action: str) -> bool:
    """Say whether a button is among those shown last; an older one asks once more."""
    return any(isinstance(one, Choice) and one.action == action for one in chat.offered)

"""What follows when something could not be sent, or did not arrive, or far work could not be done.

A ticket goes down a ladder: its image, then its words, then the person's other app, then the
organiser is told. Nothing paid for ends in silence.
"""

from dataclasses import replace

import structlog

from bot.flows.persons.recovering import SEND as RECOVERY_SEND
from bot.flows.tickets.issuing import ticket_message
from chat import codec
from chat.channel import Loss
from chat.facts import (
    Fact,
    HolderUnreached,
    PaymentFailed,
    RecoveryUnsent,
    RefundTold,
    TicketUndelivered,
)
from chat.messages import (
    Say,
)
from chat.saying import PRIORITY_TICKET, queue_say
from storage import (
    announcements,
    broadcasts,
    chats,
    inbox,
    outbox,
    papers,
    payments,
    progress,
    recoveries,
    tickets,
    waiting,
)
from storage.database import Tx
from storage.ids import from_text
from storage.outbox import OutboxRow
from storage.recoveries import Recovery

AGAIN_MAX = 3
"""The same words to the same person fail so often for a fault that passes; then another way."""

AGAIN_MS = 60_000
"""How long the first such pause is; the next ones are twice and three times as long."""

log = structlog.get_logger(__name__)


async def keep_delivery(tx: Tx, row: OutboxRow, state: str, now_ms: int) -> None:
    """Keep how a ticket, or a message to many, arrived: in the transaction that marks its row."""
    ticket_id = _ticket_of(row)
    if ticket_id is not None:
        await tickets.mark_delivery(tx, ticket_id, state, now_ms)
    if (row.about or "").startswith("paper:"):
        await papers.passed(tx, from_text((row.about or "").partition(":")[2]) or 0, now_ms)
    broadcast_id = _broadcast_of(row)
    if broadcast_id is not None:
        await broadcasts.count_delivery(tx, broadcast_id, state)
    what, _, work = (row.about or "").partition(":")
    if what == "work":
        await progress.finish(tx, from_text(work) or 0, now_ms)


async def is_outdated(tx: Tx, row: OutboxRow) -> bool:
    """Say whether a message carries a ticket that is dead by now: given away, re-issued, refunded.

    Whatever ended it told its owner so; a code that opens nothing must not come after that.
    """
    ticket_id = _ticket_of(row)
    return ticket_id is not None and await tickets.is_dead(tx, ticket_id)


async def follow_up(tx: Tx, row: OutboxRow, now_ms: int) -> None:
    """Go on with what was given up: a ticket by another app, else tell who must know.

    That is the organiser of a ticket, a refund or a recovery, the buyer of a page.
    """
    ticket_id = _ticket_of(row)
    fact: Fact | None = None
    chat_id = row.chat_id
    if ticket_id is not None:
        if await _send_elsewhere(tx, row, ticket_id, now_ms):
            return
        await tickets.mark_delivery(tx, ticket_id, "failed", now_ms)
        fact = TicketUndelivered(ticket_id)
    elif (row.about or "").startswith("offer:"):
        # Nobody hears of these seats: they go to the next in the line.
        await waiting.end_offer(tx, from_text((row.about or "").partition(":")[2]) or 0, now_ms)
    elif (broadcast_id := _broadcast_of(row)) is not None:
        await _tell_unreached(tx, row, broadcast_id, now_ms)
    elif row.kind == "payment.start":
        payment_id = _payment_of(row)
        known = await payments.chat_of(tx, payment_id) if payment_id is not None else None
        fact = PaymentFailed(payment_id) if payment_id is not None and known else None
    elif row.kind == "payment.refund":
        payload = codec.from_json(row.payload)
        fact = RefundTold(payload["refund"], payload["attempt"], "given_up", why="no answer")
    elif (recovery := await _recovery_of(tx, row)) is not None:
        fact, chat_id = RecoveryUnsent(recovery.id), recovery.chat_id
    if fact is not None:
        await inbox.put_fact(
            tx,
            chat_id=chat_id,
            message_id=f"given-up:{row.id}",
            payload=codec.to_json(fact),
            now_ms=now_ms,
        )


async def take_back(tx: Tx, outbox_id: int, loss: Loss, now_ms: int) -> None:
    """Send on another way what a channel had taken and did not bring; once, however often told."""
    row = await outbox.take_back(tx, outbox_id, fault=f"not arrived: {loss.value}")
    if row is None or row.kind != outbox.SAY:
        return
    ticket_id = _ticket_of(row)
    if ticket_id is not None:
        await tickets.take_back_delivery(tx, ticket_id)
    failures = await outbox.count_failed(tx, row)
    say: Say = codec.from_json(row.payload)
    next_way = _next_way(say, loss, failures)
    if next_way is None:
        log.error("not_arrived", outbox=row.id, about=row.about, loss=loss.value)
        await follow_up(tx, row, now_ms)
        return
    await outbox.queue(
        tx,
        chat_id=row.chat_id,
        kind=outbox.SAY,
        payload=codec.to_json(next_way),
        priority=PRIORITY_TICKET,
        now_ms=now_ms,
        about=row.about,
        due_ms=now_ms + (AGAIN_MS * failures if loss is Loss.BUSY else 0),
    )


def _next_way(say: Say, loss: Loss, failures: int) -> Say | None:
    """Say the same in the next way that may arrive here; None when this chat has none left."""
    match loss:
        case Loss.GONE:
            return None
        case Loss.SILENCE | Loss.BUSY if failures <= AGAIN_MAX:
            return say
        case Loss.BUTTONS if not say.plain:
            return replace(say, plain=True)
        case Loss.SILENCE:
            return None
        case Loss.BUSY | Loss.BUTTONS | Loss.PICTURE:
            return _in_words(say)


def _in_words(say: Say) -> Say | None:
    """Say in words what a picture said; None if it is words already."""
    if say.instead is None or say.in_words or not (say.picture or say.file):
        return None
    return replace(say, in_words=True)


async def _send_elsewhere(tx: Tx, row: OutboxRow, ticket_id: int, now_ms: int) -> bool:
    """Send a ticket to the person's chat in another app, if they have one where it did not fail."""
    chat = await chats.chat_by_id(tx, row.chat_id)
    full = await tickets.ticket_by_id(tx, ticket_id)
    if chat is None or full is None or row.about is None:
        return False
    failed = await outbox.failed_chats(tx, row.about)
    for other in await chats.chats_of_person(tx, chat.person_id, chat.talk):
        if other.channel != chat.channel and other.id not in failed:
            log.info("ticket_elsewhere", ticket=ticket_id, chat=other.id)
            await queue_say(tx, other.id, ticket_message(full, now_ms), PRIORITY_TICKET, now_ms)
            return True
    return False


async def _tell_unreached(tx: Tx, row: OutboxRow, broadcast_id: int, now_ms: int) -> None:
    """Tell the organiser, once an announcement, that somebody could not be told of it."""
    announcement = await announcements.of_broadcast(tx, broadcast_id)
    if announcement is None:
        return
    await inbox.put_fact(
        tx,
        chat_id=row.chat_id,
        message_id=f"unreached:{announcement.id}",
        payload=codec.to_json(HolderUnreached(announcement.event_id)),
        now_ms=now_ms,
    )


def _broadcast_of(row: OutboxRow) -> int | None:
    what, _, key = (row.about or "").partition(":")
    return from_text(key) if what == "cast" else None


def _ticket_of(row: OutboxRow) -> int | None:
    what, _, key = (row.about or "").partition(":")
    return from_text(key) if what == "ticket" else None


async def _recovery_of(tx: Tx, row: OutboxRow) -> Recovery | None:
    """Find the request whose code could not be sent: its far work, or the message that had it."""
    what, _, key = (row.about or "").partition(":")
    recovery_id = from_text(key) if what == "recovery" else None
    if row.kind == RECOVERY_SEND:
        recovery_id = int(codec.from_json(row.payload)["recovery"])
    return await recoveries.recovery_by_id(tx, recovery_id) if recovery_id is not None else None


def _payment_of(row: OutboxRow) -> int | None:
    payment_id = codec.from_json(row.payload).get("payment")
    return payment_id if isinstance(payment_id, int) else None

"""What follows when something could not be sent, or far work could not be done, for ever."""

from chat import codec
from chat.messages import Fact, PaymentFailed, RefundTold, TicketUndelivered
from storage import inbox, payments, tickets
from storage.database import Tx
from storage.ids import from_text
from storage.outbox import OutboxRow


async def keep_delivery(tx: Tx, row: OutboxRow, state: str, now_ms: int) -> None:
    """Keep how a ticket reached its owner, in the transaction that marks its message."""
    ticket_id = _ticket_of(row)
    if ticket_id is not None:
        await tickets.mark_delivery(tx, ticket_id, state, now_ms)


async def follow_up(tx: Tx, row: OutboxRow, now_ms: int) -> None:
    """Tell who must know that something could not be delivered, opened or sent back."""
    ticket_id = _ticket_of(row)
    fact: Fact | None = None
    if ticket_id is not None:
        fact = TicketUndelivered(ticket_id)
    elif row.kind == "payment.start":
        payment_id = _payment_of(row)
        chat_id = await payments.chat_of(tx, payment_id) if payment_id is not None else None
        fact = PaymentFailed(payment_id) if payment_id is not None and chat_id else None
    elif row.kind == "payment.refund":
        payload = codec.from_json(row.payload)
        fact = RefundTold(payload["refund"], payload["attempt"], "given_up", why="no answer")
    if fact is not None:
        await inbox.put_fact(
            tx,
            chat_id=row.chat_id,
            message_id=f"given-up:{row.id}",
            payload=codec.to_json(fact),
            now_ms=now_ms,
        )


def _ticket_of(row: OutboxRow) -> int | None:
    what, _, key = (row.about or "").partition(":")
    return from_text(key) if what == "ticket" else None


def _payment_of(row: OutboxRow) -> int | None:
    payment_id = codec.from_json(row.payload).get("payment")
    return payment_id if isinstance(payment_id, int) else None

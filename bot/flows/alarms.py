"""What the organiser hears when something could not be done, so that nobody waits in silence."""

from collections.abc import Mapping
from dataclasses import dataclass

from chat.messages import Chat, RefundFailed, Say, Tell, TicketUndelivered, Turn, words
from chat.talk import Step
from storage import events, orders, organisers, payments, tickets
from storage.database import Tx


@dataclass(frozen=True, slots=True)
class Alarms:
    """Failures that a person must know of."""

    def heard(self) -> Mapping[type, Step]:
        """What is done about each fact."""
        return {TicketUndelivered: self.undelivered, RefundFailed: self.not_refunded}

    async def undelivered(self, tx: Tx, _chat: Chat, fact: TicketUndelivered) -> Turn:
        """Tell the event's organiser that a buyer has not got a ticket."""
        full = await tickets.ticket_by_id(tx, fact.ticket_id)
        if full is None:
            return Turn()
        say = Say(
            words("alarm.undelivered", title=full.event.title, reference=full.order.reference)
        )
        chats = await organisers.organiser_chats(tx, full.event.organiser_id)
        return Turn(tell=tuple(Tell(chat_id, say) for chat_id in chats))

    async def not_refunded(self, tx: Tx, _chat: Chat, fact: RefundFailed) -> Turn:
        """Tell the event's organiser that a buyer's money did not go back by itself."""
        payment = await payments.payment_by_id(tx, fact.payment_id)
        order = await orders.order_by_id(tx, payment.order_id) if payment else None
        event = await events.event_by_id(tx, order.event_id) if order else None
        if payment is None or order is None or event is None:
            return Turn()
        say = Say(
            words(
                "alarm.not_refunded",
                amount=payment.amount,
                title=event.title,
                reference=order.reference,
            )
        )
        chats = await organisers.organiser_chats(tx, event.organiser_id)
        return Turn(tell=tuple(Tell(chat_id, say) for chat_id in chats))

"""What the organiser hears when something could not be done, so that nobody waits in silence."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.flows.undelivering import undelivered_button
from boxoffice.model import Event
from chat.messages import Chat, Say, Tell, TicketUndelivered, Turn, words
from chat.talk import Step
from storage import organisers, tickets
from storage.database import Tx


@dataclass(frozen=True, slots=True)
class Alarms:
    """Failures that a person must know of."""

    def heard(self) -> Mapping[type, Step]:
        """What is done about each fact."""
        return {TicketUndelivered: self.undelivered}

    async def undelivered(self, tx: Tx, _chat: Chat, fact: TicketUndelivered) -> Turn:
        """Tell the event's organiser that a buyer has not got a ticket."""
        full = await tickets.ticket_by_id(tx, fact.ticket_id)
        if full is None:
            return Turn()
        say = Say(
            words("alarm.undelivered", title=full.event.title, reference=full.order.reference),
            (undelivered_button(full.event.id),),
        )
        return Turn(tell=await tell_organiser(tx, full.event, say))


async def tell_organiser(tx: Tx, event: Event, say: Say) -> tuple[Tell, ...]:
    """Say something to everybody who runs an event's organiser."""
    chats = await organisers.organiser_chats(tx, event.organiser_id)
    return tuple(Tell(chat_id, say) for chat_id in chats)

"""What the organiser hears when something could not be done, so that nobody waits in silence."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.flows.organising.undelivering import undelivered_button
from boxoffice.model import Event
from chat.facts import HolderUnreached, TicketUndelivered
from chat.messages import (
    Chat,
    Choice,
    Say,
    Tell,
    Turn,
    words,
)
from chat.talk import Step
from storage import events, organisers, tickets
from storage.database import Tx
from storage.ids import to_text


@dataclass(frozen=True, slots=True)
class Alarms:
    """Failures that a person must know of."""

    def heard(self) -> Mapping[type, Step]:
        """What is done about each fact."""
        return {TicketUndelivered: self.undelivered, HolderUnreached: self.unreached}

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

    async def unreached(self, tx: Tx, _chat: Chat, fact: HolderUnreached) -> Turn:
        """Tell the organiser that an announcement does not reach all; the tally counts them."""
        event = await events.event_by_id(tx, fact.event_id)
        if event is None:
            return Turn()
        replies = Choice(words("announcing.replies"), f"replies:{to_text(event.id)}")
        say = Say(words("alarm.unreached", title=event.title), (replies,))
        return Turn(tell=await tell_organiser(tx, event, say))


async def tell_organiser(tx: Tx, event: Event, say: Say) -> tuple[Tell, ...]:
    """Say something to everybody who runs an event's organiser."""
    chats = await organisers.organiser_chats(tx, event.organiser_id)
    return tuple(Tell(chat_id, say) for chat_id in chats)

"""Telling many people the same: what changed for holders of a ticket; sent by upkeep, paced."""

from collections.abc import Mapping
from dataclasses import dataclass

from boxoffice.model import Event
from chat import codec
from chat.messages import Chat, Choice, Say
from storage import broadcasts
from storage.broadcasts import Audience, Instead, Message
from storage.database import Database, Tx


async def tell_holders(tx: Tx, chat: Chat, event: Event, say: Say) -> int:
    """Begin to tell everybody with a valid ticket; answers how many they are."""
    broadcast_id, people = await keep(tx, chat, event.organiser_id, event.id, "holders", say)
    if people:
        await broadcasts.begin(tx, broadcast_id, people, chat.now_ms)
    return people


async def keep(
    tx: Tx,
    chat: Chat,
    organiser_id: int,
    event_id: int | None,
    audience: Audience,
    say: Say,
    *,
    instead: Mapping[Instead, Say | None] | None = None,
) -> tuple[int, int]:
    """Keep a message to many that is not begun yet; answers its id and whom it would reach.

    `instead` is said to whose tickets have all been used at the door (`used`), were all sold to
    others (`sold`), or are invitations that nobody opened (`given`).

    Raises:
        ValueError: it names no approved sentence, which most of the many would need.
    """
    if say.template is None:
        raise ValueError("a message to many needs a template: see bot/flows/approved.py")
    broadcast_id = await broadcasts.make(
        tx,
        _message(say),
        organiser_id=organiser_id,
        event_id=event_id,
        audience=audience,
        person_id=chat.person_id,
        now_ms=chat.now_ms,
        instead={who: _message(one) for who, one in (instead or {}).items() if one},
    )
    people = await broadcasts.count_people(tx, audience, organiser_id, event_id)
    return broadcast_id, people


def _message(say: Say) -> Message:
    choices = [one for one in say.choices if isinstance(one, Choice)]
    return Message(codec.to_json(say), codec.to_json(choices))


@dataclass(frozen=True, slots=True)
class Telling:
    """The chore that queues messages to many; safe to run twice and on several processes."""

    database: Database

    async def queue(self, now_ms: int) -> int:
        """Queue every message that was begun, at a pace; answers how many."""
        count = 0
        for cast in await self.database.read(broadcasts.running, now_ms):
            some = broadcasts.BATCH_MAX
            while some == broadcasts.BATCH_MAX:
                some = await self.database.write(broadcasts.queue_some, cast.id, now_ms)
                count += some
        return count

"""Telling many people the same: what changed for holders of a ticket; sent by upkeep, paced."""

from dataclasses import dataclass

from boxoffice.model import Event
from chat import codec
from chat.messages import Chat, Choice, Say
from storage import broadcasts
from storage.broadcasts import Audience
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
    used: Say | None = None,
    sold: Say | None = None,
) -> tuple[int, int]:
    """Keep a message to many that is not begun yet; answers its id and whom it would reach.

    `used` is said instead to whose tickets have all been used at the door, `sold` to who has
    only tickets that were sold to others.

    Raises:
        ValueError: it names no approved sentence, which most of the many would need.
    """
    if say.template is None:
        raise ValueError("a message to many needs a template: see bot/flows/approved.py")
    broadcast_id = await broadcasts.make(
        tx,
        organiser_id=organiser_id,
        event_id=event_id,
        audience=audience,
        say=codec.to_json(say),
        offered=_offered(say),
        person_id=chat.person_id,
        now_ms=chat.now_ms,
        used_say=codec.to_json(used) if used else None,
        used_offered=_offered(used) if used else None,
        sold_say=codec.to_json(sold) if sold else None,
        sold_offered=_offered(sold) if sold else None,
    )
    people = await broadcasts.count_people(tx, audience, organiser_id, event_id)
    return broadcast_id, people


def _offered(say: Say) -> str:
    return codec.to_json([one for one in say.choices if isinstance(one, Choice)])


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

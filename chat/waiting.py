"""Who must wait because many write at once: how long, and saying so.

An app lets a bot send so many messages a second. In a rush the answers queue up; a person who is
not told writes again, and makes the queue longer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from chat import codec
from chat.messages import Chat, Say, Span, words
from storage import chats, outbox, pacing
from storage.database import Database, Tx
from storage.outbox import Pace, sender_of

SAID_FROM_MS = 15_000
"""A shorter wait is over before a second message about it would have helped."""

SAID_EVERY_MS = 300_000
"""Nobody is told twice in five minutes."""

NOTES_PACE = Pace(per_s=3, burst=2)
"""Notes take a ninth of what a bot may send: they must not become the queue themselves."""

COUNTED_EVERY_MS = 1_000
"""How long a count of the queue is good for."""

STEP_MS = 15_000
"""A wait is an estimate: it is told in quarters of a minute, rounded up."""


@dataclass(slots=True)
class Queues:
    """How long what is queued now waits, by sender, as this process last counted."""

    paces: Mapping[str, Pace]
    _waits_ms: dict[str, int] = field(default_factory=dict)
    _counted_ms: int = 0

    def wait_ms(self, channel: str, talk: str) -> int:
        """Estimate how long an answer waits that is queued now; zero where nobody waits."""
        return self._waits_ms.get(sender_of(channel, talk), 0)

    async def count(self, database: Database, now_ms: int) -> None:
        """Count what waits, if that was not done just now."""
        if not self.paces or now_ms - self._counted_ms < COUNTED_EVERY_MS:
            return
        self._counted_ms = now_ms
        counts = await database.read(outbox.waiting_by_sender, now_ms)
        self._waits_ms = {
            sender: counts.get(sender, 0) * 1_000 // pace.per_s
            for sender, pace in self.paces.items()
        }


async def say_wait(tx: Tx, chat: Chat, wait_ms: int, priority: int) -> None:
    """Tell a chat that its answer takes a while: at once, at most every five minutes."""
    if wait_ms < SAID_FROM_MS:
        return
    notes = f"{sender_of(chat.channel, chat.talk)}:notes"
    may = await pacing.may_send(
        tx, notes, per_s=NOTES_PACE.per_s, burst=NOTES_PACE.burst, now_ms=chat.now_ms
    )
    if not may or not await chats.note(tx, chat.id, chat.now_ms, SAID_EVERY_MS):
        return
    await pacing.spend(tx, notes, 1)
    note = Say(words("wait.note", span=rounded(wait_ms)))
    await outbox.queue(
        tx,
        chat_id=chat.id,
        kind=outbox.SAY,
        payload=codec.to_json(note),
        priority=priority,
        now_ms=chat.now_ms,
        lane=outbox.Lane.OWN,
    )


def rounded(wait_ms: int) -> Span:
    """A wait as it is told: never shorter than it is."""
    return Span(-(-wait_ms // STEP_MS) * STEP_MS)

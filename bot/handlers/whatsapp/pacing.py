"""How fast we send: what a sender may, and what one person bears. A wait is asked for, not taken.

Counted in the database, like Telegram's: several processes that send for one number respect both
together.
"""

import hashlib
from dataclasses import dataclass

from chat.channel import SendLater
from storage import pacing
from storage.database import Database, Tx

SENDER_PER_S = 80
"""Messages a second that WhatsApp takes from one sender."""

PERSON_EVERY_S = 6
"""To one person about a message in six seconds over time."""

PERSON_BURST = 10
"""So many at once after a silence: a quick conversation, or the tickets of a family."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Counts what goes out. The numbers are Twilio's; tests that set their clock change them."""

    sender_per_s: int = SENDER_PER_S
    person_every_s: int = PERSON_EVERY_S
    person_burst: int = PERSON_BURST

    async def take(
        self, database: Database, number: str, ref: str, messages: int, now_ms: int
    ) -> None:
        """Take room for messages to somebody.

        Raises:
            SendLater: there is none yet; nothing was taken.
        """
        wait_ms, why = await database.write(
            self._take, number, _person(number, ref), messages, now_ms
        )
        if wait_ms:
            raise SendLater(wait_ms, why)

    async def _take(
        self, tx: Tx, number: str, person: str, messages: int, now_ms: int
    ) -> tuple[int, str]:
        """Take from both buckets, or say how long to wait for the emptier one."""
        # A message to one person costs as many tokens as it takes seconds to earn: one a second.
        cost = min(messages, self.person_burst) * self.person_every_s
        most = self.person_burst * self.person_every_s
        left = await pacing.may_send(tx, person, per_s=1, burst=most, now_ms=now_ms)
        if left < cost:
            return (cost - left) * 1_000 + 1, "this person gets a message in six seconds"
        rate = self.sender_per_s
        room = await pacing.may_send(tx, number, per_s=rate, burst=rate, now_ms=now_ms)
        if room < messages:
            return (messages - room) * 1_000 // rate + 1, "this number sends as fast as it may"
        await pacing.spend(tx, person, cost)
        await pacing.spend(tx, number, messages)
        return 0, ""


def _person(number: str, ref: str) -> str:
    """Name a person's bucket without saying who they are."""
    return "to:" + hashlib.sha256(f"{number} {ref}".encode()).hexdigest()[:32]

"""How fast we send: what a sender may, and what one person bears. A wait is asked for, not taken.

In memory, a process each: it spares Twilio's queue, which holds what is too fast anyway; a restart
forgets at most a burst.
"""

from collections import OrderedDict
from dataclasses import dataclass, field

from chat.channel import SendLater

SENDER_PER_S = 80
"""Messages a second that WhatsApp takes from one sender."""

PERSON_EVERY_MS = 6_000
"""To one person about a message in six seconds over time."""

PERSON_BURST = 10
"""So many at once after a silence: a quick conversation, or the tickets of a family."""

PEOPLE_MAX = 20_000
"""People remembered; who was forgotten has waited long enough for a burst."""


@dataclass(slots=True)
class _Bucket:
    """How much of a burst is left, and when that was."""

    left: float
    at_ms: int


@dataclass(slots=True)
class Pace:
    """Counts what goes out. The numbers are Twilio's; tests that set their clock change them."""

    sender_per_s: int = SENDER_PER_S
    person_every_ms: int = PERSON_EVERY_MS
    person_burst: int = PERSON_BURST
    _senders: dict[str, _Bucket] = field(default_factory=dict)
    _people: OrderedDict[tuple[str, str], _Bucket] = field(default_factory=OrderedDict)

    def take(self, number: str, ref: str, messages: int, now_ms: int) -> None:
        """Take room for messages to somebody.

        Raises:
            SendLater: there is none yet; nothing was taken.
        """
        sender = self._senders.setdefault(number, _Bucket(self.sender_per_s, now_ms))
        person = self._people.pop((number, ref), None) or _Bucket(self.person_burst, now_ms)
        self._people[number, ref] = person
        if len(self._people) > PEOPLE_MAX:
            self._people.popitem(last=False)
        _refill(sender, self.sender_per_s / 1000, self.sender_per_s, now_ms)
        _refill(person, 1 / self.person_every_ms, self.person_burst, now_ms)
        wanted = min(messages, self.person_burst)
        if person.left < wanted:
            wait_ms = int((wanted - person.left) * self.person_every_ms) + 1
            raise SendLater(wait_ms, "this person gets a message in six seconds")
        if sender.left < messages:
            wait_ms = int((messages - sender.left) * 1000 / self.sender_per_s) + 1
            raise SendLater(wait_ms, "this number sends as fast as it may")
        person.left -= wanted
        sender.left -= messages


def _refill(bucket: _Bucket, per_ms: float, most: float, now_ms: int) -> None:
    bucket.left = min(most, bucket.left + max(0, now_ms - bucket.at_ms) * per_ms)
    bucket.at_ms = now_ms

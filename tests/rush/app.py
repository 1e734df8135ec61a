"""An app as Telegram is in a rush: it takes about 30 messages a second of a bot, and says so."""

from collections import deque
from collections.abc import Callable

from chat.channel import SlowDown
from chat.messages import Outgoing, TalkName
from tests.transcripts.screens import ListedChannel

TAKEN_PER_S = 30
"""What Telegram lets a bot send in a second, over all chats."""

CHAT_PER_S = 3
"""What it lets a bot send to one chat in a second before it objects: short bursts pass."""

RETRY_AFTER_MS = 5_000
"""What it asks for when a bot was too fast."""


class Rushed(ListedChannel):
    """Counts each second, refuses what is too much, and tells who received what when."""

    def __init__(
        self, now_ms: Callable[[], int], received: Callable[[str, Outgoing], None]
    ) -> None:
        super().__init__()
        self._now_ms = now_ms
        self._received = received
        self._last_second: deque[tuple[int, str]] = deque()
        self.taken = 0
        self.refused = 0

    async def send(self, talk: TalkName, ref: str, outgoing: Outgoing) -> None:
        """Take a message or ask to slow down."""
        del talk
        now_ms = self._now_ms()
        while self._last_second and self._last_second[0][0] <= now_ms - 1_000:
            self._last_second.popleft()
        to_chat = sum(1 for _, who in self._last_second if who == ref)
        if len(self._last_second) >= TAKEN_PER_S or to_chat >= CHAT_PER_S:
            self.refused += 1
            raise SlowDown(RETRY_AFTER_MS, "too fast")
        self._last_second.append((now_ms, ref))
        self.taken += 1
        self._received(ref, outgoing)

"""The other side of `Intake`: an inbox that is a list."""

from chat.messages import TalkName
from tests.doubles.telegram.accounts import Bell


class Inbox:
    """Keeps what is received, once each; can be told to fail first."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, TalkName, str, str, str]] = []
        self.repeated = 0
        self.failures = 0
        """How many of the next calls fail, as a full disk would make them."""
        self.bell = Bell()

    async def receive(
        self, channel: str, talk: TalkName, ref: str, message_id: str, payload: str
    ) -> bool:
        """Keep a payload once; False if its id is known."""
        if self.failures:
            self.failures -= 1
            raise OSError("no space left on device")
        known = any(kept[:4] == (channel, talk, ref, message_id) for kept in self.kept)
        if known:
            self.repeated += 1
        else:
            self.kept.append((channel, talk, ref, message_id, payload))
        self.bell.ring()
        return not known

    async def until(self, count: int) -> None:
        """Wait until at least so many are kept."""
        await self.bell.until(lambda: len(self.kept) >= count)

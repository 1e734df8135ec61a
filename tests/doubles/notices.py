"""What a vendor tells by itself, in order, unless a test orders it lost, repeated, or late."""

import asyncio
from collections import deque
from typing import Literal

from tests.patience import WAIT_MAX_S

Trouble = Literal["lose", "repeat", "late"]
"""A notice never comes, comes twice, or comes after the next one."""

Told = tuple[dict[str, str], bytes]
"""A notice's headers, in small letters, and its body."""


class Notices:
    """The notices of one double, for whoever receives them."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Told] = asyncio.Queue()
        self._ordered: deque[Trouble] = deque()
        self._late: list[Told] = []

    def order(self, *troubles: Trouble) -> None:
        """Order what becomes of the next notices, one each."""
        self._ordered += troubles

    def tell(self, notice: Told) -> None:
        """Send a notice, as was ordered."""
        match self._ordered.popleft() if self._ordered else None:
            case "lose":
                return
            case "late":
                self._late.append(notice)
                return
            case "repeat":
                self._queue.put_nowait(notice)
        self._queue.put_nowait(notice)
        for late in self._late:
            self._queue.put_nowait(late)
        self._late.clear()

    def come_late(self) -> None:
        """Let what is late come without waiting for another."""
        for late in self._late:
            self._queue.put_nowait(late)
        self._late.clear()

    async def next(self) -> Told:
        """Wait for the next one."""
        return await asyncio.wait_for(self._queue.get(), WAIT_MAX_S)

    def arrived(self) -> list[Told]:
        """Take all that came."""
        found = []
        while not self._queue.empty():
            found.append(self._queue.get_nowait())
        return found

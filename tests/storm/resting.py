"""An event loop that says when it rests: nothing is left that could run at once.

A storm looks before every crossing who else wants to cross. Letting some turns of the loop go by
for it was most of what the loop did in a play.
"""

import asyncio
import selectors
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class RestingLoop(asyncio.SelectorEventLoop):
    """A loop that calls back before it waits for the network, a thread or the clock."""

    def __init__(self) -> None:
        """Watch files and sockets as every loop does."""
        self._at_rest: deque[Callable[[], None]] = deque()
        super().__init__(_AtRestFirst(self._at_rest))

    def call_at_rest(self, call: Callable[[], None]) -> None:
        """Call once everything that could run at once has run."""
        self._at_rest.append(call)


class _AtRestFirst(selectors.DefaultSelector):
    """Asked to wait, it first calls who waits for rest: that may make new work."""

    def __init__(self, calls: deque[Callable[[], None]]) -> None:
        super().__init__()
        self._calls = calls

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait as long as the loop asks, not at all if something was called."""
        if timeout == 0 or not self._calls:
            return super().select(timeout)
        while self._calls:
            self._calls.popleft()()
        return super().select(0)


def run_resting(work: Coroutine[Any, Any, T]) -> T:
    """Run this to its end in such a loop."""
    with asyncio.Runner(loop_factory=RestingLoop) as runner:
        return runner.run(work)

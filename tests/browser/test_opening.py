"""The tests' own browser: whatever happens to it, nobody waits for it without end."""

from __future__ import annotations

import os
import select
import signal
from itertools import chain
from pathlib import Path

from tests.browser.opening import a_browser

SOON_MS = 10_000
"""Far less than for ever, far more than ending takes."""


async def test_a_stuck_driver_is_not_waited_for(installed: Path) -> None:
    """A driver that answers nothing any more is killed, and its browser ends with it."""
    others = _children(os.getpid())
    async with a_browser(installed, closed_within_s=0.2):
        [driver] = _children(os.getpid()) - others
        family = [os.pidfd_open(one) for one in (driver, *_children(driver))]
        assert len(family) > 1, "the browser is a child of its driver"
        os.kill(driver, signal.SIGSTOP)
    for one in family:
        ended = select.poll()
        ended.register(one, select.POLLIN)
        assert ended.poll(SOON_MS), "something of the browser is left"
        os.close(one)


def _children(process: int) -> set[int]:
    """The processes that one has started, by any of its threads."""
    lists = Path(f"/proc/{process}/task").glob("*/children")
    return set(map(int, chain.from_iterable(one.read_text().split() for one in lists)))

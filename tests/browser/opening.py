"""A real Chromium, open for a block and gone at its end, whatever became of it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from playwright.async_api import async_playwright

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import Browser

CHROMIUM_ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

CLOSED_WITHIN_S = 20
"""Closing takes a tenth of a second, on a busy machine some tenths."""


@asynccontextmanager
async def a_browser(
    installed: Path, *more: str, closed_within_s: float = CLOSED_WITHIN_S
) -> AsyncIterator[Browser]:
    """Open a browser with these arguments more; its driver closes it when the block ends.

    A driver that is stuck would be waited for without end: it is killed, and its browser, which
    hangs on its pipe, ends with it.
    """
    opening = async_playwright()
    playwright = await opening.start()
    driver = _driver_of(opening)
    try:
        yield await playwright.chromium.launch(
            executable_path=installed, args=[*CHROMIUM_ARGUMENTS, *more]
        )
    finally:
        late = asyncio.get_running_loop().call_later(closed_within_s, driver.kill)
        try:
            await playwright.stop()
        finally:
            late.cancel()


def _driver_of(opening: object) -> Process:
    """Find the driver's process, which the library starts and does not show."""
    driver: Process = opening._client._transport._proc  # type: ignore[attr-defined]
    return driver

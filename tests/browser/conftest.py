"""A real Chromium for the tests of pages; absent, one skip that says so, and a failure in CI."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.browser.gate_house import GateHouse, gate_house
from tests.browser.opening import a_browser
from tests.patience import WAIT_MAX_S

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser

expect.set_options(timeout=WAIT_MAX_S * 1000)  # Playwright's own five seconds are a quiet machine's

CHROMIUM = Path(
    os.environ.get("CHROMIUM")
    or shutil.which("chromium-headless-shell")
    or shutil.which("chromium")
    or "/usr/bin/chromium-headless-shell"
)
"""The same engine without windows, tabs and menus costs half; the whole browser serves as well."""


@pytest.fixture(scope="session")
def installed() -> Path:
    """Find Debian's Chromium, or the shell of it that has no window."""
    if not CHROMIUM.exists():
        if os.environ.get("CI"):
            pytest.fail(f"CI needs a browser at {CHROMIUM}")
        pytest.skip(f"there is no browser at {CHROMIUM} (apt install chromium-headless-shell)")
    return CHROMIUM


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium(installed: Path) -> AsyncIterator[Browser]:
    """Open one browser for a process of tests, each of which is a visitor of its own."""
    async with a_browser(installed) as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="session")
async def house(tmp_path: Path) -> AsyncIterator[GateHouse]:
    """One door for one test."""
    async with gate_house(tmp_path / "gate.db") as one:
        yield one

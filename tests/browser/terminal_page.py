"""The terminal's page under a test's hand: opening it, scanning at it, reading its light."""

from __future__ import annotations

import re
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from playwright.async_api import expect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser, BrowserContext, Page

    from tests.browser.gate_house import GateHouse

PHONE = {"width": 390, "height": 844}
COPY_KEPT = {
    "fr": re.compile(r"^Copie hors ligne(?!.*Ne fermez pas)"),
    "en": re.compile(r"^Offline copy(?!.*Do not close)"),
}
"""What the page says once both its copy and the page itself are on the device."""


@asynccontextmanager
async def visiting(browser: Browser, *, locale: str = "fr-FR") -> AsyncIterator[Page]:
    """Open a new phone; a broken policy or script, or a request to another host, fails the test."""
    context = await browser.new_context(viewport=PHONE, locale=locale)  # type: ignore[arg-type]
    complaints: list[str] = []
    page = await watched(context, complaints)
    yield page
    await context.close()
    assert complaints == []


async def watched(context: BrowserContext, complaints: list[str]) -> Page:
    """Open a page and listen to everything that goes wrong in it."""
    page = await context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda line: complaints.append(line.text) if "Security Policy" in line.text else None,
    )

    def look(url: str) -> None:
        if not url.startswith(("http://127.0.0.1:", "http://gate.test:", "blob:", "data:")):
            complaints.append(f"asked another host: {url}")

    page.on("request", lambda request: look(request.url))
    return page


@asynccontextmanager
async def at_terminal(browser: Browser, house: GateHouse) -> AsyncIterator[Page]:
    """Open a new phone as a terminal, and wait for the copy of the tickets there are by now."""
    async with visiting(browser) as page:
        await open_terminal(page, await house.link())
        await copy_ready(page)
        yield page


async def open_terminal(page: Page, link: str, opens: str = "Ouvrir le terminal") -> None:
    """Follow a link and press its button."""
    await page.goto(link)
    await page.get_by_role("button", name=opens).click()
    await expect(page.locator("body.ready")).to_be_attached()


async def hand_scan(page: Page, code: str) -> None:
    """Scan as a hand-held scanner does: it types, faster than any finger, and ends with Enter."""
    await page.keyboard.press("Escape")
    await expect(page.locator("#verdict")).to_be_hidden()
    await page.evaluate(
        """(code) => [...code, "Enter"].forEach((key) => document.body.dispatchEvent(
          new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true })))""",
        code,
    )


async def lose_answers(page: Page, start: str) -> None:
    """Lose what the server answers under an address until `answersAgain()`: it hears, we do not."""
    await page.evaluate(
        """(start) => {
          const ask = window.fetch;
          window.answersAgain = () => { window.fetch = ask; };
          window.fetch = async (path, options) => {
            const answer = await ask(path, options);
            if (!path.startsWith(start)) return answer;
            throw new TypeError("lost on its way back");
          };
        }""",
        start,
    )


async def expect_light(page: Page, light: str, words: str) -> None:
    """Expect an answer on the screen."""
    await expect(page.locator(f'body[data-light="{light}"] #verdict')).to_be_visible()
    await expect(page.locator("#verdict h2")).to_have_text(words)


async def copy_ready(page: Page, language: str = "fr") -> None:
    """Wait until the copy for the time without network is on the device, and the page itself."""
    await expect(page.locator("#settings-pack")).to_contain_text(COPY_KEPT[language])


async def verdicts(house: GateHouse) -> list[str]:
    """Read the journal."""
    return [
        row["verdict"] for row in await house.doors.rows("SELECT verdict FROM scans ORDER BY id")
    ]

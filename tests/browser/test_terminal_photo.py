"""A photo at the terminal, in a real Chromium: read by the server, its answer lost or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import Image
from playwright.async_api import expect

from tests.browser.terminal_page import (
    copy_ready,
    expect_light,
    hand_scan,
    lose_answers,
    open_terminal,
    verdicts,
    visiting,
)
from tests.gate_scanner.pictures import saved, sheet

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

    from tests.browser.gate_house import GateHouse

pytestmark = pytest.mark.asyncio(loop_scope="module")  # they share one browser


async def give_photo(page: Page, seen: Image.Image) -> None:
    """Give the terminal a photo from a file."""
    photo = {"name": "famille.png", "mimeType": "image/png", "buffer": saved(seen)}
    await page.locator("#file").set_input_files(photo)  # type: ignore[arg-type] # a FilePayload


async def test_who_came_in_by_a_photo_is_known_without_network(
    chromium: Browser, house: GateHouse
) -> None:
    """Two of a family in one photo; shown again once the network is gone, none passes twice."""
    codes = [(await house.doors.ticket())[1] for _ in range(2)]
    async with visiting(chromium) as page:
        await open_terminal(page, await house.link())
        await copy_ready(page)
        await give_photo(page, sheet(codes, columns=2))
        await expect_light(page, "green", "VALIDÉ")
        await expect(page.locator("#do")).to_have_text("Entrées : 2 sur 2.")
        await page.context.set_offline(True)
        await expect(page.locator("#net-words")).to_have_text("Hors ligne")
        for code in codes:
            await hand_scan(page, code)
            await expect_light(page, "blue", "DÉJÀ VALIDÉ PAR VOUS")


async def test_a_photo_whose_answer_was_lost_is_counted_once(
    chromium: Browser, house: GateHouse
) -> None:
    """The page reads it by itself and lets both in; the server, which did too, counts them once."""
    await house.doors.supervisor()
    codes = [(await house.doors.ticket())[1] for _ in range(2)]
    async with visiting(chromium) as page:
        await open_terminal(page, await house.link())
        await copy_ready(page)
        await lose_answers(page, "/gate/")
        await give_photo(page, sheet(codes, columns=2))
        await expect_light(page, "green_striped", "VALIDÉ SANS RÉSEAU")
        await expect(page.locator("#net-waiting")).to_contain_text("2")
        await page.evaluate("answersAgain()")
        await expect(page.locator("#net-waiting")).to_be_empty()
    assert await verdicts(house) == ["admitted"] * 2
    assert await house.doors.alarms() == []


async def test_a_photo_of_nothing_is_said_so_without_network(
    chromium: Browser, house: GateHouse
) -> None:
    """No code in it and nobody to ask: the page says so, and goes on with the next ticket."""
    _, code = await house.doors.ticket()
    async with visiting(chromium) as page:
        await open_terminal(page, await house.link())
        await copy_ready(page)
        await page.context.set_offline(True)
        await expect(page.locator("#net-words")).to_have_text("Hors ligne")
        await give_photo(page, Image.new("L", (400, 400), 255))
        await expect_light(page, "white", "PAS DE CODE LU")
        await hand_scan(page, code)
        await expect_light(page, "green_striped", "VALIDÉ SANS RÉSEAU")

"""A photo at the terminal, in a real Chromium: read by the server, its answer lost or not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from playwright.async_api import expect

from tests.browser.terminal_page import (
    at_terminal,
    expect_light,
    hand_scan,
    lose_answers,
    verdicts,
)
from tests.gate_scanner.pictures import saved, sheet

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

    from tests.browser.gate_house import GateHouse

pytestmark = pytest.mark.asyncio(loop_scope="session")  # they share one browser


async def give_photo(page: Page, seen: Image.Image) -> None:
    """Give the terminal a photo from a file."""
    photo = {"name": "famille.png", "mimeType": "image/png", "buffer": saved(seen)}
    await page.locator("#file").set_input_files(photo)  # type: ignore[arg-type] # a FilePayload


async def test_who_came_in_by_a_photo_is_known_without_network(
    chromium: Browser, house: GateHouse
) -> None:
    """Two of a family in one photo; shown again once the network is gone, none passes twice."""
    codes = [(await house.doors.ticket())[1] for _ in range(2)]
    async with at_terminal(chromium, house) as page:
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
    async with at_terminal(chromium, house) as page:
        await lose_answers(page, "/gate/")
        await give_photo(page, sheet(codes, columns=2))
        await expect_light(page, "green_striped", "VALIDÉ SANS RÉSEAU")
        await expect(page.locator("#net-waiting")).to_contain_text("2")
        await page.evaluate("answersAgain()")
        await expect(page.locator("#net-waiting")).to_be_empty()
    assert await verdicts(house) == ["admitted"] * 2
    assert await house.doors.alarms() == []


@pytest.mark.parametrize("mime", ["application/pdf", "image/jpeg"])
async def test_a_file_that_is_no_picture_is_told_as_such(
    chromium: Browser, house: GateHouse, mime: str
) -> None:
    """By its name or by its bytes: the page says that it is no image, and what to send."""
    letter = {"name": "lettre", "mimeType": mime, "buffer": b"Chers tous"}
    async with at_terminal(chromium, house) as page:
        await page.locator("#file").set_input_files(letter)  # type: ignore[arg-type] # a FilePayload
        await expect_light(page, "white", "PAS DE CODE LU")
        await expect(page.locator("#lines")).to_contain_text("Ce fichier n’est pas une image")
        await expect(page.locator("#do")).to_contain_text("Envoyez la photo du billet")


async def lose_a_photo_unread_here(page: Page, codes: list[str]) -> None:
    """Send a photo that the server reads and this device cannot, and never hear of it."""
    await lose_answers(page, "/gate/")
    await page.evaluate("Object.assign(window, { createImageBitmap: () => Promise.reject() })")
    await give_photo(page, sheet(codes, columns=2))
    await expect_light(page, "white", "PAS DE CODE LU")


async def test_a_lost_photo_and_then_its_tickets_one_by_one(
    chromium: Browser, house: GateHouse
) -> None:
    """Read by the server alone, its answer lost: each is green once, here or there, no conflict.

    Whoever shows a copy of it afterwards is refused.
    """
    await house.doors.supervisor()
    codes = [(await house.doors.ticket())[1] for _ in range(2)]
    async with at_terminal(chromium, house) as page:
        await lose_a_photo_unread_here(page, codes)
        await hand_scan(page, codes[0])  # judged here: no answer comes back
        await expect_light(page, "green_striped", "VALIDÉ SANS RÉSEAU")
        await page.evaluate("answersAgain()")
        await expect(page.locator("#net-waiting")).to_be_empty()
        await expect(page.locator("#net-words")).to_have_text("En ligne")
        await hand_scan(page, codes[1])  # judged there: the answer that was lost
        await expect_light(page, "green", "VALIDÉ")
        for code in codes:
            await hand_scan(page, code)
            await expect(page.locator("body[data-light=green] #verdict")).to_have_count(0)
            await expect(page.locator("#verdict h2")).to_have_text(
                re.compile("DÉJÀ UTILISÉ|DÉJÀ VALIDÉ PAR VOUS")
            )
    assert (await verdicts(house)).count("admitted") == 2
    assert await house.doors.alarms() == []


async def test_a_ticket_in_a_lost_rest_and_a_lost_photo(
    chromium: Browser, house: GateHouse
) -> None:
    """Let in by the rest of an order, then in a photo, both unanswered: in once, no conflict."""
    await house.doors.supervisor()
    codes = [(await house.doors.ticket())[1] for _ in range(2)]
    async with at_terminal(chromium, house) as page:
        await hand_scan(page, codes[0])
        await lose_answers(page, "/gate/rest")
        await page.get_by_role("button", name="Admettre le reste de la commande (1)").click()
        await expect_light(page, "white", "PAS DE RÉSEAU")
        await page.evaluate("answersAgain()")
        await expect(page.locator("#net-words")).to_have_text("En ligne")
        await page.keyboard.press("Escape")
        await lose_a_photo_unread_here(page, codes[1:])
        await hand_scan(page, codes[1])
        await expect_light(page, "green_striped", "VALIDÉ SANS RÉSEAU")
        await page.evaluate("answersAgain()")
        await expect(page.locator("#net-waiting")).to_be_empty()
    assert (await verdicts(house)).count("admitted") == 2
    assert "conflict" not in await verdicts(house)
    assert await house.doors.alarms() == []


async def test_a_photo_at_a_closed_terminal_says_where_to_get_a_link(
    chromium: Browser, house: GateHouse
) -> None:
    """Closed elsewhere meanwhile: the photo is answered as a scan is, with what to do."""
    _, code = await house.doors.ticket()
    async with at_terminal(chromium, house) as page:
        await page.request.post(f"{house.url}/gate/leave", data={}, headers={"Origin": house.url})
        await give_photo(page, sheet([code], columns=1))
        await expect(page.locator("#door-title")).to_have_text("Ce terminal n’est pas ouvert")
        await expect(page.locator("#door-words")).to_contain_text("il donne un lien neuf")
        await expect(page.locator("#verdict")).to_be_hidden()


async def test_a_photo_of_nothing_is_said_so_without_network(
    chromium: Browser, house: GateHouse
) -> None:
    """No code in it and nobody to ask: the page says so, and goes on with the next ticket."""
    _, code = await house.doors.ticket()
    async with at_terminal(chromium, house) as page:
        await page.context.set_offline(True)
        await expect(page.locator("#net-words")).to_have_text("Hors ligne")
        await give_photo(page, Image.new("L", (400, 400), 255))
        await expect_light(page, "white", "PAS DE CODE LU")
        await hand_scan(page, code)
        await expect_light(page, "green_striped", "VALIDÉ SANS RÉSEAU")

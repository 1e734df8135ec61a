"""The rest of an order at the terminal, in a real Chromium: by a button, its answer lost or not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.browser.gate_house import GateHouse
from tests.browser.terminal_page import (
    at_terminal,
    expect_light,
    hand_scan,
    lose_answers,
    verdicts,
)

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

pytestmark = pytest.mark.asyncio(loop_scope="session")  # they share one browser


async def test_the_rest_of_an_order_comes_in_by_a_button(
    chromium: Browser, house: GateHouse
) -> None:
    """One of three is scanned, a button lets two in; without network it is not offered."""
    codes = [(await house.doors.ticket())[1] for _ in range(3)]
    async with at_terminal(chromium, house) as page:
        await hand_scan(page, codes[0])
        await page.get_by_role("button", name="Admettre le reste de la commande (2)").click()
        await expect_light(page, "green", "VALIDÉ")
        await expect(page.locator("#do")).to_have_text("Entrées : 2 sur 2.")
        await page.keyboard.press("Escape")
        await expect(page.locator("#inside")).to_have_text("3")
        assert await verdicts(house) == ["admitted"] * 3
        await page.context.set_offline(True)
        await expect(page.locator("#net-words")).to_have_text("Hors ligne")
        await hand_scan(page, codes[1])  # let in by the button: this device knows
        await expect_light(page, "blue", "DÉJÀ VALIDÉ PAR VOUS")
        assert await page.locator("#asks button.more").count() == 0


async def press_and_lose(page: Page, code: str, left: int) -> None:
    """Scan one of an order and let the rest in, without ever hearing of it."""
    await hand_scan(page, code)
    await lose_answers(page, "/gate/rest")
    await page.get_by_role("button", name=f"Admettre le reste de la commande ({left})").click()
    await expect_light(page, "white", "PAS DE RÉSEAU")
    await expect(page.locator("#do")).to_contain_text("personne n’est compté deux fois")
    await page.evaluate("answersAgain()")


async def test_a_lost_rest_is_asked_again(chromium: Browser, house: GateHouse) -> None:
    """The answer did not come back: a button asks for it again, and the two are counted once."""
    codes = [(await house.doors.ticket())[1] for _ in range(3)]
    async with at_terminal(chromium, house) as page:
        await press_and_lose(page, codes[0], 2)
        await page.get_by_role("button", name="Redemander").click()
        await expect_light(page, "green", "VALIDÉ")
        await expect(page.locator("#do")).to_have_text("Entrées : 2 sur 2.")
        await hand_scan(page, codes[1])
        await expect_light(page, "blue", "DÉJÀ VALIDÉ PAR VOUS")
        assert (await verdicts(house)).count("admitted") == 3


async def test_after_a_lost_rest_each_ticket_is_green_once(
    chromium: Browser, house: GateHouse
) -> None:
    """Scanned one by one, with the network back or without it: green once, and never a conflict."""
    await house.doors.supervisor()
    codes = [(await house.doors.ticket())[1] for _ in range(4)]
    async with at_terminal(chromium, house) as page:
        await press_and_lose(page, codes[0], 3)
        await expect(page.locator("#net-words")).to_have_text("En ligne")
        await hand_scan(page, codes[1])
        await expect_light(page, "green", "VALIDÉ")
        await hand_scan(page, codes[1])
        await expect(page.locator("#verdict h2")).to_have_text(
            re.compile("DÉJÀ UTILISÉ|DÉJÀ VALIDÉ PAR VOUS")
        )
        await page.context.set_offline(True)
        await expect(page.locator("#net-words")).to_have_text("Hors ligne")
        for code in codes[2:]:
            await hand_scan(page, code)
            await expect_light(page, "green_striped", "VALIDÉ SANS RÉSEAU")
        await hand_scan(page, codes[3])
        await expect_light(page, "blue", "DÉJÀ VALIDÉ PAR VOUS")
        await page.context.set_offline(False)
        await expect(page.locator("#net-waiting")).to_be_empty()
    assert (await verdicts(house)).count("admitted") == 4
    assert "conflict" not in await verdicts(house)
    assert await house.doors.alarms() == []

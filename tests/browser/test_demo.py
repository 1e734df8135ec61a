"""The whole demo in a real browser: three phones, one engine, nothing scripted but the fingers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from bot.settings import read_settings
from bot.worlds import demo_world

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.async_api import Browser, Locator

pytestmark = pytest.mark.asyncio(loop_scope="session")  # the browser's own loop


async def press_last(phone: Locator, words: str) -> None:
    """Press the last button whose label this pattern is found in."""
    await phone.locator(".buttons > *", has_text=re.compile(words)).last.click()


async def test_a_buyer_buys_and_the_gate_opens_once(
    chromium: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Select, accept, pay, keep; the picture dragged to the gate is green once, then red."""
    monkeypatch.chdir(tmp_path)  # the demo keeps its data beside it, and finds no .env here
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("PORT", "0")
    urls: list[str] = []
    async with demo_world.serve(read_settings(), urls.append):
        context = await chromium.new_context(
            viewport={"width": 1440, "height": 900}, locale="fr-FR"
        )
        page = await context.new_page()
        await page.goto(urls[0])
        buyer, gate, organiser = (
            page.locator(f'[data-phone="{name}"]') for name in ("buyer", "gate", "organiser")
        )
        await press_last(buyer, "Nuit du Jazz")
        await press_last(buyer, "Standard")
        await press_last(buyer, "^1$")
        await press_last(buyer, "j’accepte")
        await press_last(buyer, "^Payer")
        sheet = buyer.frame_locator("iframe")
        await sheet.get_by_role("button", name="Payer", exact=True).click()
        await sheet.get_by_role("link", name="Retour à la conversation").click()
        ticket = buyer.locator(".bot .picture img")
        await expect(ticket).to_be_visible()

        await press_last(gate, "Nuit du Jazz")
        await expect(gate.get_by_text("Envoyez la photo d’un billet").last).to_be_visible()
        await ticket.drag_to(gate.locator(".screen"))
        green = gate.locator(".verdict.green")
        await expect(green).to_contain_text("VALIDÉ")
        await expect(green).to_be_in_viewport(ratio=1)
        # The same again at once is a replay, which is neither green nor red; then it is used.
        verdicts = gate.locator(".verdict")
        while not await gate.locator(".verdict.red").count():
            judged = await verdicts.count()
            await ticket.drag_to(gate.locator(".screen"))
            await expect(verdicts).to_have_count(judged + 1)
        await expect(green).to_have_count(1)
        await expect(gate.locator(".verdict.red")).to_contain_text("DÉJÀ UTILISÉ")

        await organiser.get_by_role("textbox").fill("organiser")
        await organiser.get_by_role("textbox").press("Enter")
        await expect(organiser.get_by_text("1/340").last).to_be_visible()
        await context.close()

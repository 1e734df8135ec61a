"""The page, driven as people drive it: fingers, mouse, keyboard, a network that goes away."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from playwright.async_api import expect

from chat.messages import Outgoing, Start, Text
from tests.browser.small_house import small_house

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import Browser, Page

    from tests.browser.small_house import SmallHouse

pytestmark = pytest.mark.asyncio(loop_scope="session")  # they share one browser

_WIDTH = "element => element.clientWidth"
WIDE = {"width": 1440, "height": 900}
NARROW = {"width": 390, "height": 844}


@pytest_asyncio.fixture(loop_scope="session")
async def house(tmp_path: Path) -> AsyncIterator[SmallHouse]:
    """One house for one test."""
    async with small_house(tmp_path / "house.db") as one:
        yield one


@asynccontextmanager
async def opened(
    browser: Browser, url: str, size: dict[str, int] | None = None, locale: str = "fr-FR"
) -> AsyncIterator[Page]:
    """Open the page as a new visitor; whatever its console complains of fails the test."""
    size = size or WIDE
    context = await browser.new_context(viewport=size, locale=locale, has_touch=size == NARROW)  # type: ignore[arg-type]
    page = await context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda line: complaints.append(line.text) if "Security Policy" in line.text else None,
    )
    await page.goto(url)
    await expect(page.locator("body.ready")).to_be_attached()
    yield page
    await context.close()
    assert complaints == []


async def buy(page: Page) -> None:
    """Buy a ticket: tap, pay on the page that opens inside the phone, come back."""
    buyer = page.locator('[data-phone="buyer"]')
    await buyer.get_by_role("button", name="Acheter", exact=True).click()
    await buyer.get_by_role("link", name="Payer").click()
    sheet = buyer.frame_locator("iframe")
    await expect(sheet.get_by_text("Argent fictif")).to_be_visible()
    await sheet.get_by_role("button", name="Payer", exact=True).click()
    await expect(sheet.get_by_text("Paiement reçu")).to_be_visible()
    await sheet.get_by_role("link", name="Retour à la conversation").click()
    await expect(buyer.locator(".sheet")).to_be_hidden()
    await expect(buyer.get_by_text("voici votre billet")).to_be_visible()


async def test_a_ticket_is_bought_dragged_to_the_gate_and_good_once(
    chromium: Browser, house: SmallHouse
) -> None:
    """The picture's very bytes go from one phone to the other: green, then red."""
    async with opened(chromium, house.url) as page:
        await buy(page)
        ticket = page.locator('[data-phone="buyer"] .bot .picture img')
        gate = page.locator('[data-phone="gate"] .screen')
        await ticket.drag_to(gate)
        await expect(gate.locator(".verdict.green")).to_contain_text("ENTREZ")
        await expect(gate.locator(".verdict.green")).to_be_in_viewport(ratio=1)
        await ticket.drag_to(gate)
        await expect(gate.locator(".verdict.red")).to_contain_text("DÉJÀ ENTRÉ")
        await expect(gate.locator(".verdict.red")).to_be_in_viewport(ratio=1)
        assert house.entered == 2


async def test_the_same_with_fingers_on_a_phones_width(
    chromium: Browser, house: SmallHouse
) -> None:
    """No mouse, one phone at a time: a button presents the ticket, tabs change phones."""
    async with opened(chromium, house.url, NARROW) as page:
        await buy(page)
        await page.get_by_role("button", name="Présenter à la porte").tap()
        verdict = page.locator('[data-phone="gate"] .verdict.green')
        await expect(verdict).to_be_in_viewport()
        await page.get_by_role("button", name="Acheteuse").tap()
        await expect(verdict).not_to_be_in_viewport()
        await page.get_by_role("button", name="Présenter à la porte").tap()
        await expect(page.locator('[data-phone="gate"] .verdict.red')).to_be_in_viewport()


async def test_an_answer_on_a_phone_out_of_sight_leaves_a_dot(
    chromium: Browser, house: SmallHouse
) -> None:
    """What was not seen is marked on its tab until it is."""
    async with opened(chromium, house.url, NARROW) as page:
        await expect(page.locator('[data-phone="gate"] .bot')).not_to_have_count(0)
        gate_ref = next(one.ref for one in house.heard if one.talk == "scanner")
        await house.webchat.send("scanner", gate_ref, Outgoing("Il pleut."))
        dot = page.locator('[data-tab="gate"] .dot')
        await expect(dot).to_be_visible()
        await page.locator('[data-tab="gate"]').tap()
        await expect(dot).to_be_hidden()


async def test_every_phone_greets_once_and_a_reload_shows_the_conversation(
    chromium: Browser, house: SmallHouse
) -> None:
    """The bot is greeted by each phone the first time only; words typed stay."""
    async with opened(chromium, house.url) as page:
        buyer = page.locator('[data-phone="buyer"]')
        box = buyer.get_by_role("textbox")
        await box.fill("<b>bonjour</b>\n5 000 F ?")
        await box.press("Enter")
        await expect(buyer.get_by_text("Vous dites : <b>bonjour</b>")).to_be_visible()
        await expect(box).to_have_value("")
        await page.reload()
        await expect(buyer.get_by_text("Vous dites : <b>bonjour</b>")).to_be_visible()
        await expect(page.locator("body.ready")).to_be_attached()
        await expect(page.locator(".message.bot")).to_have_count(4)
        starts = [one.talk for one in house.heard if one.heard == Start("")]
        assert sorted(starts) == ["scanner", "seller", "seller"]


async def test_a_deep_link_is_heard_on_its_phone_and_leaves_the_address(
    chromium: Browser, house: SmallHouse
) -> None:
    """What stands in the fragment is sent as a start, once, and is not left for a bookmark."""
    async with opened(chromium, f"{house.url}/#scanner=join_1") as page:
        await expect(page.locator('[data-phone="gate"] .bot')).not_to_have_count(0)
        assert page.url == f"{house.url}/"
        await page.evaluate("location.hash = '#seller=e_7'")
        await expect(page.get_by_text("Bienvenue e_7")).to_be_visible()
        heard = [(one.talk, one.heard) for one in house.heard]
        assert ("scanner", Start("join_1")) in heard
        assert ("scanner", Start("")) not in heard  # the link is its greeting


async def test_what_is_written_while_the_server_is_away_arrives_once(
    chromium: Browser, tmp_path: Path
) -> None:
    """A banner says that the line is down; the message goes out when the server is back."""
    async with small_house(tmp_path / "house.db") as house:
        port = int(house.url.rpartition(":")[2])
        pages = opened(chromium, house.url)
        page = await pages.__aenter__()
    buyer = page.locator('[data-phone="buyer"]')
    await expect(page.locator("p.banner").first).to_be_visible()
    await buyer.get_by_role("textbox").fill("êtes-vous là ?")
    await buyer.get_by_role("button", name="Envoyer").click()
    await expect(buyer.get_by_text("envoi…")).to_be_visible()
    async with small_house(tmp_path / "house.db", port) as house:
        await expect(buyer.get_by_text("Vous dites : êtes-vous là ?")).to_be_visible()
        await expect(page.locator("p.banner").first).to_be_hidden()
        await expect(buyer.locator(".person", has_text="êtes-vous là ?")).to_have_count(1)
        assert [one.heard for one in house.heard] == [Text("êtes-vous là ?")]
        await pages.__aexit__(None, None, None)


async def test_a_message_that_could_not_be_sent_waits_for_its_button(
    chromium: Browser, house: SmallHouse
) -> None:
    """When every try failed the person is told, and one press sends the very same message."""
    async with opened(chromium, house.url) as page:
        buyer = page.locator('[data-phone="buyer"]')
        await page.route("**/webchat/phones/**", lambda route: route.abort())
        await buyer.get_by_role("textbox").fill("un mot")
        await buyer.get_by_role("textbox").press("Enter")
        retry = buyer.get_by_role("button", name="Réessayer")
        await expect(retry).to_be_visible()
        await page.unroute("**/webchat/phones/**")
        await retry.click()
        await expect(buyer.get_by_text("Vous dites : un mot")).to_be_visible()
        await expect(buyer.locator(".person", has_text="un mot")).to_have_count(1)


async def test_a_photo_from_a_file_and_what_is_refused(
    chromium: Browser, house: SmallHouse, tmp_path: Path
) -> None:
    """A photo is attached and judged; one that is too large is refused in words at once."""
    photo = tmp_path / "billet.png"
    photo.write_bytes(house.ticket)
    large = tmp_path / "large.png"
    large.write_bytes(house.ticket + bytes(21 * 1024 * 1024))
    async with opened(chromium, house.url) as page:
        gate = page.locator('[data-phone="gate"]')
        await gate.locator("input[type=file]").set_input_files(photo)
        await expect(gate.locator(".verdict.green")).to_be_visible()
        await gate.locator("input[type=file]").set_input_files(large)
        await expect(gate.get_by_text("dépasse 20 Mo")).to_be_visible()
        await gate.locator(".person .picture img").click()
        await expect(page.locator("dialog.zoom img")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(page.locator("dialog.zoom")).to_be_hidden()


async def test_answers_stand_below_what_was_refused_above_them(
    chromium: Browser, house: SmallHouse, tmp_path: Path
) -> None:
    """A file that is no picture stays where it failed; what is said afterwards follows it."""
    file = tmp_path / "billet.png"
    file.write_text("ceci n’est pas une image")
    async with opened(chromium, house.url) as page:
        buyer = page.locator('[data-phone="buyer"]')
        await buyer.locator("input[type=file]").set_input_files(file)
        await expect(buyer.locator(".failed")).to_be_visible()
        for word in ("un", "deux"):
            await buyer.get_by_role("textbox").fill(word)
            await buyer.get_by_role("textbox").press("Enter")
            await expect(buyer.get_by_text(f"Vous dites : {word}")).to_be_visible()
        below = buyer.locator(".failed ~ li")
        await expect(below).to_have_count(4)
        for told, said in zip(
            await below.all_inner_texts(),
            ("un", "Vous dites : un", "deux", "Vous dites : deux"),
            strict=True,
        ):
            assert said in told.splitlines()


async def test_the_page_speaks_english_to_who_asks(chromium: Browser, house: SmallHouse) -> None:
    """An English browser is answered in English, and its messages say so."""
    async with opened(chromium, house.url, locale="en-GB") as page:
        await expect(page.locator(".message.bot")).to_have_count(3)
        await expect(page.get_by_role("heading", name="Organiser")).to_be_visible()
        assert {one.language for one in house.heard} == {"en"}
        await page.get_by_role("link", name="Français").click()
        await expect(page.get_by_role("heading", name="Organisateur")).to_be_visible()


async def test_who_reads_above_is_not_pulled_down(chromium: Browser, house: SmallHouse) -> None:
    """A new message shows a button at the end instead of moving what somebody reads."""
    async with opened(chromium, house.url) as page:
        phone = page.locator('[data-phone="gate"]')
        await expect(phone.locator(".bot")).not_to_have_count(0)
        ref = next(one.ref for one in house.heard if one.talk == "scanner")
        for number in range(30):
            await house.webchat.send("scanner", ref, Outgoing(f"ligne {number}"))
        newer = phone.get_by_role("button", name="Nouveau message")
        await expect(newer).to_be_visible()  # what came together is read from its beginning
        await expect(phone.get_by_text("ligne 0")).to_be_in_viewport()
        await newer.click()
        await expect(phone.get_by_text("ligne 29")).to_be_in_viewport()
        await phone.locator(".talk").hover()
        await page.mouse.wheel(0, -9_000)
        await expect(phone.get_by_text("ligne 29")).not_to_be_in_viewport()
        await house.webchat.send("scanner", ref, Outgoing("nouvelle ligne"))
        await expect(newer).to_be_visible()
        bar, screen = phone.locator(".bar"), phone.locator(".screen")
        assert await bar.evaluate(_WIDTH) == await screen.evaluate(_WIDTH)
        await expect(phone.get_by_text("nouvelle ligne")).not_to_be_in_viewport()
        await newer.click()
        await expect(phone.get_by_text("nouvelle ligne")).to_be_in_viewport()

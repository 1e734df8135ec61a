"""The terminal in a real Chromium: fake camera, real server, real database, a network that goes."""

from __future__ import annotations

import hmac
import json
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from playwright.async_api import expect

from boxoffice.typed_codes import make_short_code
from tests.browser.gate_house import SCANNER_TOKEN, GateHouse, gate_house
from tests.browser.opening import a_browser
from tests.browser.terminal_page import (
    expect_light,
    hand_scan,
    open_terminal,
    verdicts,
    visiting,
)
from tests.browser.tickets_on_film import filmed, shoot

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.async_api import Browser

pytestmark = pytest.mark.asyncio(loop_scope="session")  # they share one browser


async def test_the_camera_reads_tickets_without_pause(installed: Path, tmp_path: Path) -> None:
    """People hold tickets up one after the other: green, then red, each judged once."""
    async with gate_house(tmp_path / "gate.db") as house:
        _, good = await house.doors.ticket()
        forged = good[:-1] + ("A" if good[-1] != "A" else "B")
        film = shoot(
            tmp_path / "door.mjpeg",
            [(None, 0.5), (good, 1.5), (None, 1), (forged, 1.5), (None, 60)],
        )
        async with a_browser(installed, *filmed(film)) as browser, visiting(browser) as page:
            await open_terminal(page, await house.link())
            await expect_light(page, "green", "VALIDÉ")
            await expect_light(page, "red_alert", "FAUX BILLET")
            assert await verdicts(house) == ["admitted", "forged"]


SLOW_LOOKS = """
// Every time the clock is asked, three seconds more have passed.
const clock = performance.now.bind(performance);
let asked = 0;
performance.now = () => clock() + 3_000 * asked++;
"""


async def test_a_slow_camera_judges_a_ticket_held_still_once(
    installed: Path, tmp_path: Path
) -> None:
    """A look that takes seconds is still the next look: nobody reads red after their own green."""
    async with gate_house(tmp_path / "gate.db") as house:
        _, good = await house.doors.ticket()
        forged = good[:-1] + ("A" if good[-1] != "A" else "B")
        film = shoot(tmp_path / "door.mjpeg", [(None, 0.5), (good, 3), (forged, 60)])
        async with a_browser(installed, *filmed(film)) as browser, visiting(browser) as page:
            await page.add_init_script(SLOW_LOOKS)
            await open_terminal(page, await house.link())
            await expect_light(page, "red_alert", "FAUX BILLET")
            assert await verdicts(house) == ["admitted", "forged"]


OWN_READER = """
// A reader as the Shape Detection API describes it, reading with the zxing that we serve.
window.asked = 0;
window.BarcodeDetector = class {
  static async getSupportedFormats() { return ["aztec", "qr_code"]; }
  constructor({ formats }) { if (!formats.includes("qr_code")) throw new TypeError("formats"); }
  async detect(source) {
    window.asked += 1;
    if (window.broken) throw new DOMException("no service", "NotSupportedError");
    if (!window.ZXingWASM) {
      await new Promise((resolve) => {
        const script = document.createElement("script");
        script.src = "/gate/zxing_reader.js";
        script.onload = resolve;
        document.head.append(script);
      });
      const locateFile = () => "/gate/zxing_reader.wasm";
      ZXingWASM.prepareZXingModule({ overrides: { locateFile }, fireImmediately: true });
    }
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [source.videoWidth, source.videoHeight];
    const context = canvas.getContext("2d");
    context.drawImage(source, 0, 0);
    const image = context.getImageData(0, 0, canvas.width, canvas.height);
    const found = await ZXingWASM.readBarcodes(image, { formats: ["QRCode"] });
    return found.map((one) => ({ rawValue: one.text, format: "qr_code" }));
  }
};
"""


@pytest.mark.parametrize("broken", [False, True], ids=["works", "fails"])
async def test_the_browser_s_own_reader_is_used_while_it_works(
    installed: Path, tmp_path: Path, *, broken: bool
) -> None:
    """Where a browser reads codes itself it does; where that fails, our reader takes its place."""
    async with gate_house(tmp_path / "gate.db") as house:
        _, good = await house.doors.ticket()
        film = shoot(tmp_path / "door.mjpeg", [(None, 0.5), (good, 2), (None, 60)])
        async with a_browser(installed, *filmed(film)) as browser, visiting(browser) as page:
            workers: list[str] = []
            page.on("worker", lambda worker: workers.append(worker.url))
            await page.add_init_script(OWN_READER + f"window.broken = {str(broken).lower()};")
            await open_terminal(page, await house.link())
            await expect_light(page, "green", "VALIDÉ")
            assert await page.evaluate("window.asked") > 0
            assert any(url.endswith("/gate/reader.js") for url in workers) == broken


async def test_a_link_opens_one_terminal_and_its_token_stays_secret(
    chromium: Browser, house: GateHouse
) -> None:
    """Opening changes nothing; the button does, once; the address keeps no token."""
    link = await house.link()
    token = link.partition("#t=")[2]
    async with visiting(chromium) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url + str(request.headers)))
        await page.goto(link)
        await expect(page.get_by_role("button", name="Ouvrir le terminal")).to_be_visible()
        await expect(page.locator("#door-place")).to_have_text("Porte Nord · Nuit du Jazz")
        assert token not in page.url
        await page.goto("about:blank")
        await open_terminal(page, link)
        assert all(token not in one for one in asked)
        cookies = await page.context.cookies()
        assert [(one["name"], one["httpOnly"]) for one in cookies] == [("guichet_gate", True)]
        await page.reload()
        await expect(page.locator("body.ready")).to_be_attached()
    async with visiting(chromium) as other:
        await other.goto(link)
        await expect(other.locator("#door-title")).to_contain_text("a déjà servi")


async def test_a_hand_held_scanner_and_a_typed_code(chromium: Browser, house: GateHouse) -> None:
    """Keys that come as fast as a machine's are a scan; a short code is typed in its own field."""
    _, code = await house.doors.ticket()
    short = make_short_code()
    await house.doors.ticket(short_code=short)
    async with visiting(chromium) as page:
        await open_terminal(page, await house.link())
        await hand_scan(page, code.lower())
        await expect_light(page, "green", "VALIDÉ")
        await hand_scan(page, code)
        await expect_light(page, "blue", "DÉJÀ VALIDÉ PAR VOUS")
        await page.get_by_role("button", name="Suivant").click()
        await page.get_by_role("button", name="Taper un code").click()
        await page.locator("#typed").fill(short)
        await page.get_by_role("button", name="Contrôler").click()
        await expect_light(page, "green", "VALIDÉ")
        assert await verdicts(house) == ["admitted", "replay", "admitted"]
        await expect(page.locator("#inside")).to_have_text("2")


async def test_a_nominative_ticket_waits_for_its_paper(chromium: Browser, house: GateHouse) -> None:
    """Yellow with the name; green once the paper was seen, and not before."""
    _, code = await house.doors.ticket(naming="nominative", holder="Awa Koffi")
    async with visiting(chromium) as page:
        await open_terminal(page, await house.link())
        await hand_scan(page, code)
        await expect_light(page, "yellow", "VÉRIFIEZ LA PIÈCE")
        await expect(page.locator("#who")).to_have_text("VIP — Awa Koffi")
        await page.get_by_role("button", name="Pièce vue").click()
        await expect_light(page, "green", "VALIDÉ")


async def test_a_party_is_let_in_by_its_number(chromium: Browser, house: GateHouse) -> None:
    """The first is scanned; a button lets the three others in, and counts four people."""
    _, code = await house.doors.ticket(entry="party", party_size=4)
    async with visiting(chromium) as page:
        await open_terminal(page, await house.link())
        await hand_scan(page, code)
        await expect_light(page, "green", "VALIDÉ")
        await expect(page.locator("#lines")).to_have_text("Personne 1 sur 4.")
        await page.get_by_role("button", name="Encore 3 personnes").click()
        await expect(page.locator("#lines")).to_have_text("Personne 4 sur 4.")
        await expect(page.locator("#do")).to_have_text("Laissez entrer 3 personnes.")
        await page.keyboard.press("Escape")
        await expect(page.locator("#inside")).to_have_text("4")


async def test_a_page_without_https_says_why_and_still_scans(
    installed: Path, tmp_path: Path
) -> None:
    """No camera and no offline mode on plain HTTP: the page says so; the hand scanner works."""
    async with gate_house(tmp_path / "gate.db", host="gate.test") as house:
        _, code = await house.doors.ticket()
        resolving = "--host-resolver-rules=MAP gate.test 127.0.0.1"
        async with a_browser(installed, resolving) as browser, visiting(browser) as page:
            await open_terminal(page, await house.link())
            await expect(page.locator("#note")).to_contain_text("n’est pas en HTTPS")
            await hand_scan(page, code)
            await expect_light(page, "green", "VALIDÉ")


async def test_telegram_opens_it_and_lends_its_scanner(chromium: Browser, house: GateHouse) -> None:
    """From the bot: Telegram's signed word opens the terminal, its own scanner reads the ticket."""
    _, code = await house.doors.ticket()
    await house.doors.scanner_chat("4242")
    fields = {"auth_date": str(house.clock() // 1000), "user": json.dumps({"id": 4242})}
    async with visiting(chromium) as page:
        await page.add_init_script(
            """window.sent = [];
            const postEvent = (type, data) => window.sent.push([type, data]);
            window.TelegramWebviewProxy = { postEvent };"""
        )
        await page.goto(f"{house.url}/gate#{urlencode({'tgWebAppData': signed(fields)})}")
        await expect(page.locator("body.ready")).to_be_attached()
        await page.get_by_role("button", name="Scanner Telegram").click()
        assert "web_app_open_scan_qr_popup" in str(await page.evaluate("window.sent"))
        await page.evaluate(
            "code => Telegram.WebView.receiveEvent('qr_text_received', { data: code })", code
        )
        await expect_light(page, "green", "VALIDÉ")
        assert "web_app_close_scan_qr_popup" in str(await page.evaluate("window.sent"))


def signed(fields: dict[str, str], token: str = SCANNER_TOKEN) -> str:
    """Sign as Telegram does."""
    check = "\n".join(f"{name}={fields[name]}" for name in sorted(fields))
    secret = hmac.digest(b"WebAppData", token.encode(), "sha256")
    return urlencode({**fields, "hash": hmac.digest(secret, check.encode(), "sha256").hex()})

"""The terminal in a real Chromium: fake camera, real server, real database, a network that goes."""

from __future__ import annotations

import asyncio
import hmac
import json
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
import pytest_asyncio
from playwright.async_api import async_playwright, expect

from boxoffice.codes import Mode, make_code, make_short_code
from boxoffice.truth_table import truth_table
from tests.browser.conftest import CHROMIUM_ARGUMENTS
from tests.browser.gate_house import SCANNER_TOKEN, GateHouse, SlowClock, gate_house
from tests.browser.tickets_on_film import shoot
from tests.gate_scanner.door import KEYRING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import Browser, BrowserContext, Page

pytestmark = pytest.mark.asyncio(loop_scope="module")  # they share one browser

PHONE = {"width": 390, "height": 844}
UPLOADED_MS = 15_000


@pytest_asyncio.fixture(loop_scope="module")
async def house(tmp_path: Path) -> AsyncIterator[GateHouse]:
    """One door for one test."""
    async with gate_house(tmp_path / "gate.db") as one:
        yield one


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


async def expect_light(page: Page, light: str, words: str) -> None:
    """Expect an answer on the screen."""
    await expect(page.locator(f'body[data-light="{light}"] #verdict')).to_be_visible()
    await expect(page.locator("#verdict h2")).to_have_text(words)


async def copy_ready(page: Page) -> None:
    """Wait until the copy for the time without network is on the device, and the page itself."""
    await expect(page.locator("#settings-pack")).to_contain_text("Copie hors ligne")
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")


async def verdicts(house: GateHouse) -> list[str]:
    """Read the journal."""
    return [
        row["verdict"] for row in await house.doors.rows("SELECT verdict FROM scans ORDER BY id")
    ]


async def test_the_camera_reads_tickets_without_pause(installed: Path, tmp_path: Path) -> None:
    """People hold tickets up one after the other: green, then red, each judged once."""
    async with gate_house(tmp_path / "gate.db") as house, async_playwright() as playwright:
        _, good = await house.doors.ticket()
        forged = good[:-1] + ("A" if good[-1] != "A" else "B")
        film = shoot(
            tmp_path / "door.mjpeg",
            [(None, 0.5), (good, 1.5), (None, 1), (forged, 1.5), (None, 60)],
        )
        browser = await playwright.chromium.launch(
            executable_path=installed,
            args=[
                *CHROMIUM_ARGUMENTS,
                "--use-fake-device-for-media-stream",
                "--use-fake-ui-for-media-stream",
                f"--use-file-for-fake-video-capture={film}",
            ],
        )
        async with visiting(browser) as page:
            await open_terminal(page, await house.link())
            await expect_light(page, "green", "VALIDÉ")
            await expect_light(page, "red_alert", "FAUX BILLET")
            assert await verdicts(house) == ["admitted", "forged"]
        await browser.close()


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
    async with gate_house(tmp_path / "gate.db") as house, async_playwright() as playwright:
        _, good = await house.doors.ticket()
        film = shoot(tmp_path / "door.mjpeg", [(None, 0.5), (good, 2), (None, 60)])
        browser = await playwright.chromium.launch(
            executable_path=installed,
            args=[
                *CHROMIUM_ARGUMENTS,
                "--use-fake-device-for-media-stream",
                "--use-fake-ui-for-media-stream",
                f"--use-file-for-fake-video-capture={film}",
            ],
        )
        async with visiting(browser) as page:
            workers: list[str] = []
            page.on("worker", lambda worker: workers.append(worker.url))
            await page.add_init_script(OWN_READER + f"window.broken = {str(broken).lower()};")
            await open_terminal(page, await house.link())
            await expect_light(page, "green", "VALIDÉ")
            assert await page.evaluate("window.asked") > 0
            assert any(url.endswith("/gate/reader.js") for url in workers) == broken
        await browser.close()


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
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=installed,
                args=[*CHROMIUM_ARGUMENTS, "--host-resolver-rules=MAP gate.test 127.0.0.1"],
            )
            async with visiting(browser) as page:
                await open_terminal(page, await house.link())
                await expect(page.locator("#note")).to_contain_text("n’est pas en HTTPS")
                await hand_scan(page, code)
                await expect_light(page, "green", "VALIDÉ")
            await browser.close()


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


# ---- Without network -----------------------------------------------------------------------------


async def test_the_page_judges_as_the_truth_table_says(chromium: Browser, house: GateHouse) -> None:
    """Every case of the judge, one by one, in the browser's own JavaScript."""
    cases = truth_table()
    async with visiting(chromium) as page:
        await page.goto(f"{house.url}/gate")
        answers = await page.evaluate(
            """async (cases) => {
              const { judge } = await import("/gate/judge.js");
              return cases.map((one) => judge(one.facts));
            }""",
            cases,
        )
    told = ("verdict", "passage", "number", "party_size")
    wrong = [
        case["name"]
        for case, answer in zip(cases, answers, strict=True)
        if any(answer[name] != case[name] for name in told)
    ]
    assert len(cases) > 500
    assert wrong == []


async def test_without_network_the_pack_judges(chromium: Browser, house: GateHouse) -> None:
    """Listed, used, revoked, forged, of another event, sold since: each has its answer."""
    _, fresh = await house.doors.ticket()
    _, used = await house.doors.ticket(
        scanned_at_ms=house.clock() - 60_000,
        scanned_gate_id=house.doors.gate_id,
        scanned_staff_id=house.doors.staff_id,
    )
    _, revoked = await house.doors.ticket(status="revoked")
    forged = fresh[:-1] + ("A" if fresh[-1] != "A" else "B")
    elsewhere = make_code(KEYRING, Mode.LIVE, "ZZZZ")
    demo = make_code(KEYRING, Mode.DEMO, house.doors.tag)
    async with visiting(chromium) as page:
        await open_terminal(page, await house.link())
        await copy_ready(page)
        later = make_code(KEYRING, Mode.LIVE, house.doors.tag)
        await page.context.set_offline(True)
        await expect(page.locator("#net-words")).to_have_text("Hors ligne")
        for code, light, words in (
            (fresh, "green_striped", "VALIDÉ SANS RÉSEAU"),
            (fresh, "blue", "DÉJÀ VALIDÉ PAR VOUS"),
            (used, "red", "DÉJÀ UTILISÉ"),
            (revoked, "red", "BILLET REMPLACÉ"),
            (forged, "red_alert", "FAUX BILLET"),
            (elsewhere, "orange", "AUTRE ÉVÉNEMENT"),
            (demo, "red", "BILLET D’ESSAI"),
            (later, "orange", "VENDU APRÈS LA COPIE"),
            ("ABCDEF12", "white", "CODE COURT REFUSÉ"),
        ):
            await hand_scan(page, code)
            await expect_light(page, light, words)


async def test_without_network_english_staff_read_english(
    chromium: Browser, house: GateHouse
) -> None:
    """The words of the answers are on the device too, in the language of who stands there."""
    _, fresh = await house.doors.ticket()
    async with visiting(chromium, locale="en-GB") as page:
        await open_terminal(page, await house.link(language="en"), "Open the terminal")
        await expect(page.locator("#settings-pack")).to_contain_text("Offline copy")
        await page.context.set_offline(True)
        await expect(page.locator("#net-words")).to_have_text("Offline")
        await hand_scan(page, fresh)
        await expect_light(page, "green_striped", "LET IN OFFLINE")
        await expect(page.locator("#do")).to_have_text(
            "Let in. It will be confirmed when the network is back."
        )


async def test_nothing_confirmed_is_lost(chromium: Browser, tmp_path: Path) -> None:
    """The tab is closed, the server is killed in the middle of the upload: every entry arrives."""
    path = tmp_path / "gate.db"
    async with gate_house(path) as house:
        doors, port = house.doors, int(house.url.rpartition(":")[2])
        codes = [(await doors.ticket())[1] for _ in range(130)]
        link = await house.link()
    context = await chromium.new_context(viewport=PHONE, locale="fr-FR")  # type: ignore[arg-type]
    server = await start(path, port, house.clock)
    page = await context.new_page()
    await open_terminal(page, link)
    await copy_ready(page)
    await context.set_offline(True)
    await expect(page.locator("#net-words")).to_have_text("Hors ligne")
    for code in codes[:3]:
        await hand_scan(page, code)
        await expect_light(page, "green_striped", "VALIDÉ SANS RÉSEAU")
    await page.close()
    page = await context.new_page()
    await page.goto(f"{house.url}/gate")
    await expect(page.locator("#net-waiting")).to_have_text("↑ 3")
    await page.evaluate(ADMIT_MANY, codes[3:])
    async with page.expect_request("**/gate/entries", timeout=UPLOADED_MS):
        await context.set_offline(False)
    server.kill()  # the first fifty are being written down, or were, and nobody hears of it
    await server.wait()
    server = await start(path, port, house.clock)
    await expect(page.locator("#net-waiting")).to_be_empty(timeout=UPLOADED_MS)
    await context.close()
    server.kill()
    await server.wait()
    async with gate_house(path, doors=doors) as house:
        rows = await doors.rows("SELECT code FROM tickets WHERE scanned_at_ms IS NOT NULL")
        assert {row["code"] for row in rows} == set(codes)
        assert await verdicts(house) == ["admitted"] * 130


ADMIT_MANY = """async (codes) => {
  const { Offline } = await import("/gate/offline.js");
  const { newId } = await import("/gate/server.js");
  const offline = await Offline.open();
  await offline.recall();
  await offline.openKept();
  for (const code of codes) await offline.judge(newId(), code);
}"""


async def start(path: Path, port: int, clock: SlowClock) -> asyncio.subprocess.Process:
    """Start the server as a process of its own, to be killed."""
    server = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.browser.gate_house",
        str(path),
        str(port),
        str(clock.offset_ms),
        stdout=asyncio.subprocess.PIPE,
    )
    assert server.stdout is not None
    assert (await server.stdout.readline()).startswith(b"open ")
    return server


async def test_two_terminals_let_one_ticket_in_and_the_supervisor_is_told(
    chromium: Browser, house: GateHouse
) -> None:
    """Without network both said yes: the first by time keeps it, the other is a conflict."""
    doors = house.doors
    south = await doors.gate("Porte Sud")
    await doors.supervisor()
    _, code = await doors.ticket()
    async with visiting(chromium) as first, visiting(chromium) as second:
        await open_terminal(first, await house.link())
        await open_terminal(second, await house.link(gate_id=south))
        for page in (first, second):
            await copy_ready(page)
            await page.context.set_offline(True)
            await expect(page.locator("#net-words")).to_have_text("Hors ligne")
            await hand_scan(page, code)
            await expect_light(page, "green_striped", "VALIDÉ SANS RÉSEAU")
        for page in (second, first):  # the later one arrives first
            await page.context.set_offline(False)
            await expect(page.locator("#net-waiting")).to_be_empty(timeout=UPLOADED_MS)
    ticket = (await doors.rows("SELECT scanned_gate_id FROM tickets"))[0]
    assert ticket["scanned_gate_id"] == doors.gate_id
    assert sorted(await verdicts(house)) == ["admitted", "admitted", "conflict"]
    (alarm,) = await doors.alarms()
    assert "DEUX PASSAGES" in alarm
    assert alarm.index("Porte Nord") < alarm.index("Porte Sud")


def came(house: GateHouse, ago_ms: int) -> dict[str, int]:
    """Columns of a ticket that came in so long ago."""
    return {
        "scanned_at_ms": house.clock() - ago_ms,
        "scanned_gate_id": house.doors.gate_id,
        "scanned_staff_id": house.doors.staff_id,
    }


async def test_without_network_every_rule_of_entry_holds(
    chromium: Browser, house: GateHouse
) -> None:
    """Once a day, a party of two, in and out, too young: the copy knows them all."""
    doors, now_ms = house.doors, house.clock()
    day_ms = 24 * 3_600_000
    _, daily = await doors.ticket(entry="daily", valid_from_ms=now_ms - 2 * day_ms)
    _, used_today = await doors.ticket(entry="daily", entries=1, **came(house, 60_000))
    _, used_yesterday = await doors.ticket(
        entry="daily", entries=1, valid_from_ms=now_ms - 2 * day_ms, **came(house, day_ms)
    )
    _, party = await doors.ticket(
        entry="party", party_size=3, entries=2, inside=2, **came(house, 60_000)
    )
    _, inside = await doors.ticket(entry="reentry", inside=1, entries=1, **came(house, 60_000))
    _, outside = await doors.ticket(entry="reentry", inside=0, entries=1, **came(house, 60_000))
    _, young = await doors.ticket(birth_date="2010-01-01")
    _, waiting = await doors.ticket(status="blocked", status_note="payment_under_review")
    async with visiting(chromium) as page:
        await open_terminal(page, await house.link())
        await copy_ready(page)
        await page.context.set_offline(True)
        await expect(page.locator("#net-words")).to_have_text("Hors ligne")
        for code, light, words, line in (
            (daily, "green_striped", "VALIDÉ SANS RÉSEAU", ""),
            (used_today, "red", "DÉJÀ UTILISÉ AUJOURD’HUI", "Dernière entrée"),
            (used_yesterday, "green_striped", "VALIDÉ SANS RÉSEAU", ""),
            (party, "green_striped", "VALIDÉ SANS RÉSEAU", "Personne 3 sur 3."),
            (party, "blue", "DÉJÀ VALIDÉ PAR VOUS", "sur cet appareil"),
            (inside, "red", "DÉJÀ À L’INTÉRIEUR", "Dernière entrée"),
            (outside, "green_striped", "VALIDÉ SANS RÉSEAU", ""),
            (young, "red", "TROP JEUNE", ""),
            (waiting, "orange", "PAIEMENT À VÉRIFIER", ""),
        ):
            await hand_scan(page, code)
            await expect_light(page, light, words)
            await expect(page.locator("#lines")).to_contain_text(line)
        await page.context.set_offline(False)
        await expect(page.locator("#net-waiting")).to_be_empty(timeout=UPLOADED_MS)
    rows = await doors.rows("SELECT code, entries FROM tickets")
    entries = {row["code"]: row["entries"] for row in rows}
    assert [entries[one] for one in (daily, used_yesterday, party, outside)] == [1, 2, 3, 2]
    assert [entries[one] for one in (used_today, inside, young, waiting)] == [1, 1, 0, 0]


async def test_without_network_an_exit_lets_out_and_the_house_fills(
    chromium: Browser, house: GateHouse
) -> None:
    """At the exit people go out; at the door the last place is given once."""
    doors = house.doors
    exit_id = await doors.gate("Sortie", direction="out")
    _, inside = await doors.ticket(entry="reentry", inside=1, entries=1, **came(house, 60_000))
    codes = [(await doors.ticket(entry="reentry"))[1] for _ in range(3)]
    await doors.database.write(doors.count_crowd, 2)
    async with visiting(chromium) as door, visiting(chromium) as way_out:
        await open_terminal(door, await house.link())
        await open_terminal(way_out, await house.link(gate_id=exit_id))
        for page in (door, way_out):
            await copy_ready(page)
            await page.context.set_offline(True)
            await expect(page.locator("#net-words")).to_have_text("Hors ligne")
        for code, light, words in (
            (codes[0], "green_striped", "VALIDÉ SANS RÉSEAU"),
            (codes[1], "green_striped", "VALIDÉ SANS RÉSEAU"),
            (codes[2], "orange", "SALLE PLEINE"),
        ):
            await hand_scan(door, code)
            await expect_light(door, light, words)
        for code, light, words in (
            (inside, "green_striped", "SORTIE"),
            (codes[2], "grey", "SORTIE SANS ENTRÉE"),
        ):
            await hand_scan(way_out, code)
            await expect_light(way_out, light, words)

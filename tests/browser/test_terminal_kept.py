"""What a terminal keeps while there is no network, in a real Chromium: told later, never lost."""

from __future__ import annotations

import asyncio
import re
import sys
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.browser.gate_house import GateHouse, SlowClock, gate_house
from tests.browser.terminal_page import (
    PHONE,
    at_terminal,
    copy_ready,
    expect_light,
    hand_scan,
    open_terminal,
    verdicts,
    visiting,
)

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.async_api import Browser

pytestmark = pytest.mark.asyncio(loop_scope="session")  # they share one browser


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
    async with page.expect_request("**/gate/entries"):
        await context.set_offline(False)
    server.kill()  # the first fifty are being written down, or were, and nobody hears of it
    await server.wait()
    server = await start(path, port, house.clock)
    await expect(page.locator("#net-waiting")).to_be_empty()
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
            await expect(page.locator("#net-waiting")).to_be_empty()
    ticket = (await doors.rows("SELECT scanned_gate_id FROM tickets"))[0]
    assert ticket["scanned_gate_id"] == doors.gate_id
    assert sorted(await verdicts(house)) == ["admitted", "admitted", "conflict"]
    (alarm,) = await doors.alarms()
    assert "DEUX PASSAGES" in alarm
    assert alarm.index("Porte Nord") < alarm.index("Porte Sud")


WATCH_THE_COUNT = """() => {
  const inside = document.getElementById("inside");
  window.counted = [];
  new MutationObserver(() => window.counted.push(inside.textContent))
    .observe(inside, { childList: true, characterData: true, subtree: true });
}"""


async def test_nobody_seems_to_leave_when_the_network_returns(
    chromium: Browser, house: GateHouse
) -> None:
    """What came in offline is counted on the screen, before it is uploaded and after."""
    codes = [(await house.doors.ticket())[1] for _ in range(2)]
    async with at_terminal(chromium, house) as page:
        await expect(page.locator("#inside")).to_have_text("0")
        await page.context.set_offline(True)
        await expect(page.locator("#net-words")).to_have_text("Hors ligne")
        for code in codes:
            await hand_scan(page, code)
            await expect_light(page, "green_striped", "VALIDÉ SANS RÉSEAU")
        await page.evaluate(WATCH_THE_COUNT)
        await page.context.set_offline(False)
        await expect(page.locator("#net-waiting")).to_be_empty()
        await page.wait_for_function("counted.length > 0")
        assert set(await page.evaluate("counted")) == {"2"}


AS_OF_VERSION_1 = """async () => {
  const done = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const db = await done(indexedDB.open("guichet-gate"));
  const held = {};
  for (const name of ["kept", "passed", "entries"]) {
    const store = db.transaction(name).objectStore(name);
    held[name] = [await done(store.getAllKeys()), await done(store.getAll())];
  }
  db.close();
  await done(indexedDB.deleteDatabase("guichet-gate"));
  const request = indexedDB.open("guichet-gate", 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore("kept");
    request.result.createObjectStore("passed", { keyPath: "digest" });
    request.result.createObjectStore("entries", { keyPath: "rank", autoIncrement: true });
  };
  const old = await done(request);
  const write = old.transaction(["kept", "passed", "entries"], "readwrite");
  held.kept[1].forEach((one, place) => write.objectStore("kept").put(one, held.kept[0][place]));
  for (const { digest, passages: [{ at_ms, gate }] } of held.passed[1]) {
    write.objectStore("passed").put({ digest, at_ms, gate });
  }
  for (const { gate, digest, ...entry } of held.entries[1]) {
    write.objectStore("entries").put(entry);
  }
  await new Promise((resolve) => { write.oncomplete = resolve; });
  old.close();
  return held.entries[1].length;
}"""
"""Writes what this device holds as the first version of the page would have written it."""


async def test_a_newer_page_loses_nothing_that_an_older_one_kept(
    chromium: Browser, house: GateHouse
) -> None:
    """The page was updated over unsent entries: they are known, refused again, and sent."""
    doors = house.doors
    codes = [(await doors.ticket())[1] for _ in range(3)]
    async with at_terminal(chromium, house) as page:
        await page.context.set_offline(True)
        await expect(page.locator("#net-words")).to_have_text("Hors ligne")
        for code in codes[:2]:
            await hand_scan(page, code)
            await expect_light(page, "green_striped", "VALIDÉ SANS RÉSEAU")
        await page.goto("about:blank")
        await page.goto(f"{house.url}/gate#t=of-no-link")  # it stays at the door, and does nothing
        await expect(page.locator("#door-title")).to_have_text("PAS DE RÉSEAU")
        assert await page.evaluate(AS_OF_VERSION_1) == 2
        await page.goto("about:blank")
        await page.goto(f"{house.url}/gate")
        await expect(page.locator("#net-waiting")).to_have_text("↑ 2")
        await hand_scan(page, codes[0])
        await expect(page.locator("#verdict h2")).to_have_text(
            re.compile("DÉJÀ UTILISÉ|DÉJÀ VALIDÉ PAR VOUS")
        )
        await hand_scan(page, codes[2])
        await expect_light(page, "green_striped", "VALIDÉ SANS RÉSEAU")
        await page.context.set_offline(False)
        await expect(page.locator("#net-waiting")).to_be_empty()
    rows = await doors.rows("SELECT code, entries FROM tickets WHERE scanned_at_ms IS NOT NULL")
    assert {row["code"]: row["entries"] for row in rows} == dict.fromkeys(codes, 1)
    assert sorted(one for one in await verdicts(house) if one == "admitted") == ["admitted"] * 3


FULL_DEVICE = """() => {
  // As many entries wait as a terminal keeps.
  IDBObjectStore.prototype.count = () => ({
    result: 100_000, set onsuccess(told) { queueMicrotask(told); }, set onerror(told) {},
  });
}"""


async def test_a_full_device_lets_nobody_in_unwritten(chromium: Browser, house: GateHouse) -> None:
    """What cannot be kept is not shown as let in: red, and the ticket stays unused."""
    _, code = await house.doors.ticket()
    async with at_terminal(chromium, house) as page:
        await page.context.set_offline(True)
        await expect(page.locator("#net-words")).to_have_text("Hors ligne")
        await page.evaluate(FULL_DEVICE)
        await hand_scan(page, code)
        await expect_light(page, "red", "PAS ENREGISTRÉ")
        await expect(page.locator("#do")).to_contain_text("ne laissez pas entrer")
        await page.reload()  # the disk is free again, and nothing of it was kept
        await expect(page.locator("#net-words")).to_have_text("Hors ligne")
        await hand_scan(page, code)
        await expect_light(page, "green_striped", "VALIDÉ SANS RÉSEAU")

"""The terminal without network, in a real Chromium: what it judges, and in which words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from boxoffice.codes import Mode, make_code
from boxoffice.truth_table import truth_table
from tests.browser.gate_house import GateHouse
from tests.browser.terminal_page import (
    at_terminal,
    copy_ready,
    expect_light,
    hand_scan,
    open_terminal,
    verdicts,
    visiting,
)
from tests.gate_scanner.door import KEYRING

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = pytest.mark.asyncio(loop_scope="session")  # they share one browser


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
    async with at_terminal(chromium, house) as page:
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
            ("ABCDEF12", "white", "SCANNEZ LE BILLET"),
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
        await copy_ready(page, "en")
        await page.context.set_offline(True)
        await expect(page.locator("#net-words")).to_have_text("Offline")
        await hand_scan(page, fresh)
        await expect_light(page, "green_striped", "LET IN OFFLINE")
        await expect(page.locator("#do")).to_have_text(
            "Let in. It will be confirmed when the network is back."
        )


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
    async with at_terminal(chromium, house) as page:
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
        await expect(page.locator("#net-waiting")).to_be_empty()
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
            before = int(await way_out.locator("#inside").inner_text())
            await hand_scan(way_out, code)
            await expect_light(way_out, light, words)
            # Nobody is counted in who goes out, nor out who was not in.
            after = before - 1 if light == "green_striped" else before
            await expect(way_out.locator("#inside")).to_have_text(str(after))


async def test_without_network_a_party_comes_in_by_a_button(
    chromium: Browser, house: GateHouse
) -> None:
    """The first is scanned, a button lets the others in, and each is told of once."""
    doors = house.doors
    ticket_id, code = await doors.ticket(entry="party", party_size=4)
    _, begun = await doors.ticket(entry="party", party_size=3)
    async with at_terminal(chromium, house) as page:
        # The first of the other party came in while there was a network.
        await hand_scan(page, begun)
        await expect_light(page, "green", "VALIDÉ")
        await page.context.set_offline(True)
        await expect(page.locator("#net-words")).to_have_text("Hors ligne")
        await page.get_by_role("button", name="Encore 2 personnes").click()
        await expect_light(page, "green_striped", "VALIDÉ SANS RÉSEAU")
        await expect(page.locator("#lines")).to_have_text("Personne 3 sur 3.")
        await expect(page.locator("#do")).to_have_text(
            "Laissez entrer 2 personnes. Ce sera confirmé au retour du réseau."
        )
        await hand_scan(page, code)
        await expect_light(page, "green_striped", "VALIDÉ SANS RÉSEAU")
        await expect(page.locator("#lines")).to_have_text("Personne 1 sur 4.")
        await page.get_by_role("button", name="Encore 1 personne").click()
        await expect(page.locator("#lines")).to_have_text("Personne 2 sur 4.")
        await page.get_by_role("button", name="Encore 2 personnes").click()
        await expect(page.locator("#lines")).to_have_text("Personne 4 sur 4.")
        assert await page.locator("#asks button.more").count() == 0
        await expect(page.locator("#net-waiting")).to_have_text("↑ 6")
        await page.context.set_offline(False)
        await expect(page.locator("#net-waiting")).to_be_empty()
    rows = await doors.rows("SELECT id, entries, inside FROM tickets ORDER BY id")
    assert [(row["entries"], row["inside"]) for row in rows] == [(4, 4), (3, 3)]
    assert rows[0]["id"] == ticket_id
    assert await verdicts(house) == ["admitted"] * 7


async def test_without_network_one_paper_holds_for_its_party(
    chromium: Browser, house: GateHouse
) -> None:
    """The person named shows a paper once: the button then lets the others in without asking."""
    _, code = await house.doors.ticket(
        entry="party", party_size=4, naming="nominative", holder="Awa Koffi"
    )
    async with at_terminal(chromium, house) as page:
        await page.context.set_offline(True)
        await expect(page.locator("#net-words")).to_have_text("Hors ligne")
        await hand_scan(page, code)
        await expect_light(page, "yellow", "VÉRIFIEZ LA PIÈCE")
        await expect(page.locator("#do")).to_contain_text("la personne nommée doit être là")
        await page.get_by_role("button", name="Pièce vue").click()
        await expect(page.locator("#lines")).to_have_text("Personne 1 sur 4.")
        await page.get_by_role("button", name="Encore 3 personnes").click()
        await expect_light(page, "green_striped", "VALIDÉ SANS RÉSEAU")
        await expect(page.locator("#lines")).to_have_text("Personne 4 sur 4.")
        await page.context.set_offline(False)
        await expect(page.locator("#net-waiting")).to_be_empty()
    (row,) = await house.doors.rows("SELECT entries FROM tickets")
    assert row["entries"] == 4


async def test_without_network_the_page_says_what_waits_for_it(
    chromium: Browser, house: GateHouse
) -> None:
    """Keys that are off say why, and a short code is not asked for where it does not suffice."""
    async with at_terminal(chromium, house) as page:
        await page.get_by_role("button", name="Taper un code").click()
        await expect(page.locator("#typed-hint")).to_contain_text("Code court")
        await page.get_by_role("button", name="Annuler").click()
        await page.context.set_offline(True)
        await expect(page.locator("#net-words")).to_have_text("Hors ligne")
        await page.get_by_role("button", name="Taper un code").click()
        await expect(page.locator("#typed-hint")).to_contain_text("Sans réseau")
        await page.get_by_role("button", name="Annuler").click()
        await page.get_by_role("button", name="Réglages").click()
        await expect(page.locator("#settings-offline")).to_contain_text("demandent le réseau")
        await page.get_by_role("button", name="Retour").click()
        await page.context.set_offline(False)
        await expect(page.locator("#net-words")).to_have_text("En ligne")
        await page.get_by_role("button", name="Réglages").click()
        await expect(page.locator("#settings-offline")).to_be_hidden()

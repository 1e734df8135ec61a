"""The terminal over HTTP: who may ask, what is refused, and what never leaks."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.web.terminal_page import SMALL_FONTS
from boxoffice.codes import code_hash
from boxoffice.rules import HOUR_MS, MINUTE_MS
from gate_scanner.terminal.entering import telegram_user
from gate_scanner.terminal.page_files import READER, page_files
from gate_scanner.terminal.scanning import share_name
from storage import passages
from tests.browser.gate_house import SCANNER_TOKEN, GateHouse, gate_house
from tests.browser.terminal_page import verdicts
from tests.gate_scanner.door import NOW_MS
from tests.gate_scanner.pictures import card, saved, sheet

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[GateHouse]:
    """One door for one test."""
    async with gate_house(tmp_path / "gate.db") as one:
        yield one


@pytest.fixture
async def terminal(house: GateHouse) -> AsyncIterator[httpx.AsyncClient]:
    """An open terminal."""
    async with browser(house) as client:
        token = (await house.link()).partition("#t=")[2]
        answer = await client.post("/gate/open", json={"token": token})
        assert answer.status_code == 201
        yield client


def browser(house: GateHouse) -> httpx.AsyncClient:
    """Open a client with a cookie jar of its own."""
    return httpx.AsyncClient(base_url=house.url, trust_env=False)


def asked(raw: str) -> dict[str, Any]:
    """A new request for this text."""
    return {"id": str(uuid4()), "raw": raw}


async def test_without_its_cookie_nobody_learns_anything(house: GateHouse) -> None:
    """Every question of a stranger is answered 401, and nothing is journalled."""
    _, code = await house.doors.ticket()
    async with browser(house) as client:
        for path in ("session", "counts", "pack"):
            assert (await client.get(f"/gate/{path}")).status_code == 401
        for path, body in (
            ("scan", asked(code)),
            ("entries", {"entries": [entry(code)]}),
            ("place", {"gate": "1"}),
            ("leave", {}),
        ):
            assert (await client.post(f"/gate/{path}", json=body)).status_code == 401
    assert await house.doors.rows("SELECT id FROM scans") == []


def entry(code: str) -> dict[str, Any]:
    """An entry made without network."""
    return {
        "id": str(uuid4()),
        "terminal": "1",
        "verdict": "offline_unverified",
        "at_ms": NOW_MS,
        "code": code,
        "hash": "0" * 64,
        "typed": False,
    }


async def test_another_site_scans_nothing(house: GateHouse, terminal: httpx.AsyncClient) -> None:
    """A page elsewhere cannot use a steward's cookie, nor reach us under another name."""
    _, code = await house.doors.ticket()
    foreign = {"Origin": "https://evil.example"}
    answer = await terminal.post("/gate/scan", json=asked(code), headers=foreign)
    assert answer.status_code == 403
    answer = await terminal.post("/gate/scan", json=asked(code), headers={"Host": "evil.example"})
    assert answer.status_code == 403
    assert await house.doors.rows("SELECT id FROM scans") == []


async def test_the_cookie_is_for_no_script_and_no_other_site(house: GateHouse) -> None:
    """HttpOnly, SameSite, and sent to the terminal's own addresses alone."""
    async with browser(house) as client:
        token = (await house.link()).partition("#t=")[2]
        answer = await client.post("/gate/open", json={"token": token})
        crumb = answer.headers["set-cookie"]
        assert "HttpOnly" in crumb
        assert "SameSite=Strict" in crumb
        assert "Path=/gate" in crumb
        assert token not in answer.text


async def test_the_page_says_what_it_may_do(house: GateHouse) -> None:
    """Nothing inline, nothing from elsewhere, the camera for itself, no frame but Telegram's."""
    async with browser(house) as client:
        page = await client.get("/gate")
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe-inline" not in policy
        assert "frame-ancestors https://web.telegram.org" in policy
        assert page.headers["permissions-policy"].startswith("camera=(self)")
        assert page.headers["referrer-policy"] == "same-origin"
        again = await client.get("/gate", headers={"If-None-Match": page.headers["etag"]})
        assert again.status_code == 304
        assert "Terminal d’entrée" in page.text
        english = await client.get("/gate", headers={"Accept-Language": "en"})
        assert "Gate terminal" in english.text


async def test_a_photo_is_read_and_each_code_judged(
    house: GateHouse, terminal: httpx.AsyncClient
) -> None:
    """A family's photo: an answer for each ticket; sent again under its name, the same answers."""
    _, code = await house.doors.ticket()
    photo = saved(card(code), "JPEG")
    name = str(uuid4())
    first = await terminal.post(f"/gate/photo?id={name}", content=photo)
    again = await terminal.post(f"/gate/photo?id={name}", content=photo)
    assert [one["verdict"] for one in first.json()["answers"]] == ["admitted"]
    assert first.json() == again.json()
    nothing = await terminal.post(f"/gate/photo?id={uuid4()}", content=b"\xff\xd8\xff nothing")
    assert nothing.json()["answers"][0]["verdict"] == "unreadable"
    refused = await terminal.post(f"/gate/photo?id={uuid4()}", content=b"<html>")
    assert refused.status_code == 415


async def test_a_photo_whose_answer_was_lost_is_counted_once(
    house: GateHouse, terminal: httpx.AsyncClient
) -> None:
    """Read again by the server or by the page, in any order: each ticket is in once, no conflict.

    The page lets them in without network, with the names that the server gave them; or takes
    another photo. Each name is worth one entry.
    """
    codes = [(await house.doors.ticket())[1] for _ in range(2)]
    name = str(uuid4())
    first = await terminal.post(f"/gate/photo?id={name}", content=saved(sheet(codes, columns=2)))
    again = await terminal.post(
        f"/gate/photo?id={name}", content=saved(sheet(codes[::-1], columns=2))
    )
    assert [one["verdict"] for one in first.json()["answers"]] == ["admitted"] * 2
    assert again.json()["answers"] == first.json()["answers"][::-1]
    where = (await terminal.get("/gate/session")).json()["terminal"]
    entries = [
        entry(code) | {"lost": [share_name(name, code_hash(code))], "terminal": where}
        for code in codes[::-1]
    ]
    taken = await terminal.post("/gate/entries", json={"entries": entries})
    assert [one["outcome"] for one in taken.json()["outcomes"]] == ["admitted"] * 2
    assert await verdicts(house) == ["admitted"] * 2


async def test_what_one_photo_let_in_is_taken_back_together(
    house: GateHouse, terminal: httpx.AsyncClient
) -> None:
    """The steward's `défaire` means the whole photo, and not the one before."""
    for count in (1, 2):
        photo = sheet([(await house.doors.ticket())[1] for _ in range(count)], columns=2)
        await terminal.post(f"/gate/photo?id={uuid4()}", content=saved(photo))
    answer = await house.doors.database.read(
        passages.last_answer, house.doors.staff_id, house.clock()
    )
    assert answer is not None
    assert len(answer.passages) == 2


async def test_another_photo_brings_the_answer_that_was_lost(
    house: GateHouse, terminal: httpx.AsyncClient
) -> None:
    """The answer to the first never came; the second is green, and a third is refused."""
    photo = saved(sheet([(await house.doors.ticket())[1]], columns=1))
    lost, *others = (str(uuid4()) for _ in range(3))
    await terminal.post(f"/gate/photo?id={lost}", content=photo)
    second, third = [
        (await terminal.post(f"/gate/photo?id={name}&lost={lost}", content=photo)).json()
        for name in others
    ]
    assert second["answers"][0]["verdict"] == "admitted"
    assert third["answers"][0]["passes"] is False
    assert (await verdicts(house)).count("admitted") == 1


async def test_a_closed_terminal_is_closed(house: GateHouse, terminal: httpx.AsyncClient) -> None:
    """After `leave` the same cookie is worth nothing."""
    cookie = terminal.cookies["guichet_gate"]
    assert (await terminal.post("/gate/leave", json={})).status_code == 200
    async with browser(house) as client:
        client.cookies.set("guichet_gate", cookie)
        assert (await client.get("/gate/session")).status_code == 401


async def test_who_was_dismissed_gets_no_copy(
    house: GateHouse, terminal: httpx.AsyncClient
) -> None:
    """The pack holds what a stranger must not have: it goes to who is in the team now."""
    assert (await terminal.get("/gate/pack")).status_code == 200
    await house.doors.set("staff", house.doors.staff_id, revoked_ms=house.clock())
    assert (await terminal.get("/gate/pack")).status_code == 403
    assert (await terminal.get("/gate/counts")).json()["revoked"] is True


async def test_the_pack_shows_nothing_by_itself(
    house: GateHouse, terminal: httpx.AsyncClient
) -> None:
    """Sealed: neither codes nor names nor keys stand in its bytes, and no two are alike."""
    _, code = await house.doors.ticket(naming="nominative", holder="Awa Koffi")
    first = (await terminal.get("/gate/pack")).content
    second = (await terminal.get("/gate/pack")).content
    assert first != second
    for secret in (code.encode(), b"Awa Koffi", b"keys"):
        assert secret not in first


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    path=st.sampled_from(["scan", "paper", "entries", "place", "look", "open", "enter"]),
    body=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=40),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "id",
                        "raw",
                        "ticket",
                        "seen",
                        "asked_ms",
                        "entries",
                        "gate",
                        "token",
                        "init_data",
                    ]
                ),
                inner,
                max_size=6,
            )
        ),
        max_leaves=12,
    ),
)
async def test_junk_is_answered_and_admits_nobody(
    terminal: httpx.AsyncClient, path: str, body: object
) -> None:
    """Whatever is sent, the answer is a refusal in words or a judgement, never a failure."""
    answer = await terminal.post(
        f"/gate/{path}",
        content=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code in {200, 400, 403, 410}
    assert "admitted" not in answer.text


# ---- Telegram's word -----------------------------------------------------------------------------


def signed(fields: dict[str, str], token: str = SCANNER_TOKEN) -> str:
    """Sign as Telegram does."""
    check = "\n".join(f"{name}={fields[name]}" for name in sorted(fields))
    secret = hmac.digest(b"WebAppData", token.encode(), "sha256")
    return urlencode({**fields, "hash": hmac.digest(secret, check.encode(), "sha256").hex()})


def opened_at(at_ms: int) -> dict[str, str]:
    """What Telegram says of an app opened at this time."""
    return {
        "auth_date": str(at_ms // 1000),
        "query_id": "AAF",
        "signature": "c2lnbmVk",
        "user": json.dumps({"id": 4242, "first_name": "Kofi & fils", "language_code": "fr"}),
    }


def test_telegrams_word_is_verified() -> None:
    """Right and fresh: the account. Another bot's, changed, old, from the future: nobody."""
    good = signed(opened_at(NOW_MS))
    assert telegram_user(good, SCANNER_TOKEN, NOW_MS) == "4242"
    assert telegram_user(good, "1:another-test-token", NOW_MS) is None
    assert telegram_user(good.replace("4242", "4243"), SCANNER_TOKEN, NOW_MS) is None
    assert telegram_user(f"{good}&extra=1", SCANNER_TOKEN, NOW_MS) is None
    assert telegram_user(good, SCANNER_TOKEN, NOW_MS + 2 * HOUR_MS) is None
    assert telegram_user(good, SCANNER_TOKEN, NOW_MS - 10 * MINUTE_MS) is None
    assert telegram_user("", SCANNER_TOKEN, NOW_MS) is None
    assert telegram_user(f"{good}&user=x", SCANNER_TOKEN, NOW_MS) is None


@given(junk=st.text(max_size=200))
def test_any_other_word_is_nobodys(junk: str) -> None:
    """Texts that Telegram never sent open nothing, and break nothing."""
    assert telegram_user(junk, SCANNER_TOKEN, NOW_MS) is None


async def test_a_mini_app_opens_for_the_team_alone(house: GateHouse) -> None:
    """A member opens it; with two gates they choose one of theirs; a stranger is told."""
    await house.doors.scanner_chat("4242")
    await house.doors.gate("Porte Sud")
    word = signed(opened_at(house.clock()))
    async with browser(house) as client:
        listed = await client.post("/gate/enter", json={"init_data": word})
        places = listed.json()["places"]
        assert [one["label"] for one in places] == [
            "Nuit du Jazz · Porte Nord",
            "Nuit du Jazz · Porte Sud",
        ]
        chosen = {"init_data": word, "staff": places[1]["staff"], "gate": places[1]["gate"]}
        assert (await client.post("/gate/enter", json=chosen)).status_code == 201
        assert (await client.get("/gate/session")).json()["gate"] == places[1]["gate"]
        stranger = signed({**opened_at(house.clock()), "user": json.dumps({"id": 7})})
        answer = await client.post("/gate/enter", json={"init_data": stranger})
        assert (answer.status_code, answer.json()["error"]) == (403, "stranger")


# ---- The files -----------------------------------------------------------------------------------


def test_the_reader_is_the_one_that_was_copied() -> None:
    """The build of zxing in the tree is what its checksums say, with its licence beside it."""
    for line in (READER / "checksums.txt").read_text(encoding="ascii").splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((READER / name).read_bytes()).hexdigest() == digest, name
    assert (READER / "zxing-wasm-LICENSE.txt").read_text(encoding="utf-8").startswith("MIT License")


def test_the_page_keeps_every_file_it_needs() -> None:
    """The service worker lists each file of the page, so that it opens again without network."""
    files = page_files(SMALL_FONTS)
    worker = files["worker.js"].body.decode()
    assert "{{version}}" not in worker
    for name in files:
        if name != "worker.js":
            assert f'"/gate/{name}"' in worker, name

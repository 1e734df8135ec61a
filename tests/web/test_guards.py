"""What must not be possible: other people's pictures, other sites, other names, other sizes."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.handlers.web_wire import read_payload
from bot.web.bodies import JSON_BYTES_MAX, PHOTO_BYTES_MAX, PHOTOS_MAX
from chat.channel import SendRefused, Unreadable
from chat.messages import Inbound, Media, Outgoing

if TYPE_CHECKING:
    import httpx

    from tests.web.conftest import House

BUYER = "/webchat/phones/buyer/messages"


async def test_a_file_is_shown_to_its_visitor_alone(house: House, png: bytes) -> None:
    """Whoever knows a picture's address still needs the cookie of the one it was sent to."""
    async with house.visitor() as alice, house.visitor() as bob:
        sent = await alice.post(BUYER, data={"id": "p"}, files={"photo": png})
        url = sent.json()["message"]["files"][0]["url"]
        assert (await alice.get(url)).status_code == 200
        assert (await bob.get(url)).status_code == 404
        async with house.browser() as nobody:
            assert (await nobody.get(url)).status_code == 401
        assert (await bob.get("/webchat/messages")).json()["messages"] == []


async def test_a_made_up_cookie_is_nobody(house: House) -> None:
    """A token that the server did not make opens nothing."""
    async with house.visitor() as client:
        (name,) = client.cookies
        async with house.browser(Cookie=f"{name}=guessed") as stranger:
            for path in ("/webchat/session", "/webchat/messages", "/webchat/stream"):
                assert (await stranger.get(path)).status_code == 401
            assert (await stranger.post(BUYER, json={"id": "a", "text": "x"})).status_code == 401


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", ""])
async def test_another_host_name_is_not_served(house: House, host: str) -> None:
    """DNS rebinding brings a stranger's name to our address: not even the page is served."""
    async with house.browser(Host=host) as client:
        for path in ("/", "/webchat/session", "/phones/phones.js"):
            answer = await client.get(path)
            assert answer.status_code in {400, 403}


async def test_what_changes_something_comes_from_our_own_page(house: House) -> None:
    """A form or script of another site, or of a sandboxed frame, changes nothing."""
    async with house.visitor() as client:
        for origin in ("http://evil.example", "null", house.url.replace("http:", "https:")):
            refused = await client.post(
                BUYER, json={"id": "a", "text": "x"}, headers={"Origin": origin}
            )
            assert refused.status_code == 403
        taken = await client.post(
            BUYER, json={"id": "a", "text": "x"}, headers={"Origin": house.url}
        )
        assert taken.status_code == 202
        form = await client.post(
            BUYER, content=b'{"id":"b","text":"x"}', headers={"Content-Type": "text/plain"}
        )
        assert form.status_code == 415


async def test_a_photo_beyond_the_limit_gets_a_clear_answer(house: House, png: bytes) -> None:
    """Thirty megabytes: too_large, in words, after which the same client goes on."""
    async with house.visitor() as client:
        large = png + bytes(30 * 1024 * 1024)
        answer = await client.post(BUYER, data={"id": "big"}, files={"photo": large})
        assert answer.status_code == 413
        assert answer.json()["error"] == "too_large"
        exact = png + bytes(PHOTO_BYTES_MAX - len(png))
        answer = await client.post(BUYER, data={"id": "fits"}, files={"photo": exact})
        assert answer.status_code == 202
        assert len(house.echo.heard) == 1


async def test_what_is_not_a_picture_is_refused(house: House, png: bytes) -> None:
    """A page called photo.png is not kept; nor are eleven photos, nor none."""
    async with house.visitor() as client:
        page = {"photo": ("photo.png", b"<script>alert(1)</script>", "image/png")}
        answer = await client.post(BUYER, data={"id": "a"}, files=page)
        assert (answer.status_code, answer.json()["error"]) == (415, "not_a_picture")
        many = [("photo", png)] * (PHOTOS_MAX + 1)
        answer = await client.post(BUYER, data={"id": "b"}, files=many)
        assert (answer.status_code, answer.json()["error"]) == (413, "too_many")
        answer = await client.post(BUYER, data={"id": "c"}, files={"other": png})
        assert answer.status_code == 400
        assert house.echo.heard == []


async def test_what_a_browser_could_run_is_only_offered_to_keep(house: House) -> None:
    """Bytes that are no picture are never shown as a page of ours."""
    async with house.visitor() as client:
        await client.post(BUYER, json={"id": "a", "text": "x"})
        inbound = house.echo.heard[0]
        media = Media(b"<script>alert(1)</script>", "text/html", "page.html", as_file=True)
        await house.webchat.send("seller", inbound.ref, Outgoing("Voici", media=media))
        last = (await client.get("/webchat/messages")).json()["messages"][-1]
        assert last["files"][0]["shape"] == "file"
        got = await client.get(last["files"][0]["url"])
        assert got.headers["content-disposition"] == "attachment"
        assert "sandbox" in got.headers["content-security-policy"]
        assert got.headers["x-content-type-options"] == "nosniff"


async def test_every_answer_says_how_it_may_be_used(house: House) -> None:
    """Pages run our own scripts alone; conversations are not left in a cache."""
    async with house.visitor() as client:
        page = await client.get("/")
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "<style" not in page.text
        assert " style=" not in page.text
        assert "http://" not in page.text.replace("http://www.w3.org/", "")
        assert (await client.get("/webchat/messages")).headers["cache-control"] == "no-store"
        again = await client.get("/", headers={"If-None-Match": page.headers["etag"]})
        assert again.status_code == 304


async def test_the_page_speaks_the_browsers_language(house: House) -> None:
    """French first, English for who likes it better or asks for it."""
    async with house.browser() as client:
        for header, asked, language in [
            ("", "", "fr"),
            ("de-DE,de;q=0.9", "", "fr"),
            ("en-GB,en;q=0.9,fr;q=0.8", "", "en"),
            ("fr;q=0.9,en;q=0.2", "", "fr"),
            ("fr", "en", "en"),
            ("en", "fr", "fr"),
        ]:
            page = await client.get(
                "/", params={"lang": asked}, headers={"Accept-Language": header}
            )
            assert f'<html lang="{language}">' in page.text


async def test_one_name_for_the_page(house: House) -> None:
    """Localhost leads to the address that payment pages come back to."""
    localhost = house.url.replace("127.0.0.1", "localhost")
    async with house.browser(Host=localhost.removeprefix("http://")) as client:
        answer = await client.get("/?lang=en")
        assert (answer.status_code, answer.headers["location"]) == (307, f"{house.url}/?lang=en")


async def test_saying_something_to_nobody_is_refused(house: House) -> None:
    """No phone, or another talk's: it never takes a message. A lost photo is said to be lost."""
    for talk, ref in (("seller", "w0"), ("scanner", "")):
        with pytest.raises(SendRefused):
            await house.webchat.send(talk, ref, Outgoing("?"))  # type: ignore[arg-type]
    with pytest.raises(SendRefused):
        await house.webchat.fetch("scanner", "no-such-photo")


_FIELDS = st.dictionaries(
    st.sampled_from(["id", "text", "tap", "start", "language", "other"]),
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(), st.lists(st.text())),
)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None
)
@given(body=st.one_of(st.binary(max_size=200), _FIELDS.map(lambda it: json.dumps(it).encode())))
async def test_junk_is_answered_and_never_a_failure(
    visitor: httpx.AsyncClient, body: bytes
) -> None:
    """Whatever JSON or bytes come in, the answer is 202 or a refusal with a code and a sentence."""
    answer = await visitor.post(BUYER, content=body, headers={"Content-Type": "application/json"})
    if answer.status_code != 202:
        assert answer.status_code == 400
        assert set(answer.json()) == {"error", "sentence"}


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None
)
@given(body=st.binary(max_size=300), boundary=st.sampled_from(["x", '"', "a" * 80, ""]))
async def test_a_broken_form_is_answered_and_never_a_failure(
    visitor: httpx.AsyncClient, body: bytes, boundary: str
) -> None:
    """A form that is cut, or is none, is refused."""
    start = f'--{boundary}\r\nContent-Disposition: form-data; name="photo"\r\n\r\n'.encode()
    for content in (body, start + body):
        kind = f"multipart/form-data; boundary={boundary}"
        answer = await visitor.post(BUYER, content=content, headers={"Content-Type": kind})
        assert answer.status_code in {400, 413, 415}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"[" * 100_000, 400, "bad_json"),
        (b'"' + b"a" * JSON_BYTES_MAX + b'"', 413, "too_large"),
        (b'{"id":"a","text":"\\ud800"}', 400, "bad_message"),
        (b'{"id":"a","text":"a\\u0000b"}', 400, "bad_message"),
        (b'{"id":"a","text":"   "}', 400, "empty"),
        (b'{"id":"../a","text":"x"}', 400, "bad_id"),
        (json.dumps({"id": "a", "text": "é" * 10_001}).encode(), 413, "too_long"),
        (json.dumps({"id": "a", "tap": "é" * 33}).encode(), 400, "bad_message"),
        (json.dumps({"id": "a", "start": "a b"}).encode(), 400, "bad_message"),
        (json.dumps({"id": "a", "text": "x", "tap": "y"}).encode(), 400, "bad_message"),
        (json.dumps({"id": "a", "text": "x", "ref": "other"}).encode(), 400, "bad_message"),
    ],
)
async def test_each_wrong_message_says_what_is_wrong(
    house: House, body: bytes, status: int, code: str
) -> None:
    """The client reads a code, its maker a sentence; nothing reaches the engine."""
    async with house.visitor() as client:
        headers = {"Content-Type": "application/json"}
        answer = await client.post(BUYER, content=body, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (status, code)
        assert house.echo.heard == []


@given(payload=st.one_of(st.text(), _FIELDS.map(json.dumps)))
def test_a_payload_that_is_no_message_is_unreadable(payload: str) -> None:
    """What the inbox gives back is read or refused by the one word for it."""
    try:
        assert isinstance(read_payload("seller", payload, 1), Inbound)
    except Unreadable:
        return


async def test_headers_without_end_are_refused(house: House) -> None:
    """A connection that sends headers for ever is told so and closed, and holds no memory."""
    host, _, port = house.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"GET / HTTP/1.1\r\nX-Long: ")
    answer = b""
    with contextlib.suppress(ConnectionError):
        for _ in range(64):
            writer.write(b"a" * 4096)
            await writer.drain()
    with contextlib.suppress(ConnectionError):
        answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 400") or not answer
    writer.close()

"""A client's whole conversation, spoken as docs/webchat.md says."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import pytest

from chat.messages import Photo, Start, Tap, Text
from storage import chats
from storage import webchat as memory
from tests.web.conftest import running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager

    import httpx

    from storage.database import Tx
    from tests.web.conftest import House


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    """One house for one test, on each engine."""
    async with running(database_url) as one:
        yield one


async def events(answer: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    """Read the messages of a stream as they come."""
    async for line in answer.aiter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


async def test_a_session_has_three_phones_and_is_the_same_when_asked_again(house: House) -> None:
    """The server makes the session; the cookie alone, which no script reads, says who it is."""
    async with house.browser() as client:
        assert (await client.get("/webchat/session")).status_code == 401
        opened = await client.post("/webchat/session")
        assert opened.status_code == 201
        assert opened.json()["phones"] == [
            {"name": "buyer", "talk": "seller"},
            {"name": "gate", "talk": "scanner"},
            {"name": "organiser", "talk": "seller"},
        ]
        cookie = opened.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        again = await client.post("/webchat/session")
        assert again.status_code == 200
        assert "set-cookie" not in again.headers


async def test_a_visitor_who_changes_the_pages_language_is_spoken_to_in_it(house: House) -> None:
    """The three conversations go on in the page's language, the visitor's own and nobody else's."""
    async with house.visitor() as client, house.visitor():
        phones = await house.db.read(all_phones)
        for ref in phones:
            await house.db.write(
                chats.expect_chat,
                channel="web",
                talk="seller",
                ref=ref,
                language="fr",
                name="",
                now_ms=1,
            )
        assert (await client.post("/webchat/language", json={"language": "xyz"})).status_code == 400
        assert (await client.post("/webchat/language", json={"language": "en"})).status_code == 204
        assert sorted(await house.db.read(languages)) == ["en"] * 3 + ["fr"] * 3


async def all_phones(tx: Tx) -> list[str]:
    """Read the key of every phone of every visitor."""
    return [row["ref"] for row in await tx.rows("SELECT ref FROM web_phones")]


async def languages(tx: Tx) -> list[str]:
    """Read what every conversation speaks."""
    return [row["language"] for row in await tx.rows("SELECT language FROM chats")]


async def test_what_is_sent_is_handed_over_once_and_answered(house: House) -> None:
    """202 comes after the engine took the message; the same id again changes nothing."""
    async with house.visitor() as client:
        message = {"id": "m1", "text": "bonjour", "language": "fr"}
        for _ in range(3):
            sent = await client.post("/webchat/phones/buyer/messages", json=message)
            assert sent.status_code == 202
            assert sent.json()["message"]["text"] == "bonjour"
        (inbound,) = house.echo.heard
        assert (inbound.heard, inbound.talk, inbound.language) == (Text("bonjour"), "seller", "fr")
        history = (await client.get("/webchat/messages")).json()
        assert [(m["from"], m["text"]) for m in history["messages"]] == [
            ("person", "bonjour"),
            ("bot", "echo: bonjour"),
        ]
        assert history["messages"][1]["buttons"] == [{"label": "Encore", "action": "again"}]
        rest = (await client.get("/webchat/messages", params={"since": history["last"]})).json()
        assert rest == {"messages": [], "last": history["last"]}


async def test_twenty_times_the_same_message_at_once_is_one_message(house: House) -> None:
    """Retries that overtake each other are still one message for the engine."""
    async with house.visitor() as client:
        posts = [
            client.post("/webchat/phones/buyer/messages", json={"id": "same", "text": "moi"})
            for _ in range(20)
        ]
        answers = await asyncio.gather(*posts)
        assert {answer.status_code for answer in answers} == {202}
        assert len({answer.json()["message"]["id"] for answer in answers}) == 1
        assert len(house.echo.heard) == 1


async def test_a_tap_shows_the_words_of_its_button(house: House) -> None:
    """The engine hears the action; the person sees what they pressed."""
    async with house.visitor() as client:
        await client.post("/webchat/phones/buyer/messages", json={"id": "a", "text": "x"})
        sent = await client.post("/webchat/phones/buyer/messages", json={"id": "b", "tap": "again"})
        assert sent.json()["message"]["text"] == "Encore"
        assert house.echo.heard[-1].heard == Tap("again")


async def test_a_start_reaches_the_phone_it_was_sent_to(house: House) -> None:
    """A deep link opened on the gate's phone is heard by the scanner."""
    async with house.visitor() as client:
        await client.post("/webchat/phones/gate/messages", json={"id": "a", "start": "tok_1"})
        (inbound,) = house.echo.heard
        assert (inbound.talk, inbound.heard) == ("scanner", Start("tok_1"))


async def test_an_album_is_one_message_and_its_bytes_come_back(house: House, png: bytes) -> None:
    """Several photos are one message; the engine and the visitor get the very bytes."""
    async with house.visitor() as client:
        files = [("photo", (f"{n}.png", png, "image/png")) for n in range(3)]
        sent = await client.post(
            "/webchat/phones/gate/messages",
            data={"id": "p", "caption": "trois billets"},
            files=files,
        )
        assert sent.status_code == 202
        heard = house.echo.heard[0].heard
        assert isinstance(heard, Photo)
        assert (len(heard.refs), heard.caption) == (3, "trois billets")
        assert await house.webchat.fetch("scanner", heard.refs[2]) == png
        messages = (await client.get("/webchat/messages")).json()["messages"]
        for file in [*messages[0]["files"], *messages[1]["files"]]:
            got = await client.get(file["url"])
            assert (got.content, got.headers["content-type"]) == (png, "image/png")


async def test_the_stream_brings_what_is_said_and_goes_on_where_it_broke(house: House) -> None:
    """What was said while a page was away is sent first when it comes back."""
    async with house.visitor() as client:
        async with client.stream("GET", "/webchat/stream") as answer:
            said = events(answer)
            await client.post("/webchat/phones/buyer/messages", json={"id": "1", "text": "un"})
            assert (await anext(said))["text"] == "un"
            last = await anext(said)
            assert (last["text"], last["phone"]) == ("echo: un", "buyer")
        await client.post("/webchat/phones/gate/messages", json={"id": "2", "text": "deux"})
        headers = {"Last-Event-ID": str(last["id"])}
        async with client.stream("GET", "/webchat/stream", headers=headers) as answer:
            said = events(answer)
            assert (await anext(said))["text"] == "deux"
            assert (await anext(said))["text"] == "echo: deux"


async def test_a_restart_keeps_the_conversation_and_the_stream_goes_on(
    house_on: Callable[..., AbstractAsyncContextManager[House]],
) -> None:
    """The server stops although a stream is open, and its successor knows everything."""
    async with AsyncExitStack() as stack:
        async with house_on() as house:
            client = await stack.enter_async_context(house.visitor())
            port = int(house.url.rpartition(":")[2])
            await client.post("/webchat/phones/buyer/messages", json={"id": "1", "text": "avant"})
            stream = client.stream("GET", "/webchat/stream")
            said = events(await stack.enter_async_context(stream))
            last = [await anext(said), await anext(said)][-1]["id"]
        assert [message async for message in said] == []  # ended by the server, in order
        async with house_on(port):
            await client.post("/webchat/phones/buyer/messages", json={"id": "2", "text": "après"})
            headers = {"Last-Event-ID": str(last)}
            async with client.stream("GET", "/webchat/stream", headers=headers) as answer:
                assert (await anext(events(answer)))["text"] == "après"


async def test_what_a_kill_left_between_the_page_and_the_engine_is_offered_again(
    house: House,
) -> None:
    """A message that was kept and never handed over reaches the engine at the next start."""
    opened = await house.webchat.open_visitor()
    assert opened is not None
    phone = opened[1][0]
    payload = json.dumps({"ref": phone.ref, "id": "k", "language": None, "text": "perdu ?"})
    await house.db.write(
        memory.hear,
        phone,
        kind="text",
        client_id="k",
        body="perdu ?",
        files="[]",
        payload=payload,
        now_ms=1,
    )
    assert await house.webchat.offer_again(house.echo) == 1
    assert house.echo.heard[0].heard == Text("perdu ?")
    assert await house.webchat.offer_again(house.echo) == 0

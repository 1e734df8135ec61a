"""The double itself: it knows the vendor's facts, and refuses what the vendor refuses."""

import importlib.util
import io
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from bot.handlers.telegram import TelegramChannel, Unanswered
from chat.messages import Button, Media, Outgoing, Photo, Start, Tap
from tests.doubles.telegram import Account, Cut, TelegramDouble
from tests.doubles.telegram.facts import FACTS, Facts
from tests.doubles.telegram.methods import METHODS

ROOT = Path(__file__).parent.parent.parent
SPEC = Path(os.environ.get("SPECS", ROOT / ".." / "shared" / "specs")) / "telegram-bot-api.json"


def picture() -> bytes:
    """Make a PNG."""
    out = io.BytesIO()
    Image.new("RGB", (300, 300), "white").save(out, "PNG")
    return out.getvalue()


PICTURE = picture()


def test_the_facts_are_those_of_the_published_description() -> None:
    """`tests/doubles/facts/telegram.json` is what `scripts/telegram_facts.py` makes."""
    if not SPEC.exists():
        if "CI" in os.environ:
            pytest.fail("telegram-bot-api.json is missing: set SPECS")
        pytest.skip("telegram-bot-api.json is not here: set SPECS to compare the facts with it")
    found = importlib.util.spec_from_file_location("facts", ROOT / "scripts/telegram_facts.py")
    assert found is not None
    assert found.loader is not None
    script = importlib.util.module_from_spec(found)
    sys.dont_write_bytecode, kept = True, sys.dont_write_bytecode
    found.loader.exec_module(script)
    sys.dont_write_bytecode = kept
    fresh = script.facts(json.loads(SPEC.read_text(encoding="utf-8")))
    assert fresh == json.loads(FACTS.read_text(encoding="utf-8"))


def test_every_method_of_the_facts_is_doubled() -> None:
    """What the facts describe, the double can do, and nothing else."""
    assert set(METHODS) == set(Facts().methods)


def test_the_facts_hold_the_limits() -> None:
    """The numbers we rely on are in the facts, as numbers."""
    facts = Facts()
    assert facts.methods["sendMessage"]["fields"]["text"] == ("String; required; 1-4096 characters")
    assert facts.types["InlineKeyboardButton"]["fields"]["callback_data"] == "String; 1-64 bytes"
    assert facts.methods["getUpdates"]["fields"]["limit"] == "Integer; 1-100 number"
    assert facts.methods["sendMediaGroup"]["fields"]["media"].endswith("2-10 items")
    assert facts.types["ChatMemberLeft"]["fields"]["status"] == "String; required; =left"


@pytest.fixture
async def api() -> AsyncIterator[tuple[TelegramDouble, httpx.AsyncClient]]:
    """Give the double and a plain HTTP client at its first bot's address."""
    async with TelegramDouble.running() as double:
        seller = double.bot("seller_bot")
        double.person(7, "Awa")
        base = f"{double.url}/bot{seller.token}/"
        async with httpx.AsyncClient(base_url=base, trust_env=False) as client:
            yield double, client


def keyboard(*buttons: dict[str, Any]) -> str:
    """Show buttons as a parameter."""
    return json.dumps({"inline_keyboard": [list(buttons)]})


TEXT = {"chat_id": "7", "text": "x"}

REFUSED: list[tuple[str, dict[str, str], str]] = [
    ("sendMessage", {"chat_id": "7", "text": "x" * 4097}, "message is too long"),
    ("sendMessage", {"chat_id": "7", "text": ""}, "message text is empty"),
    ("sendMessage", {"chat_id": "7", "text": " \n "}, "message text is empty"),
    ("sendMessage", {"text": "x"}, "missing chat_id"),
    ("sendMessage", {**TEXT, "colour": "red"}, "unknown parameter colour"),
    ("sendMessage", {**TEXT, "parse_mode": "HTML"}, "does not parse"),
    (
        "sendMessage",
        {**TEXT, "reply_markup": keyboard({"text": "a", "callback_data": "é" * 33})},
        "BUTTON_DATA_INVALID",
    ),
    (
        "sendMessage",
        {**TEXT, "reply_markup": keyboard({"text": "a", "callback_data": "b", "url": "c.d"})},
        "exactly one action",
    ),
    (
        "sendMessage",
        {**TEXT, "reply_markup": keyboard({"text": " ", "callback_data": "b"})},
        "non-empty",
    ),
    (
        "sendMessage",
        {**TEXT, "reply_markup": keyboard({"text": "a", "url": "http://localhost:1/"})},
        "Wrong HTTP URL",
    ),
    (
        "sendMessage",
        {**TEXT, "reply_markup": keyboard({"text": "a", "copy_text": {"text": "x" * 257}})},
        "257 characters",
    ),
    (
        "sendMessage",
        {**TEXT, "reply_markup": keyboard({"text": "a", "web_app": {"url": "http://a.b"}})},
        "HTTPS",
    ),
    ("sendPhoto", {"chat_id": "7", "photo": "f", "caption": "x" * 1025}, "caption is too long"),
    ("sendMediaGroup", {"chat_id": "7", "media": "[]"}, "0 items"),
    ("setWebhook", {"url": "http://box.example/"}, "HTTPS"),
    ("setWebhook", {"url": "https://box.example:8000/"}, "ports 80, 88, 443 or 8443"),
    ("setWebhook", {"url": "https://a.b/", "secret_token": "é"}, "unallowed characters"),
    ("setWebhook", {"url": "https://a.b/", "secret_token": "x" * 257}, "too long"),
    ("getUpdates", {"limit": "101"}, "101 number"),
    ("setMyCommands", {"commands": '[{"command":"Menu","description":"x"}]'}, "COMMAND_INVALID"),
    ("answerCallbackQuery", {"callback_query_id": "1", "text": "x" * 201}, "201 characters"),
]


@pytest.mark.parametrize(("method", "params", "reason"), REFUSED)
async def test_a_broken_rule_is_refused_and_remembered(
    api: tuple[TelegramDouble, httpx.AsyncClient],
    method: str,
    params: dict[str, str],
    reason: str,
) -> None:
    """The caller gets the vendor's kind of error, and the test that caused it fails at its end."""
    double, client = api
    answer = await client.post(method, data=params)
    assert answer.status_code == 400
    assert reason in answer.json()["description"]
    assert answer.json()["error_code"] == 400
    assert len(double.faults) == 1


async def test_states_refuse_without_a_fault(
    api: tuple[TelegramDouble, httpx.AsyncClient],
) -> None:
    """What only the state forbids is an answer, not a broken rule: chats go, queries grow old."""
    double, client = api
    sent = (await client.post("sendMessage", data=TEXT)).json()["result"]
    edit = {**TEXT, "message_id": sent["message_id"]}
    refusals = [
        ("sendMessage", {"chat_id": "8", "text": "x"}, "Bad Request: chat not found"),
        ("answerCallbackQuery", {"callback_query_id": "1"}, "query is too old"),
        ("editMessageText", edit, "message is not modified"),
        ("editMessageText", {**edit, "message_id": "999"}, "message to edit not found"),
        ("deleteMessage", {"chat_id": "7", "message_id": "999"}, "message to delete not found"),
        ("getFile", {"file_id": "?"}, "wrong file_id"),
    ]
    for method, params, reason in refusals:
        answer = await client.post(method, data=params)
        assert answer.status_code == 400, method
        assert reason in answer.json()["description"]
    assert double.faults == []


async def test_ordinary_calls_are_taken(api: tuple[TelegramDouble, httpx.AsyncClient]) -> None:
    """Every method the double has answers in the shape of the facts: form, query or JSON."""
    double, client = api
    picture = (ROOT / "tests/doubles/facts/telegram.json").read_bytes()
    sent = (await client.post("SENDMESSAGE", json={"chat_id": 7, "text": "x"})).json()["result"]
    edit = {"chat_id": "7", "message_id": sent["message_id"]}
    markup = keyboard({"text": "a", "callback_data": "b"})
    calls: list[tuple[str, dict[str, Any]]] = [
        ("getMe", {}),
        ("editMessageText", {**edit, "text": "y"}),
        ("editMessageReplyMarkup", {**edit, "reply_markup": markup}),
        ("deleteMessage", edit),
        ("setMyCommands", {"commands": '[{"command":"menu","description":"Menu"}]'}),
        ("setWebhook", {"url": "https://box.example/", "secret_token": "a-Z_9"}),
        ("getWebhookInfo", {}),
        ("deleteWebhook", {"drop_pending_updates": "false"}),
        ("getUpdates", {"timeout": "0", "allowed_updates": '["message"]'}),
        (
            "sendVenue",
            {
                "chat_id": "7",
                "latitude": "6.3",
                "longitude": "2.4",
                "title": "Salle",
                "address": "Cotonou",
            },
        ),
    ]
    for method, params in calls:
        answer = await client.post(method, data=params)
        assert answer.json()["ok"], (method, answer.text)
    media = [{"type": "document", "media": f"attach://f{n}"} for n in range(2)]
    files = {f"f{n}": ("facts.json", picture) for n in range(2)}
    album = {"chat_id": "7", "media": json.dumps(media)}
    answer = await client.post("sendMediaGroup", data=album, files=files)
    assert len(answer.json()["result"]) == 2
    assert double.faults == []


async def test_unknown_tokens_and_methods(api: tuple[TelegramDouble, httpx.AsyncClient]) -> None:
    """A stranger is unauthorized; a method that does not exist is our mistake."""
    double, client = api
    assert (await client.get(f"{double.url}/bot1:x/getMe")).status_code == 401
    assert double.faults == []
    assert (await client.get("sendTicket")).status_code == 404
    assert double.faults == ["unknown method sendTicket"]


async def test_polling_hands_over(api: tuple[TelegramDouble, httpx.AsyncClient]) -> None:
    """Updates stay until an offset confirms them; a negative offset keeps the last ones."""
    double, client = api
    seller: Account = next(iter(double.accounts.values()))
    awa = double.person(7, "Awa")
    ids = [(await awa.say(text))["update_id"] for text in "abc"]

    async def poll(**params: int) -> list[int]:
        answer = await client.get("getUpdates", params=params)
        return [update["update_id"] for update in answer.json()["result"]]

    assert await poll() == ids
    assert await poll(limit=1) == ids[:1]
    assert await poll(offset=ids[1]) == ids[1:]
    assert await poll(offset=-1) == ids[2:]
    assert [update["update_id"] for update in seller.updates] == ids[2:]
    assert double.faults == []


async def test_a_bot_may_die_and_come_back() -> None:
    """What it has not confirmed waits; what it sent stands on the screen, answered or not."""
    async with TelegramDouble.running() as double:
        token = double.bot("seller_bot").token
        awa = double.person(7, "Awa")
        await awa.start("e_1")
        for _ in range(2):
            async with TelegramChannel({"seller": token}, api_url=double.url) as channel:
                [update] = await channel.updates("seller", None)
                assert channel.read("seller", json.dumps(update), 0).heard == Start("e_1")
        async with TelegramChannel({"seller": token}, api_url=double.url) as channel:
            await channel.send("seller", "7", Outgoing("Menu", (Button("Payer", action="pay"),)))
            double.trouble("sendPhoto", Cut())
            media = Media(PICTURE, "image/png", "billet.png")
            with pytest.raises(Unanswered):
                await channel.send("seller", "7", Outgoing("Votre billet", media=media))
            menu, ticket = await awa.heard(2)
            assert (menu.buttons, ticket.text) == ({"Payer": "pay"}, "Votre billet")
            shown = ticket.body
            assert shown is not None
            assert shown.startswith(b"\xff\xd8")
            await awa.tap("Payer")
            await awa.send_photo(shown)
            await awa.send_document(PICTURE)
            updates = await channel.updates("seller", 0)
            heard = [channel.read("seller", json.dumps(update), 0).heard for update in updates]
            assert [type(one) for one in heard] == [Start, Tap, Photo, Photo]
            assert heard[1] == Tap("pay")
        with pytest.raises(AssertionError, match="no button"):
            await awa.tap("Vendre")
        assert double.faults == []

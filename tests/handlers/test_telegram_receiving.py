"""How updates come in: by polling, by webhook; persisted before they are confirmed."""

import asyncio
import json

import httpx
import pytest
import structlog
from starlette.applications import Starlette

from bot.handlers.telegram import Conflict, InvalidToken, Receiver, TelegramChannel, receiving
from bot.handlers.telegram.receiving import UPDATE_BYTES_MAX
from bot.handlers.telegram.secrets import webhook_secret
from chat.messages import Button, JoinedGroup, Outgoing, Start, Tap, Text
from tests.doubles.serving import serving
from tests.doubles.telegram import Account, Cut, Person, Refuse, TelegramDouble, too_many
from tests.handlers.inbox import Inbox
from tests.patience import WAIT_MAX_S


def said(channel: TelegramChannel, inbox: Inbox) -> list[object]:
    """Read what was kept, in order."""
    return [channel.read(talk, payload, 0).heard for _, talk, _, _, payload in inbox.kept]


# ---- Polling -------------------------------------------------------------------------------------


@pytest.mark.usefixtures("polling")
async def test_both_bots_are_polled(
    channel: TelegramChannel, double: TelegramDouble, inbox: Inbox, scanner: Account, awa: Person
) -> None:
    """What is said to each bot is kept for its talk."""
    koffi = double.person(8, "Koffi", bot=scanner)
    await awa.start("e_1")
    await inbox.until(1)
    await koffi.say("AB12")
    await inbox.until(2)
    assert [kept[:3] for kept in inbox.kept] == [
        ("telegram", "seller", "7"),
        ("telegram", "scanner", "8"),
    ]
    assert said(channel, inbox) == [Start("e_1"), Text("AB12")]


@pytest.mark.usefixtures("polling")
async def test_an_update_is_confirmed_after_it_is_kept(
    channel: TelegramChannel, inbox: Inbox, seller: Account, awa: Person
) -> None:
    """While the disk is full Telegram keeps the updates; they come again, in order, none twice."""
    await asyncio.wait_for(_first_poll(seller), WAIT_MAX_S)
    inbox.failures = 1
    await awa.say("un")
    await awa.say("deux")
    await inbox.until(2)
    await seller.bell.until(lambda: not seller.updates)
    assert said(channel, inbox) == [Text("un"), Text("deux")]


@pytest.mark.usefixtures("polling")
@pytest.mark.parametrize("delivery", ["twice", "reversed"])
async def test_updates_may_come_twice_or_in_disorder(
    inbox: Inbox, seller: Account, awa: Person, delivery: str
) -> None:
    """Each is kept once, under an id of its own."""
    seller.delivery = delivery
    for n in range(20):
        await awa.say(str(n))
    await inbox.until(20)
    await seller.bell.until(lambda: not seller.updates)
    assert len(inbox.kept) == len({kept[3] for kept in inbox.kept}) == 20


@pytest.mark.usefixtures("polling")
async def test_a_poll_that_fails_is_asked_again(
    double: TelegramDouble, inbox: Inbox, awa: Person
) -> None:
    """5xx, 429 and a connection that breaks lose nothing."""
    double.trouble("getUpdates", Refuse(502, "Bad Gateway"), Cut())
    await awa.say("bonjour")
    await inbox.until(1)
    assert len(inbox.kept) == 1


@pytest.mark.usefixtures("polling")
async def test_an_unknown_shape_does_not_stop_the_polling(
    double: TelegramDouble, inbox: Inbox, seller: Account, awa: Person
) -> None:
    """What Telegram may send one day is passed over, or kept as `other`; the next one is heard."""
    seller.push_raw({"message": {"message_id": "new", "chat": 5}})
    seller.push_raw({"brand_new_kind": {}})
    await awa.say("bonjour")
    await inbox.until(1)
    assert len(inbox.kept) == 1
    assert all(fault.startswith("the double's own reply: getUpdates") for fault in double.faults)
    double.faults.clear()


@pytest.mark.usefixtures("polling")
async def test_a_tap_is_kept_and_answered(
    channel: TelegramChannel, inbox: Inbox, seller: Account, awa: Person
) -> None:
    """The app's spinner stops, and the action is heard."""
    await channel.send("seller", "7", Outgoing("Combien ?", (Button("2", action="qty:2"),)))
    await awa.tap("2")
    await inbox.until(1)
    await seller.bell.until(lambda: len(seller.answered_queries) == 1)
    assert said(channel, inbox) == [Tap("qty:2")]


@pytest.mark.usefixtures("polling")
async def test_a_tap_that_is_too_old_to_answer_is_still_heard(
    channel: TelegramChannel, double: TelegramDouble, inbox: Inbox, awa: Person
) -> None:
    """A month-old button: Telegram wants no answer any more, the buyer does."""
    too_old = "Bad Request: query is too old and response timeout expired or query ID is invalid"
    double.trouble("answerCallbackQuery", Refuse(400, too_old))
    await channel.send("seller", "7", Outgoing("Combien ?", (Button("2", action="qty:2"),)))
    await awa.tap("qty:2")
    await inbox.until(1)
    assert said(channel, inbox) == [Tap("qty:2")]


@pytest.mark.usefixtures("polling")
async def test_groups_are_not_listened_to(
    channel: TelegramChannel, inbox: Inbox, seller: Account, awa: Person
) -> None:
    """Of a group only the joining is kept; it is confirmed all the same."""
    await awa.add_to_group(-100)
    await awa.say_in_group(-100, "bonjour à tous")
    await awa.say("bonjour")
    await inbox.until(2)
    await seller.bell.until(lambda: not seller.updates)
    assert said(channel, inbox) == [JoinedGroup(), Text("bonjour")]


async def test_polling_takes_over_from_a_webhook(
    channel: TelegramChannel, inbox: Inbox, seller: Account, awa: Person
) -> None:
    """A webhook left by an earlier start is removed, and what waited there is kept."""
    await channel.set_webhook("seller", "https://gone.example/telegram/seller")
    await channel.drop_webhook("seller")
    seller.webhook = {"url": "https://gone.example/telegram/seller", "secret": ""}
    await awa.say("bonjour")
    with pytest.raises(Conflict, match="webhook is active"):
        await channel.updates("seller", None)
    polling = asyncio.create_task(Receiver(channel, inbox).poll("seller"))
    await inbox.until(1)
    polling.cancel()
    assert seller.webhook == {}


async def test_a_second_program_is_named(
    channel: TelegramChannel,
    double: TelegramDouble,
    seller: Account,
    inbox: Inbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """409 becomes one clear line with what to do, and polling goes on: the other gets its 409."""
    monkeypatch.setattr(receiving, "CONFLICT_S", 0.01)
    with structlog.testing.capture_logs() as lines:
        polling = asyncio.create_task(Receiver(channel, inbox).poll("seller"))
        await _first_poll(seller)
        async with TelegramChannel({"seller": seller.token}, api_url=double.url) as other:
            with pytest.raises(Conflict, match="only one bot instance"):
                await other.updates("seller", None)
        polling.cancel()
        await asyncio.gather(polling, return_exceptions=True)
    [line] = lines
    assert line["event"] == "telegram.conflict"
    assert "Another program" in line["fix"]


async def test_patience_does_not_help_a_refused_token(
    channel: TelegramChannel, inbox: Inbox, double: TelegramDouble
) -> None:
    """A token revoked while we run ends the polling with an error that names the bot."""
    double.trouble("getUpdates", Refuse(401, "Unauthorized"))
    with structlog.testing.capture_logs() as lines, pytest.raises(InvalidToken, match="seller"):
        await asyncio.wait_for(Receiver(channel, inbox).poll("seller"), WAIT_MAX_S)
    assert [line["event"] for line in lines] == ["telegram.token_refused"]


async def test_a_poll_waits_as_long_as_asked(
    channel: TelegramChannel, double: TelegramDouble, inbox: Inbox, awa: Person
) -> None:
    """429 on a poll is obeyed to the second."""
    double.trouble("getUpdates", too_many(1))
    await awa.say("bonjour")
    began = asyncio.get_running_loop().time()
    polling = asyncio.create_task(Receiver(channel, inbox).poll("seller"))
    await inbox.until(1)
    polling.cancel()
    assert asyncio.get_running_loop().time() - began >= 1


async def _first_poll(seller: Account) -> None:
    await seller.bell.until(lambda: seller.polls > 0)


# ---- Webhook -------------------------------------------------------------------------------------


@pytest.mark.parametrize("delivery", ["plain", "twice", "reversed"])
async def test_updates_are_brought_by_webhook(
    channel: TelegramChannel,
    double: TelegramDouble,
    inbox: Inbox,
    awa: Person,
    delivery: str,
) -> None:
    """Telegram posts with the bot's secret; one failure of the disk brings the update again."""
    receiver = Receiver(channel, inbox)
    awa.account.delivery = delivery
    async with serving(Starlette(routes=receiver.routes())) as url:
        double.reach["https://box.example"] = url
        await receiver.set_webhooks("https://box.example/")
        await awa.say("un")
        await awa.say("deux")
        await inbox.until(2)
        await awa.account.bell.until(lambda: not awa.account.updates)
    await receiver.close()
    assert sorted(json.loads(kept[4])["message"]["text"] for kept in inbox.kept) == ["deux", "un"]


async def test_a_webhook_distrusts_its_caller(
    channel: TelegramChannel, inbox: Inbox, seller: Account
) -> None:
    """Wrong secret, wrong talk, too long, not JSON, no update: refused, nothing is kept."""
    receiver = Receiver(channel, inbox)
    app = Starlette(routes=receiver.routes())
    right = {"X-Telegram-Bot-Api-Secret-Token": webhook_secret(seller.token)}
    update = json.dumps({"update_id": 1, "message": {"chat": {"id": 7, "type": "private"}}})
    tries: list[tuple[str, str | bytes, dict[str, str], int]] = [
        ("seller", update, {}, 403),
        ("seller", update, {"X-Telegram-Bot-Api-Secret-Token": "é"}, 403),
        ("scanner", update, right, 403),
        ("accountant", update, right, 404),
        ("seller", "x" * (UPDATE_BYTES_MAX + 1), right, 413),
        ("seller", "{", right, 400),
        ("seller", "[" * 100_000, right, 400),
        ("seller", b"\xff\xfe", right, 400),
        ("seller", "[]", right, 400),
        ("seller", '{"update_id": "x"}', right, 400),
        ("seller", '{"update_id": 1, "edited_message": {}}', right, 200),
    ]
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://box") as client:
        for talk, body, headers, expected in tries:
            encoded = {name.encode(): value.encode() for name, value in headers.items()}
            answer = await client.post(f"/telegram/{talk}", content=body, headers=encoded)
            assert answer.status_code == expected, (talk, body[:20], headers)
        assert inbox.kept == []
        assert (await client.get("/telegram/seller")).status_code == 405
        answer = await client.post("/telegram/seller", content=update, headers=right)
        assert answer.status_code == 200
    await receiver.close()
    assert len(inbox.kept) == 1


async def test_a_webhook_says_no_when_nothing_was_kept(
    channel: TelegramChannel, inbox: Inbox, seller: Account
) -> None:
    """A full disk must not be a 200: Telegram would forget the message."""
    inbox.failures = 1
    receiver = Receiver(channel, inbox)
    right = {"X-Telegram-Bot-Api-Secret-Token": webhook_secret(seller.token)}
    update = {"update_id": 1, "message": {"chat": {"id": 7, "type": "private"}, "text": "x"}}
    transport = httpx.ASGITransport(Starlette(routes=receiver.routes()), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://box") as client:
        answer = await client.post("/telegram/seller", json=update, headers=right)
        assert answer.status_code == 500
        answer = await client.post("/telegram/seller", json=update, headers=right)
        assert answer.status_code == 200
    assert len(inbox.kept) == 1

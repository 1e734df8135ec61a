"""Real processes, really killed: whoever has paid, or was promised a ticket, gets it afterwards."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from gate_scanner.decoding import decode
from gate_scanner.decoding.answer import Shape
from storage.database import Database, Tx
from storage.opening import open_database
from tests.acceptance.processes import WAIT_MAX_S, Running, free_port, running, until
from tests.acceptance.sale import (
    live_settings,
    open_sale,
    reach_the_conditions,
    tickets_of,
    two_bots,
)
from tests.doubles.telegram import Person, Slow, TelegramDouble
from tests.houses import house_file
from tests.storm.invariants import breaches

STOP_MAX_S = 10
"""A service manager waits longer than this before it kills."""


# ---- The live bots -------------------------------------------------------------------------------


async def _after_the_tap(_: TelegramDouble, __: Database) -> None:
    """The update may not even have been fetched."""


async def _when_the_update_is_kept(_: TelegramDouble, database: Database) -> None:
    """The accepting message is in the inbox, perhaps worked."""

    async def look() -> bool | None:
        return await _count(database, "SELECT COUNT(*) AS n FROM inbox") >= 3 or None

    await until(look, "the update in the inbox")


async def _while_the_picture_is_sent(_: TelegramDouble, database: Database) -> None:
    """The picture's row is leased, and Telegram is slow to answer."""

    async def look() -> bool | None:
        sql = "SELECT COUNT(*) AS n FROM outbox WHERE about LIKE 'ticket:%' AND attempts > 0"
        return await _count(database, sql) > 0 or None

    await until(look, "the ticket under way")


@pytest.mark.parametrize(
    "moment", [_after_the_tap, _when_the_update_is_kept, _while_the_picture_is_sent]
)
async def test_a_sale_killed_in_its_middle_is_finished_by_the_next_process(
    moment: Callable[[TelegramDouble, Database], Awaitable[None]], tmp_path: Path
) -> None:
    """Wherever SIGKILL falls, the buyer gets the one ticket, and it is the only one."""
    async with two_bots() as double, open_sale(_url(tmp_path)) as database:
        settings = live_settings(tmp_path, double.url, _url(tmp_path))
        awa = double.person(7, "Awa")
        async with running("run", tmp_path, settings) as bot:
            await reach_the_conditions(awa)
            double.trouble("sendPhoto", Slow(3))
            await awa.tap("J’accepte")
            await moment(double, database)
            await bot.kill()
        async with running("run", tmp_path, settings) as bot:
            code = await until(lambda: _code_received(awa), "the ticket on the phone")
            rows = await database.read(tickets_of)
            assert [row["code"] for row in rows] == [code]
            assert await database.read(breaches) == []
            await _stop(bot)


async def test_a_running_box_office_stops_when_asked(tmp_path: Path) -> None:
    """SIGTERM ends it in order, within seconds, and a second one on its file is refused before."""
    async with two_bots() as double, open_sale(_url(tmp_path)):
        settings = live_settings(tmp_path, double.url, _url(tmp_path))
        awa = double.person(7, "Awa")
        async with running("run", tmp_path, settings) as bot:
            await awa.say("bonjour")
            await awa.heard(1, WAIT_MAX_S)
            async with running("run", tmp_path, settings) as second:
                code, said = await second.ended()
            assert code == 2
            assert "already runs on" in said
            assert "Traceback" not in said
            await _stop(bot)


async def test_what_is_under_way_when_it_is_asked_to_stop_is_finished(tmp_path: Path) -> None:
    """SIGTERM while a ticket's picture is on its way: it arrives, and nothing stays leased."""
    async with two_bots() as double, open_sale(_url(tmp_path)) as database:
        settings = live_settings(tmp_path, double.url, _url(tmp_path))
        awa = double.person(7, "Awa")
        async with running("run", tmp_path, settings) as bot:
            await reach_the_conditions(awa)
            double.trouble("sendPhoto", Slow(2))
            await awa.tap("J’accepte")
            await _while_the_picture_is_sent(double, database)
            await _stop(bot)
        assert await _code_received(awa)
        assert await _count(database, "SELECT COUNT(*) AS n FROM tickets WHERE delivery = 'sent'")
        left = "SELECT COUNT(*) AS n FROM outbox WHERE state = 'new'"
        assert await _count(database, f"{left} AND lease_until_ms > 0") == 0
        assert await _count(database, "SELECT COUNT(*) AS n FROM inbox WHERE state = 'new'") == 0


async def test_without_settings_it_says_what_to_put_where(tmp_path: Path) -> None:
    """Nothing set, nothing started: the sentences name each setting."""
    async with running("run", tmp_path, {}) as bot:
        code, said = await bot.ended()
    assert code == 2
    for name in ("TELEGRAM_BOT_TOKEN", "SCANNER_BOT_TOKEN", "TICKET_KEYS", "make demo"):
        assert name in said
    assert "Traceback" not in said


# ---- The demo ------------------------------------------------------------------------------------


async def test_a_demo_that_cannot_keep_its_data_says_where_and_what_to_do(tmp_path: Path) -> None:
    """A folder that cannot be made ends in a sentence, not in a traceback."""
    (tmp_path / "demo-data").write_text("in the way", encoding="ascii")
    async with running("demo", tmp_path, {}) as bot:
        code, said = await bot.ended()
    assert code == 2
    assert str(tmp_path / "demo-data") in said
    assert "Lancez-la dans un dossier où vous pouvez écrire." in said
    assert "Traceback" not in said


async def test_money_taken_before_a_kill_still_brings_its_ticket(tmp_path: Path) -> None:
    """The sandbox took the money, the demo was killed: started again, the ticket comes."""
    port = free_port()
    settings = {"PORT": str(port)}
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=WAIT_MAX_S
    ) as client:
        async with running("demo", tmp_path, settings) as demo:
            await demo.first_line()
            assert (await client.post("/webchat/session")).status_code == 201
            page = await _ask_to_pay(client)
            paid = await client.post(f"{page}/pay")
            assert paid.status_code == 303
            await demo.kill()
        async with running("demo", tmp_path, settings) as demo:
            await demo.first_line()
            message = await until(lambda: _newest(client, _has_ticket), "the ticket")
            picture = await client.get(message["files"][0]["url"])
            [code] = decode(picture.content, accept=Shape.TICKET).texts
            await _stop(demo)
    database = await open_database(f"sqlite:///{tmp_path}/demo-data/guichet.db")
    assert [row["code"] for row in await database.read(tickets_of)] == [code]
    assert await database.read(breaches) == []
    await database.close()


# ---- Steps ---------------------------------------------------------------------------------------


async def _code_received(awa: Person) -> str | None:
    for heard in await awa.heard(0):
        if "photo" in heard.json:
            [code] = decode(heard.body or b"", accept=Shape.TICKET).texts
            return code
    return None


async def _ask_to_pay(client: httpx.AsyncClient) -> str:
    """Talk as far as the payment page; answers its address."""
    await _say(client, "1", text="Nuit du Jazz")
    await until(lambda: _newest(client, _offers("kind:")), "the event")
    await _say(client, "2", text="1 Standard")
    conditions = await until(lambda: _newest(client, _offers("accept:")), "the conditions")
    accept = next(
        button["action"]
        for button in conditions["buttons"]
        if button.get("action", "").startswith("accept:")
    )
    await _say(client, "3", tap=accept)
    asked = await until(lambda: _newest(client, lambda one: "/sandbox/pay/" in str(one)), "a page")
    found = re.search(r"/sandbox/pay/[\w-]+", str(asked))
    assert found is not None
    return found[0]


async def _say(client: httpx.AsyncClient, number: str, **said: str) -> None:
    answer = await client.post("/webchat/phones/buyer/messages", json={"id": number, **said})
    assert answer.status_code == 202, answer.text


async def _newest(
    client: httpx.AsyncClient, fits: Callable[[dict[str, Any]], bool]
) -> dict[str, Any] | None:
    """The newest message of the bot that fits, on any phone."""
    answer = await client.get("/webchat/messages")
    messages: list[dict[str, Any]] = answer.json()["messages"]
    return next((one for one in reversed(messages) if one["from"] == "bot" and fits(one)), None)


def _offers(verb: str) -> Callable[[dict[str, Any]], bool]:
    return lambda one: any(
        str(button.get("action", "")).startswith(verb) for button in one["buttons"]
    )


def _has_ticket(message: dict[str, Any]) -> bool:
    return bool(message["files"])


async def _stop(program: Running) -> None:
    """Ask to stop, and see that it does, in time and without complaint."""
    program.ask_to_stop()
    async with asyncio.timeout(STOP_MAX_S):
        code, said = await program.ended()
    assert code == 0, said
    assert "Traceback" not in said, said


# ---- The database beside -------------------------------------------------------------------------


def _url(folder: Path) -> str:
    return house_file(folder / "guichet.db")


async def _count(database: Database, sql: str) -> int:
    async def count(tx: Tx) -> int:
        row = await tx.row(sql)
        return int(row["n"]) if row else 0

    return await database.read(count)

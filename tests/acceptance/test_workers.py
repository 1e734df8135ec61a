"""Several real processes on one PostgreSQL database: one is killed, nobody loses a ticket."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from storage.database import Database, Row
from tests.acceptance.processes import WAIT_MAX_S, Running, running, until
from tests.acceptance.sale import (
    live_settings,
    open_sale,
    reach_the_conditions,
    tickets_of,
    two_bots,
)
from tests.storm.invariants import breaches

BUYERS = 12
PLACES = 8


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="a worker is found through Linux's /proc"
)
async def test_a_killed_worker_is_replaced_and_nothing_is_lost(
    tmp_path: Path, postgres_url: str
) -> None:
    """Two workers sell eight places to twelve buyers, and the one that polls is killed half-way.

    The other takes up its messages and its polling, its place is filled again, and every place is
    sold once.
    """
    async with two_bots() as double, open_sale(postgres_url, PLACES) as database:
        settings = live_settings(tmp_path, double.url, postgres_url) | {"WORKERS": "2"}
        buyers = [double.person(100 + n, f"B{n}") for n in range(BUYERS)]
        async with running("run", tmp_path, settings) as bot:
            await asyncio.gather(*(reach_the_conditions(buyer) for buyer in buyers))
            before = _workers(bot)
            await asyncio.gather(*(buyer.tap("J’accepte") for buyer in buyers))
            os.kill(before[0], signal.SIGKILL)
            await asyncio.gather(*(buyer.heard(3, WAIT_MAX_S) for buyer in buyers))
            assert len(await until(lambda: _all_sold(database), "every place sold")) == PLACES
            assert await database.read(breaches) == []
            await until(lambda: _two(bot, before), "another worker in the dead one's place")
            bot.ask_to_stop()
            code, said = await bot.ended()
        assert code == 0, said
        assert "worker_died" in said


async def test_several_workers_are_refused_on_a_sqlite_file(tmp_path: Path) -> None:
    """One file, one process: the sentence says which setting to change."""
    settings = {"WORKERS": "2", "DATABASE_URL": f"sqlite:///{tmp_path}/guichet.db"}
    async with running("run", tmp_path, settings) as bot:
        code, said = await bot.ended()
    assert code == 2
    assert "WORKERS=2 needs PostgreSQL" in said


async def test_a_worker_that_lacks_something_ends_them_all(
    tmp_path: Path, postgres_url: str
) -> None:
    """What one worker refuses each would: said once each, and the program ends."""
    settings = {"WORKERS": "2", "DATABASE_URL": postgres_url, "PORT": "0"}
    async with running("run", tmp_path, settings) as bot:
        code, said = await bot.ended()
    assert code == 2
    assert "TELEGRAM_BOT_TOKEN" in said
    assert "Traceback" not in said


async def _all_sold(database: Database) -> list[Row] | None:
    found = await database.read(tickets_of)
    return found if len(found) == PLACES else None


def _workers(bot: Running) -> list[int]:
    """The processes that the parent started, oldest first."""
    pid = bot.process.pid
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return sorted(int(one) for one in listed)


async def _two(bot: Running, before: list[int]) -> bool | None:
    now = _workers(bot)
    return (len(now) == len(before) and now != before) or None

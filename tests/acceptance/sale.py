"""A live event with free tickets, the settings that sell it, and a way to its conditions."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from boxoffice.codes import new_key
from chat.clock import wall_clock
from storage.database import Database, Row, Tx
from storage.opening import open_database
from tests.acceptance.processes import WAIT_MAX_S
from tests.doubles.telegram import Person, TelegramDouble
from tests.transcripts.world import ZONE, make_event

SELLER, SCANNER = f"1:TEST-SELLER-{'x' * 20}", f"2:TEST-SCANNER-{'x' * 20}"

TITLE = "Soirée gratuite"
PLACES = 5


@asynccontextmanager
async def two_bots() -> AsyncIterator[TelegramDouble]:
    """Serve Telegram, where both bots are known; at the end none of its rules may be broken."""
    async with TelegramDouble.running() as double:
        double.bot("seller_bot", SELLER)
        double.bot("scanner_bot", SCANNER)
        yield double
        assert double.faults == []


@asynccontextmanager
async def open_sale(url: str, places: int = PLACES) -> AsyncIterator[Database]:
    """Put the event on sale, in a database that the program will open beside us."""
    database = await open_database(url, beside=True)
    starts = (datetime.now(ZoneInfo(ZONE)) + timedelta(days=10)).replace(microsecond=0)
    facts = (f"Standard 0 x {places}", "tous publics")
    await database.write(make_event, TITLE, starts, facts, wall_clock())
    await database.write(_go_live)
    try:
        yield database
    finally:
        await database.close()


async def _go_live(tx: Tx) -> None:
    await tx.run("UPDATE events SET mode = 'live'")


def live_settings(folder: Path, telegram_url: str, database_url: str) -> dict[str, str]:
    """The settings of an installation on Telegram's double."""
    keys = folder / "test-keys"
    if not keys.exists():
        keys.write_text(new_key(), encoding="ascii")
    return {
        "TELEGRAM_BOT_TOKEN": SELLER,
        "SCANNER_BOT_TOKEN": SCANNER,
        "TELEGRAM_API_URL": telegram_url,
        "TICKET_KEYS": keys.read_text(encoding="ascii"),
        "DATABASE_URL": database_url,
        "PORT": "0",
    }


async def reach_the_conditions(buyer: Person) -> None:
    """Talk as far as the conditions of one ticket."""
    await buyer.say(TITLE)
    await buyer.heard(1, WAIT_MAX_S)
    await buyer.say("1 Standard")
    await buyer.heard(2, WAIT_MAX_S)


async def tickets_of(tx: Tx) -> list[Row]:
    """Read every ticket there is."""
    return await tx.rows("SELECT code, status FROM tickets")

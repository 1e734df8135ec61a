"""What the tests of the channel `whatsapp` share: its stage, and people who type on it."""

import contextlib
from collections.abc import AsyncIterator

from storage.database import Tx
from storage.opening import open_database
from tests.doubles.twilio import Customer, TwilioDouble
from tests.doubles.twilio.server import SCANNER, SELLER
from tests.transcripts.on_whatsapp import WhatsAppScreens, open_whatsapp_stage
from tests.transcripts.stage import Stage

AWA = "whatsapp:+22900000777"
JAZZ = "événement jazz: Nuit du Jazz | 12/06/2027 20:30 | Standard 5000 x 9"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64


@contextlib.asynccontextmanager
async def on_stage(url: str, numbers: tuple[str, str] = (SELLER, SCANNER)) -> AsyncIterator[Stage]:
    """Set the stage on a database of this test's own."""
    database = await open_database(url)
    try:
        async with open_whatsapp_stage(database, numbers=numbers, served=True) as stage:
            screens_of(stage).presses = False  # here people are watched doing it
            yield stage
    finally:
        await database.close()


def screens_of(stage: Stage) -> WhatsAppScreens:
    """Give what the stage shows."""
    assert isinstance(stage.screens, WhatsAppScreens)
    return stage.screens


def double_of(stage: Stage) -> TwilioDouble:
    """Give the double of a stage."""
    return screens_of(stage).watched.double


async def settle(stage: Stage) -> None:
    """Let everything come to rest, statuses and what follows from them included."""
    for _ in range(4):
        await stage.settle()
        await double_of(stage).settled()


async def say(stage: Stage, who: Customer, *texts: str) -> None:
    """Have somebody type."""
    for text in texts:
        await who.say(text)
        await settle(stage)


async def until_asked_to_pay(stage: Stage, who: Customer) -> None:
    """Have somebody ask for one ticket by typing alone, up to the link to pay it."""
    await say(stage, who, "Bonjour !", "1", "standard", "1", "J ACCEPTE")


async def until_paid(stage: Stage, who: Customer) -> None:
    """Have somebody buy one ticket by typing alone, up to the money's arrival."""
    await until_asked_to_pay(stage, who)
    await stage.world("payé")
    await settle(stage)


async def delivery_of(tx: Tx) -> str:
    """Read the delivery state of the newest ticket."""
    row = await tx.row("SELECT delivery FROM tickets ORDER BY id DESC LIMIT 1")
    return str(row["delivery"]) if row else ""

"""What the tests of the channels share."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.handlers.telegram import Receiver, TelegramChannel
from tests.doubles.telegram import Account, Person, TelegramDouble
from tests.handlers.inbox import Inbox
from tests.handlers.whatsapp_stage import JAZZ, on_stage
from tests.transcripts.stage import Stage


@pytest.fixture
async def double() -> AsyncIterator[TelegramDouble]:
    """Give Telegram with two bots; at the end nothing may have broken the vendor's rules."""
    async with TelegramDouble.running() as running:
        running.bot("seller_bot")
        running.bot("scanner_bot")
        yield running
    assert running.faults == []


@pytest.fixture
def seller(double: TelegramDouble) -> Account:
    """Give the seller's side of the double."""
    return next(iter(double.accounts.values()))


@pytest.fixture
def scanner(double: TelegramDouble) -> Account:
    """Give the scanner's side of the double."""
    return list(double.accounts.values())[1]


@pytest.fixture
async def channel(
    double: TelegramDouble, seller: Account, scanner: Account
) -> AsyncIterator[TelegramChannel]:
    """Give the channel, open, with both bots."""
    opening = TelegramChannel(
        {"seller": seller.token, "scanner": scanner.token}, api_url=double.url
    )
    async with opening as opened:
        yield opened


@pytest.fixture
def awa(double: TelegramDouble, seller: Account) -> Person:
    """Give a buyer."""
    return double.person(7, "Awa", "fr-BJ", bot=seller)


@pytest.fixture
def inbox() -> Inbox:
    """Give an empty inbox."""
    return Inbox()


@pytest.fixture
async def polling(channel: TelegramChannel, inbox: Inbox) -> AsyncIterator[None]:
    """Poll both bots while the test runs."""
    receiver = Receiver(channel, inbox)
    tasks = [asyncio.create_task(receiver.poll(talk)) for talk in channel.bots]
    yield
    for task in tasks:
        task.cancel()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    await receiver.close()
    assert all(isinstance(end, asyncio.CancelledError) for end in ended)


@pytest.fixture
async def stage(database_url: str) -> AsyncIterator[Stage]:
    """Give an installation on WhatsApp with an event on sale, once for each engine."""
    async with on_stage(database_url) as opened:
        await opened.world(JAZZ)
        yield opened

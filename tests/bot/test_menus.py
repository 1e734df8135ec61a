"""The menus beside the text field: what they show is understood, and each role has its own."""

import re
from typing import get_args

import pytest

from bot import menus
from bot.flows.seller import seller_talk
from bot.handlers.telegram import TelegramChannel
from bot.worlds.live_telegram import LiveTelegram, roles_in_chats
from boxoffice.codes import Keyring, Mode
from chat.messages import TalkName
from chat.talk import Talk
from chat.understanding import fold
from gate_scanner.talk import scanner_talk
from storage.database import Database
from storage.opening import open_database
from tests.doubles.telegram import TelegramDouble
from tests.flows.talking import DEMO
from tests.transcripts.on_telegram import open_telegram_stage
from tests.transcripts.screens import Speaker
from tests.transcripts.stage import TEST_KEY

COMMAND = re.compile("[a-z0-9_]{1,32}")
TALKS: dict[TalkName, Talk] = {
    "seller": seller_talk(DEMO),
    "scanner": scanner_talk(Keyring.parse(TEST_KEY), Mode.DEMO),
}


@pytest.mark.parametrize("role", get_args(menus.MenuRole))
def test_every_command_is_understood_and_described(role: menus.MenuRole) -> None:
    """Whatever a menu offers its talk knows, in both languages, under Telegram's rules of names."""
    talk = TALKS[menus.MENUS[role][0]]
    for listed in menus.said(menus.commands_of(role), talk.texts).values():
        assert len({name for name, _ in listed}) == len(listed) <= 100
        for name, described in listed:
            assert COMMAND.fullmatch(name)
            assert 1 <= len(described) <= 256
            assert fold(f"/{name}") in talk.commands


async def test_each_role_has_its_own_menu(house_sqlite_url: str) -> None:
    """It is set in their chat alone, in each language; who is dismissed has the common one."""
    database = await open_database(house_sqlite_url)
    async with open_telegram_stage(database) as stage:
        await stage.world("événement jazz: Nuit du Jazz | 12/06/2027 20:30 | Standard 5000 x 9")
        await stage.world("organisateur awa")
        await stage.world("superviseur jazz")
        await stage.world("vendeur kofi 10 jazz")
        kofi = await stage.screens.ref(Speaker("kofi", "seller"))
        awa = await stage.screens.ref(Speaker("awa", "seller"))
        boss = await stage.screens.ref(Speaker("superviseur", "scanner"))
        watched = stage.screens.watched  # type: ignore[attr-defined] # the stage of Telegram
        chore = LiveTelegram(watched.channel, None).menu_chore(stage.guichet)
        await chore.work(stage.clock())
        double: TelegramDouble = watched.double
        channel: TelegramChannel = watched.channel
        seller = double.accounts[channel.bots["seller"].token]
        scanner = double.accounts[channel.bots["scanner"].token]
        assert [one["command"] for one in seller.commands[f"{awa}:fr"]][:2] == [
            "organiser",
            "evenement",
        ]
        offered = {one["command"] for one in seller.commands[f"{awa}:fr"]}
        assert {"portes", "terminaux", "journal", "organisateurs"} <= offered
        assert [one["command"] for one in seller.commands[f"{kofi}:fr"]][:2] == ["vente", "caisse"]
        assert next(one["command"] for one in scanner.commands[f"{boss}:en"]) == "live"
        await stage.world("renvoie superviseur jazz")
        await chore.work(stage.clock())
        assert next(one["command"] for one in scanner.commands[f"{boss}:fr"]) == "terminal"
    await database.close()


async def test_nobody_has_a_role_on_an_empty_database(database: Database) -> None:
    """Both engines answer."""
    assert await database.read(roles_in_chats, 0) == {}

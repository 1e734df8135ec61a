"""Telegram in the real world: its two bots, how their updates come in, and the links into them."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial

import structlog
from starlette.routing import Route

from bot import menus
from bot.handlers.telegram import (
    PACE,
    Command,
    InvalidToken,
    Receiver,
    TelegramChannel,
    Toast,
    Unanswered,
)
from bot.installation import Installation
from bot.settings import Settings
from bot.telegram_till import TelegramTill
from bot.watch import refusals
from chat.channel import SendLater, SendRefused
from chat.leading import Leading
from chat.messages import TalkName, words
from chat.texts import language_of
from chat.upkeep import Chore
from chat.waiting import SAID_FROM_MS, rounded
from storage import organisers, sellers, staff
from storage.database import Tx
from storage.outbox import Pace, sender_of

MENUS_EVERY_MS = 60_000
MENUS_AT_ONCE_MAX = 20
"""Three calls each, far below what Telegram takes in a second or two."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class LiveTelegram:
    """The channel and what goes with it."""

    channel: TelegramChannel
    public_url: str | None

    @property
    def paces(self) -> dict[str, Pace]:
        """How fast each of its bots may send."""
        return {sender_of(self.channel.name, talk): PACE for talk in self.channel.bots}

    def link(self, talk: TalkName, payload: str) -> str:
        """A deep link that opens a bot, perhaps with a start parameter."""
        start = f"?start={payload}" if payload else ""
        return f"https://t.me/{self.channel.usernames[talk]}{start}"

    def receiver(self, guichet: Installation) -> Receiver:
        """What takes updates to the engine, and answers checkouts within seconds."""
        till = TelegramTill(guichet.database, guichet.house.texts, guichet.clock)
        return Receiver(self.channel, guichet.engine, till.may_pay, self._toast(guichet))

    def _toast(self, guichet: Installation) -> Toast:
        """What a tapped button says where many wait: for how long."""

        def toast(talk: TalkName, language: str | None) -> str | None:
            wait_ms = guichet.queues.wait_ms(self.channel.name, talk)
            if talk != "seller" or wait_ms < SAID_FROM_MS:
                return None
            said = words("wait.toast", span=rounded(wait_ms))
            return guichet.house.texts.render(said, language_of(language))

        return toast

    def routes(self, receiver: Receiver) -> list[Route]:
        """The routes that Telegram posts to, if it can reach us."""
        return receiver.routes() if self.public_url else []

    async def introduce(self, guichet: Installation, receiver: Receiver) -> None:
        """Tell Telegram, once a start, our commands and where we hear: of several, one does.

        Raises:
            Refusal: Telegram does not take the public address.
        """
        await self.offer_menus(guichet)
        if self.public_url is None:
            return
        try:
            await receiver.set_webhooks(self.public_url)
        except (SendRefused, SendLater, Unanswered) as error:
            raise refusals.Refusal(
                f"Telegram does not take PUBLIC_URL as a webhook ({error}): it must be https, "
                "with a certificate, and reachable from the Internet."
            ) from None

    @contextlib.asynccontextmanager
    async def receiving(self, receiver: Receiver, leading: Leading) -> AsyncIterator[None]:
        """Poll where there is no public address: of several processes the one that leads."""
        if self.public_url is not None:
            yield
            return
        talks: tuple[TalkName, ...] = ("seller", "scanner")
        polls = [
            asyncio.create_task(
                leading.run(f"poll telegram {talk}", partial(receiver.poll, talk)),
                name=f"poll {talk}",
            )
            for talk in talks
        ]
        for poll in polls:
            poll.add_done_callback(_stop_if_deaf)
        try:
            yield
        finally:
            for poll in polls:
                poll.cancel()
            await asyncio.gather(*polls, return_exceptions=True)

    async def offer_menus(self, guichet: Installation) -> None:
        """Set the commands that Telegram shows; without them everything works all the same."""
        for role in menus.EVERYBODY.values():
            await self._offer(guichet, role)

    def menu_chore(self, guichet: Installation) -> Chore:
        """Give organisers and supervisors their longer menus, and take them back, within a minute.

        Remembered by this process: a restart offers them all again, which changes nothing.
        """
        offered: dict[tuple[TalkName, str], menus.MenuRole] = {}

        async def work(now_ms: int) -> None:
            wanted = await guichet.database.read(roles_in_chats, now_ms)
            for place in [one for one in offered if one not in wanted]:
                wanted[place] = menus.EVERYBODY[place[0]]
            changed = [
                (place, role) for place, role in wanted.items() if offered.get(place) != role
            ]
            offered.update(
                {
                    place: role
                    for place, role in changed[:MENUS_AT_ONCE_MAX]
                    if await self._offer(guichet, role, place[1])
                }
            )

        return Chore("offer_menus", MENUS_EVERY_MS, work)

    async def _offer(
        self, guichet: Installation, role: menus.MenuRole, ref: str | None = None
    ) -> bool:
        talk = menus.MENUS[role][0]
        told = menus.said(menus.commands_of(role), guichet.talks[talk].texts)
        menu = {
            language: [Command(name, described) for name, described in one]
            for language, one in told.items()
        }
        try:
            await self.channel.offer(talk, menu, ref)
        except (InvalidToken, SendLater, SendRefused, Unanswered) as error:
            log.warning("menu_not_offered", talk=talk, role=role, why=repr(error))
            return False
        return True


async def roles_in_chats(tx: Tx, now_ms: int) -> dict[tuple[TalkName, str], menus.MenuRole]:
    """Read in which chats of Telegram somebody sells, organises, or supervises a door."""
    selling = await sellers.seller_refs(tx, "telegram", now_ms)
    organising = await organisers.member_refs(tx, "telegram")
    supervising = await staff.supervisor_refs(tx, "telegram", now_ms)
    found: dict[tuple[TalkName, str], menus.MenuRole] = {}
    found |= {("seller", ref): "seller" for ref in selling}
    found |= {("seller", ref): role for ref, role in organising.items()}
    found |= {("scanner", ref): "supervisor" for ref in supervising}
    return found


def _stop_if_deaf(poll: asyncio.Task[None]) -> None:
    """End the program when a bot cannot hear any more: its token was taken back."""
    if not poll.cancelled() and poll.exception() is not None:
        log.critical("bot_deaf", poll=poll.get_name(), why=str(poll.exception()))
        os.kill(os.getpid(), signal.SIGTERM)


async def open_telegram(
    stack: contextlib.AsyncExitStack, settings: Settings
) -> LiveTelegram | None:
    """Open both bots if the settings name them.

    Raises:
        Refusal: Telegram refuses a token, or does not answer.
    """
    seller, scanner = settings.telegram_bot_token, settings.scanner_bot_token
    if seller is None or scanner is None:
        return None
    tokens: dict[TalkName, str] = {
        "seller": seller.get_secret_value(),
        "scanner": scanner.get_secret_value(),
    }
    try:
        channel = TelegramChannel(tokens, api_url=settings.telegram_api_url)
        await stack.enter_async_context(channel)
    except InvalidToken as error:
        raise refusals.Refusal(str(error)) from None
    except Unanswered as error:
        raise refusals.Refusal(f"Telegram does not answer ({error}): try again later.") from None
    return LiveTelegram(channel, settings.public_url)

"""The real world: two bots on Telegram, by polling or webhook, and a web server beside them."""

import asyncio
import contextlib
import os
import secrets
import signal
from collections.abc import AsyncIterator, Mapping

import structlog
from starlette.applications import Starlette
from starlette.routing import Route

from bot import menus, refusals
from bot.flows.house import House
from bot.flows.seller import seller_texts
from bot.handlers.telegram import Command, InvalidToken, Receiver, TelegramChannel, Unanswered
from bot.installation import Installation, install
from bot.payments.protocol import Provider
from bot.payments.telegram import TelegramPayments
from bot.providers import open_providers
from bot.settings import Settings
from bot.telegram_till import TelegramTill
from bot.web.health import health_routes
from bot.web.payments import payment_routes
from bot.web.serving import listen, serving
from boxoffice.codes import Keyring, Mode
from boxoffice.rules import DAY_MS
from chat.channel import Channel, SendLater, SendRefused
from chat.clock import wall_clock
from chat.messages import TalkName
from chat.workers import Workers
from storage import installation, invitations
from storage.database import Database
from storage.opening import open_database

OWNER_LINK_MS = DAY_MS
"""How long the first owner's link may be used: a day, and once."""

WORKERS = 2

log = structlog.get_logger(__name__)


@contextlib.asynccontextmanager
async def serve(settings: Settings) -> AsyncIterator[None]:
    """Serve both bots until the block ends.

    Raises:
        Refusal: it cannot start; the sentences say what to put where.
    """
    tokens, keyring = _required(settings)
    try:
        listener = listen(settings.host, settings.port)
    except OSError as error:
        reason = error.strerror or str(error)
        raise refusals.port_taken(settings.host, settings.port, reason) from error
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(listener.close)
        database = await open_database(settings.database_url)
        stack.push_async_callback(database.close)
        await _settle(database, keyring)
        telegram = await _open_telegram(stack, tokens, settings)
        workers = await stack.enter_async_context(Workers(WORKERS))
        channels: dict[str, Channel] = {telegram.name: telegram}
        installation_id = await database.write(installation.settle_id, secrets.token_hex(8))
        providers = await open_providers(stack, settings, installation_id)
        if settings.telegram_provider_token is not None:
            invoices = TelegramPayments(
                telegram,
                provider_token=settings.telegram_provider_token.get_secret_value(),
                desk=providers.get("stripe"),
                clock=wall_clock,
            )
            providers[invoices.name] = invoices
        guichet = install(
            database,
            _house(settings, keyring, telegram, tuple(providers)),
            channels=channels,
            providers=providers,
            workers=workers,
            clock=wall_clock,
            return_urls={telegram.name: _bot_link(telegram, "seller", "")},
        )
        await stack.enter_async_context(guichet.working())
        till = TelegramTill(database, guichet.house.texts, wall_clock)
        receiver = Receiver(telegram, guichet.engine, till.may_pay)
        stack.push_async_callback(receiver.close)
        app = Starlette(routes=_routes(guichet, providers, receiver, settings))
        await stack.enter_async_context(serving(app, listener, before_stop=lambda: None))
        await _offer_menus(telegram, guichet)
        async with _receiving(receiver, settings):
            log.info(
                "running",
                seller=telegram.usernames["seller"],
                scanner=telegram.usernames["scanner"],
                by="webhook" if settings.public_url else "polling",
                port=listener.getsockname()[1],
            )
            if settings.public_url is None:
                log.info("without_public_url", needs_it="webhooks and online payment notices")
            yield


async def owner_link(settings: Settings) -> str:
    """Make the first owner's one-use link, and say what to do with it.

    Raises:
        Refusal: the settings do not allow it.
    """
    tokens, _ = _required(settings)
    async with contextlib.AsyncExitStack() as stack:
        database = await open_database(settings.database_url, beside=True)
        stack.push_async_callback(database.close)
        telegram = await _open_telegram(stack, tokens, settings)
        token, now_ms = invitations.new_token(), wall_clock()
        await database.write(
            invitations.invite,
            token,
            purpose="owner",
            now_ms=now_ms,
            expires_ms=now_ms + OWNER_LINK_MS,
        )
        link = _bot_link(telegram, "seller", f"o_{token}")
    return (
        f"{link}\n"
        "Open this link on your phone within 24 hours and press the button: whoever does so first "
        "owns this box office."
    )


def _required(settings: Settings) -> tuple[dict[TalkName, str], Keyring]:
    """The settings that nothing can run without, all asked for at once."""
    seller, scanner = settings.telegram_bot_token, settings.scanner_bot_token
    keys = settings.ticket_keys
    if seller is None and scanner is None:
        raise refusals.no_tokens()
    if seller is None or scanner is None or keys is None:
        wanted = {
            "TELEGRAM_BOT_TOKEN": seller,
            "SCANNER_BOT_TOKEN": scanner,
            "TICKET_KEYS": keys,
        }
        raise refusals.missing_settings([name for name, value in wanted.items() if value is None])
    tokens: dict[TalkName, str] = {
        "seller": seller.get_secret_value(),
        "scanner": scanner.get_secret_value(),
    }
    return tokens, Keyring.parse(keys.get_secret_value())


async def _settle(database: Database, keyring: Keyring) -> None:
    """Refuse a demo's database, or one whose tickets these keys cannot check."""
    mode = await database.write(installation.settle_mode, Mode.LIVE.value)
    if mode != Mode.LIVE.value:
        raise refusals.wrong_mode(mode, Mode.LIVE.value)
    lost = await database.write(installation.settle_keys, keyring.fingerprints(), wall_clock())
    if lost:
        raise refusals.missing_keys(lost)


async def _open_telegram(
    stack: contextlib.AsyncExitStack, tokens: Mapping[TalkName, str], settings: Settings
) -> TelegramChannel:
    try:
        channel = TelegramChannel(tokens, api_url=settings.telegram_api_url)
        return await stack.enter_async_context(channel)
    except InvalidToken as error:
        raise refusals.Refusal(str(error)) from None
    except Unanswered as error:
        raise refusals.Refusal(f"Telegram does not answer ({error}): try again later.") from None


async def _offer_menus(telegram: TelegramChannel, guichet: Installation) -> None:
    offered: dict[TalkName, menus.Commands] = {
        "seller": menus.SELLER_COMMANDS,
        "scanner": menus.SCANNER_COMMANDS,
    }
    for talk, commands in offered.items():
        menu = {
            language: [Command(name, described) for name, described in one]
            for language, one in menus.said(commands, guichet.talks[talk].texts).items()
        }
        try:
            await telegram.offer(talk, menu)
        except Exception as error:  # noqa: BLE001 (a menu is a comfort: the bots work without it)
            log.warning("menu_not_offered", talk=talk, why=repr(error))


@contextlib.asynccontextmanager
async def _receiving(receiver: Receiver, settings: Settings) -> AsyncIterator[None]:
    """Take updates in by webhook if there is a public address, else by polling."""
    if settings.public_url is not None:
        try:
            await receiver.set_webhooks(settings.public_url)
        except (SendRefused, SendLater, Unanswered) as error:
            raise refusals.Refusal(
                f"Telegram does not take PUBLIC_URL as a webhook ({error}): it must be https, with "
                "a certificate, and reachable from the Internet."
            ) from None
        yield
        return
    talks: tuple[TalkName, ...] = ("seller", "scanner")
    polls = [asyncio.create_task(receiver.poll(talk), name=f"poll {talk}") for talk in talks]
    for poll in polls:
        poll.add_done_callback(_stop_if_deaf)
    try:
        yield
    finally:
        for poll in polls:
            poll.cancel()
        await asyncio.gather(*polls, return_exceptions=True)


def _stop_if_deaf(poll: asyncio.Task[None]) -> None:
    """End the program when a bot cannot hear any more: its token was taken back."""
    if not poll.cancelled() and poll.exception() is not None:
        log.critical("bot_deaf", poll=poll.get_name(), why=str(poll.exception()))
        os.kill(os.getpid(), signal.SIGTERM)


def _routes(
    guichet: Installation,
    providers: Mapping[str, Provider],
    receiver: Receiver,
    settings: Settings,
) -> list[Route]:
    async def alive() -> object:
        return await guichet.database.read(installation.is_alive)

    routes = health_routes(alive) + payment_routes(providers, guichet.payment_work.credit)
    return routes + receiver.routes() if settings.public_url else routes


def _house(
    settings: Settings, keyring: Keyring, telegram: TelegramChannel, providers: tuple[str, ...]
) -> House:
    return House(
        mode=Mode.LIVE,
        texts=seller_texts(),
        keyring=keyring,
        providers=providers,
        seller_link=lambda _channel, payload: _bot_link(telegram, "seller", payload),
        scanner_link=lambda _channel, payload: _bot_link(telegram, "scanner", payload),
        zone=settings.zone,
        currency=settings.currency,
    )


def _bot_link(telegram: TelegramChannel, talk: TalkName, payload: str) -> str:
    """A deep link that opens a bot, perhaps with a start parameter."""
    start = f"?start={payload}" if payload else ""
    return f"https://t.me/{telegram.usernames[talk]}{start}"

"""The real world: Telegram, WhatsApp or both, and the web server beside them."""

from __future__ import annotations

import contextlib
import secrets
import socket
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from starlette.routing import Route
from starlette.types import ASGIApp

from bot.far_work.mail import SmtpPost, open_post
from bot.flows.house import House
from bot.flows.seller import seller_texts
from bot.installation import (
    Installation,
    install,
    receipt_parts,
    terminal_parts,
    ticket_parts,
)
from bot.payments.protocol import Provider
from bot.payments.telegram import TelegramPayments
from bot.settings import Settings
from bot.watch import refusals
from bot.watch.metrics import CONTENT_TYPE, Metrics
from bot.watch.readiness import Readiness
from bot.web.guard import Guarded
from bot.web.health import health_routes, metrics_routes
from bot.web.payments import payment_routes
from bot.web.receipts import receipt_routes
from bot.web.serving import listen, serving
from bot.web.site import site
from bot.web.terminal import PREFIX, terminal_routes
from bot.web.ticket_pictures import ticket_routes
from bot.worlds.providers import open_providers
from bot.worlds.required import required, whatsapp_wanted
from bot.worlds.side_by_side import Place
from boxoffice.codes import Keyring, Mode
from boxoffice.rules import DAY_MS
from boxoffice.tokens import new_token
from chat import upkeep
from chat.channel import Channel
from chat.clock import wall_clock
from chat.leading import Leading
from chat.messages import TalkName
from chat.workers import Workers
from storage import installation, invitations, moving
from storage.database import Database
from storage.opening import open_database

if TYPE_CHECKING:
    from bot.worlds.live_telegram import LiveTelegram
    from bot.worlds.live_whatsapp import LiveWhatsApp

OWNER_LINK_MS = DAY_MS
"""How long the first owner's link may be used: a day, and once."""

WORKERS = 2

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Apps:
    """The apps that this installation lives in: at least one."""

    telegram: LiveTelegram | None
    whatsapp: LiveWhatsApp | None

    @property
    def channels(self) -> dict[str, Channel]:
        """What the engine reads and sends through."""
        found: list[Channel] = [one.channel for one in (self.telegram, self.whatsapp) if one]
        return {channel.name: channel for channel in found}

    def link(self, channel: str, talk: TalkName, payload: str) -> str | None:
        """A link into the same app if it is one of ours, else into the other."""
        for one in (self.telegram, self.whatsapp):
            if one is not None and one.channel.name == channel:
                return one.link(talk, payload)
        other = self.telegram or self.whatsapp
        return other.link(talk, payload) if other else None


@contextlib.asynccontextmanager
async def serve(settings: Settings, place: Place | None = None) -> AsyncIterator[None]:
    """Serve both talks on every app until the block ends; `place` is that of one worker of several.

    Raises:
        Refusal: it cannot start; the sentences say what to put where.
    """
    keyring = required(settings)
    listener = _listen(settings) if place is None else place.port()
    is_first = place is None or place.number == 0
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(listener.close)
        database = await open_database(settings.database_url)
        stack.push_async_callback(database.close)
        await _settle(database, keyring)
        apps = await _open_apps(stack, database, settings)
        holder = _holder(database, listener, place)
        metrics = Metrics(database, wall_clock, holder)
        workers = metrics.timed(await stack.enter_async_context(Workers(WORKERS)))
        providers = await _open_providers(stack, database, settings, apps)
        guichet = install(
            database,
            _house(settings, keyring, apps, tuple(providers)),
            channels=apps.channels,
            providers=providers,
            workers=workers,
            clock=wall_clock,
            return_urls={name: apps.link(name, "seller", "") or "" for name in apps.channels},
            paces=apps.telegram.paces if apps.telegram else {},
            holder=holder,
            public_url=settings.public_url,
            post=_post(settings),
        )
        await stack.enter_async_context(guichet.working())
        ready = Readiness(database, wall_clock)
        routes = _routes(guichet, providers, ready) + _metrics(metrics, settings)
        if apps.whatsapp is not None:
            routes += apps.whatsapp.routes(guichet)
            chores = apps.whatsapp.receiver(guichet).chores()
            await stack.enter_async_context(upkeep.running(chores, wall_clock))
        receiver = apps.telegram.receiver(guichet) if apps.telegram else None
        if apps.telegram is not None and receiver is not None:
            stack.push_async_callback(receiver.close)
            routes += apps.telegram.routes(receiver)
        port = listener.getsockname()[1]
        app = site(routes + _terminal(guichet, settings))
        guarded = _at_the_door(app, settings, port)
        await stack.enter_async_context(serving(guarded, listener, before_stop=lambda: None))
        stack.callback(ready.stop)
        if apps.telegram is not None and receiver is not None:
            if is_first:
                await apps.telegram.introduce(guichet, receiver)
            leading = Leading(database, wall_clock, guichet.holder)
            await stack.enter_async_context(apps.telegram.receiving(receiver, leading))
            ready.channels["telegram"] = receiver.trouble
            menu_chore = apps.telegram.menu_chore(guichet)
            await stack.enter_async_context(upkeep.running((menu_chore,), wall_clock))
        _say_running(apps, settings, port)
        yield


def _listen(settings: Settings) -> socket.socket:
    try:
        return listen(settings.host, settings.port)
    except OSError as error:
        reason = error.strerror or str(error)
        raise refusals.port_taken(settings.host, settings.port, reason) from error


def _holder(database: Database, listener: socket.socket, place: Place | None) -> str:
    """What this process is called: the same when it is started again in the same place."""
    if database.engine == "sqlite":
        return "alone"
    port = listener.getsockname()[1]
    return f"{socket.gethostname()}:{port}:{place.number if place else 0}"


def _say_running(apps: _Apps, settings: Settings, port: int) -> None:
    telegram, whatsapp = apps.telegram, apps.whatsapp
    if telegram is not None:
        log.info(
            "running",
            channel="telegram",
            seller=telegram.channel.usernames["seller"],
            scanner=telegram.channel.usernames["scanner"],
            by="webhook" if settings.public_url else "polling",
            port=port,
        )
    if whatsapp is not None:
        log.info(
            "running",
            channel="whatsapp",
            seller=whatsapp.link("seller", ""),
            scanner=whatsapp.link("scanner", ""),
            webhook=whatsapp.webhook,
            port=port,
        )
    if settings.public_url is None:
        log.info("without_public_url", needs_it="webhooks and online payment notices")


async def _open_providers(
    stack: contextlib.AsyncExitStack, database: Database, settings: Settings, apps: _Apps
) -> dict[str, Provider]:
    """Open every way of paying that the settings name."""
    installation_id = await database.write(installation.settle_id, secrets.token_hex(8))
    providers = await open_providers(stack, settings, installation_id)
    token = settings.telegram_provider_token
    if token is not None and apps.telegram is not None:
        invoices = TelegramPayments(
            apps.telegram.channel,
            provider_token=token.get_secret_value(),
            desk=providers.get("stripe"),
            clock=wall_clock,
        )
        providers[invoices.name] = invoices
    return providers


def _post(settings: Settings) -> SmtpPost | None:
    """The mail server, where the settings name one and who writes."""
    if settings.smtp_url is None or settings.mail_from is None:
        return None
    return open_post(settings.smtp_url.get_secret_value(), settings.mail_from)


async def owner_link(settings: Settings) -> str:
    """Make the first owner's one-use link, in each app, and say what to do with it.

    Raises:
        Refusal: the settings do not allow it.
    """
    required(settings)
    async with contextlib.AsyncExitStack() as stack:
        database = await open_database(settings.database_url, beside=True)
        stack.push_async_callback(database.close)
        apps = await _open_apps(stack, database, settings)
        token, now_ms = new_token(), wall_clock()
        await database.write(
            invitations.invite,
            token,
            purpose="owner",
            now_ms=now_ms,
            expires_ms=now_ms + OWNER_LINK_MS,
        )
        links = [apps.link(name, "seller", f"o_{token}") for name in apps.channels]
    return (
        f"{' or '.join(filter(None, links))}\n"
        "Open this link on your phone within 24 hours and press the button: whoever does so first "
        "owns this box office."
    )


async def _open_apps(
    stack: contextlib.AsyncExitStack, database: Database, settings: Settings
) -> _Apps:
    """Open what the settings name: the library of the other app is not loaded."""
    telegram: LiveTelegram | None = None
    if settings.telegram_bot_token is not None:
        from bot.worlds.live_telegram import open_telegram  # noqa: PLC0415 (as said above)

        telegram = await open_telegram(stack, settings)
    whatsapp: LiveWhatsApp | None = None
    if whatsapp_wanted(settings):
        from bot.worlds.live_whatsapp import open_whatsapp  # noqa: PLC0415 (as said above)

        whatsapp = await open_whatsapp(stack, database, settings)
    return _Apps(telegram, whatsapp)


async def _settle(database: Database, keyring: Keyring) -> None:
    """Refuse half a database, a demo's, or one whose tickets these keys cannot check."""
    if await database.read(moving.is_unfinished):
        raise refusals.half_moved()
    mode = await database.write(installation.settle_mode, Mode.LIVE.value)
    if mode != Mode.LIVE.value:
        raise refusals.wrong_mode(mode, Mode.LIVE.value)
    lost = await database.write(installation.settle_keys, keyring.fingerprints(), wall_clock())
    if lost:
        raise refusals.missing_keys(lost)


def _metrics(metrics: Metrics, settings: Settings) -> list[Route]:
    token = settings.metrics_token
    return metrics_routes(metrics.page, CONTENT_TYPE, token.get_secret_value() if token else None)


def _routes(
    guichet: Installation, providers: Mapping[str, Provider], ready: Readiness
) -> list[Route]:
    async def alive() -> object:
        return await guichet.database.read(installation.is_alive)

    routes = health_routes(alive, ready.look) + payment_routes(
        providers, guichet.payment_work.credit
    )
    routes += receipt_routes(receipt_parts(guichet))
    return routes + ticket_routes(ticket_parts(guichet))


def _terminal(guichet: Installation, settings: Settings) -> list[Route]:
    """The pages at the door; with a scanner bot they open inside Telegram too."""
    token = settings.scanner_bot_token
    parts = terminal_parts(
        guichet,
        is_https=settings.public_url is not None,
        bot_token=token.get_secret_value() if token else None,
    )
    return terminal_routes(parts)


def _at_the_door(app: ASGIApp, settings: Settings, port: int) -> Guarded:
    """Let browsers reach the terminal under our own names only; webhooks have their own proofs."""
    if settings.public_url is not None:
        hosts, scheme = {settings.public_url.removeprefix("https://")}, "https"
    else:
        hosts, scheme = {f"127.0.0.1:{port}", f"localhost:{port}"}, "http"
    return Guarded(app, hosts=hosts, scheme=scheme, under=PREFIX)


def _house(settings: Settings, keyring: Keyring, apps: _Apps, providers: tuple[str, ...]) -> House:
    return House(
        mode=Mode.LIVE,
        texts=seller_texts(),
        keyring=keyring,
        providers=providers,
        seller_link=lambda channel, payload: apps.link(channel, "seller", payload),
        scanner_link=lambda channel, payload: apps.link(channel, "scanner", payload),
        zone=settings.zone,
        currency=settings.currency,
        terminal_url=f"{settings.public_url}{PREFIX}" if settings.public_url else None,
    )

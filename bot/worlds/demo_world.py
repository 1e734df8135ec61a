"""The demo's world: the web chat and the sandbox provider, on one machine with nothing but Python.

Both exist here alone: no setting brings them into the real world, or a real provider into this one.
"""

import asyncio
import contextlib
import errno
import os
import secrets
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path

from starlette.routing import Route

from bot.flows.house import House
from bot.flows.seller import seller_texts
from bot.handlers.webchat import WebChat
from bot.installation import (
    Installation,
    install,
    receipt_parts,
    terminal_parts,
    ticket_parts,
)
from bot.payments.sandbox import Sandbox
from bot.settings import Settings
from bot.watch import refusals
from bot.watch.readiness import Readiness
from bot.web.guard import Guarded
from bot.web.health import health_routes
from bot.web.page import page_routes
from bot.web.payments import payment_routes
from bot.web.receipts import receipt_routes
from bot.web.sandbox import sandbox_routes
from bot.web.serving import listen, serving
from bot.web.site import site
from bot.web.terminal import terminal_routes
from bot.web.ticket_pictures import ticket_routes
from bot.web.webchat import webchat_routes
from bot.worlds import demo
from boxoffice.codes import Keyring, Mode, new_key
from chat.channel import Channel
from chat.clock import wall_clock
from chat.upkeep import Chore
from chat.workers import Workers
from storage import demo_gate, installation
from storage.database import Database, Tx
from storage.opening import open_database

DATA = Path("demo-data")
"""Where the demo keeps its database, its key and the sandbox's secret: `make clean` forgets it."""

WORKERS = 2

GATES_EVERY_MS = 1_000
"""Sooner than anybody walks from one phone to the other."""

LOCAL = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the demo is served."""

    host: str
    base_url: str


@contextlib.asynccontextmanager
async def serve(settings: Settings, opened: Callable[[str], None]) -> AsyncIterator[None]:
    """Serve the demo until the block ends; `opened` is called with its URL once it answers.

    Raises:
        Refusal: it cannot start; the sentence says what to do.
    """
    host = _prepare(settings)
    try:
        listener = listen(host, settings.port)
    except OSError as error:
        raise refusals.demo_port_taken(
            host,
            settings.port,
            is_used=error.errno == errno.EADDRINUSE,
            reason=error.strerror or str(error),
        ) from error
    port = listener.getsockname()[1]
    place = _Place(host, settings.public_url or f"http://{_name(host)}:{port}")
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(listener.close)
        database = await open_database(_database_url(settings))
        stack.push_async_callback(database.close)
        await _settle(database)
        workers = await stack.enter_async_context(Workers(WORKERS))
        webchat = WebChat(database, clock=wall_clock, furnish=_furnish)
        sandbox = Sandbox(
            database,
            base_url=place.base_url,
            secret=_secret("sandbox-secret", lambda: secrets.token_hex(32)).encode(),
            clock=wall_clock,
        )
        channels: dict[str, Channel] = {"web": webchat}
        guichet = install(
            database,
            _house(place),
            channels=channels,
            providers={sandbox.name: sandbox},
            workers=workers,
            clock=wall_clock,
            return_urls={"web": place.base_url},
            public_url=place.base_url,
        )
        guichet = replace(guichet, chores=(*guichet.chores, _gate_chore(database)))
        await stack.enter_async_context(guichet.working())
        await webchat.offer_again(guichet.engine)
        notices = asyncio.create_task(sandbox.send_notices(), name="sandbox notices")
        stack.push_async_callback(_end, notices)
        app = site(_routes(guichet, webchat, sandbox, place))
        name = place.base_url.partition("://")
        guarded = Guarded(
            app, hosts={name[2], f"{LOCAL}:{port}", f"localhost:{port}"}, scheme=name[0]
        )
        await stack.enter_async_context(serving(guarded, listener, before_stop=webchat.close))
        opened(place.base_url)
        yield


def _routes(
    guichet: Installation, webchat: WebChat, sandbox: Sandbox, place: _Place
) -> list[Route]:
    async def alive() -> object:
        return await guichet.database.read(installation.is_alive)

    return [
        *health_routes(alive, Readiness(guichet.database, wall_clock).look),
        *webchat_routes(webchat, guichet.engine, base_url=place.base_url, zone=demo.ZONE),
        *sandbox_routes(sandbox),
        *payment_routes({sandbox.name: sandbox}, guichet.payment_work.credit),
        *receipt_routes(receipt_parts(guichet)),
        *ticket_routes(ticket_parts(guichet)),
        *terminal_routes(terminal_parts(guichet, is_https=place.base_url.startswith("https:"))),
        *page_routes(base_url=place.base_url),
    ]


def _house(place: _Place) -> House:
    return House(
        mode=Mode.DEMO,
        texts=seller_texts(),
        keyring=Keyring.parse(_secret("ticket-keys", new_key)),
        providers=(Sandbox.name,),
        seller_link=lambda _channel, payload: f"{place.base_url}/#seller={payload}",
        scanner_link=lambda _channel, payload: f"{place.base_url}/#scanner={payload}",
        zone=demo.ZONE,
        terminal_url=f"{place.base_url}/gate",
        currency="XOF",
    )


async def _settle(database: Database) -> None:
    """Refuse a database that belongs to a real installation."""
    mode = await database.write(installation.settle_mode, Mode.DEMO.value)
    if mode != Mode.DEMO.value:
        raise refusals.wrong_mode(mode, Mode.DEMO.value)


def _gate_chore(database: Database) -> Chore:
    """The gates' phones join what is published while they are there."""

    async def work(now_ms: int) -> None:
        if await database.read(demo_gate.not_in_team, now_ms, 1):
            await database.write(demo.staff_gates, now_ms)

    return Chore("demo gates", GATES_EVERY_MS, work)


async def _furnish(tx: Tx, phones: tuple[demo.Phone, ...]) -> None:
    await demo.furnish(tx, phones, wall_clock())


def _database_url(settings: Settings) -> str:
    """The demo's own file, unless the operator named another database."""
    if "database_url" in settings.model_fields_set:
        return settings.database_url
    return f"sqlite:///{DATA / 'guichet.db'}"


def _prepare(settings: Settings) -> str:
    """Make the demo's folder, and say on which address to listen."""
    try:
        DATA.mkdir(exist_ok=True)
    except OSError as error:
        raise refusals.demo_folder(DATA.absolute(), error.strerror or str(error)) from error
    return _host(settings)


def _host(settings: Settings) -> str:
    """This machine alone, unless the operator insists: then say loudly what that means."""
    if settings.host == LOCAL or not settings.demo_expose:
        return LOCAL
    sys.stderr.write(
        f"ATTENTION : la démo écoute sur {settings.host}, à la portée de tout le réseau. Elle n’a "
        "pas de mot de passe et ses billets sont sans valeur.\n"
    )
    return settings.host


def _name(host: str) -> str:
    return os.uname().nodename if host in {"0.0.0.0", "::"} else host  # noqa: S104 (compared only)


def _secret(name: str, make: Callable[[], str]) -> str:
    """Read a secret of the demo, making it the first time, readable by its owner alone."""
    path = DATA / name
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(make())
    return path.read_text(encoding="ascii").strip()


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

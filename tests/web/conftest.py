"""A web chat on a real port of this machine, on a real database file."""

from __future__ import annotations

import io
import ssl
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import httpx
import pytest
from PIL import Image
from starlette.applications import Starlette

from bot.handlers.webchat import WebChat
from bot.web.guard import Guarded
from bot.web.page import page_routes
from bot.web.serving import listen, serving
from bot.web.webchat import webchat_routes
from chat.clock import wall_clock
from storage.opening import open_database
from tests.houses import house_file
from tests.web.echo import Echo

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from storage.database import Database


@dataclass(frozen=True, slots=True)
class House:
    """A running server and what stands behind it."""

    url: str
    db: Database
    webchat: WebChat
    echo: Echo

    def browser(self, **headers: str) -> httpx.AsyncClient:
        """Open a client with a cookie jar of its own."""
        return httpx.AsyncClient(
            base_url=self.url, headers=headers, trust_env=False, verify=_no_authorities()
        )

    @asynccontextmanager
    async def visitor(self) -> AsyncIterator[httpx.AsyncClient]:
        """Open a client that already has its three phones."""
        async with self.browser() as client:
            assert (await client.post("/webchat/session")).status_code == 201
            yield client


@cache
def _no_authorities() -> ssl.SSLContext:
    """Trust nobody: these clients speak plain HTTP, and loading authorities takes 50 ms."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@asynccontextmanager
async def running(database_url: str, port: int = 0) -> AsyncIterator[House]:
    """Run a web chat on this database, until the block ends."""
    db = await open_database(database_url)
    listener = listen("127.0.0.1", port)
    host = f"127.0.0.1:{listener.getsockname()[1]}"
    url = f"http://{host}"
    webchat = WebChat(db, clock=wall_clock)
    echo = Echo(webchat)
    routes = [*webchat_routes(webchat, echo, base_url=url), *page_routes(base_url=url)]
    app = Guarded(Starlette(routes=routes), hosts={host, f"localhost:{host.split(':')[1]}"})
    try:
        async with serving(app, listener, before_stop=webchat.close):
            yield House(url, db, webchat, echo)
    finally:
        await db.close()


@pytest.fixture
def house_on(tmp_path: Path) -> Callable[..., AbstractAsyncContextManager[House]]:
    """Open a house by hand, to close it and open it again on the same file."""

    def opened(port: int = 0) -> AbstractAsyncContextManager[House]:
        return running(house_file(tmp_path / "web.db"), port)

    return opened


@pytest.fixture
async def house(house_sqlite_url: str) -> AsyncIterator[House]:
    """One house for one test."""
    async with running(house_sqlite_url) as one:
        yield one


@pytest.fixture
async def visitor(house: House) -> AsyncIterator[httpx.AsyncClient]:
    """One visitor for all the examples of a property."""
    async with house.visitor() as client:
        yield client


@pytest.fixture(scope="session")
def png() -> bytes:
    """Draw a small real picture."""
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(out, "PNG")
    return out.getvalue()

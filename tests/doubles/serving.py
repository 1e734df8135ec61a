"""Reach an ASGI application inside the test's own loop: on 127.0.0.1, or without a socket."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import uvicorn
from starlette.types import ASGIApp


@asynccontextmanager
async def serving(app: ASGIApp, port: int = 0) -> AsyncIterator[str]:
    """Answer on a port of the machine's choice while the block runs; gives the base URL."""
    config = uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=1)
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    # TCP by name: asyncio turns Nagle's algorithm off only then, which else costs 40 ms an answer.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    listening.listen()
    # startup() and shutdown() rather than serve(): that one takes over the process's signals.
    await server.startup(sockets=[listening])
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        await server.shutdown(sockets=[listening])
        listening.close()


def at_hand(app: ASGIApp) -> tuple[str, httpx.AsyncBaseTransport]:
    """Give an address that only clients with this transport reach: they call the application."""
    return "http://at.hand", httpx.ASGITransport(app)

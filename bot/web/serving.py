"""The web server as a task of our loop: quiet, with limits, and stopped by us alone."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import uvicorn

from bot.web.protocol import BoundedHttp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from starlette.types import ASGIApp

STOP_S = 5
"""How long requests under way may take to end; a stream ends at once when it is told to."""

CONNECTIONS_MAX = 1000
"""Beyond it a request is answered 503 at once, before memory runs out."""

COLLECTED_AFTER = 10_000
"""Objects made before Python looks for rings among the young. A request makes a few hundred, and
hardly any ring: with Python's own 700 it looked at every third request."""


class _OurServer(uvicorn.Server):
    """uvicorn without its signal handlers: SIGTERM is owned by bot/__main__.py."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listen(host: str, port: int) -> socket.socket:
    """Take a port before anything else starts; 0 takes a free one. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named, or asyncio leaves Nagle's algorithm on: 40 ms more for every answer.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


@asynccontextmanager
async def serving(
    app: ASGIApp, listener: socket.socket, *, before_stop: Callable[[], None]
) -> AsyncIterator[None]:
    """Serve until the block ends; `before_stop` ends what would never end by itself (streams).

    No access log: addresses hold the tokens of payment pages and of pictures.
    """
    config = uvicorn.Config(
        app,
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        ws="none",
        http=BoundedHttp,
        limit_concurrency=CONNECTIONS_MAX,
        timeout_graceful_shutdown=STOP_S,
    )
    server = _OurServer(config)
    task = asyncio.create_task(server.serve([listener]), name="web server")
    try:
        # Served from here on: the socket listens as soon as uvicorn's task has run, and a
        # connection made earlier waits in its queue.
        listener.listen(config.backlog)
        with settled():
            yield
    finally:
        before_stop()
        server.should_exit = True
        await task
        listener.close()


@contextlib.contextmanager
def settled() -> Iterator[None]:
    """Keep Python's collector from walking all that was loaded at the start, again and again.

    Modules, catalogues and routes live as long as the process, some hundred thousand objects: a
    full collection among them stops every request for 25 ms and more, in the middle of the rush.
    """
    thresholds = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(COLLECTED_AFTER, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()

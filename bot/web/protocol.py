"""HTTP as uvicorn and httptools speak it, with the limit on headers that httptools lacks.

And with one piece to the network for an answer, where uvicorn sends two: its head, then its body.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEADER_BYTES_MAX = 16 * 1024
"""Browsers send one or two thousand bytes of headers."""


class OneWrite:
    """A transport that sends together what is written in one turn of the loop.

    Handing bytes to the system is a tenth of what a scan costs, and the phone at the other end
    wakes once instead of twice. Whatever is not about writing is the transport's own.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._written: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Keep bytes until this turn of the loop is over."""
        if not self._written:
            self._loop.call_soon(self._send)
        self._written.append(data)

    def close(self) -> None:
        """Send what is kept, then close."""
        self._send()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 the transport's own
        return getattr(self._transport, name)

    def _send(self) -> None:
        if self._written:
            together = b"".join(self._written)
            self._written.clear()
            self._transport.write(together)


class BoundedHttp(HttpToolsProtocol):
    """A connection that is refused when its headers do not come to an end."""

    _in_head = False
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Put what joins its writes before the transport."""
        super().connection_made(cast("asyncio.Transport", OneWrite(transport, self.loop)))

    def on_message_begin(self) -> None:
        """Begin to count."""
        self._in_head, self._head_bytes = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Stop counting: what follows is a body, whose limits are its route's."""
        self._in_head = False
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        """Read on, unless this head is already longer than any browser's."""
        super().data_received(data)
        if not self._in_head:
            return
        self._head_bytes += len(data)
        if self._head_bytes > HEADER_BYTES_MAX and not self.transport.is_closing():
            self.send_400_response("The headers are too long.")

"""HTTP as uvicorn and httptools speak it, with the limit on headers that httptools lacks."""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEADER_BYTES_MAX = 16 * 1024
"""Browsers send one or two thousand bytes of headers."""


class BoundedHttp(HttpToolsProtocol):
    """A connection that is refused when its headers do not come to an end."""

    _in_head = False
    _head_bytes = 0

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

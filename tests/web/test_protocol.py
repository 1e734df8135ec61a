"""What goes out on a connection: whole, in order, and no more pieces than it takes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

import pytest

from bot.web.protocol import HEADER_BYTES_MAX, OneWrite
from tests.patience import WAIT_MAX_S

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.web.conftest import House


class _Wire(asyncio.Transport):
    """The network's end of a connection: it lists the pieces it is handed."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[bytes] = []
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """List a piece."""
        assert not self.closed, "bytes after the end"
        self.pieces.append(bytes(data))

    def close(self) -> None:
        """End."""
        self.closed = True

    def is_closing(self) -> bool:
        """Tell whether it ended."""
        return self.closed


async def _turn_of_the_loop() -> None:
    await asyncio.sleep(0)


@pytest.mark.parametrize("written", [(b"head",), (b"head", b"body"), (b"a", b"b", b"c")])
async def test_what_is_written_in_one_turn_is_one_piece(written: Iterable[bytes]) -> None:
    """A head and its body reach the network together, in their order; what comes later, later."""
    wire = _Wire()
    out = OneWrite(wire, asyncio.get_running_loop())
    for piece in written:
        out.write(piece)
    assert wire.pieces == []
    await _turn_of_the_loop()
    out.write(b"later")
    await _turn_of_the_loop()
    assert wire.pieces == [b"".join(written), b"later"]


async def test_closing_sends_what_was_written() -> None:
    """A connection that is closed at once still answers whole, and the rest is the transport's."""
    wire = _Wire()
    out = OneWrite(wire, asyncio.get_running_loop())
    out.write(b"head")
    out.write(b"body")
    out.close()
    assert (wire.pieces, cast("asyncio.Transport", out).is_closing()) == ([b"headbody"], True)
    await _turn_of_the_loop()
    assert wire.pieces == [b"headbody"]


async def _asked(house: House, request: bytes) -> bytes:
    """Send raw bytes and read until the server closes."""
    host, port = house.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(request.replace(b"HOST", f"{host}:{port}".encode()))
        return await asyncio.wait_for(reader.read(), WAIT_MAX_S)
    finally:
        writer.close()
        await writer.wait_closed()


async def test_an_answer_before_the_end_of_a_connection_is_whole(house: House) -> None:
    """Who asks for the end of the connection gets the whole page first."""
    asked = b"GET / HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n"
    head, _, body = (await _asked(house, asked)).partition(b"\r\n\r\n")
    lengths = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    assert head.startswith(b"HTTP/1.1 200")
    assert int(lengths[0].split(b":")[1]) == len(body) > 0


async def test_headers_without_an_end_are_refused(house: House) -> None:
    """A head that does not end is answered 400 and the connection closed."""
    endless = b"GET / HTTP/1.1\r\nHost: HOST\r\nX-Long: " + b"x" * (2 * HEADER_BYTES_MAX)
    assert (await _asked(house, endless)).startswith(b"HTTP/1.1 400")

"""A mail server: as much of SMTP (RFC 5321) as a client needs that hands one letter over."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@dataclass(slots=True)
class MailDouble:
    """Takes letters; `answers` replaces its answer to a command, by the command's first word."""

    port: int = 0
    letters: list[bytes] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)

    @classmethod
    @contextlib.asynccontextmanager
    async def running(cls) -> AsyncIterator[MailDouble]:
        """Listen on this machine until the block ends."""
        double = cls()
        server = await asyncio.start_server(double._serve, "127.0.0.1", 0)
        double.port = server.sockets[0].getsockname()[1]
        async with server:
            yield double

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 double\r\n")
        while line := await reader.readline():
            verb = line.split()[0].decode().upper()
            answer = self.answers.get(verb, "250 ok")
            if verb == "DATA" and verb not in self.answers:
                writer.write(b"354 go on\r\n")
                self.letters.append(await reader.readuntil(b"\r\n.\r\n"))
            elif verb == "QUIT":
                answer = "221 bye"
            writer.write(f"{answer}\r\n".encode())
            await writer.drain()
            if verb == "QUIT":
                break
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

"""Troubles a test can order from a double: it is slow, refuses, or loses the answer."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send


@dataclass(frozen=True, slots=True)
class Slow:
    """The call is worked, late."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Refuse:
    """The call is not worked; the answer is this status with an empty body."""

    status: int


@dataclass(frozen=True, slots=True)
class Cut:
    """The call is worked, and the connection breaks before the answer is whole."""


Trouble = Slow | Refuse | Cut


class BrokenOff(Response):
    """An answer that promises more than it brings: the server then closes the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send half an answer."""
        del scope, receive
        headers = [(b"content-length", b"1000"), (b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b'{"id":', "more_body": True})


class Troubles:
    """What happens to the next calls, by a word for the call; one call each."""

    def __init__(self) -> None:
        self._ordered: dict[str, list[Trouble]] = defaultdict(list)

    def order(self, call: str, *troubles: Trouble) -> None:
        """Order what happens to the next calls of this name."""
        self._ordered[call] += troubles

    async def around(
        self, call: str, request: Request, work: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        """Work one call as was ordered."""
        ordered = self._ordered[call]
        match ordered.pop(0) if ordered else None:
            case Refuse(status):
                return Response(status_code=status)
            case Slow(seconds):
                await asyncio.sleep(seconds)
                return await work(request)
            case Cut():
                await work(request)
                return BrokenOff()
            case None:
                return await work(request)

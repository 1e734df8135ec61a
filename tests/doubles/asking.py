"""Put a request to an ASGI application of this process as a server puts it: nothing in between.

An HTTP client on top builds, copies and looks through every request for redirects, credentials and
cookies that no play has: more work than most answers are.
"""

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
from starlette.types import ASGIApp, Message

CLIENT = ("127.0.0.1", 123)
"""Where requests come from, as `httpx.ASGITransport` says it."""

PORTS = {"http": 80, "https": 443}


async def ask(
    app: ASGIApp, method: str, url: str, headers: Mapping[str, str], body: bytes = b""
) -> httpx.Response:
    """Ask, and answer with all that came; what the application raises is raised here."""
    sent = False
    answered = asyncio.Event()
    start: Message = {}
    parts: list[bytes] = []

    async def receive() -> Message:
        nonlocal sent
        if sent:
            await answered.wait()
            return {"type": "http.disconnect"}
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            assert not start, "an answer begins once"
            start.update(message)
            return
        assert start, "an answer begins with its status"
        assert not answered.is_set(), "an answer ends once"
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            answered.set()

    await app(_scope(method, url, headers, body), receive, send)
    assert answered.is_set(), "an answer has an end"
    whole = b"" if method == "HEAD" else b"".join(parts)
    return httpx.Response(start["status"], headers=start["headers"], content=whole)


def _scope(method: str, url: str, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """Describe a request as a server does (ASGI's HTTP specification, 2.3)."""
    asked = urlsplit(url)
    shown = {"host": asked.netloc, "accept": "*/*", **headers}
    if body or method == "POST":
        shown["content-length"] = str(len(body))
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "headers": [(name.lower().encode(), value.encode()) for name, value in shown.items()],
        "scheme": asked.scheme,
        "path": unquote(asked.path),
        "raw_path": asked.path.encode(),
        "query_string": asked.query.encode(),
        "server": (asked.hostname, asked.port or PORTS[asked.scheme]),
        "client": CLIENT,
        "root_path": "",
    }

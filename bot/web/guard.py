"""What every request must show, and what every answer says about itself.

A page of another site can make a browser send requests to 127.0.0.1, under another name too (DNS
rebinding): so the Host must be one of ours, and what changes something must come from our own page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; "
    "img-src 'self' blob:; connect-src 'self'; frame-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
"""The phones: everything from us, nothing inline, in nobody's frame."""

FRAMED_POLICY = PAGE_POLICY.replace("frame-ancestors 'none'", "frame-ancestors 'self'")
"""The payment page, which opens inside the buyer's phone."""

DATA_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"
"""Answers that are no pages, and bytes that people sent."""

_SAFE_METHODS = frozenset({"GET", "HEAD"})

_HEADERS = {
    "Content-Security-Policy": DATA_POLICY,
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: under it a browser sends `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), microphone=(), camera=(), payment=()",
    "Cache-Control": "no-store",
}
"""Said wherever an answer does not say its own."""

_RAW_HEADERS = tuple(
    (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in _HEADERS.items()
)
"""The same as they go out: ASGI's names are bytes in lower case."""


class Guarded:
    """An ASGI application behind the checks of Host and Origin.

    `hosts` are the only values of Host that are served, with their port (`127.0.0.1:8000`);
    `scheme` is the one people's browsers use. `under` lets every other path be asked for from
    anywhere: webhooks are called by machines under names of their own. What is answered says the
    same about itself everywhere.
    """

    def __init__(
        self, app: ASGIApp, *, hosts: Collection[str], scheme: str = "http", under: str = ""
    ) -> None:
        self._app = app
        names = {host.lower() for host in hosts}
        self._under = under
        # Compared as they come, in bytes: this is asked of every request.
        self._hosts = frozenset(name.encode() for name in names)
        self._origins = frozenset(f"{scheme}://{name}".encode() for name in names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request that passes, refuse one that does not, and complete the headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        fault = self._fault(scope) if self._guards(scope["path"]) else None

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = {name for name, _ in message["headers"]}
                message["headers"] += [one for one in _RAW_HEADERS if one[0] not in said]
            await send(message)

        app = self._app if fault is None else JSONResponse(fault, status_code=403)
        await app(scope, receive, send_with_headers)

    def _guards(self, path: str) -> bool:
        return not self._under or path == self._under or path.startswith(f"{self._under}/")

    def _fault(self, scope: Scope) -> dict[str, str] | None:
        hosts, origins = [], []
        for name, value in scope["headers"]:
            if name == b"host":
                hosts.append(value.lower())
            elif name == b"origin":
                origins.append(value.lower())
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            return {
                "error": "wrong_host",
                "sentence": "This server is not reached under that name.",
            }
        if scope["method"] not in _SAFE_METHODS and not self._origins.issuperset(origins):
            return {"error": "wrong_origin", "sentence": "Only this server's own page may do that."}
        return None

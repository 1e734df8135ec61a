"""What every request must show, and what every answer says about itself.

A page of another site can make a browser send requests to 127.0.0.1, under another name too (DNS
rebinding): so the Host must be one of ours, and what changes something must come from our own page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
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
        self._hosts = frozenset(host.lower() for host in hosts)
        self._under = under
        self._origins = frozenset(f"{scheme}://{host}" for host in self._hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request that passes, refuse one that does not, and complete the headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        fault = self._fault(scope) if self._guards(scope["path"]) else None

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        app = self._app if fault is None else JSONResponse(fault, status_code=403)
        await app(scope, receive, send_with_headers)

    def _guards(self, path: str) -> bool:
        return not self._under or path == self._under or path.startswith(f"{self._under}/")

    def _fault(self, scope: Scope) -> dict[str, str] | None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            return {
                "error": "wrong_host",
                "sentence": "This server is not reached under that name.",
            }
        origins = headers.getlist("origin")
        if scope["method"] not in _SAFE_METHODS and any(
            origin.lower() not in self._origins for origin in origins
        ):
            return {"error": "wrong_origin", "sentence": "Only this server's own page may do that."}
        return None

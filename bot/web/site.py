"""All routes as one ASGI application, in which most requests are found without a search.

Starlette asks its routes one after the other, behind three layers of its own. Nearly every path of
ours has no parameter: it stands in a table, and its endpoint is called at once. Whatever is not in
the table (a path with parameters, a wrong method, a slash too many) goes Starlette's way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Match

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.routing import Route
    from starlette.types import ASGIApp, Receive, Scope, Send

    from bot.web.refusals import Endpoint


def site(routes: Sequence[Route]) -> ASGIApp:
    """Make the application of these routes; where two fit, the first is served."""
    return _Site(routes)


class _Site:
    def __init__(self, routes: Sequence[Route]) -> None:
        self._searched = Starlette(routes=routes)
        self._table = _table(routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = None
        if scope["type"] == "http" and not scope.get("root_path"):
            endpoint = self._table.get((scope["method"], scope["path"]))
        if endpoint is None:
            await self._searched(scope, receive, send)
            return
        try:
            response = await endpoint(Request(scope, receive, send))
        except Exception:
            # As Starlette does: the answer tells nothing, and the server logs what is raised on.
            await PlainTextResponse("Internal Server Error", 500)(scope, receive, send)
            raise
        await response(scope, receive, send)


def _table(routes: Sequence[Route]) -> dict[tuple[str, str], Endpoint]:
    """Map method and path to the endpoint of the first route that fits, if it has no parameters."""
    table: dict[tuple[str, str], Endpoint] = {}
    for route in routes:
        for method in route.methods or ():
            asked = {"type": "http", "method": method, "path": route.path, "root_path": ""}
            first = next(one for one in routes if one.matches(asked)[0] is Match.FULL)
            if first is route and not route.param_convertors:
                table[method, route.path] = route.endpoint
    return table

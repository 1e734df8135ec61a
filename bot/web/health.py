"""What supervisors and monitors ask every few seconds: alive, ready, and the figures."""

from __future__ import annotations

import asyncio
import hmac
from typing import TYPE_CHECKING

import structlog
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

ANSWER_S = 3
"""A database that has not answered a one-row read by then does not serve anybody."""

_log = structlog.get_logger(__name__)


def health_routes(
    read: Callable[[], Awaitable[object]],
    ready: Callable[[], Awaitable[dict[str, str]]] | None = None,
) -> list[Route]:
    """Build /healthz and /readyz.

    `read` reads a row of the database and raises when it cannot; `ready` answers with what serving
    needs, by name, each `ok` or what is wrong with it.
    """

    async def healthz(_request: Request) -> JSONResponse:
        try:
            async with asyncio.timeout(ANSWER_S):
                await read()
        except Exception:  # noqa: BLE001 (whatever failed, the answer is the same; the log tells)
            _log.exception("health.read_failed")
            return JSONResponse({"status": "unavailable"}, status_code=503)
        return JSONResponse({"status": "ok"})

    async def readyz(_request: Request) -> JSONResponse:
        checks = await ready() if ready is not None else {}
        is_well = all(found == "ok" for found in checks.values())
        status = "ready" if is_well else "not ready"
        return JSONResponse({"status": status, "checks": checks}, 200 if is_well else 503)

    routes = [Route("/healthz", healthz, methods=["GET"])]
    if ready is not None:
        routes.append(Route("/readyz", readyz, methods=["GET"]))
    return routes


def metrics_routes(
    page: Callable[[], Awaitable[bytes]], content_type: str, token: str | None
) -> list[Route]:
    """Build /metrics, for whoever shows the token; without one there is no such page.

    The figures tell how an event sells: they are the operator's.
    """

    async def metrics(request: Request) -> Response:
        shown = request.headers.get("authorization", "")
        if token is None or not hmac.compare_digest(shown.encode(), f"Bearer {token}".encode()):
            return Response(status_code=404)
        try:
            async with asyncio.timeout(ANSWER_S):
                body = await page()
        except Exception:  # noqa: BLE001 (whatever failed, there are no figures; the log tells)
            _log.exception("metrics.failed")
            return Response(status_code=503)
        return Response(body, media_type=content_type)

    return [Route("/metrics", metrics, methods=["GET"])]

"""Whether this process serves: the question a supervisor asks every few seconds."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog
from starlette.responses import JSONResponse
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

ANSWER_S = 3
"""A database that has not answered a one-row read by then does not serve anybody."""

_log = structlog.get_logger(__name__)


def health_routes(read: Callable[[], Awaitable[object]]) -> list[Route]:
    """Build /healthz; `read` reads a row of the database and raises when it cannot."""

    async def healthz(_request: Request) -> JSONResponse:
        try:
            async with asyncio.timeout(ANSWER_S):
                await read()
        except Exception:  # noqa: BLE001 (whatever failed, the answer is the same; the log tells)
            _log.exception("health.read_failed")
            return JSONResponse({"status": "unavailable"}, status_code=503)
        return JSONResponse({"status": "ok"})

    return [Route("/healthz", healthz, methods=["GET"])]

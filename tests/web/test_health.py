"""The question a supervisor asks."""

from __future__ import annotations

import httpx
from starlette.applications import Starlette

from bot.web.health import health_routes


async def _asked(read: object) -> httpx.Response:
    app = Starlette(routes=health_routes(read))  # type: ignore[arg-type]  # the two below fit
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.get("/healthz")


async def test_health_is_the_databases_health() -> None:
    """A read that works is ok; one that fails is 503, and tells nobody why."""

    async def works() -> None:
        return

    async def fails() -> None:
        raise ConnectionError("password=hunter2")

    well = await _asked(works)
    assert (well.status_code, well.json()) == (200, {"status": "ok"})
    ill = await _asked(fails)
    assert (ill.status_code, ill.json()) == (503, {"status": "unavailable"})

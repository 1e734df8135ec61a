"""Routes found in a table answer as Starlette's own search would."""

from collections.abc import Awaitable, Callable

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.web.guard import Guarded
from bot.web.site import site


def says(word: str) -> Callable[[Request], Awaitable[Response]]:
    """Make an endpoint that answers one word and what it found in the path."""

    async def said(request: Request) -> Response:
        return PlainTextResponse(f"{word} {request.path_params}")

    return said


async def fails(_request: Request) -> Response:
    """Fail as no endpoint should."""
    raise RuntimeError("the secret 42")


ROUTES = [
    Route("/gate/scan", says("scan"), methods=["POST"]),
    Route("/gate/fails", fails, methods=["GET"]),
    Route("/gate/{name}", says("file"), methods=["GET"]),
    Route("/gate/late", says("late"), methods=["GET", "POST"]),
]


@pytest.mark.parametrize(
    ("method", "path", "status", "text"),
    [
        ("POST", "/gate/scan", 200, "scan {}"),
        ("GET", "/gate/scan", 200, "file {'name': 'scan'}"),
        ("GET", "/gate/late", 200, "file {'name': 'late'}"),
        ("POST", "/gate/late", 200, "late {}"),
        ("DELETE", "/gate/scan", 405, "Method Not Allowed"),
        ("GET", "/elsewhere", 404, "Not Found"),
        ("GET", "/gate/fails", 500, "Internal Server Error"),
    ],
)
async def test_the_first_route_that_fits_answers(
    method: str, path: str, status: int, text: str
) -> None:
    """Order, methods, parameters and failures are those of the list; every answer is guarded."""
    app = Guarded(site(ROUTES), hosts={"guichet.example"})
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://guichet.example") as client:
        answer = await client.request(method, path)
    assert (answer.status_code, answer.text) == (status, text)
    assert answer.headers["x-content-type-options"] == "nosniff"

"""The page with the three phones: plain files, read once, served from memory in two languages."""

from __future__ import annotations

import hashlib
import html
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.web.guard import PAGE_POLICY
from bot.web.language import language_of

if TYPE_CHECKING:
    from starlette.requests import Request

PHONES = Path(__file__).parent / "phones"
FONTS = Path(__file__).parent.parent / "tickets" / "fonts"
"""The page writes with the letters of the tickets."""

_MIMES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
}
_PLACE = re.compile(r"\{\{(\w+)\}\}")


def page_routes(*, base_url: str, folder: Path = PHONES) -> list[Route]:
    """Build `/` and `/phones/...`; raises OSError when a file of the page is missing."""
    paths = [*folder.iterdir(), *FONTS.iterdir()]
    files = {path.name: path.read_bytes() for path in paths if path.suffix in _MIMES}
    template = (folder / "index.html").read_text(encoding="utf-8")
    pages = {
        language: filled(template, json.loads(files[f"words.{language}.json"])).encode()
        for language in ("fr", "en")
    }
    host = base_url.partition("://")[2]

    async def index(request: Request) -> Response:
        if request.headers["host"].lower() != host:
            # One name for the page, or the payment page would be another origin's in its frame.
            query = f"?{request.url.query}" if request.url.query else ""
            return RedirectResponse(f"{base_url}/{query}", 307)
        headers = {"Content-Security-Policy": PAGE_POLICY, "Vary": "Accept-Language"}
        page = pages[language_of(request)]
        return _cached(request, page, "text/html; charset=utf-8", headers)

    async def file(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in files:
            return Response(status_code=404)
        return _cached(request, files[name], _MIMES[Path(name).suffix], {})

    return [
        Route("/", index, methods=["GET"]),
        Route("/phones/{name}", file, methods=["GET"]),
    ]


def filled(template: str, words: dict[str, str]) -> str:
    """Put words into the `{{places}}` of a page, escaped; raises KeyError for an unknown place."""
    return _PLACE.sub(lambda place: html.escape(words[place[1]]), template)


def _cached(request: Request, body: bytes, mime: str, headers: dict[str, str]) -> Response:
    """Let a browser keep the file, and ask each time whether it is still the same."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
    headers = {**headers, "ETag": etag, "Cache-Control": "no-cache"}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=mime, headers=headers)

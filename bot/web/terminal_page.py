"""The terminal's page and its files over HTTP: all from us, kept by browsers by name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import Route

from bot.web.language import language_of
from bot.web.page import FONTS, filled
from gate_scanner.terminal.page_files import MIMES, PAGE, page_file, page_files, page_words

if TYPE_CHECKING:
    from starlette.requests import Request

    from gate_scanner.terminal.page_files import PageFile

SMALL_FONTS = FONTS / "print"
"""The letters of our languages alone, 25 KB a weight: a door's network is thin."""

PAGE_POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; font-src 'self'; "
    "img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self'; worker-src 'self'; "
    "manifest-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors https://web.telegram.org"
)
"""The page: everything from us, nothing inline, and in no frame but Telegram's own on the web.

A worker that reads codes is compiled from WebAssembly, which needs its own word here."""

PAGE_PERMISSIONS = (
    "camera=(self), screen-wake-lock=(self), geolocation=(), microphone=(), payment=()"
)


def page_routes(prefix: str) -> list[Route]:
    """Build the page and its files; raises OSError when one is missing."""
    pages = _Pages(prefix)
    return [
        Route(prefix, pages.page, methods=["GET"]),
        Route(f"{prefix}/{{name}}", pages.file, methods=["GET"]),
    ]


class _Pages:
    """The page's files, from memory."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        template = (PAGE / "page.html").read_text(encoding="utf-8")
        self._files = page_files(SMALL_FONTS)
        self._pages: dict[str, PageFile] = {}
        for language in ("fr", "en"):
            said = page_words(language)
            words = {key.replace(".", "_"): text for key, text in said["words"].items()}
            page = filled(template, words | {"language": language})
            self._pages[language] = page_file(page.encode(), "text/html; charset=utf-8")
            body = json.dumps(said, ensure_ascii=False).encode()
            self._files[f"words.{language}.json"] = page_file(body, MIMES[".json"])

    async def page(self, request: Request) -> Response:
        """Answer with the page in the language the browser likes."""
        headers = {
            "Content-Security-Policy": PAGE_POLICY,
            "Permissions-Policy": PAGE_PERMISSIONS,
            "Vary": "Accept-Language",
        }
        return _kept(request, self._pages[language_of(request)], headers)

    async def file(self, request: Request) -> Response:
        """Answer with a file of the page."""
        name = request.path_params["name"]
        found = self._files.get(name)
        if found is None:
            return Response(status_code=404)
        headers = {}
        if name.endswith(".js"):
            headers["Content-Security-Policy"] = PAGE_POLICY  # a worker obeys its own file's
        if name == "worker.js":
            headers["Service-Worker-Allowed"] = self._prefix
        return _kept(request, found, headers)


def _kept(request: Request, file: PageFile, headers: dict[str, str]) -> Response:
    """Let a browser keep the file, and ask each time whether it is still the same."""
    headers = {**headers, "ETag": file.etag, "Cache-Control": "no-cache"}
    if file.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(file.body, media_type=file.mime, headers=headers)

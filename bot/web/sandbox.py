"""The sandbox's payment page: what is paid, three buttons, and the way back to the conversation."""

from __future__ import annotations

import html
import json
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any, Literal

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.web.bodies import read_bytes
from bot.web.guard import FRAMED_POLICY
from bot.web.language import Language, language_of
from bot.web.refusals import Refused, answering

if TYPE_CHECKING:
    from starlette.requests import Request

    from bot.payments.sandbox import Sandbox
    from storage.sandbox import SandboxPayment

PAGES = Path(__file__).parent / "sandbox_page"

FORM_BYTES_MAX = 1024
"""The forms have no fields: the address says everything."""

_MIMES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}

State = Literal["open", "paid", "declined", "expired", "late", "refunded", "otherwise", "unknown"]


def sandbox_routes(sandbox: Sandbox, *, folder: Path = PAGES) -> list[Route]:
    """Build the routes under /sandbox; raises OSError when a file of the page is missing."""
    http = _SandboxHttp(sandbox, folder)
    return [
        Route("/sandbox/pay/{token}", answering(http.page), methods=["GET"]),
        Route("/sandbox/pay/{token}/{button}", answering(http.press), methods=["POST"]),
        Route("/sandbox/{name}", answering(http.file), methods=["GET"]),
    ]


class _SandboxHttp:
    """The endpoints, on the sandbox they are given."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self._sandbox = sandbox
        self._page = Template((folder / "page.html").read_text(encoding="utf-8"))
        self._words: dict[str, dict[str, str]] = json.loads(
            (folder / "words.json").read_text(encoding="utf-8")
        )
        self._files = {
            path.name: path.read_bytes() for path in folder.iterdir() if path.suffix in _MIMES
        }

    async def page(self, request: Request) -> Response:
        """Show how a payment stands."""
        payment = await self._sandbox.page(request.path_params["token"])
        if payment is None:
            return self._answer(language_of(request), "unknown", None)
        state = _state(payment)
        if state == "declined" and await self._sandbox.paid_otherwise(payment):
            state = "otherwise"
        return self._answer(_language(request, payment), state, payment)

    async def press(self, request: Request) -> Response:
        """Press a button, then show the page again by GET: a reload presses nothing."""
        await read_bytes(request, FORM_BYTES_MAX)
        token = request.path_params["token"]
        match request.path_params["button"]:
            case "pay":
                payment = await self._sandbox.press(token, "pay")
            case "decline":
                payment = await self._sandbox.press(token, "decline")
            case "late":
                payment = await self._sandbox.press(token, "late")
            case _:
                raise Refused(404, "no_button", "The buttons are pay, decline and late.")
        if payment is None:
            return self._answer(language_of(request), "unknown", None)
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"/sandbox/pay/{payment.token}{query}", 303)

    async def file(self, request: Request) -> Response:
        """Answer with the page's style or script."""
        name = request.path_params["name"]
        if name not in self._files:
            return Response(status_code=404)
        headers = {"Cache-Control": "no-cache"}
        return Response(self._files[name], media_type=_MIMES[Path(name).suffix], headers=headers)

    def _answer(self, language: Language, state: State, payment: SandboxPayment | None) -> Response:
        words = self._words[language]
        fill: dict[str, Any] = {
            "lang": language,
            "state": state,
            "title": words["title"],
            "note": words["note"],
            "heading": words[f"{state}_heading"],
            "sentence": words[f"{state}_sentence"],
            "description": "",
            "amount": "",
            "return_url": "/",
            "back": words["back"],
            "buttons": "",
        }
        if payment is not None:
            fill["description"] = payment.description
            fill["amount"] = payment.amount.format(language)
            fill["return_url"] = payment.return_url
        page = {name: html.escape(str(value)) for name, value in fill.items()}
        if payment is not None:
            page["buttons"] = _forms(state, payment.token, words)
        status = 404 if state == "unknown" else 200
        return Response(
            self._page.substitute(page),
            status_code=status,
            media_type="text/html; charset=utf-8",
            headers={"Content-Security-Policy": FRAMED_POLICY},
        )


def _forms(state: State, token: str, words: dict[str, str]) -> str:
    """Write the buttons that a state still has; each is a form of its own."""
    buttons = {"open": ("pay", "decline", "late"), "expired": ("late",)}.get(state, ())
    return "".join(
        f'<form method="post" action="/sandbox/pay/{html.escape(token)}/{button}?lang='
        f'{html.escape(words["lang"])}"><button class="{button}">'
        f"{html.escape(words[button])}</button></form>"
        for button in buttons
    )


def _state(payment: SandboxPayment) -> State:
    return "late" if payment.late else payment.status


def _language(request: Request, payment: SandboxPayment) -> Language:
    """Speak what the buyer spoke in the chat, unless the address says otherwise."""
    if request.query_params.get("lang") in {"fr", "en"} or payment.language not in {"fr", "en"}:
        return language_of(request)
    return "en" if payment.language == "en" else "fr"

"""The Bot API over HTTP: every call is checked, worked, perhaps troubled, and answered.

async with TelegramDouble.running() as double:
    seller = double.bot("seller_bot")
    awa = double.person(7, "Awa", "fr", bot=seller)
    ... TelegramChannel({"seller": seller.token}, api_url=double.url) ...
    await awa.say("bonjour")
    [answer] = await awa.heard(1)
assert double.faults == []
"""

import asyncio
import re
import ssl
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Self

import httpx
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from tests.doubles.serving import at_hand, serving
from tests.doubles.telegram.accounts import Account, Refused
from tests.doubles.telegram.facts import Facts
from tests.doubles.telegram.methods import METHODS, BrokenRule
from tests.doubles.telegram.people import Person

WEBHOOK_TRIES_MAX = 5
"""Telegram "gives up after a reasonable amount of attempts"; then the update waits for the next."""

WEBHOOK_PAUSE_S = 0.05

VENDOR_TEXTS = (
    (r"Message(?:Text)?\.text: 0 characters", "message text is empty"),
    (r"Message(?:Text)?\.text: \d+ characters", "message is too long"),
    (r"\.caption: \d+ characters", "message caption is too long"),
    (r"callback_data: \d+ bytes", "BUTTON_DATA_INVALID"),
    (r"setWebhook.url: not an HTTPS", "bad webhook: An HTTPS URL must be provided for webhook"),
    (r"secret_token: \d+ characters", "secret token is too long"),
)


# ---- Troubles a test can order -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Slow:
    """The call is worked, late."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Refuse:
    """The call is not worked; the answer is this error."""

    status: int
    description: str
    retry_after: int = 0


@dataclass(frozen=True, slots=True)
class Cut:
    """The call is worked, and the connection breaks before the answer is whole."""


Trouble = Slow | Refuse | Cut


def too_many(retry_after: int) -> Refuse:
    """Make the server ask for patience."""
    return Refuse(429, f"Too Many Requests: retry after {retry_after}", retry_after)


class _BrokenOff(Response):
    """An answer that promises more than it brings: the server then closes the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send half an answer."""
        del scope, receive
        headers = [(b"content-length", b"1000"), (b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b'{"ok":tr', "more_body": True})


# ---- The server ----------------------------------------------------------------------------------


class TelegramDouble:
    """Telegram, as far as bots see it. `faults` lists everything that was not as the facts say."""

    def __init__(self) -> None:
        self.facts = Facts()
        self.faults: list[str] = []
        self.accounts: dict[str, Account] = {}
        self.url = ""
        self.transport: httpx.AsyncBaseTransport | None = None
        """How clients of this process call it where it has no socket."""
        self.reach: dict[str, str] = {}
        """Where a public address is really served: `https://box.example` -> `http://127.0.0.1:1`."""
        self._troubles: dict[str, list[Trouble]] = defaultdict(list)
        self._posting: dict[str, asyncio.Task[None]] = {}
        # Posting is to this machine alone: no certificates to load.
        self._client = httpx.AsyncClient(
            trust_env=False, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        )

    @classmethod
    @asynccontextmanager
    async def running(cls, port: int = 0, extra: tuple[Route, ...] = ()) -> AsyncIterator[Self]:
        """Serve while the block runs."""
        double = cls()
        async with serving(Starlette(routes=[*double.routes(), *extra]), port) as double.url:
            try:
                yield double
            finally:
                await double.close()

    @classmethod
    @asynccontextmanager
    async def at_hand(cls) -> AsyncIterator[Self]:
        """Answer in this process, through `transport`: no socket, no server."""
        double = cls()
        double.url, double.transport = at_hand(Starlette(routes=double.routes()))
        try:
            yield double
        finally:
            await double.close()

    def routes(self) -> list[Route]:
        """Give the routes of the Bot API."""
        return [
            Route("/bot{token}/{method}", self._call, methods=["GET", "POST"]),
            Route("/file/bot{token}/{path:path}", self._download),
        ]

    async def close(self) -> None:
        """Answer whoever still polls, and stop posting."""
        for account in self.accounts.values():
            account.polls += 1
            account.bell.ring()
        for task in self._posting.values():
            task.cancel()
        await asyncio.gather(*self._posting.values(), return_exceptions=True)
        await self._client.aclose()

    def bot(self, username: str, token: str = "") -> Account:
        """Register a bot, with a token that is visibly a test's."""
        number = 1000 + len(self.accounts)
        token = token or f"{number}:TEST-{username}-{'x' * 24}"
        account = Account(int(token.split(":")[0]), token, username, self.facts, self.faults)
        self.accounts[token] = account
        return account

    def person(
        self, person_id: int, first_name: str, language: str = "fr", *, bot: Account | None = None
    ) -> Person:
        """Give somebody a private chat with a bot (the first one unless said otherwise)."""
        account = bot or next(iter(self.accounts.values()))
        return Person(account, person_id, first_name, language)

    def trouble(self, method: str, *troubles: Trouble) -> None:
        """Order what happens to the next calls of a method, one call each.

        For the method `download` any trouble means that the file is not there any more.
        """
        self._troubles[method] += troubles

    # ---- One call --------------------------------------------------------------------------------

    async def _call(self, request: Request) -> Response:
        account = self.accounts.get(request.path_params["token"])
        if account is None:
            return _refusal(Refused(401, "Unauthorized"))
        method = self.facts.method(request.path_params["method"])
        if method is None:
            self.faults.append(f"unknown method {request.path_params['method']}")
            return _refusal(Refused(404, "Not Found"))
        try:
            return await self._work(account, method, request)
        except Refused as refused:
            if isinstance(refused, BrokenRule):
                self.faults.append(f"{method}: {refused.description}")
            return _refusal(refused)

    async def _work(self, account: Account, method: str, request: Request) -> Response:
        params, files = await _read(request)
        read, faults = self.facts.read_call(method, params, files)
        account.calls.append((method, read))
        if faults:
            self.faults += faults
            raise Refused(400, _vendor_text(faults[0]))
        trouble = self._troubles[method].pop(0) if self._troubles[method] else None
        match trouble:
            case Refuse():
                more = {"retry_after": trouble.retry_after} if trouble.retry_after else {}
                raise Refused(trouble.status, trouble.description, **more)
            case Slow():
                await asyncio.sleep(trouble.seconds)
        result = await METHODS[method](account, read, files)
        if method == "setWebhook":
            self._post_updates(account)
        returns: str = self.facts.methods[method]["returns"]
        for fault in self.facts.check_field(method, returns, result):
            self.faults.append(f"the double's own reply: {fault}")
        if isinstance(trouble, Cut):
            return _BrokenOff()
        return JSONResponse({"ok": True, "result": result})

    async def _download(self, request: Request) -> Response:
        if self._troubles["download"]:
            self._troubles["download"].pop(0)
            return _refusal(Refused(404, "Not Found"))
        account = self.accounts.get(request.path_params["token"])
        files = account.files.values() if account else ()
        for file in files:
            if file.path == request.path_params["path"]:
                return Response(file.body, media_type="application/octet-stream")
        return _refusal(Refused(404, "Not Found"))

    # ---- Webhooks --------------------------------------------------------------------------------

    def _post_updates(self, account: Account) -> None:
        known = self._posting.pop(account.token, None)
        if known is not None:
            known.cancel()
        if account.webhook:
            self._posting[account.token] = asyncio.create_task(self._post_forever(account))

    async def _post_forever(self, account: Account) -> None:
        while True:
            while not account.updates:
                await account.bell.until(lambda: bool(account.updates), wait_max_s=3600)
            update = account.updates[-1 if account.delivery == "reversed" else 0]
            for _ in range(2 if account.delivery == "twice" else 1):
                await self._post(account, update)
            account.updates.remove(update)
            account.bell.ring()

    async def _post(self, account: Account, update: dict[str, Any]) -> None:
        url: str = account.webhook["url"]
        for public, real in self.reach.items():
            url = url.replace(public, real)
        headers = {"X-Telegram-Bot-Api-Secret-Token": account.webhook["secret"]}
        for _ in range(WEBHOOK_TRIES_MAX):
            try:
                answer = await self._client.post(url, json=update, headers=headers)
            except httpx.TransportError:
                answer = httpx.Response(502)
            if answer.is_success:
                return
            await asyncio.sleep(WEBHOOK_PAUSE_S)
        self.faults.append(f"the webhook did not take update {update['update_id']}")


async def _read(request: Request) -> tuple[dict[str, Any], dict[str, tuple[str, bytes]]]:
    """Read parameters from the query, a form or a JSON body, and the file parts."""
    params: dict[str, Any] = dict(request.query_params)
    files: dict[str, tuple[str, bytes]] = {}
    if request.headers.get("content-type", "").startswith("application/json"):
        params |= await request.json()
        return params, files
    async with request.form() as form:
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                files[name] = (value.filename or name, await value.read())
            else:
                params[name] = value
    return params, files


def _vendor_text(fault: str) -> str:
    for pattern, text in VENDOR_TEXTS:
        if re.search(pattern, fault):
            return f"Bad Request: {text}"
    return f"Bad Request: {fault}"


def _refusal(refused: Refused) -> Response:
    body: dict[str, Any] = {
        "ok": False,
        "error_code": refused.status,
        "description": refused.description,
    }
    headers = {}
    if refused.parameters:
        body["parameters"] = refused.parameters
        headers = {"Retry-After": str(refused.parameters["retry_after"])}
    return JSONResponse(body, status_code=refused.status, headers=headers)

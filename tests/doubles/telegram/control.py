"""The double as a process of its own, and how a test on the outside plays people there.

`python -m tests.doubles.telegram --port N --bot USERNAME=TOKEN ...` prints `READY http://...` and
serves until it is told to stop. Beside the Bot API it answers on `/control/...`:

    POST /control/people      {bot, id, first_name, language}
    POST /control/act         {bot, id, act, with: [...]}       say, start, tap, voice, block, ...
    POST /control/picture     ?bot=&id=&as_file=0|1             a picture, as the body
    GET  /control/heard       ?bot=&id=&count=                  waits for so many messages
    GET  /control/body        ?bot=&id=&message_id=             the picture or file of a message
    POST /control/trouble     {method, slow: s | refuse: [status, text] | too_many: s | cut: true}
    GET  /control/faults      what broke the vendor's rules
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.doubles.telegram.accounts import Heard
from tests.doubles.telegram.people import Person
from tests.doubles.telegram.server import Cut, Refuse, Slow, TelegramDouble, Trouble, too_many
from tests.patience import WAIT_MAX_S

ROOT = Path(__file__).parent.parent.parent.parent

ACTS = frozenset(
    {"say", "start", "tap", "voice", "sticker", "location", "block", "unblock", "edit"}
    | {"add_to_group", "say_in_group"}
)


class Control:
    """The inside: routes that make the double's people act."""

    def __init__(self, double: TelegramDouble) -> None:
        self._double = double
        self._people: dict[tuple[str, int], Person] = {}

    def routes(self) -> list[Route]:
        """Give the control routes."""
        return [
            Route("/control/people", self._meet, methods=["POST"]),
            Route("/control/act", self._act, methods=["POST"]),
            Route("/control/picture", self._picture, methods=["POST"]),
            Route("/control/heard", self._heard),
            Route("/control/body", self._body),
            Route("/control/trouble", self._trouble, methods=["POST"]),
            Route("/control/faults", self._faults),
        ]

    async def _meet(self, request: Request) -> Response:
        asked = await request.json()
        accounts = self._double.accounts.values()
        account = next(known for known in accounts if known.username == asked["bot"])
        person = self._double.person(
            asked["id"], asked["first_name"], asked["language"], bot=account
        )
        self._people[asked["bot"], asked["id"]] = person
        return JSONResponse({})

    async def _act(self, request: Request) -> Response:
        asked = await request.json()
        if asked["act"] not in ACTS:
            return JSONResponse({"error": f"no such act: {asked['act']}"}, status_code=400)
        person = self._people[asked["bot"], asked["id"]]
        try:
            await getattr(person, asked["act"])(*asked["with"])
        except AssertionError as error:
            return JSONResponse({"error": str(error)}, status_code=409)
        return JSONResponse({})

    async def _picture(self, request: Request) -> Response:
        person, body = self._person(request), await request.body()
        if request.query_params["as_file"] == "1":
            await person.send_document(body)
        else:
            await person.send_photo(body)
        return JSONResponse({})

    async def _heard(self, request: Request) -> Response:
        person, count = self._person(request), int(request.query_params["count"])
        try:
            heard = await person.heard(count, float(request.query_params["wait_max_s"]))
        except AssertionError as error:
            return JSONResponse({"error": str(error)}, status_code=409)
        return JSONResponse([one.json for one in heard])

    async def _body(self, request: Request) -> Response:
        message_id = int(request.query_params["message_id"])
        seen = {heard.message_id: heard for heard in self._person(request).seen}
        return Response(seen[message_id].body or b"")

    async def _trouble(self, request: Request) -> Response:
        asked = await request.json()
        self._double.trouble(asked["method"], _trouble(asked))
        return JSONResponse({})

    async def _faults(self, _: Request) -> Response:
        return JSONResponse(self._double.faults)

    def _person(self, request: Request) -> Person:
        return self._people[request.query_params["bot"], int(request.query_params["id"])]


def _trouble(asked: dict[str, Any]) -> Trouble:
    match asked:
        case {"slow": float() | int() as seconds}:
            return Slow(seconds)
        case {"too_many": int(retry_after)}:
            return too_many(retry_after)
        case {"refuse": [int(status), str(description)]}:
            return Refuse(status, description)
        case {"cut": True}:
            return Cut()
        case _:
            raise ValueError(f"no such trouble: {asked}")


# ---- The outside ---------------------------------------------------------------------------------


class FarPerson:
    """Somebody in a double that runs as a process of its own; `act` names a Person's method."""

    def __init__(self, client: httpx.AsyncClient, bot: str, person_id: int) -> None:
        self._client = client
        self._who: dict[str, str | int] = {"bot": bot, "id": person_id}

    async def act(self, act: str, *arguments: object) -> None:
        """Say, start, tap and the like: `await awa.act("tap", "Payer")`."""
        asked = {**self._who, "act": act, "with": list(arguments)}
        _good(await self._client.post("/control/act", json=asked))

    async def send_photo(self, body: bytes) -> None:
        """Send a picture from the gallery."""
        params = {**self._who, "as_file": 0}
        _good(await self._client.post("/control/picture", params=params, content=body))

    async def send_document(self, body: bytes) -> None:
        """Send a picture as a file."""
        params = {**self._who, "as_file": 1}
        _good(await self._client.post("/control/picture", params=params, content=body))

    async def heard(self, count: int = 1, wait_max_s: float = WAIT_MAX_S) -> list[Heard]:
        """Wait until at least so many messages of the bot stand on the screen."""
        params = {**self._who, "count": count, "wait_max_s": wait_max_s}
        answer = _good(await self._client.get("/control/heard", params=params))
        return [Heard(json) for json in answer.json()]

    async def body(self, heard: Heard) -> bytes:
        """Look at the picture or file of a message."""
        params = {**self._who, "message_id": heard.message_id}
        return _good(await self._client.get("/control/body", params=params)).content


class FarDouble:
    """A double that runs as a process of its own."""

    def __init__(self, url: str, client: httpx.AsyncClient) -> None:
        self.url = url
        self._client = client

    async def person(
        self, bot: str, person_id: int, first_name: str, language: str = "fr"
    ) -> FarPerson:
        """Give somebody a private chat with a bot, by its username."""
        who = {"bot": bot, "id": person_id, "first_name": first_name, "language": language}
        _good(await self._client.post("/control/people", json=who))
        return FarPerson(self._client, bot, person_id)

    async def trouble(self, method: str, **kind: object) -> None:
        """Order what happens to the next call of a method."""
        _good(await self._client.post("/control/trouble", json={"method": method, **kind}))

    async def faults(self) -> list[str]:
        """List what broke the vendor's rules."""
        found: list[str] = _good(await self._client.get("/control/faults")).json()
        return found


@asynccontextmanager
async def far_double(bots: dict[str, str], port: int = 0) -> AsyncIterator[FarDouble]:
    """Run the double as a process while the block runs; `bots` gives each username's token."""
    named = [part for name, token in bots.items() for part in ("--bot", f"{name}={token}")]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.doubles.telegram", "--port", str(port), *named),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        first = await asyncio.wait_for(process.stdout.readline(), WAIT_MAX_S)
        word, _, url = first.decode().strip().partition(" ")
        assert word == "READY", f"the double did not start: {first!r}"
        wait = httpx.Timeout(WAIT_MAX_S, read=120)
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=wait) as client:
            yield FarDouble(url, client)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


def _good(answer: httpx.Response) -> httpx.Response:
    assert answer.is_success, answer.text
    return answer

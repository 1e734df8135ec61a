"""The stage in the web chat: every word goes through its HTTP routes, as a browser asks for them.

The application is asked in this process: what a socket and a server add is tried in `tests/web` and
in a real browser, and costs more than all that a play does besides.
"""

import contextlib
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import httpx
from starlette.applications import Starlette
from starlette.types import ASGIApp

from bot.handlers.webchat import BATCH_MAX, WebChat
from bot.web.guard import Guarded
from bot.web.webchat import webchat_routes
from chat.channel import Channel
from chat.messages import Button, Location, Media, Outgoing, Start, TalkName, Tap, Text, Unsupported
from chat.workers import Runner
from storage.database import Database
from tests.doubles.asking import ask
from tests.transcripts.screens import Card, Deed, Pictures, Speaker
from tests.transcripts.stage import SetClock, Stage, raise_stage_on

HOST = "127.0.0.1:8000"

PUBLIC = f"http://{HOST}"

MESSAGES = "/webchat/messages"

ADDRESSES = (MESSAGES, "/webchat/phones/buyer/messages", "/webchat/media/token")
"""One of each kind that a visitor asks for."""

PHONE_OF: dict[TalkName, str] = {"seller": "buyer", "scanner": "gate"}


@dataclass(frozen=True, slots=True)
class Browser:
    """A visitor's: it has opened the page once, and shows its cookie from then on."""

    app: ASGIApp
    cookie: str
    """The header, as a real client fills it for the addresses of the conversation."""
    token: str

    @classmethod
    async def opened(cls, app: ASGIApp) -> Self:
        """Open the page; who keeps cookies for real says which are shown where."""
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(base_url=PUBLIC, transport=transport) as client:
            opened = await client.post("/webchat/session")
            assert opened.status_code == httpx.codes.CREATED, opened.text
            [token] = client.cookies.values()
            asked = (client.build_request("GET", path).headers["cookie"] for path in ADDRESSES)
            [cookie] = set(asked)
            return cls(app, cookie, token)

    async def get(self, path: str) -> httpx.Response:
        """Get what is at a path."""
        return await ask(self.app, "GET", f"{PUBLIC}{path}", {"cookie": self.cookie})

    async def post(self, path: str, kind: str, body: bytes) -> httpx.Response:
        """Post a body."""
        shown = {"cookie": self.cookie, "content-type": kind}
        return await ask(self.app, "POST", f"{PUBLIC}{path}", shown, body)


@dataclass(slots=True)
class WebScreens:
    """Visitors of the page, by name: a browser each, with a cookie of its own."""

    channel: Channel
    webchat: WebChat
    public: str
    app: ASGIApp
    browsers: dict[str, Browser] = field(default_factory=dict)
    read: dict[str, list[tuple[dict[str, Any], Outgoing]]] = field(default_factory=dict)
    """By visitor: every message read so far, as it came and as it shows."""

    def link(self, talk: TalkName, payload: str) -> str:
        """A link into the page of the three phones."""
        return f"{self.public}/#{talk}={payload}"

    async def ref(self, speaker: Speaker) -> str:
        """The key the server gave to this visitor's phone."""
        browser = await self._browser(speaker.name)
        phones = await self.webchat.phones_of(browser.token)
        return next(phone.ref for phone in phones if phone.name == PHONE_OF[speaker.talk])

    async def do(self, speaker: Speaker, number: int, deed: Deed) -> None:
        """Post a message; 202 says that the engine has it."""
        browser = await self._browser(speaker.name)
        path = f"/webchat/phones/{PHONE_OF[speaker.talk]}/messages"
        said: dict[str, Any] = {"id": f"m{number}", "language": speaker.language}
        files: list[tuple[str, tuple[str, bytes]]] = []
        match deed:
            case Text(text):
                said["text"] = text
            case Tap(action):
                said["tap"] = action
            case Start(payload):
                said["start"] = payload
            case Pictures(bodies):
                files = [("photo", ("photo.png", body)) for body in bodies]
            case Card():
                raise AssertionError("a phone of the page cannot share a contact: `! sauf web`")
            case Location():
                raise AssertionError("a phone of the page cannot share a point: `! sauf web`")
            case Unsupported(what):
                raise AssertionError(f"a phone of the page cannot send {what}: `! sauf web`")
        if files:
            form = httpx.Request("POST", PUBLIC, data=said, files=files)
            answer = await browser.post(path, form.headers["content-type"], form.read())
        else:
            answer = await browser.post(path, "application/json", json.dumps(said).encode())
        assert answer.status_code == httpx.codes.ACCEPTED, answer.text

    async def seen(self, speaker: Speaker) -> Sequence[Outgoing]:
        """Read on in the conversation, as an open page does."""
        browser = await self._browser(speaker.name)
        read = self.read.setdefault(speaker.name, [])
        while True:
            since = read[-1][0]["id"] if read else 0
            answer = (await browser.get(f"{MESSAGES}?since={since}")).json()
            read += [(one, await _shown(browser, one)) for one in answer["messages"]]
            if len(answer["messages"]) < BATCH_MAX:
                break
        phone = PHONE_OF[speaker.talk]
        return [shown for one, shown in read if (one["phone"], one["from"]) == (phone, "bot")]

    async def answer_calls(self) -> bool:
        """Nothing only asks to be answered here."""
        return False

    async def _browser(self, name: str) -> Browser:
        if name not in self.browsers:
            self.browsers[name] = await Browser.opened(self.app)
        return self.browsers[name]


@contextlib.asynccontextmanager
async def open_web_stage(database: Database, *, runner: Runner) -> AsyncIterator[Stage]:
    """Set the stage behind the web chat's application."""
    clock = SetClock()
    webchat = WebChat(database, clock=clock)
    site = Starlette()
    screens = WebScreens(webchat, webchat, PUBLIC, Guarded(site, hosts={HOST}))
    stage = raise_stage_on(database, clock, screens, runner)
    site.router.routes += webchat_routes(webchat, stage.guichet.engine, base_url=PUBLIC)
    yield stage
    await stage.guichet.engine.close()


async def _shown(browser: Browser, message: dict[str, Any]) -> Outgoing:
    """Read one message as the page shows it, its picture included."""
    buttons = tuple(
        Button(one["label"], one.get("action"), one.get("url")) for one in message["buttons"]
    )
    media = None
    for file in message["files"]:
        body = (await browser.get(file["url"])).content
        assert len(body) == file["size_bytes"]
        media = Media(body, file["mime"], file["name"], as_file=file["shape"] == "file")
    return Outgoing(message["text"], buttons, media)

"""Twilio over HTTP: every request is checked, kept, perhaps troubled, and brought to a phone.

async with TwilioDouble.running() as double:
    double.reach["https://box.example"] = url_of_our_server
    awa = double.customer("whatsapp:+22900000001", "Awa")
    await awa.say("bonjour")
    await double.settled()
    awa.seen
assert double.faults == []
"""

import asyncio
import base64
import itertools
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Self
from urllib.parse import parse_qsl

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.doubles.serving import at_hand, serving
from tests.doubles.telegram.accounts import Bell
from tests.doubles.twilio.contents import ContentApi
from tests.doubles.twilio.facts import Facts
from tests.doubles.twilio.kept_media import KeptMedia
from tests.doubles.twilio.ordered import (
    BrokenOff,
    Content,
    Cut,
    Fail,
    Kept,
    Refused,
    Slow,
    Trouble,
    error_of,
    refuse,
)
from tests.doubles.twilio.outside import Outside
from tests.doubles.twilio.people import Customer
from tests.doubles.twilio.phones import show

ACCOUNT = "AC" + "7e57" * 8
TOKEN = "test-auth-token-of-the-double"
SELLER = "whatsapp:+22900000100"
SCANNER = "whatsapp:+22900000200"

WEBHOOK_TRIES_MAX = 6


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000


# ---- The server ----------------------------------------------------------------------------------


@dataclass(slots=True)
class TwilioDouble:
    """Twilio, as far as we see it. `faults` lists everything that was not as the facts say."""

    clock: Callable[[], int] = _wall_ms
    account_sid: str = ACCOUNT
    auth_token: str = TOKEN
    numbers: tuple[str, ...] = (SELLER, SCANNER)
    url: str = ""
    transport: httpx.AsyncBaseTransport | None = None
    """How clients of this process call it where it has no socket."""
    webhook: str = "https://box.example/whatsapp"
    faults: list[str] = field(default_factory=list)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """Every call that came in, in order."""
    contents: dict[str, Content] = field(default_factory=dict)
    media: dict[str, Kept] = field(default_factory=dict)
    customers: dict[tuple[str, str], Customer] = field(default_factory=dict)
    forms: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """What was asked to be sent, by its SID."""
    statuses_told: dict[str, tuple[str, int | None]] = field(default_factory=dict)
    """How each message stands."""
    statuses: str = "plain"
    """How statuses come: plain, twice, reversed or none."""
    inbound: str = "plain"
    """How messages come: plain or twice."""
    answers: list[str] = field(default_factory=list)
    """What our webhook answered."""
    facts: Facts = field(default_factory=Facts)
    bell: Bell = field(default_factory=Bell)
    """Rings when something changes on a screen."""
    _troubles: dict[str, list[Trouble]] = field(default_factory=lambda: defaultdict(list))
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _serial: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    outside: Outside = field(init=False)
    """How Twilio reaches us."""

    def __post_init__(self) -> None:
        """Open the way to us."""
        self.outside = Outside(self.auth_token, self.faults)

    @classmethod
    @asynccontextmanager
    async def running(cls, clock: Callable[[], int] = _wall_ms) -> AsyncIterator[Self]:
        """Serve while the block runs."""
        double = cls(clock)
        async with serving(Starlette(routes=double.routes())) as double.url:
            try:
                yield double
            finally:
                await double.close()

    @classmethod
    @asynccontextmanager
    async def at_hand(cls, clock: Callable[[], int] = _wall_ms) -> AsyncIterator[Self]:
        """Answer in this process, through `transport`: no socket, no server."""
        double = cls(clock)
        double.url, double.transport = at_hand(Starlette(routes=double.routes()))
        try:
            yield double
        finally:
            await double.close()

    async def close(self) -> None:
        """Stop what is under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.outside.http.aclose()

    def routes(self) -> list[Route]:
        """Give the routes of both APIs."""
        message = "/2010-04-01/Accounts/{account}/Messages"
        return [
            Route(f"{message}.json", self._messages, methods=["POST"]),
            Route(f"{message}/{{sid}}.json", self._fetch_message, methods=["GET"]),
            *ContentApi(self).routes(),
            *KeptMedia(self).routes(),
        ]

    # ---- What a test does ------------------------------------------------------------------------

    def customer(self, ref: str, name: str = "Awa", number: str = SELLER) -> Customer:
        """Give somebody a chat with one of our numbers."""
        key = (number, ref)
        if key not in self.customers:
            self.customers[key] = Customer(self, number, ref, name)
        return self.customers[key]

    def trouble(self, what: str, *troubles: Trouble) -> None:
        """Order what happens to the next calls of `messages`, `content` or `media`, one each."""
        self._troubles[what] += troubles

    def approve(self) -> None:
        """Have WhatsApp approve every content that was submitted."""
        for content in self.contents.values():
            if content.status != "unsubmitted":
                content.status = "approved"

    def knows(self) -> tuple[Content, ...]:
        """Give every content as it stands, for `remember`."""
        return tuple(map(replace, self.contents.values()))

    def remember(self, contents: Sequence[Content]) -> None:
        """Have contents of an earlier run; SIDs go on after theirs."""
        self.contents.update((one.sid, replace(one)) for one in contents)
        newest = max(one.sid for one in contents)
        while self.new_sid("HX") != newest:
            pass

    async def settled(self) -> None:
        """Wait until everything taken is brought, and every status is told."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    def new_sid(self, prefix: str) -> str:
        """Make an id as Twilio does."""
        return f"{prefix}{next(self._serial):032x}"

    def keep_media(self, message_sid: str, body: bytes, mime: str) -> str:
        """Keep what a person sent; answers its address."""
        sid = self.new_sid("ME")
        self.media[sid] = Kept(body, mime)
        return (
            f"{self.url}/2010-04-01/Accounts/{self.account_sid}/Messages/{message_sid}/Media/{sid}"
        )

    # ---- Calls of ours to Twilio -----------------------------------------------------------------

    def check_own(self, schema: str, answer: Mapping[str, Any]) -> None:
        """Hold an answer of the double itself against Twilio's description."""
        self.faults += [f"the double's own: {one}" for one in self.facts.check(schema, answer)]

    def check_account(self, request: Request) -> None:
        """Refuse who does not show our credentials."""
        shown = request.headers.get("authorization", "")
        wanted = base64.b64encode(f"{self.account_sid}:{self.auth_token}".encode()).decode()
        account = request.path_params.get("account", self.account_sid)
        if shown != f"Basic {wanted}" or account != self.account_sid:
            raise Refused(401, 20003, "Authenticate")

    def take_trouble(self, what: str) -> Trouble | None:
        """Take what a test ordered for the next call of a kind."""
        return self._troubles[what].pop(0) if self._troubles[what] else None

    def rule(self, broken: Sequence[str], code: int) -> None:
        """Refuse what breaks a rule, and keep that it did."""
        if broken:
            self.faults += broken
            raise Refused(400, code, broken[0])

    async def _messages(self, request: Request) -> Response:
        try:
            return await self._take_message(request)
        except Refused as refused:
            return error_of(refused)

    async def _take_message(self, request: Request) -> Response:
        self.check_account(request)
        body = (await request.body()).decode()
        form, broken = self.facts.read_form(parse_qsl(body, keep_blank_values=True))
        self.calls.append(("messages", form))
        self.rule(broken, 21617)
        if form["From"] not in self.numbers:
            raise Refused(400, 63007, "no such sender")
        trouble = self.take_trouble("messages")
        refuse(trouble)
        content = None
        if "ContentSid" in form:
            content = self.contents.get(form["ContentSid"])
            if content is None:
                raise Refused(400, 21655, "The ContentSid is invalid")
            content.uses += 1
        sid = self.new_sid("MM" if form.get("MediaUrl") else "SM")
        self.forms[sid] = form
        if isinstance(trouble, Slow):
            await asyncio.sleep(trouble.seconds)
        failed = trouble if isinstance(trouble, Fail) else None
        if failed is not None and failed.before_answer:
            await self._tell(sid, form, [(failed.status, failed.code)])
        else:
            self._later(self._bring_out(sid, form, content, failed))
        answer = self._message_json(sid, form)
        self.check_own("message", answer)
        return BrokenOff() if isinstance(trouble, Cut) else JSONResponse(answer, 201)

    async def _fetch_message(self, request: Request) -> Response:
        """Answer with a message as it stands: its last status, and its error."""
        sid = request.path_params["sid"]
        try:
            self.check_account(request)
        except Refused as refused:
            return error_of(refused)
        if sid not in self.forms:
            return error_of(Refused(404, 20404, "no such message"))
        status, error = self.statuses_told.get(sid, ("queued", None))
        answer = self._message_json(sid, self.forms[sid]) | {"status": status, "error_code": error}
        self.check_own("message", answer)
        return JSONResponse(answer)

    def _message_json(self, sid: str, form: Mapping[str, Any]) -> dict[str, Any]:
        path = f"/2010-04-01/Accounts/{self.account_sid}/Messages/{sid}.json"
        return {
            "sid": sid,
            "account_sid": self.account_sid,
            "from": form["From"],
            "to": form["To"],
            "body": form.get("Body", ""),
            "status": "queued",
            "direction": "outbound-api",
            "num_media": str(len(form.get("MediaUrl", ()))),
            "num_segments": "1",
            "error_code": None,
            "error_message": None,
            "price": None,
            "price_unit": None,
            "messaging_service_sid": None,
            "date_created": "Tue, 01 Jun 2027 09:00:00 +0000",
            "date_updated": "Tue, 01 Jun 2027 09:00:00 +0000",
            "date_sent": None,
            "api_version": "2010-04-01",
            "uri": path,
            "subresource_uris": {"media": path.replace(".json", "/Media.json")},
        }

    # ---- What happens after a message was taken --------------------------------------------------

    def _later(self, work: Any) -> None:  # noqa: ANN401 (a coroutine)
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _bring_out(
        self, sid: str, form: Mapping[str, Any], content: Content | None, failed: Fail | None
    ) -> None:
        """Bring a message to its phone, in the order they were taken in, and tell statuses."""
        customer = self.customer(form["To"], number=form["From"])
        async with customer.order:
            if failed is not None:
                code: int | None = failed.code
            else:
                code = await show(self, customer, sid, form, content)
                self.bell.ring()
        told: list[tuple[str, int | None]] = [("queued", None), ("sent", None), ("delivered", None)]
        if code is not None:
            told = [("queued", None), (failed.status if failed else "failed", code)]
        if self.statuses == "reversed":
            told.reverse()
        if self.statuses != "none":
            await self._tell(sid, form, told * 2 if self.statuses == "twice" else told)

    async def _tell(
        self, sid: str, form: Mapping[str, Any], told: Sequence[tuple[str, int | None]]
    ) -> None:
        for status, code in told:
            self.statuses_told[sid] = (status, code)
            if not form.get("StatusCallback"):
                continue
            fields = {
                "MessageSid": sid,
                "SmsSid": sid,
                "MessageStatus": status,
                "SmsStatus": status,
                "To": form["To"],
                "From": form["From"],
                "AccountSid": self.account_sid,
                "ApiVersion": "2010-04-01",
                "ChannelInstallSid": "XE" + "0" * 32,
                "ChannelStatusMessage": "",
                "EventType": status.upper(),
            }
            if code is not None:
                fields["ErrorCode"] = str(code)
            answer = await self.outside.post(form["StatusCallback"], fields)
            if not answer.is_success:
                self.faults.append(f"a status was answered {answer.status_code}")

    # ---- Calls of Twilio to us -------------------------------------------------------------------

    async def bring(self, form: Mapping[str, str]) -> httpx.Response:
        """Post a message to our webhook as Twilio does, again when it cannot be taken."""
        answer = await self.outside.post(self.webhook, form)
        if self.inbound == "twice":
            answer = await self.outside.post(self.webhook, form)
        for _ in range(WEBHOOK_TRIES_MAX):
            if answer.status_code < 500:
                break
            answer = await self.outside.post(self.webhook, form)
        self.answers.append(answer.text)
        return answer

"""Every call to Twilio: its library over our HTTP client, its errors in our words.

The library's own asynchronous client brings a second HTTP stack (aiohttp) and no way to another
address than Twilio's; its hook for a client of one's own takes httpx, which the house has already:
one pool, one set of limits, and tests that speak to a double. A thread for each call would cost
more than the call.
"""

import json
import logging
import ssl
import time
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

import httpx
import structlog
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from twilio.rest.content.v1.content import ContentList
from twilio.rest.content.v1.content.approval_create import ApprovalCreateList

from bot.handlers.whatsapp.reading import MEDIA_URL
from chat.channel import SendRefused, SlowDown

API_URL = "https://api.twilio.com"

CONNECT_MAX_S = 10.0
"""Long enough for a slow link, short enough for the outbox to try again soon."""

ANSWER_MAX_S = 20.0
"""After this a call is unknown. Twilio answers in well under a second, having only queued."""

CONNECTIONS_MAX = 64
"""At most so many calls at once: as many as the outbox leases, twice."""

PHOTO_BYTES_MAX = 20 * 1024 * 1024
"""More than WhatsApp lets through (5 MB a picture); the same limit on every channel."""

REDIRECTS_MAX = 3
"""Twilio's media address leads to its store in one step."""

SLOW_DOWN_MS = 2_000
"""How long to wait when Twilio says too many requests without saying for how long."""

CHATTY = ("httpx", "httpcore", "twilio", "twilio.http_client")
"""The loggers that name addresses, bodies and numbers. What they say is said by our own lines."""

TOO_MANY = frozenset({20429, 63018})
WINDOW_CLOSED = 63016
GONE = 20404
NOT_FOUND = frozenset({GONE, 21655, 63027})
"""What Twilio says of a ContentSid that it does not have (any more)."""

Answer = TypeVar("Answer")

log = structlog.get_logger(__name__)


class Unanswered(Exception):
    """Twilio did not answer, or answered that it is ill: the work may or may not be done."""


class CredentialsRefused(Exception):
    """Twilio does not know this account, or its token."""

    def __init__(self) -> None:
        super().__init__(
            "Twilio refuses TWILIO_ACCOUNT_SID or TWILIO_AUTH_TOKEN: copy both from its console."
        )


class Refused(SendRefused):
    """Twilio will not take this message; `code` says why in its own numbers."""

    def __init__(self, code: int, status: int) -> None:
        super().__init__(f"Twilio refuses the message: {code or status}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that Twilio took over: its SID and its first status."""

    sid: str
    status: str


class TwilioApi:
    """Twilio for one account. Open it before use: `async with TwilioApi(...)`."""

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        *,
        url: str = API_URL,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Prepare the calls; for tests alone, `url` is elsewhere and `transport` leads there."""
        for name in CHATTY:
            logging.getLogger(name).setLevel(logging.WARNING)
        self.account_sid = account_sid
        self.auth_token = auth_token
        self._url = url.rstrip("/")
        # Plain HTTP is for a double on this machine: it needs no certificate authorities.
        self._http = httpx.AsyncClient(
            timeout=httpx.Timeout(ANSWER_MAX_S, connect=CONNECT_MAX_S),
            limits=httpx.Limits(max_connections=CONNECTIONS_MAX),
            max_redirects=REDIRECTS_MAX,
            trust_env=False,
            transport=transport,
            verify=self._url.startswith("https://") or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
        )
        elsewhere = None if self._url == API_URL else self._url
        self._client = Client(
            account_sid, auth_token, http_client=_OverHttpx(self._http, elsewhere)
        )
        self._validator = RequestValidator(auth_token)

    def __repr__(self) -> str:
        return "TwilioApi()"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._http.aclose()

    def is_signed(self, url: str, form: object, signature: str) -> bool:
        """Say whether Twilio signed this form for this address; `form` may repeat a key."""
        return bool(self._validator.validate(url, form, signature))

    # ---- Messages --------------------------------------------------------------------------------

    async def send(
        self,
        *,
        sender: str,
        to: str,
        status_url: str | None,
        text: str = "",
        media_url: str | None = None,
    ) -> Taken:
        """Send words, perhaps under a picture that Twilio fetches; statuses go to `status_url`.

        Raises:
            Refused, SendLater, Unanswered, CredentialsRefused: see each.
        """
        more: dict[str, Any] = {"media_url": [media_url]} if media_url else {}
        if text:
            more["body"] = text
        return await self._create(sender, to, status_url, more)

    async def send_content(
        self,
        *,
        sender: str,
        to: str,
        status_url: str | None,
        content: str,
        variables: Mapping[str, str],
    ) -> Taken:
        """Send a content made before, filled with variables; raises as `send`."""
        filled = json.dumps(dict(variables), ensure_ascii=False)
        return await self._create(
            sender, to, status_url, {"content_sid": content, "content_variables": filled}
        )

    async def status(self, sid: str) -> tuple[str, int | None]:
        """Read what became of a message, and the code of its failure; raises as `send`."""
        message = await ask(self._client.messages(sid).fetch_async())
        return str(message.status), int(message.error_code) if message.error_code else None

    async def _create(
        self, sender: str, to: str, status_url: str | None, more: dict[str, Any]
    ) -> Taken:
        if status_url is not None:
            more = more | {"status_callback": status_url}
        call = self._client.messages.create_async(to=to, from_=sender, **more)
        message = await ask(call)
        return Taken(str(message.sid), str(message.status))

    # ---- Contents --------------------------------------------------------------------------------

    async def make_content(
        self,
        *,
        name: str,
        language: str,
        types: Mapping[str, Any],
        samples: Mapping[str, str],
    ) -> str:
        """Make a content and answer its SID; raises as `send`."""
        request = ContentList.ContentCreateRequest(
            {
                "friendly_name": name,
                "language": language,
                "variables": dict(samples),
                "types": _Types(types),
            }
        )
        made = await ask(self._client.content.v1.contents.create_async(request))
        return str(made.sid)

    async def submit(self, content: str, *, name: str, category: str) -> str:
        """Submit a content for WhatsApp's approval; answers the status; raises as `send`."""
        request = ApprovalCreateList.ContentApprovalRequest({"name": name, "category": category})
        asked = self._client.content.v1.contents(content).approval_create.create_async(request)
        return str((await ask(asked)).status)

    async def approval(self, content: str) -> str:
        """Read how WhatsApp judged a content: unsubmitted, pending, approved, rejected, ..."""
        fetched = self._client.content.v1.contents(content).approval_fetch().fetch_async()
        told = (await ask(fetched)).whatsapp or {}
        return str(told.get("status", "unsubmitted"))

    # ---- Media that people sent ------------------------------------------------------------------

    async def fetch_media(self, url: str) -> bytes:
        """Fetch a picture with our credentials, within the limit.

        Raises:
            SendRefused: no address of ours, gone, or too large.
            Unanswered: try again.
        """
        known = MEDIA_URL.fullmatch(url)
        if known is None or not self._is_ours(url, known[1]):
            raise SendRefused("not a picture of this account")
        try:
            async with self._http.stream(
                "GET", url, auth=(self.account_sid, self.auth_token), follow_redirects=True
            ) as answer:
                if answer.status_code in {404, 410}:
                    raise SendRefused("file not found")
                if not answer.is_success:
                    raise Unanswered(f"media: HTTP {answer.status_code}")
                body = bytearray()
                async for chunk in answer.aiter_bytes():
                    body += chunk
                    if len(body) > PHOTO_BYTES_MAX:
                        raise SendRefused("file is too big")
                return bytes(body)
        except httpx.HTTPError as error:
            failure = Unanswered(f"media: {type(error).__name__}")
        raise failure

    async def delete_media(self, url: str) -> None:
        """Delete at Twilio what somebody sent; gone already is as good. Raises as `send`."""
        known = MEDIA_URL.fullmatch(url)
        if known is None or not self._is_ours(url, known[1]):
            return
        try:
            await ask(self._client.messages(known[2]).media(known[3]).delete_async())
        except Refused as refused:
            if refused.code != GONE:
                raise

    def _is_ours(self, url: str, account_sid: str) -> bool:
        """Only Twilio's own address gets our credentials, and only for our account."""
        parts, own = urlsplit(url), urlsplit(self._url)
        return account_sid == self.account_sid and (parts.scheme, parts.netloc) == (
            own.scheme,
            own.netloc,
        )


async def ask(call: Awaitable[Answer]) -> Answer:
    """Await one call and say in our words what went wrong, without bodies or numbers."""
    try:
        return await call
    except (TwilioRestException, TwilioServiceException) as error:
        failure = _failure(error.status, error.code or 0)
    except TwilioException as error:
        failure = Unanswered(type(error).__name__)
    except httpx.HTTPError as error:
        failure = Unanswered(type(error).__name__)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        failure = Unanswered(f"an answer of unknown shape: {type(error).__name__}")
    raise failure


def _failure(status: int, code: int) -> Exception:
    if status == httpx.codes.TOO_MANY_REQUESTS or code in TOO_MANY:
        return SlowDown(SLOW_DOWN_MS, "Twilio asks to slow down")
    if status in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
        return CredentialsRefused()
    if status >= httpx.codes.INTERNAL_SERVER_ERROR:
        return Unanswered(f"HTTP {status}")
    return Refused(code, status)


class _Types:
    """The types of a content as they are: the library's classes drop what it does not know."""

    def __init__(self, types: Mapping[str, Any]) -> None:
        self._types = types

    def to_dict(self) -> Mapping[str, Any]:
        """Give the types."""
        return self._types


class _OverHttpx(HttpClient):  # type: ignore[misc] # the library's own hook, which it does not type
    """Carries the library's requests; `elsewhere` replaces Twilio's hosts."""

    def __init__(self, http: httpx.AsyncClient, elsewhere: str | None) -> None:
        super().__init__(logging.getLogger("twilio.http_client"), is_async=True)
        self._http = http
        self._elsewhere = elsewhere

    async def request(  # noqa: PLR0917 (the library's signature)
        self,
        method: str,
        uri: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109 (the library's signature; ours rule)
        allow_redirects: bool = False,  # noqa: ARG002, FBT001, FBT002 (the same)
    ) -> Response:
        """Make one request."""
        parts = urlsplit(uri)
        if self._elsewhere is not None:
            uri = f"{self._elsewhere}{parts.path}{'?' + parts.query if parts.query else ''}"
        is_json = (headers or {}).get("Content-Type") == "application/json"
        began = time.monotonic()
        answer = await self._http.request(
            method,
            uri,
            params=params,  # type: ignore[arg-type] # the library gives plain values
            data=None if is_json else data,
            json=data if is_json else None,
            headers=headers,
            auth=auth,
        )
        log.debug(
            "twilio.answered",
            method=method,
            status=answer.status_code,
            ms=int((time.monotonic() - began) * 1000),
        )
        return Response(answer.status_code, answer.text, answer.headers)

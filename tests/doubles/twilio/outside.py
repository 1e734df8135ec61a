"""How Twilio reaches us: it fetches our pictures, and posts signed forms to our webhooks."""

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message as Headers
from urllib.parse import urlencode

import httpx
from starlette.datastructures import ImmutableMultiDict
from starlette.types import ASGIApp
from twilio.request_validator import RequestValidator

from tests.doubles.asking import ask

PICTURE_BYTES_MAX = 5 * 1024 * 1024

MAGIC = {
    "image/png": b"\x89PNG",
    "image/jpeg": b"\xff\xd8\xff",
    "application/pdf": b"%PDF",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": b"PK\x03\x04",
}


@dataclass(slots=True)
class Outside:
    """The way from Twilio to us."""

    auth_token: str
    faults: list[str]
    """Where what was not as it must be is written down."""
    reach: dict[str, str] = field(default_factory=dict)
    """Where a public address is really served: `https://box.example` -> `http://127.0.0.1:1`."""
    at_hand: ASGIApp | None = None
    """What answers for every address where we are in this process, and `reach` names nobody."""
    fetched: list[tuple[str, str, int]] = field(default_factory=list)
    """What was fetched of ours: method, address, status."""
    http: httpx.AsyncClient = field(
        default_factory=lambda: httpx.AsyncClient(
            trust_env=False, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        )
    )

    async def fetch(self, url: str) -> tuple[bytes, str, str] | None:
        """Fetch a picture of ours as Twilio does: HEAD, then GET, the type against the bytes."""
        head = await self._ask("HEAD", url, {})
        self.fetched.append(("HEAD", url, head.status_code))
        answer = await self._ask("GET", url, {})
        self.fetched.append(("GET", url, answer.status_code))
        if head.status_code != 200 or answer.status_code != 200:
            return None
        mime = answer.headers.get("content-type", "")
        if head.headers.get("content-length") != str(len(answer.content)):
            self.faults.append("HEAD tells another length than GET")
        if head.headers.get("content-type") != mime or mime not in MAGIC:
            self.faults.append(f"media of type {mime!r}")
            return None
        if not answer.content.startswith(MAGIC[mime]) or len(answer.content) > PICTURE_BYTES_MAX:
            self.faults.append(f"{len(answer.content)} bytes that are no {mime}")
            return None
        shown = Headers()
        shown["Content-Disposition"] = answer.headers.get("content-disposition", "")
        return answer.content, mime, shown.get_filename() or ""

    async def post(self, url: str, form: Mapping[str, str]) -> httpx.Response:
        """Post a form, signed for the address that was configured."""
        headers = {
            "X-Twilio-Signature": self.sign(url, form),
            "I-Twilio-Idempotency-Token": form.get("MessageSid", ""),
        }
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        return await self._ask("POST", url, headers, urlencode(form).encode())

    async def _ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes = b""
    ) -> httpx.Response:
        if self.at_hand is not None:
            return await ask(self.at_hand, method, url, headers, body)
        return await self.http.request(method, self.real(url), headers=headers, content=body)

    def sign(self, url: str, form: Mapping[str, str]) -> str:
        """Sign a form for an address, as the X-Twilio-Signature header carries it."""
        pairs = ImmutableMultiDict(list(form.items()))
        return str(RequestValidator(self.auth_token).compute_signature(url, pairs))

    def real(self, url: str) -> str:
        """Say where a public address is really served."""
        for public, real in self.reach.items():
            url = re.sub(f"^{re.escape(public)}", real, url)
        return url

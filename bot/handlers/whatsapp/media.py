"""Files that Twilio or a phone fetches: where nobody guesses, for a while, again and again.

The address names a row of `media` and its hour of death, signed; never a ticket or its code.
"""

import hashlib
import hmac
import re
from email.message import Message as Headers

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chat.channel import SendRefused
from chat.clock import Clock
from chat.messages import Media
from storage import media as memory
from storage.database import Database, StorageError
from storage.ids import from_text, to_text

MEDIA_PATH = "/media/{token}"

PICTURE_BYTES_MAX = 5 * 1024 * 1024
"""WhatsApp's limit of a picture, as Twilio states it."""

FILE_BYTES_MAX = 16 * 1024 * 1024
"""Twilio's limit of any other file."""

PICTURES = frozenset({"image/png", "image/jpeg", "image/webp"})
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FILES = frozenset({"application/pdf", SHEET})
"""Documents that Twilio carries to WhatsApp; CSV and calendars it does not."""

LINKED = frozenset({"text/calendar"})
"""What the phone itself opens from a link: it says nothing of who asked for it."""

NAME_CHARS_MAX = 60
"""As much of a file's name as stands in its address."""

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")

SERVED_MS = 30 * 60_000
"""Twilio fetches within seconds; half an hour bears a queue. What failed is sent again anew."""

LINKED_MS = 7 * 24 * 3_600_000
"""People open a link when they have the time; after a week they ask for it again."""


class Shelf:
    """Where pictures lie for Twilio to fetch."""

    def __init__(self, database: Database, *, public_url: str, secret: str, clock: Clock) -> None:
        """`secret` is Twilio's token: what is signed is derived from it, one setting less."""
        self._database = database
        self._public_url = public_url
        self._key = hmac.new(secret.encode(), b"guichet whatsapp media", hashlib.sha256).digest()
        self._clock = clock

    async def put(self, picture: Media) -> str:
        """Lay a picture down and answer its address.

        Raises:
            SendRefused: WhatsApp does not take such a file.
        """
        most = PICTURE_BYTES_MAX if picture.mime in PICTURES else FILE_BYTES_MAX
        if picture.mime not in PICTURES | FILES | LINKED or len(picture.body) > most:
            raise SendRefused(f"WhatsApp takes no {picture.mime} of {len(picture.body)} bytes")
        now_ms = self._clock()
        served_ms = LINKED_MS if picture.mime in LINKED else SERVED_MS
        until_ms = now_ms + min(served_ms, picture.kept_ms or served_ms)
        media_id = await self._database.write(
            memory.keep, mime=picture.mime, body=picture.body, now_ms=now_ms, expires_ms=until_ms
        )
        name = _UNSAFE.sub("", picture.name)[-NAME_CHARS_MAX:]
        return f"{self._public_url}/media/{self._token(media_id, until_ms, name)}"

    def routes(self) -> list[Route]:
        """Give the route that Twilio fetches from, by HEAD and GET."""
        return [Route(MEDIA_PATH, self._serve, methods=["GET"])]

    async def _serve(self, request: Request) -> Response:
        token: str = request.path_params["token"]
        media_id, until_ms, name = self._read(token)
        if media_id is None or until_ms <= self._clock():
            return Response(status_code=404)
        try:
            found = await self._database.read(memory.media_by_id, media_id)
        except StorageError:
            return Response(status_code=503)
        if found is None:
            return Response(status_code=404)
        mime, body = found
        shown = Headers()
        shown.add_header("Content-Disposition", "inline", filename=name)
        headers = {
            "Content-Disposition": shown["Content-Disposition"],
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
            "X-Robots-Tag": "noindex",
        }
        return Response(body, media_type=mime, headers=headers)

    def _token(self, media_id: int, until_ms: int, name: str) -> str:
        told = f"{to_text(media_id)}~{to_text(until_ms)}~{name}"
        return f"{told}~{self._sign(told)}"

    def _read(self, token: str) -> tuple[int | None, int, str]:
        told, _, signature = token.rpartition("~")
        if not hmac.compare_digest(signature.encode(), self._sign(told).encode()):
            return None, 0, ""
        media_text, until_text, name = told.split("~", 2)
        return from_text(media_text), from_text(until_text) or 0, name

    def _sign(self, told: str) -> str:
        return hmac.new(self._key, told.encode(), hashlib.sha256).hexdigest()

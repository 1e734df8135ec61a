"""The web chat over HTTP, as docs/webchat.md tells it to whoever writes a client.

Who speaks is decided by the cookie alone: it names a visitor, and a phone's name in a path picks
one of that visitor's own three.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from bot.handlers.web_wire import (
    PhotoSent,
    Unfit,
    check_client_id,
    check_language,
    check_said,
    check_text,
)
from bot.web.bodies import read_json, read_photos
from bot.web.guard import DATA_POLICY
from bot.web.refusals import Refused, answering
from chat.texts import language_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

    from bot.handlers.webchat import WebChat
    from chat.channel import Intake
    from storage.webchat import Message, Phone

COOKIE_KEPT_S = 180 * 24 * 3600
"""A demo somebody comes back to after a season still knows them."""

KEEP_ALIVE_S = 15
"""Proxies cut a silent connection after thirty seconds or more: a comment goes out well before."""

RECONNECT_MS = 2000
"""How long a browser waits before it opens a broken stream again."""

UPLOADS_MAX = 4
"""Photo messages read at once: each holds at most one photo in memory."""

UPLOAD_S = 300
"""Two hundred megabytes in five minutes: slower than that, a connection only holds its place."""

_SHOWN_MIMES = frozenset({"image/jpeg", "image/png", "image/gif", "image/bmp", "image/webp"})


def webchat_routes(
    webchat: WebChat, intake: Intake, *, base_url: str, zone: str = "UTC"
) -> list[Route]:
    """Build the routes under /webchat; `base_url` is where people's browsers find this server.

    A message shows the time of day in `zone`, where the events are: the bot speaks of the same.
    """
    http = _WebChatHttp(webchat, intake, base_url, zone)
    return [
        Route("/webchat/session", answering(http.open_session), methods=["POST"]),
        Route("/webchat/session", answering(http.session), methods=["GET"]),
        Route("/webchat/language", answering(http.speak), methods=["POST"]),
        Route("/webchat/messages", answering(http.messages), methods=["GET"]),
        Route("/webchat/stream", answering(http.stream), methods=["GET"]),
        Route("/webchat/phones/{phone}/messages", answering(http.hear), methods=["POST"]),
        Route("/webchat/media/{token}", answering(http.media), methods=["GET"]),
    ]


_STATUS_OF = {"too_long": 413, "conversation_full": 409}


class _WebChatHttp:
    """The endpoints, on the web chat they are given."""

    def __init__(self, webchat: WebChat, intake: Intake, base_url: str, zone: str) -> None:
        scheme, _, host = base_url.partition("://")
        self._webchat = webchat
        self._intake = intake
        self._zone = zone
        self._secure = scheme == "https"
        # Cookies know no ports: two demos on one machine would take each other's visitors.
        self._cookie = f"guichet_{''.join(c if c.isalnum() else '_' for c in host)}"
        self._uploads = asyncio.Semaphore(UPLOADS_MAX)

    async def open_session(self, request: Request) -> Response:
        """Answer with this visitor's phones, making the visitor if there is none."""
        phones = await self._phones(request)
        if phones:
            return JSONResponse(_session(phones, self._zone))
        opened = await self._webchat.open_visitor()
        if opened is None:
            raise Refused(503, "full", "This demo has no room for another visitor.")
        token, phones = opened
        answer = JSONResponse(_session(phones, self._zone), status_code=201)
        answer.set_cookie(
            self._cookie,
            token,
            max_age=COOKIE_KEPT_S,
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="strict",
        )
        return answer

    async def session(self, request: Request) -> Response:
        """Answer with this visitor's phones."""
        return JSONResponse(_session(await self._known(request), self._zone))

    async def speak(self, request: Request) -> Response:
        """Have the three conversations go on in a language: `{"language": "en"}`."""
        phones = await self._known(request)
        try:
            language = check_language((await read_json(request)).get("language"))
        except Unfit as unfit:
            raise Refused(400, unfit.code, str(unfit)) from unfit
        await self._webchat.speak(phones, language_of(language))
        return Response(status_code=204)

    async def messages(self, request: Request) -> Response:
        """Answer with what was said since a number, in pieces."""
        phones = await self._known(request)
        since = _number(request.query_params.get("since", "0"))
        messages = await self._webchat.messages_since(phones[0].visitor_id, since)
        last = messages[-1].number if messages else since
        return JSONResponse({"messages": [_shown(message) for message in messages], "last": last})

    async def stream(self, request: Request) -> Response:
        """Send what is said from a number on, as it is said (server-sent events)."""
        phones = await self._known(request)
        since = _number(
            request.headers.get("last-event-id") or request.query_params.get("since", "0")
        )
        return StreamingResponse(
            self._events(phones[0].visitor_id, since),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    async def hear(self, request: Request) -> Response:
        """Take one message of a person; 202 once it is committed."""
        try:
            message = await self._heard(request)
        except Unfit as unfit:
            raise Refused(_STATUS_OF.get(unfit.code, 400), unfit.code, str(unfit)) from unfit
        return JSONResponse({"message": _shown(message)}, status_code=202)

    async def media(self, request: Request) -> Response:
        """Answer with a file's bytes, to the visitor it belongs to."""
        phones = await self._known(request)
        found = await self._webchat.file(phones[0].visitor_id, request.path_params["token"])
        if found is None:
            raise Refused(404, "no_file", "There is no such file, or it is not kept any more.")
        headers = {
            "Cache-Control": "private, max-age=86400, immutable",
            "Content-Security-Policy": DATA_POLICY,
        }
        if found.mime not in _SHOWN_MIMES:
            # What a browser might run is only ever offered to be kept.
            headers["Content-Disposition"] = "attachment"
        return Response(found.body, media_type=found.mime, headers=headers)

    async def _heard(self, request: Request) -> Message:
        phone = self._phone(request, await self._known(request))
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == "multipart/form-data":
            return await self._heard_photos(request, phone)
        if kind != "application/json":
            raise Refused(415, "bad_form", "A message is application/json or multipart/form-data.")
        fields = await read_json(request)
        client_id = check_client_id(fields.get("id"))
        language = check_language(fields.get("language"))
        return await self._webchat.hear(
            self._intake, phone, client_id, check_said(fields), language
        )

    async def _heard_photos(self, request: Request, phone: Phone) -> Message:
        async def keep(mime: str, body: bytes) -> dict[str, Any]:
            name = f"photo.{mime.removeprefix('image/')}"
            return await self._webchat.keep_photo(phone, mime, name, body)

        try:
            async with asyncio.timeout(UPLOAD_S), self._uploads:
                form = await read_photos(request, keep)
        except TimeoutError as error:
            raise Refused(408, "too_slow", "The photos took too long to arrive.") from error
        client_id = check_client_id(form.fields.get("id"))
        language = check_language(form.fields.get("language"))
        if not form.photos:
            raise Refused(400, "empty", "There is no part named `photo`.")
        said = PhotoSent(form.photos, check_text(form.fields.get("caption", "")))
        return await self._webchat.hear(self._intake, phone, client_id, said, language)

    async def _events(self, visitor_id: int, since: int) -> AsyncIterator[str]:
        yield f"retry: {RECONNECT_MS}\n\n"
        with self._webchat.listening(visitor_id) as said:
            while said is not None and not self._webchat.closing:
                said.clear()
                messages = await self._webchat.messages_since(visitor_id, since)
                for message in messages:
                    since = message.number
                    yield f"id: {since}\nevent: message\ndata: {_line(message)}\n\n"
                if not messages:
                    try:
                        async with asyncio.timeout(KEEP_ALIVE_S):
                            await said.wait()
                    except TimeoutError:
                        yield ": still here\n\n"

    async def _phones(self, request: Request) -> tuple[Phone, ...]:
        token = request.cookies.get(self._cookie, "")
        return await self._webchat.phones_of(token) if token else ()

    async def _known(self, request: Request) -> tuple[Phone, ...]:
        phones = await self._phones(request)
        if not phones:
            raise Refused(401, "no_session", "Open a session first: POST /webchat/session.")
        return phones

    def _phone(self, request: Request, phones: tuple[Phone, ...]) -> Phone:
        for phone in phones:
            if phone.name == request.path_params["phone"]:
                return phone
        raise Refused(404, "no_phone", "The phones are buyer, gate and organiser.")


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(10**15))):
        raise Refused(400, "bad_number", "A message's number has digits only.")
    return int(text)


def _session(phones: tuple[Phone, ...], zone: str) -> dict[str, Any]:
    named = [{"name": phone.name, "talk": phone.talk} for phone in phones]
    return {"phones": named, "zone": zone}


def _shown(message: Message) -> dict[str, Any]:
    files = json.loads(message.files)
    return {
        "id": message.number,
        "phone": message.phone,
        "from": "bot" if message.kind == "bot" else "person",
        "kind": message.kind,
        "client_id": message.client_id,
        "text": message.body,
        "buttons": json.loads(message.buttons),
        "files": [{"url": f"/webchat/media/{file.pop('token')}", **file} for file in files],
        "at_ms": message.at_ms,
    }


def _line(message: Message) -> str:
    """Write a message as one line of a stream: JSON escapes every line break itself."""
    return json.dumps(_shown(message), ensure_ascii=False, separators=(",", ":"))

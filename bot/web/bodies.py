"""Request bodies, read in pieces and never beyond a limit."""

from __future__ import annotations

import json
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect

from bot.web.refusals import Refused

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from python_multipart.multipart import MultipartCallbacks
    from starlette.requests import Request

PHOTO_BYTES_MAX = 20 * 1024 * 1024
"""The most Telegram lets a bot fetch: no phone's photo is larger, whichever channel it comes by."""

PHOTOS_MAX = 10
"""The most photos in one message, as in a Telegram album."""

PARTS_MAX = PHOTOS_MAX + 8
"""The photos and the few fields beside them."""

FIELD_BYTES_MAX = 64 * 1024
"""A caption of ten thousand letters, four bytes each, and some room."""

JSON_BYTES_MAX = 128 * 1024
"""Ten thousand letters written as escapes of twelve bytes, and some room."""

DISCARDED_BYTES_MAX = 64 * 1024 * 1024
"""What is read and thrown away after a refusal: a browser reads no answer while it still sends."""

_MAGIC = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF8", "image/gif"),
    (0, b"BM", "image/bmp"),
    (8, b"WEBP", "image/webp"),
)


async def read_bytes(request: Request, bytes_max: int) -> bytes:
    """Read a whole body; raises Refused 413 when it is larger than the limit."""
    piece, more = await _piece(request)
    if not more and len(piece) <= bytes_max:
        return piece  # nearly always: a small body comes in one piece
    body = bytearray(piece)
    while more and len(body) <= bytes_max:
        piece, more = await _piece(request)
        body += piece
    if len(body) > bytes_max:
        discarded = 0
        while more and discarded <= DISCARDED_BYTES_MAX:
            piece, more = await _piece(request)
            discarded += len(piece)
        raise Refused(413, "too_large", f"This takes at most {bytes_max} bytes.")
    return bytes(body)


async def _piece(request: Request) -> tuple[bytes, bool]:
    """Receive the next piece of a body, and whether more will come."""
    message = await request.receive()
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    return message.get("body", b""), message.get("more_body", False)


async def read_json(request: Request) -> dict[str, Any]:
    """Read a body that is one JSON object; raises Refused."""
    body = await read_bytes(request, JSON_BYTES_MAX)
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refused(400, "bad_json", "The body is not JSON.") from error
    if not isinstance(value, dict):
        raise Refused(400, "bad_json", "The body is not a JSON object.")
    return value


def picture_mime(body: bytes | bytearray) -> str | None:
    """Tell a picture by its first bytes, whatever it is called; None for anything else."""
    for offset, magic, mime in _MAGIC:
        if body[offset : offset + len(magic)] == magic:
            return mime
    return None


@dataclass(slots=True)
class _Part:
    """One part of a form while it arrives."""

    headers: dict[str, str] = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)

    @property
    def name(self) -> str:
        """The field's name, in the part's Content-Disposition."""
        _, options = parse_options_header(self.headers.get("content-disposition", ""))
        return options.get(b"name", b"").decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Form:
    """A form that was read: its fields, and its photos as they were kept."""

    fields: dict[str, str]
    photos: tuple[dict[str, Any], ...]


async def read_photos(
    request: Request, keep: Callable[[str, bytes], Awaitable[dict[str, Any]]]
) -> Form:
    """Read a multipart form, keeping each part named `photo` as soon as it is whole.

    Raises:
        Refused: no form, a photo that is too large or no picture, too many of them.
    """
    fields: dict[str, str] = {}
    photos: list[dict[str, Any]] = []
    async with aclosing(request.stream()) as chunks:
        try:
            async for part in _parts(request.headers.get("content-type", ""), chunks):
                if part.name == "photo":
                    photos.append(await _kept(part, len(photos), keep))
                else:
                    fields[part.name] = _field_text(bytes(part.body))
        except Refused:
            await _discard(chunks)
            raise
    return Form(fields, tuple(photos))


async def _kept(
    part: _Part, already: int, keep: Callable[[str, bytes], Awaitable[dict[str, Any]]]
) -> dict[str, Any]:
    mime = picture_mime(part.body)
    if mime is None:
        raise Refused(415, "not_a_picture", "`photo` is a JPEG, PNG, WebP, GIF or BMP.")
    if already == PHOTOS_MAX:
        raise Refused(413, "too_many", f"A message has at most {PHOTOS_MAX} photos.")
    return await keep(mime, bytes(part.body))


async def _parts(content_type: str, chunks: AsyncIterator[bytes]) -> AsyncIterator[_Part]:
    """Give a form's parts in order, each once it is whole and within its limit."""
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise Refused(415, "bad_form", "Photos come as multipart/form-data.")
    whole: list[_Part] = []
    given = 0
    try:
        parser = MultipartParser(options[b"boundary"], _callbacks(whole))
        async for chunk in chunks:
            parser.write(chunk)
            for part in whole:
                given += 1
                if given > PARTS_MAX:
                    raise Refused(413, "too_many", f"A form has at most {PARTS_MAX} parts.")
                yield part
            whole.clear()
        parser.finalize()
    except MultipartParseError as error:
        raise Refused(400, "bad_form", "The form is cut or broken.") from error


def _callbacks(whole: list[_Part]) -> MultipartCallbacks:
    """Build what the parser calls while bytes arrive; whole parts are put on the list."""
    part = _Part()
    header = bytearray()
    value = bytearray()

    def begin() -> None:
        nonlocal part
        part = _Part()

    def header_field(data: bytes, start: int, end: int) -> None:
        header.extend(data[start:end])

    def header_value(data: bytes, start: int, end: int) -> None:
        value.extend(data[start:end])

    def header_end() -> None:
        part.headers[header.decode("latin-1").lower()] = value.decode("utf-8", "replace")
        header.clear()
        value.clear()

    def data(chunk: bytes, start: int, end: int) -> None:
        limit = PHOTO_BYTES_MAX if part.name == "photo" else FIELD_BYTES_MAX
        if len(part.body) + end - start > limit:
            raise Refused(413, "too_large", f"A photo has at most {PHOTO_BYTES_MAX >> 20} MB.")
        part.body.extend(chunk[start:end])

    return {
        "on_part_begin": begin,
        "on_header_field": header_field,
        "on_header_value": header_value,
        "on_header_end": header_end,
        "on_part_data": data,
        "on_part_end": lambda: whole.append(part),
    }


def _field_text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise Refused(400, "bad_form", "A field is not UTF-8 text.") from error


async def _discard(chunks: AsyncIterator[bytes]) -> None:
    """Read the rest of a body and forget it, within a limit."""
    discarded = 0
    async for chunk in chunks:
        discarded += len(chunk)
        if discarded > DISCARDED_BYTES_MAX:
            return

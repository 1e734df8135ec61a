"""Forms that Twilio posts: within limits, signed for our public address, every value kept.

The signature covers the address that Twilio called and the raw form. The address is the configured
one, never the one seen (behind a proxy that ends TLS it begins with http), and blank values count.
"""

from collections.abc import Callable
from urllib.parse import parse_qsl

import structlog
from starlette.datastructures import ImmutableMultiDict
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from bot.handlers.whatsapp.reading import Form

FORM_BYTES_MAX = 64 * 1024
"""A message of 4,096 letters, percent-encoded, with every other field: less than half of this."""

FIELDS_MAX = 300
"""Twilio sends about forty; it adds more without notice."""

IsSigned = Callable[[str, object, str], bool]

log = structlog.get_logger(__name__)


class SignedForms:
    """Reads the forms of one account, posted under one public address."""

    def __init__(self, is_signed: IsSigned, *, public_url: str) -> None:
        self._is_signed = is_signed
        self._public_url = public_url

    async def read(self, request: Request) -> Form | Response:
        """Give the form, or what to answer instead: 413, 400 or 403."""
        body = await _body(request)
        if body is None:
            return Response(status_code=413)
        try:
            pairs = parse_qsl(
                body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=FIELDS_MAX
            )
        except ValueError:
            return Response(status_code=400)
        query = f"?{request.url.query}" if request.url.query else ""
        url = f"{self._public_url}{request.url.path}{query}"
        shown = request.headers.get("x-twilio-signature", "")
        if not self._is_signed(url, ImmutableMultiDict(pairs), shown):
            log.warning("whatsapp.signature_refused", path=request.url.path)
            return Response(status_code=403)
        return dict(pairs)


async def _body(request: Request) -> bytes | None:
    """Read a body up to the limit; None if it is longer, or its sender went away in the middle."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > FORM_BYTES_MAX:
                return None
    except ClientDisconnect:
        return None
    return bytes(body)

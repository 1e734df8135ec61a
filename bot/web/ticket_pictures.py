"""Where a ticket's picture is opened by who holds it, when no app could bring it to them.

Drawn when it is asked for: a ticket given away since, or paid back, is not shown any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.web.language import language_of
from chat.channel import SendRefused
from chat.messages import words
from storage import tickets
from storage.ids import to_text

if TYPE_CHECKING:
    from starlette.requests import Request

    from bot.tickets.gallery import Gallery
    from bot.tickets.links import TicketLinks
    from chat.clock import Clock
    from chat.texts import Texts
    from storage.database import Database

HEADERS = {
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",  # the address is a secret
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class TicketParts:
    """What these pictures are made of."""

    database: Database
    links: TicketLinks
    gallery: Gallery
    texts: Texts
    clock: Clock


def ticket_routes(parts: TicketParts | None) -> list[Route]:
    """Build the route under /ticket; none where no browser could reach it."""
    if parts is None:
        return []

    async def show(request: Request) -> Response:
        return await _show(parts, request)

    return [Route("/ticket/{token}", show, methods=["GET"])]


async def _show(parts: TicketParts, request: Request) -> Response:
    """Show the picture of a ticket that is still its holder's."""
    language = language_of(request)
    ticket_id = parts.links.read(request.path_params["token"], parts.clock())
    if ticket_id is None or await parts.database.read(tickets.is_dead, ticket_id):
        return _in_words(parts.texts.render(words("ticket.link_ended"), language), 404)
    try:
        picture = await parts.gallery.fetch(f"ticket:{to_text(ticket_id)}", language)
    except SendRefused:
        return _in_words(parts.texts.render(words("ticket.link_ended"), language), 404)
    except Exception as error:  # noqa: BLE001 (busy or away: whoever opened it tries again)
        _log.warning("ticket_not_shown", ticket=ticket_id, why=repr(error))
        return _in_words(parts.texts.render(words("ticket.link_later"), language), 503)
    headers = HEADERS | {"Content-Disposition": f'inline; filename="{picture.name}"'}
    return Response(picture.body, media_type=picture.mime, headers=headers)


def _in_words(text: str, status: int) -> Response:
    return PlainTextResponse(text, status, headers=HEADERS)

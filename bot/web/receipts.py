"""Where a payment page leads back to: thanks for whoever paid, a receipt, no ticket and no code.

The link to pay may have been forwarded, so this page is for a stranger to the chat: it says what
was paid and for what, and that the tickets go to who ordered. Opened while nothing is known, it has
the provider asked, at most once in a few seconds: nobody has to press "verify".
"""

from __future__ import annotations

import base64
import hashlib
import html
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Literal

import structlog
from starlette.responses import Response
from starlette.routing import Route

from bot.web.language import language_of
from boxoffice.model import OrderStatus, PaymentStatus
from chat.channel import SendRefused
from chat.messages import words
from storage import chats, events, orders, payments
from storage.ids import to_text

if TYPE_CHECKING:
    from starlette.requests import Request

    from bot.far_work.receipt_links import ReceiptLinks
    from bot.payments.working import PaymentWork
    from bot.tickets.receipt_room import ReceiptRoom
    from boxoffice.model import Event, Order, Payment
    from chat.clock import Clock
    from chat.texts import Texts
    from storage.database import Database, Tx

PAGES = Path(__file__).parent / "receipt_page"

ASK_EVERY_MS = 5_000
"""However often the page is loaded, a provider is asked no oftener for it."""

REFRESH_S = 4
REFRESHES_MAX = 45
"""Three minutes of looking by itself; whoever stays longer reloads the page."""

State = Literal["paid", "wait", "failed", "back", "unknown"]

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ReceiptParts:
    """What the page works with."""

    database: Database
    links: ReceiptLinks
    texts: Texts
    receipts: ReceiptRoom
    work: PaymentWork
    clock: Clock


@dataclass(frozen=True, slots=True)
class _Found:
    """A payment, and the channel where it was begun."""

    payment: Payment
    order: Order
    event: Event
    channel: str


def receipt_routes(parts: ReceiptParts | None, *, folder: Path = PAGES) -> list[Route]:
    """Build the routes under /receipt; none where no browser could reach them.

    Raises:
        OSError: a file of the page is missing.
    """
    if parts is None:
        return []
    http = _ReceiptHttp(parts, folder)
    return [
        Route("/receipt/{token}", http.page, methods=["GET"]),
        Route("/receipt/{token}/recu.pdf", http.paper, methods=["GET"]),
    ]


class _ReceiptHttp:
    """The endpoints."""

    def __init__(self, parts: ReceiptParts, folder: Path) -> None:
        self._parts = parts
        self._page = Template((folder / "page.html").read_text(encoding="utf-8"))
        self._style = (folder / "receipt.css").read_text(encoding="utf-8")
        digest = base64.b64encode(hashlib.sha256(self._style.encode()).digest()).decode()
        self._headers = {
            "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{digest}';"
            " base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",  # the address is a secret
            "Cache-Control": "no-store",
        }

    async def page(self, request: Request) -> Response:
        """Say how a payment stands."""
        found = await self._found(request)
        if found is not None and found.payment.status is PaymentStatus.OPEN:
            await self._ask(found)
            found = await self._found(request) or found
        return self._answer(request, found)

    async def paper(self, request: Request) -> Response:
        """Give the receipt of a payment as a PDF."""
        found = await self._found(request)
        if found is None or not found.payment.paid.amount_minor:
            return self._answer(request, None)
        try:
            media = await self._parts.receipts.of_payment(
                to_text(found.payment.id), language_of(request)
            )
        except SendRefused:
            return self._answer(request, None)
        headers = self._headers | {"Content-Disposition": f'attachment; filename="{media.name}"'}
        return Response(media.body, media_type=media.mime, headers=headers)

    async def _found(self, request: Request) -> _Found | None:
        payment_id = self._parts.links.read(request.path_params["token"])
        if payment_id is None:
            return None
        return await self._parts.database.read(_load, payment_id)

    async def _ask(self, found: _Found) -> None:
        """Have the provider asked; what it says is told to the chat, as a notice would be."""
        now_ms, payment = self._parts.clock(), found.payment
        before_ms = now_ms - ASK_EVERY_MS
        if await self._parts.database.write(
            payments.ask_now, payment.id, asked_before_ms=before_ms, now_ms=now_ms
        ):
            try:
                await self._parts.work.ask(payment, found.order.chat_id)
            except Exception as error:  # noqa: BLE001 (unknown: the next look asks again)
                _log.warning("provider_silent", payment=payment.id, why=repr(error))

    def _answer(self, request: Request, found: _Found | None) -> Response:
        language = language_of(request)

        def say(key: str, **facts: str) -> str:
            return self._parts.texts.render(words(f"receipt.page_{key}", **facts), language)

        state = _state(found)
        looked = request.query_params.get("look", "0")
        count = int(looked) + 1 if looked.isdecimal() and len(looked) < len("1000") else 1
        waits = state == "wait" and count <= REFRESHES_MAX
        page = {
            "lang": language,
            "state": state,
            "heading": say(state),
            "more": say(f"{state}_more"),
            "amount": "",
            "about": "",
        }
        ways = []
        if found is not None:
            paid = found.payment.paid
            amount = paid if paid.amount_minor else found.payment.amount
            page["amount"] = amount.format(language)
            order = say("order", reference=found.order.reference)
            page["about"] = f"{found.event.title}\n{order}"
            if paid.amount_minor:
                token = request.path_params["token"]
                ways.append((f"/receipt/{token}/recu.pdf?lang={language}", say("download")))
            back = self._parts.work.return_urls.get(found.channel)
            if back:
                ways.append((back, say("chat")))
        shown = {name: html.escape(text) for name, text in page.items()}
        refresh = f'<meta http-equiv="refresh" content="{REFRESH_S};url=?look={count}">'
        body = self._page.substitute(
            shown,
            style=self._style,
            refresh=refresh if waits else "",
            ways="".join(
                f'<a href="{html.escape(url)}" target="_top">{html.escape(label)}</a>'
                for url, label in ways
            ),
        )
        return Response(
            body,
            status_code=404 if found is None else 200,
            media_type="text/html; charset=utf-8",
            headers=self._headers,
        )


async def _load(tx: Tx, payment_id: int) -> _Found | None:
    payment = await payments.payment_by_id(tx, payment_id)
    order = await orders.order_by_id(tx, payment.order_id) if payment else None
    event = await events.event_by_id(tx, order.event_id) if order else None
    chat = await chats.chat_by_id(tx, order.chat_id) if order else None
    if payment is None or order is None or event is None or chat is None:
        return None
    return _Found(payment, order, event, chat.channel)


def _state(found: _Found | None) -> State:
    if found is None:
        return "unknown"
    match found.payment.status:
        case PaymentStatus.PAID:
            return "paid"
        case PaymentStatus.REFUNDING | PaymentStatus.REFUNDED:
            return "back"
        case PaymentStatus.DECLINED | PaymentStatus.FAILED:
            return "failed"
        case PaymentStatus.STARTING | PaymentStatus.OPEN:
            is_over = found.order.status in {OrderStatus.CANCELLED, OrderStatus.EXPIRED}
            return "failed" if is_over else "wait"

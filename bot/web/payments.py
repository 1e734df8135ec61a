"""Where providers tell us what became of a payment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.payments.protocol import NoticeRefused
from bot.web.bodies import read_bytes
from bot.web.refusals import Refused

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.requests import Request

    from bot.payments.protocol import Notice, Provider

NOTICE_BYTES_MAX = 256 * 1024
"""Providers send a few thousand bytes; the largest event anyone documents stays under this."""

_log = structlog.get_logger(__name__)


def payment_routes(
    providers: Mapping[str, Provider], credit: Callable[[Notice], Awaitable[None]]
) -> list[Route]:
    """Build `POST /payments/{provider}/notice`.

    `credit` returns once the notice's effect is committed, and only then the provider gets its
    200; whatever it raises is answered 503, and the provider tells us again.
    """

    async def notice(request: Request) -> Response:
        provider = providers.get(request.path_params["provider"])
        if provider is None:
            return Refused(404, "no_provider", "No such provider is set up here.").answer()
        try:
            raw = await read_bytes(request, NOTICE_BYTES_MAX)
            read = await provider.read_notice(request.headers, raw)
        except Refused as refused:
            return refused.answer()
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it
        except NoticeRefused as refused:
            _log.warning("payments.notice_refused", provider=provider.name, why=str(refused))
            return Refused(400, "notice_refused", "This notice is not taken.").answer()
        except Exception:  # noqa: BLE001 (said, and answered: it will be told again)
            # The provider could not be asked whether it is true: it tells us again.
            _log.exception("payments.notice_unread", provider=provider.name)
            return Refused(503, "try_again", "Not kept; tell us again.").answer()
        if read is None:
            return JSONResponse({"status": "ignored"})
        try:
            await credit(read)
        except Exception:  # noqa: BLE001 (whatever failed, the answer is the same; the log tells)
            _log.exception(
                "payments.credit_failed", provider=provider.name, payment_id=read.payment_id
            )
            return Refused(503, "try_again", "Not kept; tell us again.").answer()
        return JSONResponse({"status": "ok"})

    return [Route("/payments/{provider}/notice", notice, methods=["POST"])]

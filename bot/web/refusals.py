"""How a route says no: a code for programs and one sentence for people, in JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response

from storage.database import StorageError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    Endpoint = Callable[[Request], Awaitable[Response]]

_log = structlog.get_logger(__name__)


class Refused(Exception):
    """A request that is not served: its status, its code and its sentence."""

    def __init__(self, status: int, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code

    def answer(self) -> JSONResponse:
        """Turn it into the answer to send."""
        return JSONResponse({"error": self.code, "sentence": str(self)}, status_code=self.status)


def answering(endpoint: Endpoint) -> Endpoint:
    """Turn what a route raises on purpose into its answer: bad input is answered, no failure."""

    async def answered(request: Request) -> Response:
        try:
            return await endpoint(request)
        except Refused as refused:
            return refused.answer()
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it
        except StorageError as error:
            _log.exception("web.storage_failed", fault=type(error).__name__)
            return Refused(503, "try_again", "Not kept; send the same again.").answer()

    return answered

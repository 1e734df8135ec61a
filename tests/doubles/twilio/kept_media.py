"""Media that people sent, as Twilio keeps them: behind our credentials, until we delete them."""

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.doubles.twilio.ordered import Refuse, Refused, error_of

if TYPE_CHECKING:
    from tests.doubles.twilio.server import TwilioDouble

KEPT = "/2010-04-01/Accounts/{account}/Messages/{message}/Media/{media}"


class KeptMedia:
    """The part of the double that gives and deletes what people sent."""

    def __init__(self, double: "TwilioDouble") -> None:
        self._double = double

    def routes(self) -> list[Route]:
        """Give its routes."""
        return [
            Route(f"{KEPT}.json", self._delete, methods=["DELETE"]),
            Route(KEPT, self._get, methods=["GET"]),
            Route("/store/{media}", self._stored, methods=["GET"]),
        ]

    async def _get(self, request: Request) -> Response:
        try:
            self._double.check_account(request)
        except Refused as refused:
            return error_of(refused)
        self._double.calls.append(("media", {"sid": request.path_params["media"]}))
        trouble = self._double.take_trouble("media")
        if isinstance(trouble, Refuse):
            return error_of(Refused(trouble.status, trouble.code, trouble.message))
        if request.path_params["media"] not in self._double.media:
            return error_of(Refused(404, 20404, "not found"))
        # Twilio leads to its store, as the real one does.
        return Response(
            status_code=307,
            headers={"Location": f"{self._double.url}/store/{request.path_params['media']}"},
        )

    async def _stored(self, request: Request) -> Response:
        kept = self._double.media.get(request.path_params["media"])
        if kept is None:
            return Response(status_code=404)
        return Response(kept.body, media_type=kept.mime)

    async def _delete(self, request: Request) -> Response:
        try:
            self._double.check_account(request)
        except Refused as refused:
            return error_of(refused)
        self._double.calls.append(("delete", {"sid": request.path_params["media"]}))
        if self._double.media.pop(request.path_params["media"], None) is None:
            return error_of(Refused(404, 20404, "not found"))
        return Response(status_code=204)

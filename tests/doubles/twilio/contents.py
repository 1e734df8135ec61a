"""Twilio's Content API: contents are made, submitted for approval, and judged."""

import json
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.doubles.twilio.facts import approval_faults
from tests.doubles.twilio.ordered import Content, Refused, error_of, refuse

if TYPE_CHECKING:
    from tests.doubles.twilio.server import TwilioDouble

APPROVALS = "/v1/Content/{sid}/ApprovalRequests"


class ContentApi:
    """The part of the double that makes contents and has them judged."""

    def __init__(self, double: "TwilioDouble") -> None:
        self._double = double

    def routes(self) -> list[Route]:
        """Give its routes."""
        return [
            Route("/v1/Content", self._make, methods=["POST"]),
            Route(f"{APPROVALS}/whatsapp", self._submit, methods=["POST"]),
            Route(APPROVALS, self._approval, methods=["GET"]),
        ]

    async def _make(self, request: Request) -> Response:
        try:
            self._double.check_account(request)
            body = json.loads(await request.body())
            self._double.calls.append(("content", body))
            self._double.rule(self._double.facts.check("content_body", body), 20001)
            refuse(self._double.take_trouble("content"))
        except Refused as refused:
            return error_of(refused)
        sid = self._double.new_sid("HX")
        self._double.contents[sid] = Content(sid, body)
        answer = {
            "sid": sid,
            "account_sid": self._double.account_sid,
            "friendly_name": body.get("friendly_name"),
            "language": body["language"],
            "variables": body.get("variables", {}),
            "types": body["types"],
            "url": f"https://content.twilio.com/v1/Content/{sid}",
            "date_created": "2027-06-01T09:00:00Z",
            "date_updated": "2027-06-01T09:00:00Z",
            "links": {},
        }
        self._double.check_own("content", answer)
        return JSONResponse(answer, 201)

    async def _submit(self, request: Request) -> Response:
        try:
            self._double.check_account(request)
            content = self._content(request)
            body = json.loads(await request.body())
            self._double.calls.append(("submit", body))
            self._double.rule(self._double.facts.check("approval_body", body), 20001)
            broken = approval_faults(
                content.body["types"],
                content.body.get("variables", {}),
                body["name"],
                body["category"],
            )
            self._double.rule(broken, 20001)
        except Refused as refused:
            return error_of(refused)
        content.status = "received"
        answer = body | {"status": "received", "content_type": "x", "rejection_reason": ""}
        return JSONResponse(answer, 201)

    async def _approval(self, request: Request) -> Response:
        try:
            self._double.check_account(request)
            content = self._content(request)
        except Refused as refused:
            return error_of(refused)
        whatsapp = {"status": content.status, "type": "whatsapp"}
        return JSONResponse(
            {
                "sid": content.sid,
                "account_sid": self._double.account_sid,
                "whatsapp": whatsapp,
                "url": None,
            }
        )

    def _content(self, request: Request) -> Content:
        found = self._double.contents.get(request.path_params["sid"])
        if found is None:
            raise Refused(404, 20404, "not found")
        return found

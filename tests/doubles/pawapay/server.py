"""pawaPay over HTTP: the five calls, with the shapes, codes and numbers of the vendor's sandbox.

async with PawaPayDouble.running() as double:
    page = await PawaPay(token=double.token, api_url=double.url, ...).start(...)
    double.confirm(page.url, "22951345789")
    headers, raw = await double.notices.next()
assert double.faults == []
"""

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import count
from typing import Any, Self
from uuid import UUID

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.doubles.notices import Notices
from tests.doubles.serving import serving
from tests.doubles.troubles import Troubles

NUMBERS = {
    "22951345789": None,
    "22951345029": "PAYER_NOT_FOUND",
    "22951345039": "PAYMENT_NOT_APPROVED",
    "22951345129": None,
    "22602345678": None,
    "22602345048": "INSUFFICIENT_BALANCE",
}
"""The sandbox's numbers: what becomes of a deposit from each."""

SILENT = frozenset({"22951345129"})
"""Completes, and is never told of."""

DECIMALS = {"XOF": 0, "XAF": 0, "CDF": 2}
COUNTRIES = {
    "XOF": {"BEN", "BFA", "CIV", "SEN"},
    "XAF": {"CMR", "GAB", "COG"},
    "CDF": {"COD"},
}

PAGE_REQUIRED: dict[str, type] = {
    "depositId": str,
    "returnUrl": str,
    "amountDetails": dict,
    "language": str,
    "country": str,
    "reason": str,
    "customerMessage": str,
    "metadata": list,
}
REFUND_REQUIRED: dict[str, type] = {
    "refundId": str,
    "depositId": str,
    "amount": str,
    "currency": str,
    "metadata": list,
}
METADATA_MAX = 10


class PawaPayDouble:
    """One account at pawaPay. `faults` lists everything malformed that was sent."""

    token = "visibly-a-test-token"

    def __init__(self) -> None:
        self.url = ""
        self.faults: list[str] = []
        self.troubles = Troubles()
        self.calls: list[tuple[str, Any]] = []
        self.pages: dict[str, dict[str, Any]] = {}
        self.deposits: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        self.refunds_end = "COMPLETED"
        """How refunds end: `COMPLETED`, `FAILED`, or `PROCESSING` for as long as this stands."""
        self.notices = Notices()
        self._numbers = count(1)

    @classmethod
    @asynccontextmanager
    async def running(cls) -> AsyncIterator[Self]:
        """Serve while the block runs."""
        double = cls()
        async with serving(Starlette(routes=double.routes())) as double.url:
            yield double

    def routes(self) -> list[Route]:
        """Give the routes of the API that are called."""

        def route(path: str, method: str, work: Callable[..., Awaitable[Response]]) -> Route:
            call = f"{method} {path}"

            async def answer(request: Request) -> Response:
                return await self.troubles.around(call, request, lambda r: self._call(r, work))

            return Route(path, answer, methods=[method])

        return [
            route("/v2/paymentpage", "POST", self._open_page),
            route("/v2/deposits/{id}", "GET", self._get_deposit),
            route("/v2/refunds", "POST", self._refund),
            route("/v2/refunds/{id}", "GET", self._get_refund),
        ]

    # ---- What the world does -----------------------------------------------------------------

    def confirm(self, url: str, phone: str) -> None:
        """Enter a number on a page and confirm on the phone, or whatever this number does."""
        deposit_id = url.rpartition("=")[2]
        page = self.pages[deposit_id]
        fault = NUMBERS[phone]
        deposit = {
            "depositId": deposit_id,
            "status": "FAILED" if fault else "COMPLETED",
            "amount": f"{page['amountDetails']['amount']}.00",
            "currency": page["amountDetails"]["currency"],
            "country": page["country"],
            "payer": {"type": "MMO", "accountDetails": {"phoneNumber": phone}},
            "providerTransactionId": f"mmo-{next(self._numbers)}",
            "metadata": _flat(page["metadata"]),
        }
        if "." in page["amountDetails"]["amount"]:
            deposit["amount"] = page["amountDetails"]["amount"]
        if fault:
            deposit["failureReason"] = {"failureCode": fault, "failureMessage": fault.title()}
        self.deposits[deposit_id] = deposit
        if phone not in SILENT:
            self._call_back(deposit)

    def enter_number(self, url: str) -> None:
        """Begin a deposit that the payer has not confirmed yet."""
        deposit_id = url.rpartition("=")[2]
        page = self.pages[deposit_id]
        self.deposits[deposit_id] = {
            "depositId": deposit_id,
            "status": "PROCESSING",
            "amount": page["amountDetails"]["amount"],
            "currency": page["amountDetails"]["currency"],
        }

    def returned_of(self, deposit_id: str) -> str:
        """Sum what went back of a deposit, as text in units."""
        return str(self._returned(deposit_id))

    # ---- The calls ---------------------------------------------------------------------------

    async def _call(self, request: Request, work: Callable[..., Awaitable[Response]]) -> Response:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return JSONResponse({"errorMessage": "Unauthenticated"}, status_code=401)
        body = await request.json() if request.method == "POST" else None
        self.calls.append((f"{request.method} {request.url.path}", body))
        return await work(request, body)

    async def _open_page(self, request: Request, body: dict[str, Any]) -> Response:
        del request
        faults = _shape(body, PAGE_REQUIRED, {"phoneNumber"}) or _page_faults(body)
        if faults:
            return self._malformed("POST /v2/paymentpage", faults)
        details = body["amountDetails"]
        code = _amount_fault(details["amount"], details["currency"], body["country"])
        if code is not None:
            return _rejected(code)
        known = self.pages.setdefault(body["depositId"], body)
        if known != body:
            return _rejected("DUPLICATE_ID")
        return JSONResponse({"redirectUrl": f"{self.url}/page?token={body['depositId']}"}, 201)

    async def _get_deposit(self, request: Request, body: None) -> Response:
        del body
        return _found(self.deposits.get(request.path_params["id"]))

    async def _refund(self, request: Request, body: dict[str, Any]) -> Response:
        del request
        faults = _shape(body, REFUND_REQUIRED, set()) or _id_faults(body, "refundId", "depositId")
        if faults:
            return self._malformed("POST /v2/refunds", faults)
        refund_id, deposit = body["refundId"], self.deposits.get(body["depositId"])
        if refund_id in self.refunds:
            return JSONResponse({"refundId": refund_id, "status": "DUPLICATE_IGNORED"})
        if deposit is None:
            return _rejected("NOT_FOUND")
        if deposit["status"] != "COMPLETED":
            return _rejected("INVALID_STATE")
        asked = float(body["amount"])
        if asked > float(deposit["amount"]) - self._returned(body["depositId"]):
            return _rejected("AMOUNT_TOO_LARGE")
        self.refunds[refund_id] = {
            "refundId": refund_id,
            "depositId": body["depositId"],
            "status": "PROCESSING",
            "amount": body["amount"],
            "currency": body["currency"],
            "metadata": _flat(body["metadata"]),
        }
        return JSONResponse({"refundId": refund_id, "status": "ACCEPTED"})

    async def _get_refund(self, request: Request, body: None) -> Response:
        del body
        refund = self.refunds.get(request.path_params["id"])
        if refund is not None and refund["status"] == "PROCESSING":
            refund["status"] = self.refunds_end
            if self.refunds_end == "FAILED":
                refund["failureReason"] = {
                    "failureCode": "WALLET_LIMIT_REACHED",
                    "failureMessage": "The wallet is full",
                }
            if self.refunds_end != "PROCESSING":
                self._call_back(refund)
        return _found(refund)

    # ---- Inside ------------------------------------------------------------------------------

    def _returned(self, deposit_id: str) -> float:
        return sum(
            float(refund["amount"])
            for refund in self.refunds.values()
            if refund["depositId"] == deposit_id and refund["status"] != "FAILED"
        )

    def _malformed(self, call: str, faults: list[str]) -> Response:
        self.faults += [f"{call}: {fault}" for fault in faults]
        reason = {"failureCode": "INVALID_PARAMETER", "failureMessage": faults[0]}
        return JSONResponse({"failureReason": reason}, status_code=400)

    def _call_back(self, about: dict[str, Any]) -> None:
        raw = json.dumps(about).encode()
        self.notices.tell(({"content-type": "application/json"}, raw))


def _shape(body: dict[str, Any], required: dict[str, type], optional: set[str]) -> list[str]:
    faults = [f"lacks {name}" for name in required if name not in body]
    faults += [f"has no field {name}" for name in body if name not in required.keys() | optional]
    faults += [
        f"{name} is no {kind.__name__}"
        for name, kind in required.items()
        if name in body and not isinstance(body[name], kind)
    ]
    return faults


def _page_faults(body: dict[str, Any]) -> list[str]:
    faults = _id_faults(body, "depositId")
    if set(body["amountDetails"]) != {"amount", "currency"}:
        faults.append("amountDetails has amount and currency")
    if body["language"] not in {"EN", "FR"}:
        faults.append("language is EN or FR")
    if not re.fullmatch(r"[A-Za-z0-9 ]{4,22}", body["customerMessage"]):
        faults.append("customerMessage has 4 to 22 letters, digits and spaces")
    if not re.fullmatch(r"https?://.+", body["returnUrl"]):
        faults.append("returnUrl is no web address")
    if len(body["metadata"]) > METADATA_MAX:
        faults.append("metadata has at most 10 fields")
    return faults


def _id_faults(body: dict[str, Any], *names: str) -> list[str]:
    return [f"{name} is no UUIDv4" for name in names if not _is_uuid4(body[name])]


def _is_uuid4(text: str) -> bool:
    try:
        read = UUID(text)
    except ValueError:
        return False
    return read.version == 4 and str(read) == text


def _amount_fault(amount: str, currency: str, country: str) -> str | None:
    if currency not in COUNTRIES or country not in COUNTRIES[currency]:
        return "INVALID_CURRENCY"
    if not re.fullmatch(r"(?:0|[1-9]\d{0,17})(?:\.\d*[1-9])?", amount):
        return "INVALID_AMOUNT"
    decimals = len(amount.partition(".")[2])
    return "INVALID_AMOUNT" if decimals > DECIMALS[currency] or float(amount) <= 0 else None


def _rejected(code: str) -> Response:
    """Refuse as pawaPay does: with HTTP 200."""
    reason = {"failureCode": code, "failureMessage": code.replace("_", " ").capitalize()}
    return JSONResponse({"status": "REJECTED", "failureReason": reason})


def _found(thing: dict[str, Any] | None) -> Response:
    return JSONResponse(
        {"status": "NOT_FOUND"} if thing is None else {"status": "FOUND", "data": thing}
    )


def _flat(metadata: list[dict[str, Any]]) -> dict[str, Any]:
    return {name: value for one in metadata for name, value in one.items() if name != "isPII"}

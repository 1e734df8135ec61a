"""Stripe over HTTP: every call is checked, worked once a key, perhaps troubled, and answered.

async with StripeDouble.running() as double:
    provider = Stripe(secret_key=double.key, webhook_secret=double.secret, api_url=double.url, ...)
    page = await provider.start(...)
    double.books.pay(page.provider_ref)
    headers, raw = await double.books.notices.next()
assert double.faults == []
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Self

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.doubles.serving import serving
from tests.doubles.stripe.books import API_VERSION, Books, Refused, shaped
from tests.doubles.stripe.strict import faults_of, nested
from tests.doubles.troubles import Troubles

EXPIRES_MIN_S, EXPIRES_MAX_S = 30 * 60, 24 * 3600
"""A session lives from 30 minutes to 24 hours (docs.stripe.com/api/checkout/sessions/create)."""


class StripeDouble:
    """One account at Stripe. `faults` lists everything that was not as the vendor's types say."""

    key = "sk_test_visibly_a_test_key"
    secret = Books.secret

    def __init__(self) -> None:
        self.url = ""
        self.faults: list[str] = []
        self.troubles = Troubles()
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.books = Books()
        self._remembered: dict[str, tuple[dict[str, Any], int, dict[str, Any]]] = {}

    @classmethod
    @asynccontextmanager
    async def running(cls) -> AsyncIterator[Self]:
        """Serve while the block runs."""
        double = cls()
        async with serving(Starlette(routes=double.routes())) as double.url:
            yield double

    def routes(self) -> list[Route]:
        """Give the routes of the API that are called."""

        def route(path: str, method: str, work: Callable[..., Awaitable[dict[str, Any]]]) -> Route:
            call = f"{method} {path}"

            async def answer(request: Request) -> Response:
                return await self.troubles.around(
                    call, request, lambda r: self._call(call, r, work)
                )

            return Route(path, answer, methods=[method])

        return [
            route("/v1/checkout/sessions", "POST", self._create_session),
            route("/v1/checkout/sessions/{id}", "GET", self._get_session),
            route("/v1/payment_intents/{id}", "GET", self._get_intent),
            route("/v1/refunds", "POST", self._create_refund),
            route("/v1/refunds/{id}", "GET", self._get_refund),
            route("/v1/balance_transactions", "GET", self._list_lines),
        ]

    # ---- One call ----------------------------------------------------------------------------

    async def _call(
        self, call: str, request: Request, work: Callable[..., Awaitable[dict[str, Any]]]
    ) -> Response:
        form = await request.form()
        params = nested([*request.query_params.multi_items(), *_texts(form.multi_items())])
        self.calls.append((call, params))
        try:
            self._check(call, request, params)
            key = request.headers.get("idempotency-key")
            if request.method == "POST" and key is None:
                self.faults.append(f"{call}: without a key")
            if key is not None and key in self._remembered:
                return self._repeat(key, params)
            body = await work(request, params)
        except Refused as refused:
            error = {"type": refused.kind, "code": refused.code, "message": refused.message}
            return JSONResponse({"error": error}, status_code=refused.status)
        if key is not None:
            self._remembered[key] = (params, 200, body)
        return JSONResponse(body)

    def _check(self, call: str, request: Request, params: dict[str, Any]) -> None:
        if request.headers.get("authorization") != f"Bearer {self.key}":
            raise Refused(401, "invalid_request_error", None, "Invalid API Key provided")
        if request.headers.get("stripe-version") != API_VERSION:
            self.faults.append(f"{call}: version {request.headers.get('stripe-version')}")
        faults = [] if call.endswith("{id}") and not params else self._faults(call, params)
        if faults:
            self.faults += faults
            raise Refused(400, "invalid_request_error", "parameter_unknown", faults[0])

    def _faults(self, call: str, params: dict[str, Any]) -> list[str]:
        return faults_of(call, params)

    def _repeat(self, key: str, params: dict[str, Any]) -> Response:
        """Answer a known key as the first time; with other parameters it is an error."""
        known, status, body = self._remembered[key]
        if known != params:
            message = "Keys for idempotent requests can only be used with the same parameters"
            error = {"type": "idempotency_error", "code": None, "message": message}
            return JSONResponse({"error": error}, status_code=400)
        return JSONResponse(body, status_code=status, headers={"Idempotent-Replayed": "true"})

    # ---- The calls ---------------------------------------------------------------------------

    async def _create_session(self, request: Request, params: dict[str, Any]) -> dict[str, Any]:
        del request
        left_s = int(params["expires_at"]) - self.books.clock() // 1000
        if not EXPIRES_MIN_S <= left_s <= EXPIRES_MAX_S:
            raise Refused(400, "invalid_request_error", None, "expires_at is out of range")
        price = params["line_items"][0]["price_data"]
        total = sum(
            int(item["price_data"]["unit_amount"]) * int(item["quantity"])
            for item in params["line_items"]
        )
        session_id = f"cs_test_{next(self.books.numbers):08d}"
        self.books.sessions[session_id] = shaped(
            "checkout.session",
            id=session_id,
            status="open",
            payment_status="unpaid",
            mode=params["mode"],
            url=f"https://checkout.stripe.com/c/pay/{session_id}",
            amount_total=total,
            amount_subtotal=total,
            currency=price["currency"],
            client_reference_id=params.get("client_reference_id"),
            metadata=params.get("metadata", {}),
            expires_at=int(params["expires_at"]),
            created=self.books.clock() // 1000,
            success_url=params["success_url"],
            locale=params.get("locale"),
            livemode=False,
        )
        self.books.intents[f"pi_of_{session_id}"] = params.get("payment_intent_data", {})
        return dict(self.books.sessions[session_id])

    async def _get_session(self, request: Request, params: dict[str, Any]) -> dict[str, Any]:
        session = self.books.sessions.get(request.path_params["id"])
        if session is None:
            raise Refused(404, "invalid_request_error", "resource_missing", "No such session")
        found = dict(session)
        if "payment_intent.latest_charge" in params.get("expand", []) and found["payment_intent"]:
            intent = dict(self.books.intents[found["payment_intent"]])
            intent["latest_charge"] = self.books.charges.get(intent["latest_charge"])
            found["payment_intent"] = intent
        return found

    async def _get_intent(self, request: Request, params: dict[str, Any]) -> dict[str, Any]:
        del params
        intent = self.books.intents.get(request.path_params["id"])
        if intent is None or "id" not in intent:
            raise Refused(404, "invalid_request_error", "resource_missing", "No such intent")
        return dict(intent)

    async def _create_refund(self, request: Request, params: dict[str, Any]) -> dict[str, Any]:
        del request
        intent_id = params.get("payment_intent")
        if intent_id is None:
            charge = self.books.charges.get(params["charge"])
            if charge is None:
                raise Refused(404, "invalid_request_error", "resource_missing", "No such charge")
            intent_id = charge["payment_intent"]
        refund = self.books.refund(intent_id, int(params["amount"]), params.get("metadata", {}))
        self.books.tell("refund.created", refund)
        return dict(refund)

    async def _get_refund(self, request: Request, params: dict[str, Any]) -> dict[str, Any]:
        del params
        refund = self.books.refunds.get(request.path_params["id"])
        if refund is None:
            raise Refused(404, "invalid_request_error", "resource_missing", "No such refund")
        return dict(refund)

    async def _list_lines(self, request: Request, params: dict[str, Any]) -> dict[str, Any]:
        del request
        since, until = int(params["created"]["gte"]), int(params["created"]["lt"])
        found = [line for line in reversed(self.books.lines) if since <= line["created"] < until]
        if "starting_after" in params:
            ids = [line["id"] for line in found]
            found = found[ids.index(params["starting_after"]) + 1 :]
        limit = int(params.get("limit", 10))
        return {
            "object": "list",
            "url": "/v1/balance_transactions",
            "data": found[:limit],
            "has_more": len(found) > limit,
        }


def _texts(items: list[tuple[str, Any]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in items if isinstance(value, str)]

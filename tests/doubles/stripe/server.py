"""Stripe over HTTP: every call is checked, worked once a key, perhaps troubled, and answered.

async with StripeDouble.running() as double:
    provider = Stripe(secret_key=double.key, webhook_secret=double.secret, api_url=double.url, ...)
    page = await provider.start(...)
    double.pay(page.provider_ref)
    headers, raw = await double.next_notice()
assert double.faults == []
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Self

import stripe
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chat.clock import wall_clock
from tests.doubles.serving import serving
from tests.doubles.stripe.strict import faults_of, nested
from tests.doubles.troubles import Troubles

API_VERSION = "2026-10-28.endive"
FACTS = json.loads((Path(__file__).parents[1] / "facts" / "stripe.json").read_text("utf-8"))

EXPIRES_MIN_S, EXPIRES_MAX_S = 30 * 60, 24 * 3600
"""A session lives from 30 minutes to 24 hours (docs.stripe.com/api/checkout/sessions/create)."""

FEE_PERCENT = 3


@dataclass(frozen=True, slots=True)
class Refused(Exception):
    """An error as Stripe answers it."""

    status: int
    kind: str
    code: str | None
    message: str


class StripeDouble:
    """One account at Stripe. `faults` lists everything that was not as the vendor's types say."""

    key = "sk_test_visibly_a_test_key"
    secret = "whsec_visibly_a_test_secret"

    def __init__(self) -> None:
        self.url = ""
        self.faults: list[str] = []
        self.troubles = Troubles()
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.sessions: dict[str, dict[str, Any]] = {}
        self.intents: dict[str, dict[str, Any]] = {}
        self.charges: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        self.lines: list[dict[str, Any]] = []
        self.sent: asyncio.Queue[tuple[dict[str, str], bytes]] = asyncio.Queue()
        self.refunds_pend = False
        """Refunds stay pending until `settle_refund`."""
        self.customer: dict[str, str | None] = {"email": "awa@example.org", "phone": None}
        """What whoever pays types on the page (Checkout Session, customer_details)."""
        self._remembered: dict[str, tuple[dict[str, Any], int, dict[str, Any]]] = {}
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

    # ---- What the world does -----------------------------------------------------------------

    def pay(self, session_id: str) -> None:
        """Pay by card on the page."""
        session = self._open(session_id)
        self._charge(session)
        self._event("checkout.session.completed", session)

    def pay_slowly(self, session_id: str) -> None:
        """Choose a way of paying that takes days: the session is complete, and unpaid."""
        session = self._open(session_id)
        intent = self._intent_of(session, "processing")
        session |= {"status": "complete", "payment_intent": intent["id"]}
        self._event("checkout.session.completed", session)

    def slow_money_comes(self, session_id: str) -> None:
        """End the wait well."""
        session = self.sessions[session_id]
        self._charge(session)
        self._event("checkout.session.async_payment_succeeded", session)

    def slow_money_fails(self, session_id: str) -> None:
        """End the wait badly."""
        session = self.sessions[session_id]
        self.intents[session["payment_intent"]]["status"] = "requires_payment_method"
        self._event("checkout.session.async_payment_failed", session)

    def expire(self, session_id: str) -> None:
        """Let a page's time pass."""
        session = self._open(session_id)
        session |= {"status": "expired", "url": None}
        self._event("checkout.session.expired", session)

    def settle_refund(self, refund_id: str, status: str) -> None:
        """End a pending refund as `succeeded` or `failed`."""
        refund = self.refunds[refund_id]
        refund["status"] = status
        if status == "failed":
            refund["failure_reason"] = "expired_or_canceled_card"
            self._charge_of(refund["payment_intent"])["amount_refunded"] -= refund["amount"]
        self._event("refund.failed" if status == "failed" else "refund.updated", refund)

    def refund_at_the_desk(self, session_id: str, amount: int) -> None:
        """Send money back from Stripe's own dashboard."""
        refund = self._refund(self.sessions[session_id]["payment_intent"], amount, {})
        self._event("refund.created", refund)

    def dispute(self, session_id: str) -> None:
        """Have the payer's bank take the money back."""
        intent = self.intents[self.sessions[session_id]["payment_intent"]]
        about = {
            "id": f"du_{next(self._numbers)}",
            "object": "dispute",
            "amount": intent["amount"],
            "currency": intent["currency"],
            "charge": intent["latest_charge"],
            "payment_intent": intent["id"],
            "metadata": {},
            "status": "needs_response",
        }
        self._event("charge.dispute.created", about)

    async def next_notice(self) -> tuple[dict[str, str], bytes]:
        """Wait for the next event: its headers, in small letters, and body."""
        return await asyncio.wait_for(self.sent.get(), 10)

    def signed(self, body: dict[str, Any]) -> tuple[dict[str, str], bytes]:
        """Sign any body as Stripe does."""
        raw = json.dumps(body)
        header = stripe.WebhookSignature.generate_signature_header(raw, self.secret)
        return {"stripe-signature": header, "content-type": "application/json"}, raw.encode()

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
        left_s = int(params["expires_at"]) - wall_clock() // 1000
        if not EXPIRES_MIN_S <= left_s <= EXPIRES_MAX_S:
            raise Refused(400, "invalid_request_error", None, "expires_at is out of range")
        price = params["line_items"][0]["price_data"]
        total = sum(
            int(item["price_data"]["unit_amount"]) * int(item["quantity"])
            for item in params["line_items"]
        )
        session_id = f"cs_test_{next(self._numbers):08d}"
        self.sessions[session_id] = _shaped(
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
            created=wall_clock() // 1000,
            success_url=params["success_url"],
            locale=params.get("locale"),
            livemode=False,
        )
        self.intents[f"pi_of_{session_id}"] = params.get("payment_intent_data", {})
        return dict(self.sessions[session_id])

    async def _get_session(self, request: Request, params: dict[str, Any]) -> dict[str, Any]:
        session = self.sessions.get(request.path_params["id"])
        if session is None:
            raise Refused(404, "invalid_request_error", "resource_missing", "No such session")
        found = dict(session)
        if "payment_intent.latest_charge" in params.get("expand", []) and found["payment_intent"]:
            intent = dict(self.intents[found["payment_intent"]])
            intent["latest_charge"] = self.charges.get(intent["latest_charge"])
            found["payment_intent"] = intent
        return found

    async def _get_intent(self, request: Request, params: dict[str, Any]) -> dict[str, Any]:
        del params
        intent = self.intents.get(request.path_params["id"])
        if intent is None or "id" not in intent:
            raise Refused(404, "invalid_request_error", "resource_missing", "No such intent")
        return dict(intent)

    async def _create_refund(self, request: Request, params: dict[str, Any]) -> dict[str, Any]:
        del request
        refund = self._refund(
            params["payment_intent"], int(params["amount"]), params.get("metadata", {})
        )
        self._event("refund.created", refund)
        return dict(refund)

    async def _get_refund(self, request: Request, params: dict[str, Any]) -> dict[str, Any]:
        del params
        refund = self.refunds.get(request.path_params["id"])
        if refund is None:
            raise Refused(404, "invalid_request_error", "resource_missing", "No such refund")
        return dict(refund)

    async def _list_lines(self, request: Request, params: dict[str, Any]) -> dict[str, Any]:
        del request
        since, until = int(params["created"]["gte"]), int(params["created"]["lt"])
        found = [line for line in reversed(self.lines) if since <= line["created"] < until]
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

    # ---- Inside ------------------------------------------------------------------------------

    def _open(self, session_id: str) -> dict[str, Any]:
        session = self.sessions[session_id]
        assert session["status"] == "open", f"{session_id} is {session['status']}"
        return session

    def _intent_of(self, session: dict[str, Any], status: str) -> dict[str, Any]:
        intent_id = f"pi_of_{session['id']}"
        data = self.intents[intent_id]
        if "id" not in data:
            self.intents[intent_id] = _shaped(
                "payment_intent",
                id=intent_id,
                amount=session["amount_total"],
                currency=session["currency"],
                metadata=data.get("metadata", {}),
                description=data.get("description"),
            )
        self.intents[intent_id]["status"] = status
        return self.intents[intent_id]

    def _charge(self, session: dict[str, Any]) -> None:
        intent = self._intent_of(session, "succeeded")
        charge_id = f"ch_{next(self._numbers)}"
        self.charges[charge_id] = _shaped(
            "charge",
            id=charge_id,
            amount=intent["amount"],
            amount_captured=intent["amount"],
            amount_refunded=0,
            currency=intent["currency"],
            payment_intent=intent["id"],
            metadata=intent["metadata"],
            paid=True,
            status="succeeded",
        )
        intent |= {"latest_charge": charge_id, "amount_received": intent["amount"]}
        session |= {
            "status": "complete",
            "payment_status": "paid",
            "payment_intent": intent["id"],
            "customer_details": dict(self.customer),
            "url": None,
        }
        self._line("charge", self.charges[charge_id], intent["amount"] * FEE_PERCENT // 100)

    def _charge_of(self, intent_id: str) -> dict[str, Any]:
        return self.charges[self.intents[intent_id]["latest_charge"]]

    def _refund(self, intent_id: str, amount: int, metadata: dict[str, Any]) -> dict[str, Any]:
        intent = self.intents.get(intent_id, {})
        if not intent.get("latest_charge"):
            raise Refused(400, "invalid_request_error", "charge_not_refundable", "Not charged")
        charge = self._charge_of(intent_id)
        if amount > charge["amount"] - charge["amount_refunded"]:
            raise Refused(
                400, "invalid_request_error", "amount_too_large", "Greater than the charge"
            )
        charge["amount_refunded"] += amount
        refund_id = f"re_{next(self._numbers)}"
        self.refunds[refund_id] = _shaped(
            "refund",
            id=refund_id,
            amount=amount,
            currency=charge["currency"],
            charge=charge["id"],
            payment_intent=intent_id,
            metadata=metadata,
            status="pending" if self.refunds_pend else "succeeded",
        )
        self._line("refund", self.refunds[refund_id], 0)
        return self.refunds[refund_id]

    def _line(self, kind: str, source: dict[str, Any], fee: int) -> None:
        sign = -1 if kind == "refund" else 1
        self.lines.append(
            _shaped(
                "balance_transaction",
                id=f"txn_{next(self._numbers)}",
                type=kind,
                amount=sign * source["amount"],
                fee=fee,
                net=sign * source["amount"] - fee,
                currency=source["currency"],
                created=wall_clock() // 1000,
                source=source,
            )
        )

    def _event(self, kind: str, about: dict[str, Any]) -> None:
        event = _shaped(
            "event",
            id=f"evt_{next(self._numbers)}",
            type=kind,
            api_version=API_VERSION,
            created=wall_clock() // 1000,
            data={"object": about},
            livemode=False,
            pending_webhooks=1,
        )
        self.sent.put_nowait(self.signed(event))


def _shaped(kind: str, **facts: Any) -> dict[str, Any]:  # noqa: ANN401 (JSON)
    """Make an object with all the fields the vendor's has, and no other."""
    fields = FACTS[kind]
    # Newer than the example objects, and in the library's own types of the pinned version.
    strange = set(facts) - set(fields) - {"object", "failure_reason"}
    assert not strange, f"{kind} has no {strange}"
    return {**dict.fromkeys(fields), "object": kind, **facts}


def _texts(items: list[tuple[str, Any]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in items if isinstance(value, str)]

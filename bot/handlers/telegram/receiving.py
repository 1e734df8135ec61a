"""How updates come in: persisted first, confirmed to Telegram only then.

Whatever breaks between the two brings the same update again, and the inbox knows its id.
"""

import asyncio
import hmac
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import get_args

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from bot.handlers.telegram.channel import (
    TelegramChannel,
)
from bot.handlers.telegram.failures import Conflict, Unanswered
from bot.handlers.telegram.reading import CHANNEL, Envelope, wanted
from bot.handlers.telegram.secrets import InvalidToken, webhook_secret
from boxoffice.money import Money
from chat.channel import Intake, SendLater, SendRefused
from chat.messages import TalkName

WEBHOOK_PATH = "/telegram/{talk}"

UPDATE_BYTES_MAX = 1024 * 1024
"""An update is a few kilobytes; the longest text with all its entities stays far below this."""

PAUSES_S = (0.5, 1, 2, 5, 10, 30)
"""How long polling rests after one failure, two in a row, and so on; the last is kept."""

SILENT_S = 120
"""A poll is answered within fifty seconds, however quiet it is: more than twice that is trouble."""

CONFLICT_S = 5
"""How long polling rests when another program polls: it may be the one we replace, stopping."""

SPINNING_MAX = 200
"""At most so many taps wait for their answer; beyond, the app's own spinner gives up by itself."""

MayPay = Callable[[str, Money, str | None], Awaitable[str | None]]
"""An invoice's payload and amount, and the payer's language: None, or why it cannot be paid."""

Toast = Callable[[TalkName, str | None], str | None]
"""A bot and the person's language: a few words shown over the chat at a tap, or None."""

log = structlog.get_logger()


def _no_toast(_talk: TalkName, _language: str | None) -> None:
    return None


class Receiver:
    """Takes updates of the bots to the intake, by polling or by webhook."""

    def __init__(
        self,
        channel: TelegramChannel,
        intake: Intake,
        may_pay: MayPay | None = None,
        toast: Toast = _no_toast,
    ) -> None:
        """`may_pay` answers checkouts, none without it; `toast` is shown at a tap."""
        self._channel = channel
        self._may_pay = may_pay
        self._toast = toast
        self._intake = intake
        self._spinning: set[asyncio.Task[None]] = set()
        self._answered_s: dict[TalkName, float] = {}

    async def poll(self, talk: TalkName) -> None:
        """Ask for updates until cancelled. Errors are logged and rested upon, never fatal.

        Raises:
            InvalidToken: Telegram refuses the token: no patience will help.
        """
        self._answered_s[talk] = time.monotonic()
        try:
            await self._poll(talk)
        finally:
            # Another process may lead from here on: its silence is not ours to tell.
            self._answered_s.pop(talk, None)

    async def _poll(self, talk: TalkName) -> None:
        offset: int | None = None
        failures = 0
        webhook_dropped = False
        while True:
            try:
                if not webhook_dropped:
                    await self._channel.drop_webhook(talk)
                    webhook_dropped = True
                offset = await self._take_batch(talk, offset)
                failures = 0
                self._answered_s[talk] = time.monotonic()
            except InvalidToken as error:
                log.error("telegram.token_refused", talk=talk, fix=str(error))  # noqa: TRY400 (a trace adds nothing)
                raise
            except Exception as error:  # noqa: BLE001 (polling outlives everything but a bad token)
                pause = _pause(error, failures)
                failures += 1
                if isinstance(error, Conflict):
                    # Somebody may have set a webhook: the next round drops it again.
                    webhook_dropped = False
                _tell(talk, error, pause)
                await asyncio.sleep(pause)

    def trouble(self) -> str | None:
        """Say what is wrong with the connection: bots that are polled here and get no answer."""
        now = time.monotonic()
        silent = [talk for talk, at in self._answered_s.items() if now - at > SILENT_S]
        return f"no answer for the {' and the '.join(silent)} bot" if silent else None

    def routes(self) -> list[Route]:
        """Give the Starlette route that Telegram posts updates to."""
        return [Route(WEBHOOK_PATH, self._webhook, methods=["POST"])]

    async def set_webhooks(self, public_url: str) -> None:
        """Have Telegram post every bot's updates to our route under the public HTTPS address."""
        for talk in self._channel.bots:
            path = WEBHOOK_PATH.format(talk=talk)
            await self._channel.set_webhook(talk, public_url.rstrip("/") + path)

    async def close(self) -> None:
        """Let go of the taps that still wait for their answer."""
        for task in self._spinning:
            task.cancel()
        await asyncio.gather(*self._spinning, return_exceptions=True)

    # ---- Polling ---------------------------------------------------------------------------------

    async def _take_batch(self, talk: TalkName, offset: int | None) -> int | None:
        """Persist one batch and answer with the offset that confirms it.

        Chats are persisted side by side (the writer commits them together), the updates of one chat
        in their order. If one fails none is confirmed: those that were persisted are known by their
        id when they come again.
        """
        updates = await self._channel.updates(talk, offset)
        envelopes = []
        for update in updates:
            self._stop_spinning(talk, update)
            if envelope := wanted(update):
                envelopes.append(envelope)
        async with asyncio.TaskGroup() as chats:
            for ref in dict.fromkeys(envelope.ref for envelope in envelopes):
                mine = [envelope for envelope in envelopes if envelope.ref == ref]
                chats.create_task(self._persist(talk, mine))
        ids = [update_id for update in updates if (update_id := _id(update)) is not None]
        return max(ids) + 1 if ids else offset

    async def _persist(self, talk: TalkName, envelopes: list[Envelope]) -> None:
        for envelope in envelopes:
            await self._intake.receive(
                CHANNEL, talk, envelope.ref, envelope.message_id, envelope.payload
            )

    def _stop_spinning(self, talk: TalkName, update: object) -> None:
        """Answer a tap beside the work: neither waits for the other."""
        match update:
            case {"callback_query": {"id": str(query_id)} as query} if (
                len(self._spinning) < SPINNING_MAX
            ):
                toast = self._toast(talk, _language(query))
                task = asyncio.create_task(self._channel.stop_spinning(talk, query_id, toast))
                self._spinning.add(task)
                task.add_done_callback(self._spinning.discard)
            case {"pre_checkout_query": {"id": str(query_id)} as query}:
                task = asyncio.create_task(self._answer_checkout(talk, query_id, query))
                self._spinning.add(task)
                task.add_done_callback(self._spinning.discard)
            case _:
                pass

    async def _answer_checkout(
        self, talk: TalkName, query_id: str, query: dict[str, object]
    ) -> None:
        """Answer within seconds, beside whatever else goes on; a failure is a no."""
        why_not: str | None = "—"
        try:
            match query:
                case {
                    "invoice_payload": str(payload),
                    "total_amount": int(minor),
                    "currency": str(currency),
                } if self._may_pay is not None:
                    money = Money(minor, currency)
                    why_not = await self._may_pay(payload, money, _language(query))
                case _:
                    log.warning("telegram.checkout_unexpected", talk=talk)
        except Exception:
            log.exception("telegram.checkout_failed", talk=talk)
        await self._channel.answer_checkout(talk, query_id, why_not)

    # ---- Webhook ---------------------------------------------------------------------------------

    async def _webhook(self, request: Request) -> Response:
        """Take one update: 200 once it is persisted (or unwanted), so that Telegram forgets it."""
        talk = _talk(request)
        if talk is None or talk not in self._channel.bots:
            return Response(status_code=404)
        shown = request.headers.get("x-telegram-bot-api-secret-token", "")
        secret = webhook_secret(self._channel.bots[talk].token)
        if not hmac.compare_digest(shown.encode(), secret.encode()):
            log.warning("telegram.webhook_refused", talk=talk)
            return Response(status_code=403)
        body = await _body(request)
        if body is None:
            return Response(status_code=413)
        try:
            update = json.loads(body)
        except (ValueError, RecursionError):
            return Response(status_code=400)
        if _id(update) is None:
            return Response(status_code=400)
        self._stop_spinning(talk, update)
        if envelope := wanted(update):
            await self._persist(talk, [envelope])
        return Response(status_code=200)


async def _body(request: Request) -> bytes | None:
    """Read a body up to the limit; None if it is longer, or its sender went away in the middle."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > UPDATE_BYTES_MAX:
                return None
    except ClientDisconnect:
        return None
    return bytes(body)


def _talk(request: Request) -> TalkName | None:
    named = request.path_params["talk"]
    return next((talk for talk in get_args(TalkName) if talk == named), None)


def _language(query: Mapping[str, object]) -> str | None:
    """The language of whoever pressed or pays, as their app says it."""
    match query:
        case {"from": {"language_code": str(language)}}:
            return language
        case _:
            return None


def _id(update: object) -> int | None:
    match update:
        case {"update_id": int(update_id)}:
            return update_id
        case _:
            return None


def _pause(error: Exception, failures: int) -> float:
    match error:
        case SendLater():
            return error.after_ms / 1000
        case Conflict():
            return CONFLICT_S
        case _:
            return PAUSES_S[min(failures, len(PAUSES_S) - 1)]


def _tell(talk: TalkName, error: Exception, pause_s: float) -> None:
    match error:
        case Conflict():
            log.error(
                "telegram.conflict",
                talk=talk,
                reason=str(error),
                fix="Another program uses this bot's token. Stop it, or give this one its own bot.",
            )
        case SendLater() | SendRefused() | Unanswered():
            log.warning("telegram.poll_failed", talk=talk, reason=str(error), pause_s=pause_s)
        case _:
            log.error("telegram.intake_failed", talk=talk, exc_info=error, pause_s=pause_s)

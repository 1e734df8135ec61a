"""What became of the messages we sent, as Twilio tells it: in any order, more than once.

A status counts only if it is further on than the one known. A message that failed is taken back
and goes another way, in the same transaction.
"""

from collections.abc import Awaitable, Callable

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.handlers.whatsapp.numbers import Numbers
from bot.handlers.whatsapp.signed import SignedForms
from chat.channel import Loss
from chat.clock import Clock
from storage import whatsapp as memory
from storage.database import Database, StorageError, Tx

STATUS_PATH = "/whatsapp/status"

RANKS = {
    "accepted": 1,
    "scheduled": 1,
    "queued": 1,
    "sending": 2,
    "sent": 3,
    "delivered": 4,
    "failed": 4,
    "undelivered": 4,
    "canceled": 4,
    "read": 5,
}
"""How far on each status is; of two ends the first told stands."""

LOSSES = {
    63016: Loss.SILENCE,
    63018: Loss.BUSY,  # too many messages
    63017: Loss.BUSY,  # the account's rate
    63038: Loss.BUSY,  # the day's limit
    63012: Loss.BUSY,  # an error of the channel
    30001: Loss.BUSY,  # the queue overflowed
    30008: Loss.BUSY,  # unknown
    63019: Loss.PICTURE,  # the media could not be fetched
    63005: Loss.PICTURE,  # the channel did not accept the content
    11200: Loss.PICTURE,  # our address did not answer
    12300: Loss.PICTURE,  # its Content-Type was not what it held
    63013: Loss.BUTTONS,  # the channel's policy, a variable's shape
    63021: Loss.BUTTONS,  # the content once filled
    63027: Loss.BUTTONS,
    63028: Loss.BUTTONS,
    63003: Loss.GONE,  # no such address
    63024: Loss.GONE,  # no WhatsApp there, or blocked
    63032: Loss.GONE,
    63049: Loss.GONE,  # Meta chose not to deliver it
    21610: Loss.GONE,  # asked not to be written to
    21211: Loss.GONE,  # not an address
}
"""Twilio's codes; what it may invent yet is taken for a fault that passes, a few times."""

Lost = Callable[[Tx, int, Loss, int], Awaitable[None]]
"""`(tx, outbox_id, loss, now_ms)`: takes a message back and sends it on another way, once."""

log = structlog.get_logger(__name__)


class Arrivals:
    """Takes the status callbacks of our messages."""

    def __init__(
        self,
        forms: SignedForms,
        database: Database,
        *,
        numbers: Numbers,
        lost: Lost,
        clock: Clock,
    ) -> None:
        self._forms = forms
        self._database = database
        self._numbers = numbers
        self._lost = lost
        self._clock = clock

    def routes(self) -> list[Route]:
        """Give the route that Twilio posts statuses to."""
        return [Route(STATUS_PATH, self._status, methods=["POST"])]

    async def _status(self, request: Request) -> Response:
        form = await self._forms.read(request)
        if isinstance(form, Response):
            return form
        sid, status = form.get("MessageSid", ""), form.get("MessageStatus", "")
        if not sid or status not in RANKS:
            # A status of another day: nothing of ours depends on it.
            return Response(status_code=204)
        code = form.get("ErrorCode", "")
        error = int(code) if code.isascii() and code.isdecimal() and len(code) <= 6 else None  # noqa: PLR2004 (Twilio's codes have five digits)
        try:
            await self._database.write(self._take, sid, status, error, self._clock())
        except StorageError as fault:
            log.warning("whatsapp.status_not_kept", sid=sid, why=str(fault))
            return Response(status_code=503)
        return Response(status_code=204)

    async def _take(self, tx: Tx, sid: str, status: str, error: int | None, now_ms: int) -> None:
        failed = await memory.note_status(
            tx, sid=sid, rank=RANKS[status], status=status, error=error, now_ms=now_ms
        )
        if failed is None:
            return
        loss = loss_of(failed.error)
        log.warning(
            "whatsapp.not_arrived", sid=sid, outbox=failed.outbox_id, code=error, loss=loss.value
        )
        if loss is Loss.SILENCE:
            await self._close_window(tx, failed.outbox_id, now_ms)
        await self._lost(tx, failed.outbox_id, loss, now_ms)

    async def _close_window(self, tx: Tx, outbox_id: int, now_ms: int) -> None:
        sent = await memory.chat_of_sent(tx, outbox_id)
        if sent is not None:
            number = self._numbers.number("scanner" if sent.talk == "scanner" else "seller")
            await memory.close_window(tx, number, sent.ref, before_ms=sent.sent_ms or now_ms)


def loss_of(code: int) -> Loss:
    """Say what a code means for a message."""
    return LOSSES.get(code, Loss.BUSY)

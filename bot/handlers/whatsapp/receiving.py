"""How messages come in: signed, noted, persisted, and answered at once with nothing to say.

Every reply goes out by the REST API from the outbox. Twilio calls again only when it could not
reach us (or answers 5xx, if the webhook's address ends in `#rp=5xx,ct,rt`); the inbox knows the id.
"""

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.handlers.whatsapp import reading
from bot.handlers.whatsapp.numbers import Numbers
from bot.handlers.whatsapp.reading import CHANNEL, REF_CHARS_MAX, Form
from bot.handlers.whatsapp.registry import OPEN
from bot.handlers.whatsapp.rendering import button_id
from bot.handlers.whatsapp.signed import SignedForms
from bot.handlers.whatsapp.twilio_api import Refused, TwilioApi
from chat.channel import Intake, SendLater
from chat.clock import Clock
from chat.messages import TalkName
from chat.upkeep import Chore
from storage import whatsapp as memory
from storage.database import Database, StorageError

INBOUND_PATH = "/whatsapp"

SID_CHARS_MAX = 64
"""Twilio's ids have 34 characters."""

NOTHING_TO_SAY = '<?xml version="1.0" encoding="UTF-8"?><Response/>'

HOUR_MS = 3_600_000

DELETE_EVERY_MS = 15_000
DELETE_AGAIN_MS = 10 * 60_000
"""A deletion that failed is tried again so often."""

KEPT_MAX_MS = 24 * HOUR_MS
"""What people sent is deleted at Twilio by then, even if its message was never worked."""

BATCH_MAX = 50

NOTED_MS = 35 * 24 * HOUR_MS
"""Statuses and talks of messages are kept five weeks: nobody repeats what is older."""

log = structlog.get_logger(__name__)


class Receiver:
    """Takes messages of our numbers to the intake."""

    def __init__(
        self,
        forms: SignedForms,
        api: TwilioApi,
        database: Database,
        intake: Intake,
        *,
        numbers: Numbers,
        clock: Clock,
    ) -> None:
        self._forms = forms
        self._api = api
        self._database = database
        self._intake = intake
        self._numbers = numbers
        self._clock = clock

    def routes(self) -> list[Route]:
        """Give the route that Twilio posts messages to."""
        return [Route(INBOUND_PATH, self._inbound, methods=["POST"])]

    async def _inbound(self, request: Request) -> Response:
        form = await self._forms.read(request)
        if isinstance(form, Response):
            return form
        ref, sid = form.get("From", ""), form.get("MessageSid", "")
        if (
            not 1 <= len(ref) <= REF_CHARS_MAX
            or not 1 <= len(sid) <= SID_CHARS_MAX
            or "\0" in ref + sid
        ):
            return Response(status_code=400)
        talks = self._numbers.talks(form.get("To", ""))
        if not talks:
            log.warning("whatsapp.unknown_number", sid=sid)
            return _taken()
        try:
            await self._keep(form, ref, sid, talks)
        except StorageError as error:
            log.warning("whatsapp.not_kept", sid=sid, why=str(error))
            return Response(status_code=503)
        return _taken()

    async def _keep(self, form: Form, ref: str, sid: str, talks: tuple[TalkName, ...]) -> None:
        """Note who wrote and where it belongs, then hand it over."""
        is_shared = len(talks) > 1
        asked, opens = reading.talk_named(form) if is_shared else (talks[0], False)
        noted = await self._database.write(
            memory.hear,
            number=form["To"],
            ref=ref,
            message_sid=sid,
            talk=asked,
            visits=asked is not None and not opens,
            media_urls=reading.media_urls(form),
            now_ms=self._clock(),
        )
        if form.get("ButtonPayload") == button_id("seller", OPEN) and (
            noted.waited or not noted.is_new
        ):
            return  # The answer to a template's call: what waited is the reply.
        talk: TalkName = "scanner" if noted.talk == "scanner" else "seller"
        # `porte` typed at the door means another gate; elsewhere, and `billetterie`, opens a talk.
        payload = reading.payload_of(
            form, opens=opens and not (noted.was_there and asked == "scanner")
        )
        await self._intake.receive(CHANNEL, talk, ref, sid, payload)

    # ---- Upkeep ----------------------------------------------------------------------------------

    def chores(self) -> tuple[Chore, ...]:
        """What is done from time to time: photos deleted at Twilio, old notes forgotten."""
        return (
            Chore("whatsapp_delete_media", DELETE_EVERY_MS, self._delete_media),
            Chore("whatsapp_forget", HOUR_MS, self._forget),
        )

    async def _delete_media(self, now_ms: int) -> None:
        kept = await self._database.write(
            memory.take_worked_media,
            now_ms=now_ms,
            again_ms=now_ms + DELETE_AGAIN_MS,
            old_ms=now_ms - KEPT_MAX_MS,
            limit=BATCH_MAX,
        )
        for one in kept:
            try:
                await self._api.delete_media(one.url)
            except SendLater:
                return
            except Refused as refused:
                log.warning("whatsapp.media_not_deleted", code=refused.code)
            else:
                await self._database.write(memory.forget_media, one.url)

    async def _forget(self, now_ms: int) -> None:
        await self._database.write(memory.forget, before_ms=now_ms - NOTED_MS, limit=1000)


def _taken() -> Response:
    return Response(NOTHING_TO_SAY, media_type="text/xml")

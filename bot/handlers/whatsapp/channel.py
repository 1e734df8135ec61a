"""The channel `whatsapp`: what delivery and preparation call, for one number or two."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import structlog

from bot.handlers.whatsapp import reading
from bot.handlers.whatsapp.media import LINKED, Shelf
from bot.handlers.whatsapp.numbers import Numbers
from bot.handlers.whatsapp.pacing import Pace
from bot.handlers.whatsapp.registry import Registry
from bot.handlers.whatsapp.rendering import Interactive, Plain, Shape, Types, opened_from, shapes
from bot.handlers.whatsapp.statuses import STATUS_PATH, loss_of
from bot.handlers.whatsapp.templates import Stand, digest_of, stand_in
from bot.handlers.whatsapp.twilio_api import (
    NOT_FOUND,
    WINDOW_CLOSED,
    Refused,
    Taken,
    TwilioApi,
    Unanswered,
)
from chat.channel import Loss, SendLater, SendRefused, Unreached
from chat.clock import Clock
from chat.messages import Inbound, Outgoing, TalkName
from storage import whatsapp as memory
from storage.database import Database
from storage.whatsapp import Failed, Person

WINDOW_MS = (24 * 60 - 5) * 60_000
"""WhatsApp's 24 hours after somebody's last message, less what may pass in Twilio's queue."""

ANSWER_WAITED_MS = 72 * 3_600_000
"""A called person who has not answered by then is not reached this way."""

LOOK_AGAIN_MS = 3_600_000
"""What waits for an answer is looked at so often; the answer itself sends it at once."""

BUSY_MS = 60_000
"""How long a message rests when Twilio tells at once that it was too much."""

CONTENT_FAULTS = frozenset({21656, 21658, 63013, 63021, 63027, 63028})
"""Refusals of a content or its variables: the same is then said in plain words."""

log = structlog.get_logger(__name__)


class WhatsAppChannel:
    """WhatsApp, for both talks."""

    name = reading.CHANNEL

    def __init__(
        self,
        api: TwilioApi,
        database: Database,
        *,
        numbers: Numbers,
        public_url: str,
        registry: Registry,
        clock: Clock,
        pace: Pace | None = None,
    ) -> None:
        """`public_url` is where Twilio reaches us; `registry` names the approved templates."""
        self.numbers = numbers
        self.shelf = Shelf(database, public_url=public_url, secret=api.auth_token, clock=clock)
        self._api = api
        self._database = database
        self._status_url = f"{public_url}{STATUS_PATH}"
        self._registry = registry
        self._clock = clock
        self._pace = pace or Pace()
        self._contents: dict[str, str] = {}
        self._making = asyncio.Lock()

    # ---- The Channel's three words ---------------------------------------------------------------

    def read(self, talk: TalkName, payload: str, received_ms: int) -> Inbound:
        """Turn one persisted form into what was heard. Raises Unreadable."""
        return reading.read(talk, payload, received_ms)

    async def fetch(self, talk: TalkName, ref: str) -> bytes:  # noqa: ARG002 (a channel's shape)
        """Fetch a picture by its address at Twilio.

        Raises:
            SendRefused: it is not there any more, or over 20 MB.
            Unanswered: try again.
        """
        return await self._api.fetch_media(ref)

    async def send(self, talk: TalkName, ref: str, outgoing: Outgoing) -> None:
        """Send one message, or what was approved to stand for it after a silence.

        Raises:
            Unreached, SendRefused: this person or this content is never taken.
            SendLater: too fast, or the person is asked to write first.
            Unanswered, CredentialsRefused: try again; sending again is harmless.
        """
        try:
            await self._send(talk, ref, outgoing)
        except Refused as refused:
            if loss_of(refused.code) is Loss.GONE:
                raise Unreached(str(refused)) from None
            raise

    async def _send(self, talk: TalkName, ref: str, outgoing: Outgoing) -> None:
        number = self.numbers.number(talk)
        known = await self._database.read(memory.person, number, ref)
        now_ms = self._clock()
        if known is None or now_ms - known.heard_ms >= WINDOW_MS:
            await self._send_outside(number, ref, outgoing, known)
            return
        try:
            await self._send_inside(talk, ref, outgoing)
        except Refused as refused:
            if refused.code == WINDOW_CLOSED:
                await self._database.write(memory.close_window, number, ref, now_ms)
                await self._send_outside(number, ref, outgoing, known)
            elif refused.code in CONTENT_FAULTS and not outgoing.plain:
                log.warning(
                    "whatsapp.content_refused", outbox=outgoing.outbox_id, code=refused.code
                )
                await self._send_inside(talk, ref, replace(outgoing, plain=True))
            else:
                raise

    # ---- Inside the window -----------------------------------------------------------------------

    async def _send_inside(self, talk: TalkName, ref: str, outgoing: Outgoing) -> None:
        number = self.numbers.number(talk)
        found = shapes(talk, outgoing)
        if not found:
            raise SendRefused("the message is empty")
        await self._pace.take(self._database, number, ref, len(found), self._clock())
        media_url = await self.shelf.put(outgoing.media) if outgoing.media else None
        if outgoing.media and media_url and outgoing.media.mime in LINKED:
            found, media_url = shapes(talk, opened_from(outgoing, media_url)), None
        for shape in found:
            taken = await self._send_shape(number, ref, shape, media_url, outgoing.language)
            media_url = None
            await self._note(taken, outgoing)

    async def _send_shape(
        self, number: str, ref: str, shape: Shape, media_url: str | None, language: str
    ) -> Taken:
        match shape:
            case Plain(text):
                return await self._api.send(
                    sender=number,
                    to=ref,
                    status_url=self._status_url,
                    text=text,
                    media_url=media_url,
                )
            case Interactive(types, variables):
                content = await self._content(types, variables, language)
                return await self._send_content(number, ref, content, variables)

    async def _send_content(
        self, number: str, ref: str, content: str, variables: Mapping[str, str]
    ) -> Taken:
        try:
            return await self._api.send_content(
                sender=number,
                to=ref,
                status_url=self._status_url,
                content=content,
                variables=variables,
            )
        except Refused as refused:
            if refused.code not in NOT_FOUND:
                raise
            # Somebody deleted it at Twilio: the next try makes it again.
            self._contents.clear()
            await self._database.write(memory.forget_content, content)
            failure = Unanswered("Twilio has lost a content")
        raise failure

    async def _content(self, types: Types, samples: Mapping[str, str], language: str) -> str:
        """Find the content of a shape, making it the first time it is ever needed."""
        digest = digest_of(self._api.account_sid, types)
        async with self._making:
            known = self._contents.get(digest)
            known = known or await self._database.read(memory.content, digest)
            if known is None:
                sid = await self._api.make_content(
                    name=f"guichet_{digest[:16]}",
                    language=language or "fr",
                    types=types,
                    samples=dict.fromkeys(samples, "…"),
                )
                known = await self._database.write(memory.keep_content, digest, sid, self._clock())
            self._contents[digest] = known
        return known

    async def _note(self, taken: Taken, outgoing: Outgoing) -> None:
        """Keep which message this is, for its statuses; one may have come before we are here."""
        if not outgoing.outbox_id:
            return
        failed = await self._database.write(
            memory.note_sent,
            sid=taken.sid,
            outbox_id=outgoing.outbox_id,
            status=taken.status,
            now_ms=self._clock(),
        )
        if failed is not None:
            raise _at_once(failed)

    # ---- Outside the window ----------------------------------------------------------------------

    async def _send_outside(
        self, number: str, ref: str, outgoing: Outgoing, known: Person | None
    ) -> None:
        """Send the template that stands for a message; after a call the message itself waits."""
        stand = stand_in(self._registry, outgoing)
        if stand is None:
            raise SendRefused("silent for 24 hours, and no approved template stands for this")
        if not stand.calls:
            await self._send_template(number, ref, stand, outgoing)
            return
        now_ms = self._clock()
        called_ms = known.called_ms if known else None
        if called_ms is not None and now_ms - called_ms >= ANSWER_WAITED_MS:
            raise SendRefused("asked to write by a template, and has not for 72 hours")
        if called_ms is None:
            await self._send_template(number, ref, stand, replace(outgoing, outbox_id=0))
            await self._database.write(memory.call, number, ref, now_ms)
        raise SendLater(LOOK_AGAIN_MS, "waits until this person writes")

    async def _send_template(self, number: str, ref: str, stand: Stand, outgoing: Outgoing) -> None:
        await self._pace.take(self._database, number, ref, 1, self._clock())
        try:
            taken = await self._send_content(number, ref, stand.content, stand.variables)
        except Refused as refused:
            log.warning("whatsapp.template_refused", content=stand.content, code=refused.code)
            raise
        await self._note(taken, outgoing)


def _at_once(failed: Failed) -> Exception:
    """Say of a failure told before its message was noted what delivery can do about it."""
    match loss_of(failed.error):
        case Loss.SILENCE:
            return Refused(WINDOW_CLOSED, 400)
        case Loss.BUSY:
            return SendLater(BUSY_MS, f"Twilio failed with {failed.error}")
        case Loss.BUTTONS | Loss.PICTURE | Loss.GONE:
            return Refused(failed.error, 400)

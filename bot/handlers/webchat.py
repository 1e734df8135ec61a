"""The channel `web`: three phones on one page, real conversations without any account.

Its wire is ours and documented in docs/webchat.md; `bot/web/webchat.py` speaks it. What a phone
sends is kept in the conversation first and handed to the engine next, and only then acknowledged;
what was kept but perhaps not handed over (a kill in between) is offered again at the next start.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, assert_never

from bot.handlers.web_wire import (
    PhotoSent,
    Said,
    StartSent,
    TapSent,
    TextSent,
    Unfit,
    buttons_json,
    label_of,
    payload_of,
    read_payload,
)
from boxoffice.tokens import new_token
from chat.channel import SendRefused
from storage import chats
from storage import webchat as memory

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from chat.channel import Intake
    from chat.clock import Clock
    from chat.messages import Inbound, Media, Outgoing, TalkName
    from storage.database import Database, Tx
    from storage.webchat import File, Kind, Message, Phone, PhoneName

    Furnish = Callable[[Tx, tuple[Phone, ...]], Awaitable[None]]

PHONES: tuple[tuple[PhoneName, TalkName], ...] = (
    ("buyer", "seller"),
    ("gate", "scanner"),
    ("organiser", "seller"),
)
"""The phones a visitor is given, and whom each talks to."""

BATCH_MAX = 200
"""Messages read at a time, so that a long conversation is sent in pieces."""

LISTENERS_MAX = 12
"""Open streams of one visitor: more pages than that were left open by mistake."""

OFFERED_AGAIN_MAX = 1000
"""Untaken messages offered again at a start; a kill leaves one or two."""


class WebChat:
    """The web chat: a Channel for the engine, and a room of conversations for the HTTP routes.

    `clock` answers the time in milliseconds since 1970 UTC. `furnish`, if given, runs inside the
    transaction that makes a visitor, with its phones: there the demo makes an organiser and a
    steward of them.
    """

    name = "web"

    def __init__(self, db: Database, *, clock: Clock, furnish: Furnish | None = None) -> None:
        self._db = db
        self._clock = clock
        self._furnish = furnish
        self._listeners: dict[int, set[asyncio.Event]] = {}
        self.closing = False

    # ---- what the engine and the delivery ask of a channel ----

    def read(self, talk: TalkName, payload: str, received_ms: int) -> Inbound:
        """Turn one persisted payload into an Inbound; raises Unreadable."""
        return read_payload(talk, payload, received_ms)

    async def fetch(self, talk: TalkName, ref: str) -> bytes:
        """Answer with a photo's bytes; raises SendRefused when they were cleared away."""
        found = await self._db.read(memory.file_by_token, ref)
        if found is None:
            raise SendRefused(f"The {talk}'s photo is not kept any more.")
        return found.body

    async def send(self, talk: TalkName, ref: str, outgoing: Outgoing) -> None:
        """Append the bot's message to the conversation and wake who listens.

        Raises:
            SendRefused: there is no such phone, or its conversation is full.
        """
        phone = await self._db.read(memory.phone_by_ref, talk, ref)
        if phone is None:
            raise SendRefused("There is no such phone.")
        if await self._db.write(_say, phone, outgoing, new_token(), self._clock()) is None:
            raise SendRefused("This conversation is full.")
        self._wake(phone.visitor_id)

    # ---- what the HTTP routes ask ----

    async def open_visitor(self) -> tuple[str, tuple[Phone, ...]] | None:
        """Make a visitor with three phones: the cookie's token, told once; None when full."""
        token = new_token()
        refs = tuple((f"w{secrets.token_hex(8)}", name, talk) for name, talk in PHONES)
        phones = await self._db.write(_open, _hash(token), refs, self._furnish, self._clock())
        return None if phones is None else (token, phones)

    async def speak(self, phones: tuple[Phone, ...], language: str) -> None:
        """Go on in another language with a visitor who chose the page's."""
        refs = [phone.ref for phone in phones]
        await self._db.write(chats.speak, channel="web", refs=refs, language=language)

    async def phones_of(self, token: str) -> tuple[Phone, ...]:
        """Find the three phones of the visitor with this token; none for a stranger."""
        return await self._db.read(memory.phones_of, _hash(token))

    async def keep_photo(self, phone: Phone, mime: str, name: str, body: bytes) -> dict[str, Any]:
        """Keep a photo's bytes: what a message needs to name it."""
        token = new_token()
        await self._db.write(
            memory.add_file,
            phone.visitor_id,
            token,
            mime=mime,
            name=name,
            body=body,
            now_ms=self._clock(),
        )
        return _described(token, mime, name, len(body), "picture")

    async def hear(
        self, intake: Intake, phone: Phone, client_id: str, said: Said, language: str | None
    ) -> Message:
        """Keep what a person sent, then hand it to the engine; answers once both are committed.

        Raises:
            Unfit: the conversation is full.
        """
        kind, body, files = await self._shown(phone, said)
        payload = payload_of(phone, client_id, said, language)
        message = await self._db.write(
            memory.hear,
            phone,
            kind=kind,
            client_id=client_id,
            body=body,
            files=json.dumps(files),
            payload=payload,
            now_ms=self._clock(),
        )
        if message is None:
            raise Unfit("conversation_full", "This conversation holds no more messages.")
        self._wake(phone.visitor_id)
        await self._hand_over(intake, phone, client_id, payload)
        return message

    async def offer_again(self, intake: Intake) -> int:
        """Hand over what was kept before a kill and never handed over; answers how many."""
        untaken = await self._db.read(memory.untaken, OFFERED_AGAIN_MAX)
        for one in untaken:
            await self._hand_over(intake, one.phone, one.client_id, one.payload)
        return len(untaken)

    async def messages_since(self, visitor_id: int, since: int) -> tuple[Message, ...]:
        """At most BATCH_MAX messages of a visitor's phones after this number, in order."""
        return await self._db.read(memory.messages_since, visitor_id, since, BATCH_MAX)

    async def file(self, visitor_id: int, token: str) -> File | None:
        """Read the bytes under this token, if they are this visitor's."""
        return await self._db.read(memory.file_of_visitor, visitor_id, token)

    @contextmanager
    def listening(self, visitor_id: int) -> Iterator[asyncio.Event | None]:
        """Lend an event that is set whenever something was said to this visitor; None: too many."""
        events = self._listeners.setdefault(visitor_id, set())
        if len(events) >= LISTENERS_MAX:
            yield None
            return
        event = asyncio.Event()
        events.add(event)
        try:
            yield event
        finally:
            events.discard(event)
            if not events:
                self._listeners.pop(visitor_id, None)

    def close(self) -> None:
        """End every stream, so that the server can stop: pages come back by themselves."""
        self.closing = True
        for visitor_id in list(self._listeners):
            self._wake(visitor_id)

    # ---- inside ----

    def _wake(self, visitor_id: int) -> None:
        for event in self._listeners.get(visitor_id, ()):
            event.set()

    async def _hand_over(self, intake: Intake, phone: Phone, client_id: str, payload: str) -> None:
        # The engine knows message ids per talk, for all chats: the phone's key makes ours its own.
        await intake.receive("web", phone.talk, phone.ref, f"{phone.ref}.{client_id}", payload)
        await self._db.write(memory.taken, phone, client_id)

    async def _shown(self, phone: Phone, said: Said) -> tuple[Kind, str, list[dict[str, Any]]]:
        """How a person's message looks in their own conversation."""
        match said:
            case TextSent(text):
                return "text", text, []
            case TapSent(action):
                offered = await self._db.read(memory.offered_buttons, phone)
                return "tap", label_of(action, offered), []
            case StartSent():
                return "start", "", []
            case PhotoSent(files, caption):
                return "photos", caption, list(files)
            case _:
                assert_never(said)


async def _open(
    tx: Tx,
    token_hash: str,
    refs: tuple[tuple[str, PhoneName, str], ...],
    furnish: Furnish | None,
    now_ms: int,
) -> tuple[Phone, ...] | None:
    phones = await memory.add_visitor(tx, token_hash, refs, now_ms)
    if phones is not None and furnish is not None:
        await furnish(tx, phones)
    return phones


async def _say(tx: Tx, phone: Phone, outgoing: Outgoing, token: str, now_ms: int) -> int | None:
    files: list[dict[str, Any]] = []
    media = outgoing.media
    if media is not None:
        await memory.add_file(
            tx,
            phone.visitor_id,
            token,
            mime=media.mime,
            name=media.name,
            body=media.body,
            now_ms=now_ms,
        )
        files.append(_described(token, media.mime, media.name, len(media.body), _shape(media)))
    return await memory.say(
        tx,
        phone,
        body=outgoing.text,
        buttons=buttons_json(outgoing.buttons),
        files=json.dumps(files),
        now_ms=now_ms,
    )


def _shape(media: Media) -> str:
    return "picture" if media.mime.startswith("image/") and not media.as_file else "file"


def _described(token: str, mime: str, name: str, size: int, shape: str) -> dict[str, Any]:
    """Describe a file as messages do; `shape` is picture (shown) or file (offered to keep)."""
    return {"token": token, "mime": mime, "name": name, "size_bytes": size, "shape": shape}


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

"""From a photo in a chat to its codes: fetched, then read in a worker, before the turn."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from chat.channel import Channel, SendRefused
from chat.messages import Codes, Heard, Inbound, Photo
from chat.workers import Runner, WorkersError
from gate_scanner.decoding import decode
from gate_scanner.decoding.answer import Decoded, Fault, Shape

log = structlog.get_logger(__name__)

PHOTOS_MAX = 10
"""Pictures of one message that are looked at: an album has ten at the most."""


@dataclass(frozen=True, slots=True)
class PhotoReader:
    """The scanner's far preparation: a Photo becomes Codes; everything else stays as it is."""

    channels: Mapping[str, Channel]
    workers: Runner

    async def __call__(self, inbound: Inbound) -> Heard:
        """Read every picture of a message side by side.

        Raises:
            Any exception of the channel's fetch but SendRefused: try the message again.
        """
        heard = inbound.heard
        if not isinstance(heard, Photo):
            return heard
        read = await asyncio.gather(*(self._read(inbound, ref) for ref in heard.refs[:PHOTOS_MAX]))
        found = tuple(dict.fromkeys(text for one in read for text in one.texts))
        others = tuple(dict.fromkeys(text for one in read for text in one.others))
        faults = [one.fault.value for one in read if one.fault is not None]
        fault = faults[0] if faults and not found else None
        return Codes(found, others, fault, sum(not one.texts for one in read))

    async def _read(self, inbound: Inbound, ref: str) -> Decoded:
        """Read one picture; one that cannot be read says why, and never stops the others."""
        try:
            photo = await self.channels[inbound.channel].fetch(inbound.talk, ref)
        except SendRefused as refusal:
            log.warning("photo_gone", chat_ref=inbound.ref, why=str(refusal))
            return Decoded((), (), Fault.INCOMPLETE)
        try:
            return await self.workers.run(decode, photo, accept=Shape.TICKET)
        except WorkersError as error:
            log.warning("photo_not_read", chat_ref=inbound.ref, why=repr(error))
            return Decoded((), (), Fault.NONE)

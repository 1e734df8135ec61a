"""A shared contact read: the number on a vCard, as WhatsApp's app writes them.

RFC 6350 and what is older: lines `TEL;waid=22901970000:+229 01 97 00 00`, folded where long.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.flows.reading import read_phone
from chat.channel import Channel, SendRefused
from chat.messages import Contact, Heard, Inbound

CARD_BYTES_MAX = 262_144
"""A card with a portrait in it; what is longer is no card."""

LINES_MAX = 4_000
"""So many lines are looked at: the numbers stand before the portrait."""

_FOLD = re.compile(r"\r?\n[ \t]")
_PHONE = re.compile(r"(?:[\w-]+\.)?TEL(?P<params>(?:;[^:]*)?):(?P<number>.+)", re.IGNORECASE)
_WAID = re.compile(r";\s*waid=\"?(\d{7,15})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CardReader:
    """A contact known by its card alone gets its number; everything else stays as it is."""

    channels: Mapping[str, Channel]

    async def __call__(self, inbound: Inbound) -> Heard:
        """Fetch and read a card; one that cannot be read is a contact without a number.

        Raises:
            Any exception of the channel's fetch but SendRefused: try the message again.
        """
        heard = inbound.heard
        if not isinstance(heard, Contact) or not heard.card:
            return heard
        try:
            body = await self.channels[inbound.channel].fetch(inbound.talk, heard.card)
        except SendRefused:
            return replace(heard, card="")
        return Contact(number_on(body))


def number_on(body: bytes) -> str:
    """Read the number of a card: the first that WhatsApp knows, else the first with its country."""
    if len(body) > CARD_BYTES_MAX:
        return ""
    text = _FOLD.sub("", body.decode("utf-8", "replace"))
    found = [
        line
        for one in text.splitlines()[:LINES_MAX]
        if (line := _PHONE.fullmatch(one.strip())) is not None
    ]
    known = [waid[1] for line in found if (waid := _WAID.search(line["params"])) is not None]
    if known:
        return f"+{known[0]}"
    return next(
        (phone for line in found if (phone := read_phone(line["number"].removeprefix("tel:")))), ""
    )

"""The people of the double: WhatsApp on their phone, one of our numbers in their contacts."""

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from tests.doubles.twilio.server import TwilioDouble


@dataclass(frozen=True, slots=True)
class Pressable:
    """A button, an item or a link under a message."""

    title: str
    id: str = ""
    url: str = ""
    description: str = ""

    @property
    def label(self) -> str:
        """All that a person reads on it."""
        return self.description or self.title


@dataclass(frozen=True, slots=True)
class Seen:
    """A message as it stands on the screen."""

    sid: str
    kind: str
    """`text`, `media`, or the type of the content."""
    text: str
    pressables: tuple[Pressable, ...] = ()
    media: bytes | None = None
    mime: str = ""
    file_name: str = ""
    is_template: bool = False


@dataclass(slots=True)
class Customer:
    """Somebody who writes to one of our numbers."""

    double: "TwilioDouble"
    number: str
    ref: str
    name: str
    seen: list[Seen] = field(default_factory=list)
    heard_ms: int | None = None
    blocked: bool = False
    order: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def say(self, text: str) -> httpx.Response:
        """Type a text."""
        return await self.post({"Body": text, "MessageType": "text", "NumMedia": "0"})

    async def press(self, label: str) -> httpx.Response:
        """Press the newest button or item with this label."""
        for message in reversed(self.seen):
            for one in message.pressables:
                if one.id and label in {one.label, one.title}:
                    return await self.press_id(message, one)
        raise AssertionError(f"{self.name} has no button {label!r}")

    async def press_id(self, message: Seen, one: Pressable) -> httpx.Response:
        """Press one button of one message."""
        form = {
            "Body": one.title,
            "NumMedia": "0",
            "OriginalRepliedMessageSid": message.sid,
            "OriginalRepliedMessageSender": self.number,
        }
        if message.kind == "twilio/list-picker":
            more = {"MessageType": "interactive", "ListId": one.id, "ListTitle": one.title}
        else:
            more = {"MessageType": "button", "ButtonText": one.title, "ButtonPayload": one.id}
        return await self.post(form | more)

    async def send(
        self, body: bytes, mime: str = "image/jpeg", kind: str = "image", caption: str = ""
    ) -> httpx.Response:
        """Send a picture, a voice note, a sticker, a document: Twilio keeps it for us."""
        sid = self.double.new_sid("MM")
        url = self.double.keep_media(sid, body, mime)
        form = {
            "MessageSid": sid,
            "Body": caption,
            "NumMedia": "1",
            "MediaUrl0": url,
            "MediaContentType0": mime,
            "MessageType": kind,
        }
        return await self.post(form)

    async def voice(self) -> httpx.Response:
        """Send a voice note."""
        return await self.send(b"OggS", "audio/ogg", "audio")

    async def share(self, other: "Customer") -> httpx.Response:
        """Share somebody's contact: a vCard, as WhatsApp's app makes them."""
        digits = other.ref.removeprefix("whatsapp:+")
        card = (
            f"BEGIN:VCARD\r\nVERSION:3.0\r\nN:;{other.name};;;\r\nFN:{other.name}\r\n"
            f"item1.TEL;waid={digits}:+{digits[:3]} {digits[3:]}\r\n"
            "item1.X-ABLabel:Mobile\r\nEND:VCARD\r\n"
        )
        return await self.send(card.encode(), "text/vcard", "contacts")

    async def sticker(self) -> httpx.Response:
        """Send a sticker."""
        return await self.send(b"RIFF....WEBP", "image/webp", "sticker")

    async def location(self, latitude: float = 6.3703, longitude: float = 2.3912) -> httpx.Response:
        """Share where they are."""
        place = {"Latitude": f"{latitude}", "Longitude": f"{longitude}", "Label": "", "Address": ""}
        return await self.post({"Body": "", "NumMedia": "0", "MessageType": "location"} | place)

    async def post(self, form: dict[str, Any]) -> httpx.Response:
        """Have Twilio bring a message of theirs to our webhook."""
        self.heard_ms = self.double.clock()
        sid = form.get("MessageSid") or self.double.new_sid("SM")
        whole = {
            "SmsMessageSid": sid,
            "SmsSid": sid,
            "SmsStatus": "received",
            "ProfileName": self.name,
            "WaId": self.ref.removeprefix("whatsapp:+"),
            "To": self.number,
            "From": self.ref,
            "NumSegments": "1",
            "ReferralNumMedia": "0",
            "AccountSid": self.double.account_sid,
            "MessageSid": sid,
            "ApiVersion": "2010-04-01",
            "ANewKeyOfNextYear": "",
        } | form
        return await self.double.bring(whole)

"""The people of the double: what a test makes them do, and what they see on their screens."""

import re
import time
from collections.abc import Sequence
from typing import Any

from tests.doubles.telegram.accounts import (
    Account,
    Heard,
    document_json,
    file_json,
)
from tests.patience import WAIT_MAX_S

START_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{0,64}")
"""What a deep link may carry (Bot API, deep linking)."""


class Person:
    """Somebody with Telegram on their phone, in a private chat with one bot."""

    def __init__(self, account: Account, person_id: int, first_name: str, language: str) -> None:
        self.account = account
        self.id = person_id
        self.user: dict[str, Any] = {
            "id": person_id,
            "is_bot": False,
            "first_name": first_name,
            "language_code": language,
        }
        account.chats[person_id] = {"id": person_id, "type": "private", "first_name": first_name}

    # ---- What they do ----------------------------------------------------------------------------

    async def say(self, text: str) -> dict[str, Any]:
        """Type a text."""
        return self._send(text=text, **_command_entities(text))

    async def start(self, payload: str = "") -> dict[str, Any]:
        """Open a deep link and press Start."""
        assert START_PAYLOAD.fullmatch(payload), f"no deep link can carry {payload!r}"
        return await self.say(f"/start {payload}".strip())

    async def tap(self, label_or_data: str) -> dict[str, Any]:
        """Tap a button by its label or data; the newest message that has it counts."""
        for heard in reversed(self.seen):
            for label, data in heard.buttons.items():
                if label_or_data in (label, data):
                    return await self.press(heard, data)
        raise AssertionError(f"no button {label_or_data!r} among {[h.buttons for h in self.seen]}")

    async def press(self, heard: Heard, data: str) -> dict[str, Any]:
        """Press a button of a message, even one that the message does not have."""
        query_id = f"{self.id}{self.account.next_id()}"
        self.account.open_queries.add(query_id)
        query = {
            "id": query_id,
            "from": self.user,
            "message": heard.json,
            "chat_instance": str(self.id),
            "data": data,
        }
        return self.account.push("callback_query", query)

    async def send_photo(
        self, body: bytes, caption: str = "", size: int | None = None
    ) -> dict[str, Any]:
        """Send a picture from the gallery; the app compresses it."""
        sizes, _ = self.account.photo(body, size)
        return self._send(photo=sizes, **({"caption": caption} if caption else {}))

    async def send_album(self, bodies: Sequence[bytes]) -> list[dict[str, Any]]:
        """Send pictures as one album: an update each."""
        album = str(self.account.next_id())
        return [
            self._send(photo=self.account.photo(body)[0], media_group_id=album) for body in bodies
        ]

    async def send_document(
        self,
        body: bytes,
        name: str = "billet.png",
        mime: str = "image/png",
        size: int | None = None,
    ) -> dict[str, Any]:
        """Send a file as it is."""
        return self._send(
            document=document_json(self.account.keep(body, "documents", size), name, mime)
        )

    async def voice(self) -> dict[str, Any]:
        """Send a voice message."""
        return self._send(voice=file_json(self.account.keep(b"OggS", "voice")) | {"duration": 3})

    async def share(self, other_id: int, first_name: str) -> dict[str, Any]:
        """Share somebody's contact: their number, and their account."""
        card = {"phone_number": f"22900{other_id}", "first_name": first_name, "user_id": other_id}
        return self._send(contact=card)

    async def sticker(self) -> dict[str, Any]:
        """Send a sticker."""
        looks = {"type": "regular", "width": 512, "height": 512}
        moves = {"is_animated": False, "is_video": False}
        return self._send(sticker=file_json(self.account.keep(b"RIFF", "stickers")) | looks | moves)

    async def location(self, latitude: float = 6.3703, longitude: float = 2.3912) -> dict[str, Any]:
        """Share where they are."""
        return self._send(location={"latitude": latitude, "longitude": longitude})

    async def block(self) -> None:
        """Block the bot."""
        self.account.blocked_by.add(self.id)
        self._membership(self.id, "member", "kicked")

    async def unblock(self) -> None:
        """Let the bot write again."""
        self.account.blocked_by.discard(self.id)
        self._membership(self.id, "kicked", "member")

    async def add_to_group(self, group_id: int, title: str = "Les amis") -> None:
        """Add the bot to a group: Telegram reports it twice, in two ways."""
        self.account.chats[group_id] = {"id": group_id, "type": "supergroup", "title": title}
        self._membership(group_id, "left", "member")
        joined = self.account.message(group_id, self.user, new_chat_members=[self.account.user])
        self.account.push("message", joined)

    async def say_in_group(self, group_id: int, text: str) -> dict[str, Any]:
        """Type a text in a group."""
        message = self.account.message(group_id, self.user, text=text, **_command_entities(text))
        return self.account.push("message", message)

    async def edit(self, text: str) -> dict[str, Any]:
        """Edit an earlier message."""
        message = self.account.message(self.id, self.user, text=text, edit_date=int(time.time()))
        return self.account.push("edited_message", message)

    async def check_out(self, link: str) -> bool:
        """Open an invoice and press Pay; True once the money was taken."""
        asked = self.account.invoices[link]
        facts = {
            "currency": asked["currency"],
            "total_amount": sum(price["amount"] for price in asked["prices"]),
            "invoice_payload": asked["payload"],
        }
        query_id = f"checkout{self.account.next_id()}"
        self.account.checkouts[query_id] = None
        self.account.push("pre_checkout_query", {"id": query_id, "from": self.user, **facts})
        await self.account.bell.until(lambda: self.account.checkouts[query_id] is not None)
        if not self.account.checkouts[query_id]:
            return False
        charges = {
            "telegram_payment_charge_id": f"tg_{query_id}",
            "provider_payment_charge_id": f"ch_{query_id}",
        }
        self._send(successful_payment={**facts, **charges})
        return True

    # ---- What they see ---------------------------------------------------------------------------

    @property
    def seen(self) -> list[Heard]:
        """The bot's messages on the screen."""
        return self.account.said(self.id)

    async def heard(self, count: int = 1, wait_max_s: float = WAIT_MAX_S) -> list[Heard]:
        """Wait until at least so many messages of the bot stand on the screen."""
        try:
            await self.account.bell.until(lambda: len(self.seen) >= count, wait_max_s)
        except TimeoutError:
            texts = [heard.text for heard in self.seen]
            raise AssertionError(f"waited for {count} messages, got {texts}") from None
        return self.seen

    def _send(self, **content: object) -> dict[str, Any]:
        return self.account.push("message", self.account.message(self.id, self.user, **content))

    def _membership(self, chat_id: int, before: str, after: str) -> None:
        change = {
            "chat": self.account.chats[chat_id],
            "from": self.user,
            "date": int(time.time()),
            "old_chat_member": _member(self.account.user, before),
            "new_chat_member": _member(self.account.user, after),
        }
        self.account.push("my_chat_member", change)


def _member(user: dict[str, Any], status: str) -> dict[str, Any]:
    banned = {"until_date": 0} if status == "kicked" else {}
    return {"user": user, "status": status, **banned}


def _command_entities(text: str) -> dict[str, Any]:
    if not text.startswith("/"):
        return {}
    return {
        "entities": [{"type": "bot_command", "offset": 0, "length": len(text.split(maxsplit=1)[0])}]
    }

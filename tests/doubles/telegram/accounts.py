"""The state behind the double: a bot's chats, messages, files and updates."""

import asyncio
import io
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from PIL import Image

from tests.doubles.telegram.facts import Facts
from tests.patience import WAIT_MAX_S

SHOWN_SIDE_MAX = 1280
"""Telegram scales a photo down to this side and compresses it as JPEG."""

SHOWN_QUALITY = 87
PHOTO_SIDES_MAX = 10_000
"""Width and height of a photo together (Bot API, sendPhoto)."""

PHOTO_RATIO_MAX = 20

DECODED_KEPT = 4
"""Pictures kept as pixels, from one look at them to the next: a few megabytes each."""


class Refused(Exception):
    """An answer with `ok: false`."""

    def __init__(self, status: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = parameters


class Bell:
    """Wakes everyone who waits for something to change."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ring(self) -> None:
        """Wake all who wait now."""
        self._event.set()
        self._event = asyncio.Event()

    async def until(self, true: Callable[[], bool], wait_max_s: float = WAIT_MAX_S) -> None:
        """Wait until a condition holds; looked at again at each ring. Raises TimeoutError."""
        async with asyncio.timeout(wait_max_s):
            while not true():
                await self._event.wait()


class Shown:
    """A picture in a chat. The app scales and compresses it; here, once somebody looks at it."""

    def __init__(self, sent: bytes) -> None:
        """Look at what was sent. Raises Refused."""
        self.sent = sent
        self.sides = shown_sides(sent)

    @cached_property
    def body(self) -> bytes:
        """What the app keeps of it."""
        return as_shown(self.sent, self.sides)


@dataclass(slots=True)
class Heard:
    """A message of the bot as it stands on a person's screen."""

    json: dict[str, Any]
    content: bytes | Shown | None = None

    @property
    def body(self) -> bytes | None:
        """The picture as the app shows it (scaled and compressed), or the file's own bytes."""
        return self.content.body if isinstance(self.content, Shown) else self.content

    @property
    def sent(self) -> bytes | None:
        """The same, as it was uploaded."""
        return self.content.sent if isinstance(self.content, Shown) else self.content

    @property
    def message_id(self) -> int:
        """The message's id in the chat."""
        return int(self.json["message_id"])

    @property
    def text(self) -> str:
        """The words, under a picture or alone."""
        return str(self.json.get("text", self.json.get("caption", "")))

    @property
    def kind(self) -> str:
        """Which content it is: text, photo, document or venue."""
        return next(kind for kind in ("text", "photo", "venue", "document") if kind in self.json)

    @property
    def rows(self) -> list[list[dict[str, str]]]:
        """The buttons as they stand."""
        markup = self.json.get("reply_markup", {})
        return list(markup.get("inline_keyboard", []))

    @property
    def buttons(self) -> dict[str, str]:
        """What each button does, by its label: callback data or URL."""
        return {
            key["text"]: key.get("callback_data") or key["url"] for row in self.rows for key in row
        }


@dataclass(slots=True)
class File:
    """A file on Telegram's servers. It may claim more bytes than a test wants to make."""

    file_id: str
    content: bytes | Shown
    claimed: int | None
    path: str

    @property
    def body(self) -> bytes:
        """The bytes."""
        return self.content.body if isinstance(self.content, Shown) else self.content

    @property
    def size(self) -> int:
        """How many they are said to be."""
        return self.claimed or len(self.body)


@dataclass(slots=True)
class Account:
    """One bot."""

    id: int
    token: str
    username: str
    facts: Facts
    faults: list[str]
    bell: Bell = field(default_factory=Bell)
    chats: dict[int, dict[str, Any]] = field(default_factory=dict)
    blocked_by: set[int] = field(default_factory=set)
    updates: list[dict[str, Any]] = field(default_factory=list)
    delivery: str = "plain"
    """How updates go out: plain, twice (each of them two times) or reversed."""
    allowed: Sequence[str] = ()
    webhook: dict[str, Any] = field(default_factory=dict)
    polls: int = 0
    messages: dict[tuple[int, int], Heard] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    open_queries: set[str] = field(default_factory=set)
    answered_queries: list[str] = field(default_factory=list)
    commands: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """Every call that came in, in order: method and parameters as read."""
    invoices: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What each invoice link asks for."""
    checkouts: dict[str, bool | None] = field(default_factory=dict)
    """What was answered to each checkout."""
    last_id: int = 0

    @property
    def user(self) -> dict[str, Any]:
        """The bot as a user."""
        name = self.username.replace("_", " ")
        return {"id": self.id, "is_bot": True, "first_name": name, "username": self.username}

    def next_id(self) -> int:
        """Give an id that this bot has not seen."""
        self.last_id += 1
        return self.last_id

    def push(self, kind: str, content: dict[str, Any]) -> dict[str, Any]:
        """Make an update and let it be delivered."""
        update = {"update_id": 700_000_000 + self.next_id(), kind: content}
        faults = self.facts.check("Update", update)
        self.faults += [f"the double's own update: {fault}" for fault in faults]
        if not self.allowed or kind in self.allowed:
            self.updates.append(update)
            self.bell.ring()
        return update

    def push_raw(self, update: dict[str, Any]) -> None:
        """Deliver an update of a shape that the facts do not know."""
        update["update_id"] = 700_000_000 + self.next_id()
        self.updates.append(update)
        self.bell.ring()

    def confirm(self, offset: int | None) -> None:
        """Forget what the caller has: everything before `offset`, or all but the last `-offset`."""
        if offset is None:
            return
        if offset < 0:
            self.updates = self.updates[offset:]
        else:
            self.updates = [known for known in self.updates if known["update_id"] >= offset]

    def message(self, chat_id: int, sender: dict[str, Any], **content: object) -> dict[str, Any]:
        """Make a message of a chat."""
        return {
            "message_id": self.next_id(),
            "from": sender,
            "chat": self.chats[chat_id],
            "date": int(time.time()),
            **content,
        }

    def said(self, chat_id: int) -> list[Heard]:
        """Give the bot's messages of a chat that still stand, in order."""
        return [heard for (chat, _), heard in self.messages.items() if chat == chat_id]

    def keep(self, content: bytes | Shown, folder: str, size: int | None = None) -> File:
        """Keep a file."""
        number = self.next_id()
        file = File(f"FILE{self.id}x{number}", content, size, f"{folder}/file_{number}.bin")
        self.files[file.file_id] = file
        return file

    def photo(self, body: bytes, size: int | None = None) -> tuple[list[dict[str, Any]], Shown]:
        """Keep a photo as Telegram does: in sizes, scaled and compressed. Raises Refused."""
        shown = Shown(body)
        small = self.keep(shown, "photos")
        large = self.keep(shown, "photos", size)
        width, height = shown.sides
        return [
            _photo_size(small, width // 4 or 1, height // 4 or 1),
            _photo_size(large, width, height),
        ], shown


# ---- Shapes -------------------------------------------------------------------------------------


def shown_sides(body: bytes) -> tuple[int, int]:
    """Say how large in pixels Telegram shows a picture, having decoded it.

    Raises:
        Refused: it is not a picture, or its sides are beyond what Telegram takes.
    """
    width, height = _decoded(body).size
    scale = min(1.0, SHOWN_SIDE_MAX / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


@lru_cache(maxsize=DECODED_KEPT)
def _decoded(body: bytes) -> Image.Image:
    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(body)) as picture:
            # Sides are judged below, before a pixel is decoded.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            width, height = picture.size
            lopsided = max(width, height) > PHOTO_RATIO_MAX * min(width, height)
            if width + height > PHOTO_SIDES_MAX or lopsided:
                raise Refused(400, "Bad Request: PHOTO_INVALID_DIMENSIONS")
            picture.load()
            return picture
    except (OSError, ValueError, Image.DecompressionBombError):
        raise Refused(400, "Bad Request: IMAGE_PROCESS_FAILED") from None


def as_shown(body: bytes, sides: tuple[int, int]) -> bytes:
    """Scale and compress a picture as Telegram does."""
    picture = _decoded(body)
    # A ticket, of ten colours, in grey: whoever reads it looks at a JPEG's brightness alone.
    shown = picture.convert("L" if picture.mode == "P" else "RGB")
    # The plainest way that still blends dots: half the time of the default, and harder to read.
    shown = shown.resize(sides, Image.Resampling.BILINEAR, reducing_gap=2.0)
    out = io.BytesIO()
    shown.save(out, "JPEG", quality=SHOWN_QUALITY)
    return out.getvalue()


def file_json(file: File) -> dict[str, Any]:
    """Show a file as every content that is one does."""
    return _file_ids(file) | {"file_size": file.size}


def _photo_size(file: File, width: int, height: int) -> dict[str, Any]:
    """Show a photo; its bytes are counted only where a test claims their number."""
    claimed = {"file_size": file.claimed} if file.claimed else {}
    return _file_ids(file) | {"width": width, "height": height} | claimed


def _file_ids(file: File) -> dict[str, Any]:
    return {"file_id": file.file_id, "file_unique_id": f"U{file.file_id}"}


def document_json(file: File, name: str, mime: str) -> dict[str, Any]:
    """Show a file as a document."""
    return file_json(file) | {"file_name": name, "mime_type": mime}

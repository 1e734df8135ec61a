"""What a Telegram update says: whose it is, whether a talk wants it, and what was heard.

Updates are read by hand from their JSON rather than through the library's classes: an update of a
shape that the library does not know must neither stop the polling nor be lost.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from chat.channel import Unreadable
from chat.facts import Paid
from chat.messages import (
    Contact,
    Heard,
    Inbound,
    JoinedGroup,
    Photo,
    Start,
    TalkName,
    Tap,
    Text,
    Unsupported,
    located,
)

CHANNEL = "telegram"

ALLOWED_UPDATES = ("message", "callback_query", "my_chat_member", "pre_checkout_query")
"""The kinds of update that Telegram is asked for."""

FILE_BYTES_MAX = 20 * 1024 * 1024
"""Telegram lets a bot download files up to 20 MB (Bot API, getFile)."""

PAYLOAD_PREFIX = "payment:"
"""How our invoices name their payment; bot/payments/telegram.py writes it."""

ID_MAX = 2**63 - 1
"""Telegram's ids have at most 52 significant bits; what does not fit 64 is not one of them."""

COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@\w+)?(?:\s+(.*))?", re.DOTALL)
IMAGE_NAME = re.compile(r".+\.(?:jpe?g|png|webp|bmp|gif|heic|tiff?)", re.IGNORECASE)

CONTENT = {
    # An animation comes with a document of the same file, so it stands before it.
    "animation": "other",
    "voice": "voice",
    "audio": "voice",
    "video_note": "other",
    "video": "other",
    "sticker": "sticker",
    "document": "document",
}
"""What `Unsupported` calls the contents that no talk can use."""

PHONE_CHARS_MAX = 32
"""A number with its signs; longer is none."""

SERVICE = frozenset(
    {
        "message_auto_delete_timer_changed",
        "pinned_message",
        "write_access_allowed",
        "connected_website",
        "proximity_alert_triggered",
        "chat_background_set",
        "boost_added",
        "forum_topic_created",
        "forum_topic_edited",
        "forum_topic_closed",
        "forum_topic_reopened",
    }
)
"""Messages that nobody wrote: Telegram reports what happened to a private chat."""

GROUPS = frozenset({"group", "supergroup"})
OUTSIDE = frozenset({"left", "kicked"})

Json = Mapping[str, object]
EMPTY: Json = {}


@dataclass(frozen=True, slots=True)
class Envelope:
    """An update that a talk wants: its chat, its id at the bot, and the update as it is kept."""

    ref: str
    message_id: str
    payload: str


def wanted(update: object) -> Envelope | None:
    """Say where an update belongs, or None if no talk wants it: it is then never persisted.

    Unwanted are what is said in groups (except the bot's own joining and `/start`), edits, channel
    posts, service messages and anything that is not shaped like an update.
    """
    try:
        if not isinstance(update, dict):
            return None
        update_id, chat = _integer(update, "update_id"), _chat(update)
        ref = str(_integer(chat, "id"))
        if not _is_for_a_talk(update, chat):
            return None
    except Unreadable:
        return None
    # Escapes keep lone surrogates and NULs, which no database takes, inside plain ASCII.
    return Envelope(ref, f"u{update_id}", json.dumps(update))


def read(talk: TalkName, payload: str, received_ms: int) -> Inbound:
    """Turn one persisted update into what was heard.

    Raises:
        Unreadable: the payload is not an update that `wanted` would let in.
    """
    update = _parse(payload)
    sender = _object(_content(update), "from")
    return Inbound(
        channel=CHANNEL,
        talk=talk,
        ref=str(_integer(_chat(update), "id")),
        message_id=f"u{_integer(update, 'update_id')}",
        heard=_heard(update),
        received_ms=received_ms,
        language=_language(sender),
        name=" ".join(filter(None, (_text(sender, "first_name"), _text(sender, "last_name")))),
    )


# ---- What was heard ------------------------------------------------------------------------------


def _heard(update: Json) -> Heard:
    if "my_chat_member" in update:
        return JoinedGroup()
    if "callback_query" in update:
        action = _text(_object(update, "callback_query"), "data")
        if not action:
            raise Unreadable("a button without data")
        return Tap(action, _label(_object(update, "callback_query"), action))
    message = _object(update, "message")
    if _text(_object(message, "chat"), "type") in GROUPS:
        return JoinedGroup()
    return _said(message)


def _label(query: Json, action: str) -> str:
    """Find what stood on a pressed button: its message comes with it, unless that is too old."""
    try:
        rows = _object(_object(query, "message"), "reply_markup").get("inline_keyboard")
        shown = rows if isinstance(rows, list) else []
        keys = [key for row in shown if isinstance(row, list) for key in row]
        held = (one for one in keys if isinstance(one, dict) and one.get("callback_data") == action)
        return next((_text(one, "text") for one in held), "")
    except Unreadable:
        return ""  # what it does is known, and that is what counts


def _said(message: Json) -> Heard:
    if "successful_payment" in message:
        return _paid(_object(message, "successful_payment"))
    if "text" in message:
        return _words(_text(message, "text"))
    if "photo" in message:
        return _photo(message)
    if "contact" in message:
        return _contact(_object(message, "contact"))
    if "location" in message:
        return _location(_object(message, "location"))
    kind = next((kind for kind in CONTENT if kind in message), None)
    if kind == "document":
        return _document(message)
    return Unsupported(CONTENT[kind] if kind else "other")


def _location(point: Json) -> Heard:
    """Read a shared point; that of a venue stands beside its name and is the same."""
    degrees = [point.get(key) for key in ("latitude", "longitude")]
    known = [one for one in degrees if isinstance(one, int | float) and not isinstance(one, bool)]
    return located(*known) if len(known) == len(degrees) else Unsupported("location")


def _contact(card: Json) -> Heard:
    """Read a shared card: its number, and the account behind it where Telegram knows one."""
    user = card.get("user_id")
    ref = str(user) if isinstance(user, int) and not isinstance(user, bool) else ""
    return Contact(_text(card, "phone_number")[:PHONE_CHARS_MAX], ref)


def _paid(payment: Json) -> Heard:
    """Read money that came in; the invoice's payload is what we wrote there."""
    number = _text(payment, "invoice_payload").removeprefix(PAYLOAD_PREFIX)
    if not (number.isascii() and number.isdecimal() and int(number) <= ID_MAX):
        raise Unreadable("an invoice that is not ours")
    return Paid(
        int(number),
        _integer(payment, "total_amount"),
        _text(payment, "currency"),
        _text(payment, "provider_payment_charge_id"),
    )


def _words(text: str) -> Heard:
    command = COMMAND.fullmatch(text.strip())
    if command is None:
        return Text(text)
    name, rest = command[1], (command[2] or "").strip()
    if name.lower() == "start":
        return Start(rest)
    return Text(f"/{name} {rest}".strip())


def _photo(message: Json) -> Heard:
    sizes = message["photo"]
    if not isinstance(sizes, list):
        raise Unreadable("a photo that is not a list of sizes")
    known = [size for size in sizes if isinstance(size, dict) and _text(size, "file_id")]
    if not known:
        raise Unreadable("a photo without a file")
    small_enough = [size for size in known if _size(size) <= FILE_BYTES_MAX]
    if not small_enough:
        return Unsupported("too_large")
    largest = max(small_enough, key=_pixels)
    return Photo((_text(largest, "file_id"),), _text(message, "caption"), _album(message))


def _document(message: Json) -> Heard:
    document = _object(message, "document")
    mime, name = _text(document, "mime_type"), _text(document, "file_name")
    if not (mime.startswith("image/") or IMAGE_NAME.fullmatch(name)):
        return Unsupported("document")
    if _size(document) > FILE_BYTES_MAX:
        return Unsupported("too_large")
    if not _text(document, "file_id"):
        raise Unreadable("a document without a file")
    return Photo((_text(document, "file_id"),), _text(message, "caption"), _album(message))


def _album(message: Json) -> str:
    """Name the album a picture came in: each of its pictures is an update of its own."""
    return _text(message, "media_group_id")


def _size(file: Json) -> int:
    size = file.get("file_size")
    return size if isinstance(size, int) else 0


def _pixels(size: Json) -> int:
    width, height = size.get("width"), size.get("height")
    return width * height if isinstance(width, int) and isinstance(height, int) else 0


def _language(sender: Json) -> str | None:
    """Take `fr` of `fr-CA`; a language of three letters (`fil`) is none of ours."""
    code = _text(sender, "language_code").split("-")[0].lower()
    return code if re.fullmatch("[a-z]{2}", code) else None


# ---- Whose it is ---------------------------------------------------------------------------------


def _is_for_a_talk(update: Json, chat: Json) -> bool:
    private = _text(chat, "type") == "private"
    if "my_chat_member" in update:
        return _text(chat, "type") in GROUPS and _joined(_object(update, "my_chat_member"))
    if "callback_query" in update:
        return private and bool(_text(_object(update, "callback_query"), "data"))
    message = _object(update, "message")
    if _object(message, "from").get("is_bot") is True:
        return False
    if _text(chat, "type") in GROUPS:
        command = COMMAND.fullmatch(_text(message, "text").strip())
        return command is not None and command[1].lower() == "start"
    return private and not SERVICE & message.keys()


def _joined(change: Json) -> bool:
    """Tell "was outside, is inside" from every other change of the bot's membership."""
    before, after = _object(change, "old_chat_member"), _object(change, "new_chat_member")
    inside = _text(after, "status") not in OUTSIDE and after.get("is_member") is not False
    outside = _text(before, "status") in OUTSIDE or before.get("is_member") is False
    return outside and inside


def _content(update: Json) -> Json:
    for kind in ALLOWED_UPDATES:
        if kind in update:
            return _object(update, kind)
    raise Unreadable("an update of a kind that was not asked for")


def _chat(update: Json) -> Json:
    content = _content(update)
    if "callback_query" in update:
        content = _object(content, "message")
    return _object(content, "chat")


# ---- JSON, distrusted ----------------------------------------------------------------------------


def _parse(payload: str) -> Json:
    try:
        update = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise Unreadable("not JSON") from error
    if not isinstance(update, dict):
        raise Unreadable("not a JSON object")
    return update


def _object(holder: Json, key: str) -> Json:
    found = holder.get(key, EMPTY)
    if not isinstance(found, Mapping):
        raise Unreadable(f"{key} is not an object")
    return found


def _integer(holder: Json, key: str) -> int:
    found = holder.get(key)
    if not isinstance(found, int) or isinstance(found, bool) or abs(found) > ID_MAX:
        raise Unreadable(f"{key} is not an id")
    return found


def _text(holder: Json, key: str) -> str:
    """Read a text as a database takes it: no lone surrogates, no NUL. Absent is empty."""
    found = holder.get(key, "")
    if not isinstance(found, str):
        raise Unreadable(f"{key} is not a text")
    return found.replace("\0", "").encode("utf-8", "replace").decode()

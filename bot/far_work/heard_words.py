"""What somebody sent, as they read of it in their own file: their words, or what it was."""

from collections.abc import Mapping

from chat.channel import Channel, Unreadable
from chat.messages import (
    Contact,
    Heard,
    Location,
    Photo,
    Start,
    TalkName,
    Tap,
    Text,
    Unsupported,
    Words,
    words,
)
from storage.personal import Record

NAMED = frozenset({"voice", "sticker", "document"})
"""What `Unsupported` has a name for; the rest is "another message"."""


def heard_words(record: Record, channels: Mapping[str, Channel]) -> Words | str:
    """Say what a kept message was, as its app wrote it down."""
    channel = channels.get(str(record["app"]))
    if channel is None:
        return words("personal.said_other")
    talk: TalkName = "scanner" if record["talk"] == "scanner" else "seller"
    try:
        return _said(channel.read(talk, str(record["body"]), int(record["made_ms"] or 0)).heard)
    except Unreadable:
        return words("personal.said_other")


def _said(heard: Heard) -> Words | str:
    match heard:
        case Text(text):
            return text
        case Tap(_, label):
            return words("personal.said_named_button", label=label) if label else _thing("button")
        case Start():
            return _thing("start")
        case Photo(_, caption):
            return words("personal.said_photo_under", text=caption) if caption else _thing("photo")
        case Contact(phone):
            return words("personal.said_number", phone=phone) if phone else _thing("contact")
        case Location(latitude_e6, longitude_e6):
            point = f"{latitude_e6 / 1e6:.6f}, {longitude_e6 / 1e6:.6f}"
            return words("personal.said_location", point=point)
        case Unsupported(what) if what in NAMED:
            return _thing(what)
        case _:
            return _thing("other")


def _thing(what: str) -> Words:
    return words(f"personal.said_{what}")

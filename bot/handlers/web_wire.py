"""What a phone of the web chat sends: checked, written down as a payload, and read again."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, assert_never

from chat.channel import Unreadable
from chat.messages import ACTION_BYTES_MAX, Inbound, Photo, Start, Tap, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from chat.messages import Button, Heard, TalkName
    from storage.webchat import Phone

TEXT_LENGTH_MAX = 10_000
"""Twice what Telegram carries in a message (4096): who pastes more is told so, nothing is cut."""

_CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_START = re.compile(r"[A-Za-z0-9_-]{0,64}")  # Telegram's rule for the start parameter
_LANGUAGE = re.compile(r"[a-z]{2}")


class Unfit(Exception):
    """A message that cannot be taken: `code` for programs, the sentence for their makers."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True, slots=True)
class TextSent:
    """Words."""

    text: str


@dataclass(frozen=True, slots=True)
class TapSent:
    """A button."""

    action: str


@dataclass(frozen=True, slots=True)
class StartSent:
    """A conversation opened, perhaps by a deep link."""

    payload: str


@dataclass(frozen=True, slots=True)
class PhotoSent:
    """One or several photos already kept, as `WebChat.keep_photo` described them."""

    files: tuple[dict[str, Any], ...]
    caption: str


Said = TextSent | TapSent | StartSent | PhotoSent


def check_client_id(value: object) -> str:
    """Read the name a phone gave its message; raises Unfit."""
    if not isinstance(value, str) or not _CLIENT_ID.fullmatch(value):
        raise Unfit("bad_id", "`id` has 1 to 64 letters, digits, - or _.")
    return value


def check_language(value: object) -> str | None:
    """Read the two letters of the phone's language, if it says so; raises Unfit."""
    if value is None:
        return None
    if not isinstance(value, str) or not _LANGUAGE.fullmatch(value):
        raise Unfit("bad_language", "`language` is two small letters, for example fr.")
    return value


def check_text(value: object) -> str:
    """Read words as both databases can keep them; raises Unfit."""
    if not isinstance(value, str):
        raise Unfit("bad_message", "`text` is a string.")
    if len(value) > TEXT_LENGTH_MAX:
        raise Unfit("too_long", f"`text` has at most {TEXT_LENGTH_MAX} characters.")
    if any(letter == "\x00" or "\ud800" <= letter <= "\udfff" for letter in value):
        raise Unfit("bad_message", "`text` holds characters that are no text.")
    return value


def check_said(fields: dict[str, Any]) -> Said:
    """Read the one thing a JSON message says: text, tap or start; raises Unfit."""
    given = [name for name in ("text", "tap", "start") if name in fields]
    unknown = set(fields) - {"text", "tap", "start", "id", "language"}
    if len(given) != 1 or unknown:
        raise Unfit("bad_message", "A message has `id` and one of `text`, `tap`, `start`.")
    text = check_text(fields[given[0]])
    match given[0]:
        case "text":
            if not text.strip():
                raise Unfit("empty", "`text` is empty.")
            return TextSent(text)
        case "tap":
            if not 1 <= len(text.encode()) <= ACTION_BYTES_MAX:
                raise Unfit("bad_message", f"`tap` has 1 to {ACTION_BYTES_MAX} bytes.")
            return TapSent(text)
        case _:
            if not _START.fullmatch(text):
                raise Unfit("bad_message", "`start` has at most 64 letters, digits, - or _.")
            return StartSent(text)


def payload_of(phone: Phone, client_id: str, said: Said, language: str | None) -> str:
    """Write down a message as the inbox keeps it."""
    fields: dict[str, Any] = {"ref": phone.ref, "id": client_id, "language": language}
    match said:
        case TextSent(text):
            fields["text"] = text
        case TapSent(action):
            fields["tap"] = action
        case StartSent(start):
            fields["start"] = start
        case PhotoSent(files, caption):
            fields["photos"] = [file["token"] for file in files]
            fields["caption"] = caption
        case _:
            assert_never(said)
    return json.dumps(fields, ensure_ascii=False)


def read_payload(talk: TalkName, payload: str, received_ms: int) -> Inbound:
    """Read what `payload_of` wrote; raises Unreadable for anything else."""
    try:
        fields = json.loads(payload)
        ref, client_id, language = fields["ref"], fields["id"], fields["language"]
        heard = _heard(fields)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Unreadable(f"not a message of the web chat: {type(error).__name__}") from error
    if not (isinstance(ref, str) and isinstance(client_id, str)):
        raise Unreadable("not a message of the web chat: no phone or no id")
    if not (language is None or isinstance(language, str)):
        raise Unreadable("not a message of the web chat: a language that is none")
    return Inbound("web", talk, ref, f"{ref}.{client_id}", heard, received_ms, language)


def _heard(fields: dict[str, Any]) -> Heard:
    match fields:
        case {"text": str(text)}:
            return Text(text)
        case {"tap": str(action)}:
            return Tap(action)
        case {"start": str(start)}:
            return Start(start)
        case {"photos": [*tokens], "caption": str(caption)} if tokens:
            if not all(isinstance(token, str) for token in tokens):
                raise TypeError("a photo is named by a token")
            return Photo(tuple(tokens), caption)
        case _:
            raise KeyError("text, tap, start or photos")


def buttons_json(buttons: Iterable[Button]) -> str:
    """Write down buttons as messages carry them: a label and an action or an address."""
    return json.dumps(
        [
            {"label": button.label, "action": button.action}
            if button.url is None
            else {"label": button.label, "url": button.url}
            for button in buttons
        ],
        ensure_ascii=False,
    )


def label_of(action: str, offered: Sequence[str]) -> str:
    """Find the words of the button that was pressed; none if it was never shown here."""
    for buttons in offered:
        for button in json.loads(buttons):
            if button.get("action") == action:
                return str(button["label"])
    return ""

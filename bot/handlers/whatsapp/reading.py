"""What a message of WhatsApp says, as Twilio posts it: whose it is and what was heard.

The form is kept as JSON: every key as it came, unknown ones too, because Twilio adds keys without
notice. Whom a message is from is an opaque text: it may be a number, and may be none one day.
"""

import json
import re
from collections.abc import Mapping, Sequence

from bot.handlers.whatsapp.registry import OPEN
from chat.albums import ANY_ALBUM
from chat.channel import Unreadable
from chat.messages import (
    ACTION_BYTES_MAX,
    Contact,
    Heard,
    Inbound,
    Photo,
    Start,
    TalkName,
    Tap,
    Text,
    Unsupported,
    located,
)
from chat.understanding import ENGLISH_GREETINGS, fold, near

CHANNEL = "whatsapp"

MEDIA_MAX = 10
"""Media of one message that are looked at; WhatsApp sends one, Twilio's form counts to ten."""

REF_CHARS_MAX = 300
"""A number has 15 digits, a business-scoped user id 128 characters; Twilio puts more before."""

SWITCHES: Mapping[str, TalkName] = {
    "porte": "scanner",
    "scanner": "scanner",
    "door": "scanner",
    "billetterie": "seller",
    "guichet": "seller",
    "box office": "seller",
}
"""What staff type, where one number carries both talks, to change from one to the other."""

PREFIXES: Mapping[str, TalkName] = {"seller": "seller", "scanner": "scanner"}
"""How the id of a button begins: it leads to its own talk, whichever its presser is in."""

MEDIA_URL = re.compile(
    r"https?://[^/?#@\s]+/2010-04-01/Accounts/(AC[0-9a-fA-F]{32})/Messages/"
    r"((?:MM|SM)[0-9a-fA-F]{32})/Media/(ME[0-9a-fA-F]{32})"
)
"""The address of a Media resource (spec, Media), which wants our credentials."""

_LINK = re.compile(r"(?:[^\w\s]+\s*)?(?:/?start\s+)?([ceos])_([A-Za-z0-9_-]{4,62})", re.IGNORECASE)
"""What a wa.me link types for its reader: `e_ID` an event, `o_TOKEN` the owner, `s_TOKEN` staff,
`c_WORD` whoever takes over a ticket."""

_MARKED = re.compile(r"🎟\s*([A-Za-z0-9_-]{1,64})")
"""The same, whatever the payload: the mark says that a link typed it."""

_START = re.compile(r"/?start", re.IGNORECASE)

CARD_TYPES = frozenset({"text/vcard", "text/x-vcard", "text/directory"})
"""What a shared contact comes as: RFC 6350, and what it was called before."""

_CONTENTS = {"audio": "voice", "video": "other", "application": "document", "text": "document"}
"""What `Unsupported` calls a media type that is no picture, by its first half."""

Form = Mapping[str, str]


def payload_of(form: Form, *, opens: bool) -> str:
    """Keep a form as JSON; `opens` when it changed its sender's talk, and means nothing else."""
    kept = {"form": dict(form), "opens": True} if opens else {"form": dict(form)}
    # Escapes keep lone surrogates and NULs, which no database takes, inside plain ASCII.
    return json.dumps(kept)


def talk_named(form: Form) -> tuple[TalkName | None, bool]:
    """Find the talk that a message names by itself, and whether it says nothing else."""
    button = _button(form)
    if button:
        return PREFIXES.get(button.partition("/")[0]), False
    link = _LINK.fullmatch(form.get("Body", "").strip())
    if link is not None:
        return ("scanner" if link[1].lower() == "s" else "seller"), False
    named = _switched(form.get("Body", "")) if _media_count(form) == 0 else None
    return named, named is not None


def _switched(typed: str) -> TalkName | None:
    """Find the talk that words alone change to, with a letter too few or two swapped.

    A letter too many makes another word (`porter`), perhaps the name somebody was asked for.
    """
    folded = fold(typed)
    for word, talk in SWITCHES.items():
        if folded == word or (len(folded) <= len(word) and near(folded, word)):
            return talk
    return None


def read(talk: TalkName, payload: str, received_ms: int) -> Inbound:
    """Turn one persisted form into what was heard.

    Raises:
        Unreadable: the payload is not a form with a sender and an id.
    """
    form, opens = _parse(payload)
    ref, message_id = form.get("From", ""), form.get("MessageSid", "")
    if not ref or not message_id:
        raise Unreadable("a message without a sender or an id")
    return Inbound(
        channel=CHANNEL,
        talk=talk,
        ref=ref,
        message_id=message_id,
        heard=Start() if opens else _heard(form),
        received_ms=received_ms,
        language="en"
        if fold(form.get("Body", "")).partition(" ")[0] in ENGLISH_GREETINGS
        else None,
        name=_clean(form.get("ProfileName", "")),
    )


def media_urls(form: Form) -> tuple[str, ...]:
    """Find everything that Twilio keeps of a message and that can be deleted there."""
    urls = (form.get(f"MediaUrl{at}", "") for at in range(_media_count(form)))
    return tuple(url for url in urls if MEDIA_URL.fullmatch(url))


def _heard(form: Form) -> Heard:
    button = _button(form)
    if button:
        return _tap(button, form)
    if _media_count(form):
        return _media(form)
    if form.get("Latitude") and form.get("Longitude"):
        return _location(form["Latitude"], form["Longitude"])
    text = _clean(form.get("Body", ""))
    if not text.strip():
        return Unsupported("other")
    return _words(text)


def _location(latitude: str, longitude: str) -> Heard:
    try:
        return located(float(latitude), float(longitude))
    except ValueError:
        return Unsupported("location")


def _words(text: str) -> Heard:
    link = _LINK.fullmatch(text.strip())
    if link is not None:
        return Start(f"{link[1].lower()}_{link[2]}")
    marked = _MARKED.fullmatch(text.strip())
    if marked is not None:
        return Start(marked[1])
    return Start() if _START.fullmatch(text.strip()) else Text(text)


def _button(form: Form) -> str:
    return form.get("ButtonPayload") or form.get("ListId") or ""


def _tap(button: str, form: Form) -> Heard:
    prefix, _, action = button.partition("/")
    if prefix not in PREFIXES:
        # A button that somebody else made, at Twilio's own console: its words are what was said.
        return Text(_clean(form.get("Body", "") or button))
    if action == OPEN:
        return Start()
    if not 1 <= len(action.encode()) <= ACTION_BYTES_MAX:
        raise Unreadable("a button with no action")
    label = form.get("ButtonText") or form.get("ListTitle") or form.get("Body", "")
    return Tap(action, _clean(label))


def _media(form: Form) -> Heard:
    count = _media_count(form)
    types = [form.get(f"MediaContentType{at}", "").lower() for at in range(count)]
    if form.get("MessageType") == "sticker":
        return Unsupported("sticker")
    pictures = [
        url
        for at in range(count)
        if types[at].startswith("image/")
        and MEDIA_URL.fullmatch(url := form.get(f"MediaUrl{at}", ""))
    ]
    if pictures:
        return Photo(tuple(pictures), _clean(form.get("Body", "")), ANY_ALBUM)
    cards = [
        url
        for at in range(count)
        if types[at].partition(";")[0].strip() in CARD_TYPES
        and MEDIA_URL.fullmatch(url := form.get(f"MediaUrl{at}", ""))
    ]
    if cards:
        return Contact(card=cards[0])
    return Unsupported(_CONTENTS.get(_first(types).partition("/")[0], "other"))


def _first(types: Sequence[str]) -> str:
    return types[0] if types else ""


def _media_count(form: Form) -> int:
    said = form.get("NumMedia", "0")
    return min(int(said), MEDIA_MAX) if re.fullmatch("[0-9]{1,3}", said) else 0


def _clean(text: str) -> str:
    """Read a text as a database takes it: no lone surrogates, no NUL."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _parse(payload: str) -> tuple[Form, bool]:
    try:
        kept = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise Unreadable("not JSON") from error
    form = kept.get("form") if isinstance(kept, dict) else None
    if not isinstance(form, dict) or not all(isinstance(value, str) for value in form.values()):
        raise Unreadable("not a form")
    return form, kept.get("opens") is True

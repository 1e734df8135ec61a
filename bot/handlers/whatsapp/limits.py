"""WhatsApp's lengths, in one place: what is over is never sent as it is.

A shape that is not `within` them is said with a numbered menu in words instead; a text that is too
long for one message is cut into several, a label into what an item shows. How the vendor counts is
not told: here a letter outside the basic plane, an emoji say, counts as two, as phones count it.
Limits: Twilio's Content API and Message pages; see docs/whatsapp.md.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

BODY_MAX = 1600
"""Messages, Body: at most 1,600 characters."""

INTERACTIVE_MAX = 1024
"""Content API: body of a quick-reply, list-picker or call-to-action; WhatsApp's of a caption."""

BUTTONS_MAX = 3
"""Quick replies in a session, without approval."""

TITLE_MAX = 20
"""A button's title."""

ID_MAX = 200
"""What a button or an item carries."""

ITEMS_MAX = 10
"""Items of a list-picker."""

ITEM_MAX = 24
DESCRIPTION_MAX = 72

URL_MAX = 2000
"""More than any payment page's address; browsers and Meta take about this much."""

FACT_MAX = 120
"""A title or a date in a template; the whole must stay within 1,024 characters (63021)."""

LENGTHS: Mapping[str, int] = {
    "body": INTERACTIVE_MAX,
    "button": TITLE_MAX,
    "title": TITLE_MAX,
    "id": ID_MAX,
    "item": ITEM_MAX,
    "description": DESCRIPTION_MAX,
    "url": URL_MAX,
}
"""The most characters of each field of a content, by the field's name."""

COUNTS: Mapping[str, int] = {"actions": BUTTONS_MAX, "items": ITEMS_MAX}

ONCE = ("id", "title")
"""What two buttons or items of one message may not share."""

_SPACES = re.compile(r" {4,}")
"""Five spaces in a variable are refused (63013)."""

_HOLE = re.compile(r"\{\{(\w+)\}\}")
_JOINS = re.compile("[\u0300-\u036f\u200d\ufe00-\ufe0f\U0001f3fb-\U0001f3ff]")
"""What belongs to the letter before: accents, skin tones, what makes one emoji of two."""


def within(types: Mapping[str, Any], variables: Mapping[str, str]) -> bool:
    """Say whether a content, filled, keeps to every length and number."""
    return all(_is_within(definition, variables) for definition in types.values())


def length(text: str) -> int:
    """Count a text as a phone may: an emoji is two."""
    return len(text) + sum(letter > "\uffff" for letter in text)


def fitting(text: str, most: int) -> int:
    """Count the letters of a text that fit, one at least; no emoji or accent is cut in two."""
    if length(text) <= most:
        return len(text)
    room = at = 0
    while at < len(text) and (room := room + 1 + (text[at] > "\uffff")) <= most:
        at += 1
    while at > 1 and (_JOINS.match(text[at]) or text[at - 1] == "\u200d"):
        at -= 1
    return max(at, 1)


def pieces(text: str, most: int = BODY_MAX) -> list[str]:
    """Cut a text into messages at blank lines, line ends or spaces; a blank text has no piece."""
    found = []
    rest = text.strip()
    while length(rest) > most:
        room = fitting(rest, most)
        end = next(
            (cut for parting in ("\n\n", "\n", " ") if (cut := rest.rfind(parting, 1, room)) > 0),
            room,
        )
        found.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return [piece for piece in (*found, rest) if piece]


def shortened(label: str) -> str:
    """Cut a label to what an item shows; the whole stands in its description."""
    if length(label) <= ITEM_MAX:
        return label
    room = fitting(label, ITEM_MAX - 1)
    cut = label.rfind(" ", room // 2, room + 1)
    return f"{label[: cut if cut > 0 else room].rstrip(' ·,;:-')}…"


def in_line(fact: str) -> str:
    """Write a fact as WhatsApp takes it inside a sentence: one line, not too long."""
    line = variable(" ".join(fact.split()))
    return line if length(line) <= FACT_MAX else f"{line[: fitting(line, FACT_MAX - 1)]}…"


def variable(text: str) -> str:
    """Write a value as a variable takes it."""
    return _SPACES.sub("   ", text)


def _is_within(value: object, variables: Mapping[str, str], field: str = "") -> bool:
    if isinstance(value, Mapping):
        return all(_is_within(one, variables, key) for key, one in value.items())
    if isinstance(value, list):
        return (
            1 <= len(value) <= COUNTS[field]
            and not any(_repeats(value, variables, name) for name in ONCE)
            and all(_is_within(one, variables) for one in value)
        )
    return field not in LENGTHS or 1 <= length(_filled(str(value), variables)) <= LENGTHS[field]


def _repeats(listed: Sequence[Mapping[str, str]], variables: Mapping[str, str], name: str) -> bool:
    told = [_filled(one[name], variables) for one in listed if name in one]
    return len(set(told)) < len(told)


def _filled(text: str, variables: Mapping[str, str]) -> str:
    return _HOLE.sub(lambda hole: variables.get(hole[1], hole[0]), text)

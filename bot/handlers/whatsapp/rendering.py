"""What a message becomes on WhatsApp: buttons, a list, a link, or a numbered menu to type from.

Each is one message if it can be. Interactive ones are shapes made at Twilio once (`Interactive`
says which) and filled with variables, so that a handful of shapes carries every conversation.
Limits: Twilio's Content API and Message pages; see docs/whatsapp.md.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from chat.messages import Button, Outgoing, TalkName
from chat.together import next_page_action

BODY_MAX = 1600
"""Messages, Body: at most 1,600 characters."""

INTERACTIVE_MAX = 1024
"""Content API: body of a quick-reply, list-picker or call-to-action; WhatsApp's of a caption."""

BUTTONS_MAX = 3
"""Quick replies in a session, without approval."""

TITLE_MAX = 20
"""A button's title."""

ITEMS_MAX = 10
"""Items of a list-picker."""

ITEM_MAX = 24
DESCRIPTION_MAX = 72

URL_MAX = 2000
"""More than any payment page's address; browsers and Meta take about this much."""

SPACES = re.compile(r" {4,}")
"""Five spaces in a variable are refused (63013)."""

CHOOSE = {"fr": "Choisir", "en": "Choose"}
MORE = {"fr": "La suite…", "en": "More…"}
"""The few words that WhatsApp's own controls need."""

Types = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Plain:
    """Words alone, perhaps under the picture of the message."""

    text: str


@dataclass(frozen=True, slots=True)
class Interactive:
    """A shape made at Twilio (`types`, its digest is its name) and what fills it."""

    types: Types
    variables: Mapping[str, str]


Shape = Plain | Interactive


def shapes(talk: TalkName, outgoing: Outgoing) -> tuple[Shape, ...]:
    """Say what to send: nearly always one message. The last one carries the buttons."""
    text = outgoing.text.strip()
    choices = [one for one in outgoing.buttons if one.action is not None]
    links = [one for one in outgoing.buttons if one.url is not None]
    counted = list(enumerate(outgoing.buttons, outgoing.first_number))
    typed = _numbered([one for one in counted if one[1].url is None])
    # Where choices are typed by number, links are counted with them.
    named = _links([one for one in counted if one[1].url is not None] if choices else links)
    if outgoing.media is not None:
        whole = _lines(text, named, typed)
        return tuple(map(Plain, pieces(whole, INTERACTIVE_MAX))) or (Plain(""),)
    if not outgoing.plain:
        body = _lines(text, _numbered(counted) if choices else "")
        if len(links) == 1 and _openable(links[0]) and 1 <= len(body) <= INTERACTIVE_MAX:
            return (_call_to_action(body, links[0]),)
        body = _lines(text, _links(links))
        whole = _lines(text, named, typed)
        if choices and 1 <= len(body) <= INTERACTIVE_MAX:
            return _with_choices(talk, body, choices, outgoing.language) or _plain(whole)
        if choices and len(whole) > BODY_MAX:
            *before, last = pieces(body, INTERACTIVE_MAX)
            shape = _with_choices(talk, last, choices, outgoing.language)
            return (*map(Plain, before), *shape) if shape else _plain(whole)
    return _plain(_lines(text, named, typed))


def pieces(text: str, limit: int = BODY_MAX) -> list[str]:
    """Cut a text into messages at blank lines, line ends or spaces; a blank text has no piece."""
    found = []
    rest = text.strip()
    while len(rest) > limit:
        end = next(
            (cut for parting in ("\n\n", "\n", " ") if (cut := rest.rfind(parting, 1, limit)) > 0),
            limit,
        )
        found.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return [piece for piece in (*found, rest) if piece]


def button_id(talk: TalkName, action: str) -> str:
    """Name what a button does: its talk, because one number may carry both."""
    return f"{talk}/{action}"


def variable(text: str) -> str:
    """Write a value as a variable takes it."""
    return SPACES.sub("   ", text)


# ---- The shapes ----------------------------------------------------------------------------------


def _with_choices(
    talk: TalkName, body: str, choices: Sequence[Button], language: str
) -> tuple[Shape, ...]:
    labels = [one.label for one in choices]
    if len(choices) <= BUTTONS_MAX and _fit(labels, TITLE_MAX) and len(set(labels)) == len(labels):
        return (_quick_reply(talk, body, choices),)
    shown = list(choices)
    if len(choices) > ITEMS_MAX:
        actions = [one.action or "" for one in choices]
        more = next_page_action(actions, ITEMS_MAX - 1)
        shown = [*choices[: ITEMS_MAX - 1], Button(MORE.get(language, MORE["fr"]), action=more)]
    if _fit([one.label for one in shown], DESCRIPTION_MAX):
        return (_list_picker(talk, body, shown, language),)
    return ()


def _quick_reply(talk: TalkName, body: str, choices: Sequence[Button]) -> Interactive:
    variables = {"1": variable(body)}
    actions = []
    for at, one in enumerate(choices):
        title, key = str(2 * at + 2), str(2 * at + 3)
        variables |= {title: variable(one.label), key: button_id(talk, one.action or "")}
        actions.append({"type": "QUICK_REPLY", "title": _hole(title), "id": _hole(key)})
    return Interactive({"twilio/quick-reply": {"body": _hole("1"), "actions": actions}}, variables)


def _list_picker(
    talk: TalkName, body: str, choices: Sequence[Button], language: str
) -> Interactive:
    variables = {"1": variable(body)}
    items = []
    for at, one in enumerate(choices):
        name, key, told = str(3 * at + 2), str(3 * at + 3), str(3 * at + 4)
        variables |= {name: shortened(one.label), key: button_id(talk, one.action or "")}
        item = {"item": _hole(name), "id": _hole(key)}
        if len(one.label) > ITEM_MAX:
            variables[told] = variable(one.label)
            item["description"] = _hole(told)
        items.append(item)
    picker = {"body": _hole("1"), "button": CHOOSE.get(language, CHOOSE["fr"]), "items": items}
    return Interactive({"twilio/list-picker": picker}, variables)


def _call_to_action(body: str, link: Button) -> Interactive:
    """A button that opens a page: its site is part of the shape, the rest of its address is not."""
    parts = urlsplit(link.url or "")
    site = f"{parts.scheme}://{parts.netloc}/"
    action = {"type": "URL", "title": _hole("2"), "url": f"{site}{_hole('3')}"}
    return Interactive(
        {"twilio/call-to-action": {"body": _hole("1"), "actions": [action]}},
        {"1": variable(body), "2": link.label, "3": (link.url or "").removeprefix(site)},
    )


def shortened(label: str) -> str:
    """Cut a label to what an item shows; the whole stands in its description."""
    label = variable(label)
    if len(label) <= ITEM_MAX:
        return label
    cut = label.rfind(" ", ITEM_MAX // 2, ITEM_MAX)
    return f"{label[: cut if cut > 0 else ITEM_MAX - 1].rstrip(' ·,;:-')}…"


# ---- Words ---------------------------------------------------------------------------------------


def _plain(text: str) -> tuple[Shape, ...]:
    return tuple(map(Plain, pieces(text)))


def _numbered(counted: Sequence[tuple[int, Button]]) -> str:
    return "\n".join(_line(one) for one in counted)


def _links(links: Sequence[Button | tuple[int, Button]]) -> str:
    return "\n\n".join(
        f"{one.label}\n{one.url}" if isinstance(one, Button) else f"{_line(one)}\n{one[1].url}"
        for one in links
    )


def _line(counted: tuple[int, Button]) -> str:
    number, button = counted
    return f"{number}. {button.label}"


def _lines(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)


def _fit(labels: Sequence[str], chars_max: int) -> bool:
    return all(1 <= len(label) <= chars_max for label in labels)


def _openable(link: Button) -> bool:
    """Tell whether a link can stand on a button: a page of its own under a public name."""
    try:
        parts = urlsplit(link.url or "")
        host = parts.hostname or ""
    except ValueError:
        return False
    return (
        parts.scheme == "https"
        and "." in host.strip(".")
        and not host.replace(".", "").isdecimal()
        and bool(parts.path.strip("/") or parts.query)
        and parts.path.startswith("/")
        and len(link.url or "") <= URL_MAX
        and 1 <= len(link.label) <= TITLE_MAX
    )


def _hole(name: str) -> str:
    return f"{{{{{name}}}}}"

"""What a message becomes on WhatsApp: buttons, a list, a link, or a numbered menu to type from.

Each is one message if it can be. Interactive ones are shapes made at Twilio once (`Interactive`
says which) and filled with variables, so that a handful of shapes carries every conversation. One
that is not within WhatsApp's lengths (limits.py) is not made: its choices are typed by number.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from bot.handlers.whatsapp.limits import (
    BODY_MAX,
    INTERACTIVE_MAX,
    ITEM_MAX,
    ITEMS_MAX,
    length,
    pieces,
    shortened,
    variable,
    within,
)
from chat.messages import Button, Outgoing, TalkName
from chat.together import next_page_action

CHOOSE = {"fr": "Choisir", "en": "Choose"}
MORE = {"fr": "La suite…", "en": "More…"}
OPEN_FILE = {"fr": "Ouvrir le fichier", "en": "Open the file"}
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
        if len(links) == 1 and _openable(links[0]):
            opens = _call_to_action(body, links[0])
            if within(opens.types, opens.variables):
                return (opens,)
        body = _lines(text, _links(links))
        whole = _lines(text, named, typed)
        if choices and (length(body) <= INTERACTIVE_MAX or length(whole) > BODY_MAX):
            *before, last = pieces(body, INTERACTIVE_MAX) or [""]
            shape = _with_choices(talk, last, choices, outgoing.language)
            return (*map(Plain, before), shape) if shape else _plain(whole)
    return _plain(_lines(text, named, typed))


def opened_from(outgoing: Outgoing, url: str) -> Outgoing:
    """Let a link open the file of a message, where WhatsApp carries no such file."""
    label = OPEN_FILE.get(outgoing.language, OPEN_FILE["fr"])
    return replace(outgoing, media=None, buttons=(Button(label, url=url), *outgoing.buttons))


def button_id(talk: TalkName, action: str) -> str:
    """Name what a button does: its talk, because one number may carry both."""
    return f"{talk}/{action}"


# ---- The shapes ----------------------------------------------------------------------------------


def _with_choices(
    talk: TalkName, body: str, choices: Sequence[Button], language: str
) -> Interactive | None:
    """Offer choices by buttons, else by a list; None if neither can hold them."""
    shown = [replace(one, label=" ".join(one.label.split())) for one in choices]
    made = [_quick_reply(talk, body, shown)]
    if len(shown) > ITEMS_MAX:
        actions = [one.action or "" for one in choices]
        more = next_page_action(actions, ITEMS_MAX - 1)
        shown = [*shown[: ITEMS_MAX - 1], Button(MORE.get(language, MORE["fr"]), action=more)]
    made.append(_list_picker(talk, body, shown, language))
    return next((one for one in made if within(one.types, one.variables)), None)


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
        if length(one.label) > ITEM_MAX:
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
    )


def _hole(name: str) -> str:
    return f"{{{{{name}}}}}"

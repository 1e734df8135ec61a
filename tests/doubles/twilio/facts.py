"""Twilio's own descriptions as checks, and WhatsApp's limits, which they do not hold, by hand."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

FACTS = Path(__file__).parent.parent / "facts" / "twilio.json"

BODY_MAX = 1600
INTERACTIVE_MAX = 1024
BUTTONS_MAX = 3
TITLE_MAX = 20
ID_MAX = 200
ITEMS_MAX = 10
ITEM_MAX = 24
DESCRIPTION_MAX = 72
URL_MAX = 2000
COPY_MAX = 25
CODE_MAX = 15
MINUTES_MAX = 90

AUTHENTICATION = "whatsapp/authentication"

HOLE = re.compile(r"\{\{(\w+)\}\}")
ADDRESS = re.compile(r"whatsapp:\S{1,200}")


class Facts:
    """Says what is wrong with a request or an answer; an empty list is good."""

    def __init__(self) -> None:
        told = json.loads(FACTS.read_text(encoding="utf-8"))
        self._validators = {
            name: Draft202012Validator(schema, format_checker=FormatChecker())
            for name, schema in told["schemas"].items()
        }
        self._form = told["schemas"]["message_form"]["properties"]

    def check(self, schema: str, value: object) -> list[str]:
        """Check a JSON value against one of the schemas."""
        errors = self._validators[schema].iter_errors(value)
        return [f"{schema} {error.json_path}: {error.message}" for error in errors]

    def read_form(self, pairs: Sequence[tuple[str, str]]) -> tuple[dict[str, Any], list[str]]:
        """Read the form of a message as its types say, and check it."""
        form: dict[str, Any] = {}
        for key, value in pairs:
            kind = self._form.get(key, {}).get("type")
            if kind == "array":
                form.setdefault(key, []).append(value)
            elif kind == "boolean":
                form[key] = {"true": True, "false": False}.get(value.lower(), value)
            elif kind == "integer":
                form[key] = int(value) if value.isdecimal() else value
            else:
                form[key] = value
        return form, self.check("message_form", form) + _message_rules(form)


def _message_rules(form: Mapping[str, Any]) -> list[str]:
    """What the pages say beside the schema: which keys go together, and how long a body is."""
    found = [
        f"{key} is no WhatsApp address"
        for key in ("To", "From")
        if not ADDRESS.fullmatch(str(form.get(key, "")))
    ]
    most = INTERACTIVE_MAX if form.get("MediaUrl") else BODY_MAX
    if length(str(form.get("Body", ""))) > most:
        found.append(f"Body has {length(form['Body'])} characters, at most {most}")
    if "ContentSid" in form and ({"Body", "MediaUrl"} & form.keys()):
        found.append("ContentSid with Body or MediaUrl")
    if "ContentSid" not in form and not form.get("Body") and not form.get("MediaUrl"):
        found.append("nothing to say")
    if len(form.get("MediaUrl", ())) > 1:
        found.append("WhatsApp takes one MediaUrl")
    if not str(form.get("StatusCallback", "https://")).startswith("https://"):
        found.append("StatusCallback is not https")
    return found


def fill(types: Mapping[str, Any], variables: Mapping[str, str]) -> tuple[str, Mapping[str, Any]]:
    """Put variables into a content; answers its type and what it says."""
    [(name, definition)] = types.items()

    def put(value: Any) -> Any:  # noqa: ANN401 (JSON)
        if isinstance(value, str):
            return HOLE.sub(lambda hole: variables.get(hole[1], hole[0]), value)
        if isinstance(value, list):
            return [put(one) for one in value]
        if isinstance(value, dict):
            return {key: put(one) for key, one in value.items()}
        return value

    return name, put(definition)


def content_faults(name: str, filled: Mapping[str, Any], *, in_session: bool) -> list[str]:
    """Check a filled content against WhatsApp's limits."""
    if name == AUTHENTICATION:
        return _code_faults(filled, in_session=in_session)
    found = _length("body", filled["body"], INTERACTIVE_MAX)
    if HOLE.search(json.dumps(filled)):
        found.append("a variable is not filled")
    match name:
        case "twilio/quick-reply":
            found += _buttons(filled["actions"], BUTTONS_MAX if in_session else 10)
        case "twilio/list-picker":
            found += [] if in_session else ["a list-picker outside a session"]
            found += _length("button", filled["button"], TITLE_MAX) + _items(filled["items"])
        case "twilio/call-to-action":
            for one in filled["actions"]:
                found += _length("title", one["title"], TITLE_MAX)
                found += _length("url", one["url"], URL_MAX)
                if not str(one["url"]).startswith("https://"):
                    found.append("a link that is not https")
    return found


def _code_faults(filled: Mapping[str, Any], *, in_session: bool) -> list[str]:
    """Check digits whose sentence is WhatsApp's: it has a button that copies them, and a time."""
    found = ["one-time digits that nobody approved"] if in_session else []
    kinds = [one["type"] for one in filled["actions"]]
    found += [] if kinds == ["COPY_CODE"] else [f"buttons of digits: {kinds}"]
    for one in filled["actions"]:
        found += _length("copy_code_text", one["copy_code_text"], COPY_MAX)
    minutes = filled.get("code_expiration_minutes", 1)
    if minutes not in range(1, MINUTES_MAX + 1):
        found.append(f"digits that last {minutes} minutes")
    return found


def _buttons(actions: Sequence[Mapping[str, str]], most: int) -> list[str]:
    found = [] if 1 <= len(actions) <= most else [f"{len(actions)} buttons"]
    if len({one["title"] for one in actions}) < len(actions):
        found.append("two buttons of the same title")
    for one in actions:
        found += _length("title", one["title"], TITLE_MAX) + _length("id", one["id"], ID_MAX)
    return found


def _items(items: Sequence[Mapping[str, str]]) -> list[str]:
    found = [] if 1 <= len(items) <= ITEMS_MAX else [f"{len(items)} items"]
    if len({one["id"] for one in items}) < len(items):
        found.append("two items of the same id")
    for one in items:
        found += _length("item", one["item"], ITEM_MAX) + _length("id", one["id"], ID_MAX)
        if "description" in one:
            found += _length("description", one["description"], DESCRIPTION_MAX)
    return found


def approval_faults(
    types: Mapping[str, Any], samples: Mapping[str, str], name: str, category: str
) -> list[str]:
    """Check a content against what WhatsApp never approves."""
    [(kind, definition)] = types.items()
    body: str = definition.get("body", "")
    found = content_faults(kind, fill(types, samples)[1], in_session=False)
    if (kind == AUTHENTICATION) != (category == "AUTHENTICATION"):
        found.append(f"{kind} as {category}")
    if not re.fullmatch(r"[a-z0-9_]{1,512}", name):
        found.append("the name of a template has small letters, digits and _")
    if kind == "twilio/list-picker":
        found.append("a list-picker cannot be approved")
    if body.startswith("{{") or body.rstrip().endswith("}}") or re.search(r"\}\}\s*\{\{", body):
        found.append("a variable at an end of the body, or beside another")
    return found


def variable_faults(name: str, variables: Mapping[str, str]) -> list[str]:
    """Check values against what WhatsApp refuses inside a variable."""
    found = [f"five spaces in {one}" for one, value in variables.items() if "     " in value]
    if name == AUTHENTICATION:
        fits = re.fullmatch(rf"[0-9A-Za-z]{{1,{CODE_MAX}}}", variables.get("1", ""))
        found += [] if fits and variables.keys() == {"1"} else ["digits have one variable, 1"]
    return found


def length(text: str) -> int:
    """Count a text as a phone may: an emoji is two (UTF-16). The vendor does not say how."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _length(what: str, text: str, most: int) -> list[str]:
    if 1 <= length(text) <= most:
        return []
    return [f"{what} has {length(text)} characters, 1 to {most} are allowed"]

"""Check calls, replies and updates against the facts that `scripts/telegram_facts.py` made."""

import html
import json
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

FACTS = Path(__file__).parent.parent / "facts" / "telegram.json"

PRIMITIVES: dict[str, type | tuple[type, ...]] = {
    "Integer": int,
    "Float": (int, float),
    "Boolean": bool,
    "True": bool,
    "String": str,
}
BUTTON_LOOKS = {"text", "icon_custom_emoji_id", "style"}
ATTACHED = re.compile(r"attach://([^\"\\]+)")
UNREADABLE = object()


class Facts:
    """What the vendor says of its methods and types. Every check answers with a list of faults."""

    def __init__(self, path: Path = FACTS) -> None:
        known = json.loads(path.read_text(encoding="utf-8"))
        self.version: str = known["version"]
        self.methods: dict[str, dict[str, Any]] = known["methods"]
        self.types: dict[str, dict[str, Any]] = known["types"]
        self._by_lower = {name.lower(): name for name in self.methods}

    def method(self, asked: str) -> str | None:
        """Give a method's own name: the server ignores case."""
        return self._by_lower.get(asked.lower())

    def read_call(
        self, method: str, params: Mapping[str, Any], files: Collection[str]
    ) -> tuple[dict[str, Any], list[str]]:
        """Decode the parameters of a call as a form or a JSON body brought them; find faults."""
        fields: dict[str, str] = self.methods[method]["fields"]
        attached = {
            name
            for raw in params.values()
            if isinstance(raw, str)
            for name in ATTACHED.findall(raw)
        }
        faults = [
            f"{method}: unknown parameter {name}"
            for name in (*params, *files)
            if name not in fields and name not in attached
        ]
        read: dict[str, Any] = {}
        for name, fact in fields.items():
            types, *limits = fact.split("; ")
            if name in files:
                if "InputFile" not in types:
                    faults.append(f"{method}.{name}: a file is not allowed")
            elif name not in params:
                if "required" in limits:
                    faults.append(f"{method}: missing {name}")
            else:
                value = self._decode(types.split("|"), params[name])
                if value is UNREADABLE:
                    faults.append(f"{method}.{name}: {params[name]!r} is not {types}")
                    continue
                read[name] = value
                markup = params.get("parse_mode") if name in {"text", "caption"} else None
                faults += self.check_field(f"{method}.{name}", fact, value, markup=markup)
        return read, faults

    def check_field(
        self, where: str, fact: str, value: object, markup: str | None = None
    ) -> list[str]:
        """Check one value against its line of facts."""
        types, *limits = fact.split("; ")
        tried = [self.check(name, value, where) for name in types.split("|")]
        faults = min(tried, key=len) if all(tried) else []
        for limit in limits:
            faults = faults + _check_limit(where, limit, value, markup)
        return faults

    def check(self, name: str, value: object, where: str = "") -> list[str]:
        """Check a value against a type by its name."""
        where = where or name
        if name.startswith("Array of "):
            if not isinstance(value, list):
                return [f"{where}: not an array"]
            inner = name.removeprefix("Array of ")
            return [
                fault
                for i, item in enumerate(value)
                for fault in self.check(inner, item, f"{where}[{i}]")
            ]
        if name in PRIMITIVES:
            right = isinstance(value, PRIMITIVES[name])
            if isinstance(value, bool) and name not in {"Boolean", "True"}:
                right = False
            return [] if right else [f"{where}: {value!r} is not {name}"]
        if name == "InputFile":
            return [] if isinstance(value, str) else [f"{where}: not a file"]
        return self._check_object(name, value, where)

    def _check_object(self, name: str, value: object, where: str) -> list[str]:
        known = self.types.get(name)
        if known is None:
            return [f"{where}: the facts have no type {name}"]
        if "subtypes" in known:
            tried = [self.check(subtype, value, where) for subtype in known["subtypes"]]
            return min(tried, key=len) if all(tried) else []
        if not isinstance(value, dict):
            return [f"{where}: not a {name}"]
        fields: dict[str, str] = known["fields"]
        faults = [f"{where}: {name} has no field {key}" for key in value if key not in fields]
        for key, fact in fields.items():
            if key in value:
                faults += self.check_field(f"{where}.{key}", fact, value[key])
            elif "required" in fact.split("; "):
                faults.append(f"{where}: {name} lacks {key}")
        if name == "InlineKeyboardButton":
            actions = [key for key in value if key not in BUTTON_LOOKS]
            if len(actions) != 1:
                faults.append(f"{where}: exactly one action a button, got {actions}")
        return faults

    def _decode(self, types: list[str], raw: object) -> object:
        if not isinstance(raw, str):
            return raw
        try:
            value = json.loads(raw.lower() if raw in {"True", "False"} else raw)
        except ValueError:
            value = UNREADABLE
        structured = [name for name in types if name not in {"String", "InputFile"}]
        if value is not UNREADABLE and structured:
            # Wrong inside? check_field says where.
            if isinstance(value, dict | list):
                return value
            if any(not self.check(name, value) for name in structured):
                return value
        return raw if len(structured) < len(types) else UNREADABLE


def _check_limit(where: str, limit: str, value: object, markup: str | None) -> list[str]:
    if limit == "required":
        return []
    if limit == "https":
        wrong = isinstance(value, str) and value and not value.startswith("https://")
        return [f"{where}: not an HTTPS URL"] if wrong else []
    if limit.startswith("="):
        return [] if value == limit[1:] else [f"{where}: {value!r}, must be {limit[1:]}"]
    bounds, unit = limit.split(" ")
    low, high = (int(bound) for bound in bounds.split("-"))
    size = _size(unit, value, markup)
    if size is None or low <= size <= high:
        return []
    return [f"{where}: {size} {unit}, allowed {low}-{high}"]


def _size(unit: str, value: object, markup: str | None) -> int | None:
    match unit, value:
        case "number", int():
            return value
        case "items", list():
            return len(value)
        case "bytes", str():
            return len(value.encode())
        case "characters", str():
            if (markup or "").upper() == "HTML":
                value = html.unescape(re.sub(r"<[^>]*>", "", value))
            return len(value)
        case _:
            return None

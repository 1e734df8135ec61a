"""Turn the Bot API's published description into the facts the Telegram double checks itself by.

    python scripts/telegram_facts.py SPECS/telegram-bot-api.json > FACTS/telegram.json

Kept: the methods Guichet calls, the types they take and give, the types an update may carry, and
whatever these refer to. A field is one line of facts without prose, parted by "; ":

    types ("Integer|String"), "required", "MIN-MAX UNIT" (characters, bytes, items, number),
    "https", "=CONSTANT"
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

METHODS = (
    "getMe",
    "getUpdates",
    "setWebhook",
    "deleteWebhook",
    "getWebhookInfo",
    "sendMessage",
    "sendPhoto",
    "sendDocument",
    "sendMediaGroup",
    "sendVenue",
    "editMessageText",
    "editMessageReplyMarkup",
    "answerCallbackQuery",
    "setMyCommands",
    "getFile",
    "leaveChat",
    "deleteMessage",
    "createInvoiceLink",
    "answerPreCheckoutQuery",
)

LENGTH = re.compile(r"(\d+)-(\d+) (characters|bytes)")
NUMBER = re.compile(r"(?:Values between|Must be) (\d+)-(\d+)|, (\d+)-(\d+)\. Defaults")
ITEMS = re.compile(r"must include (\d+)-(\d+) items")
ITEMS_MAX = re.compile(r"At most (\d+) \w+ can be specified")
CONSTANT = re.compile(r"(?:must be|always) [“\"]?([a-z_]+)[”\"]?$")


def facts(published: dict[str, Any]) -> dict[str, Any]:
    """Distil the published description; the answer is the same for the same input."""
    methods = {name: published["methods"][name] for name in METHODS}
    kept: set[str] = set()
    for method in methods.values():
        for named in (*_types_of(method), *method["returns"]):
            _keep(published["types"], named, kept)
    return {
        "version": published["version"],
        "methods": {
            name: {"returns": "|".join(method["returns"]), "fields": _fields(method)}
            for name, method in sorted(methods.items())
        },
        "types": {name: _type(published["types"][name]) for name in sorted(kept)},
    }


def field_fact(field: dict[str, Any]) -> str:
    """Say one field in one line: its types, and the limits that its description states."""
    said: str = field["description"]
    parts = ["|".join(field["types"])]
    if field["required"]:
        parts.append("required")
    if length := LENGTH.search(said):
        parts.append(f"{length[1]}-{length[2]} {length[3]}")
    if "Integer" in field["types"] and (number := NUMBER.search(said)):
        low, high = (found for found in number.groups() if found)
        parts.append(f"{low}-{high} number")
    if items := ITEMS.search(said):
        parts.append(f"{items[1]}-{items[2]} items")
    elif items := ITEMS_MAX.search(said):
        parts.append(f"0-{items[1]} items")
    if "HTTPS URL" in said:
        parts.append("https")
    if field["name"] in {"type", "source", "status"} and (constant := CONSTANT.search(said)):
        parts.append(f"={constant[1]}")
    return "; ".join(parts)


def _fields(described: dict[str, Any]) -> dict[str, str]:
    return {field["name"]: field_fact(field) for field in described.get("fields", [])}


def _type(described: dict[str, Any]) -> dict[str, Any]:
    if described.get("subtypes"):
        return {"subtypes": described["subtypes"]}
    return {"fields": _fields(described)}


def _types_of(described: dict[str, Any]) -> list[str]:
    return [named for field in described.get("fields", []) for named in field["types"]]


def _keep(types: dict[str, Any], named: str, kept: set[str]) -> None:
    name = named.rsplit("Array of ", 1)[-1]
    if name in kept or name not in types:
        return
    kept.add(name)
    for referred in (*types[name].get("subtypes", []), *_types_of(types[name])):
        _keep(types, referred, kept)


if __name__ == "__main__":
    source = Path(sys.argv[1])
    distilled = facts(json.loads(source.read_text(encoding="utf-8")))
    print(json.dumps(distilled, indent=1, ensure_ascii=False))

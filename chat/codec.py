"""Messages as JSON text and back, for the inbox and the outbox.

A dataclass becomes an object that names its class under `_`; defaults are left out. Words, most of
what is written, are `{"_w": key, "f": facts}`. Lists come back
as tuples, because every sequence in our vocabulary is one.
"""

from dataclasses import MISSING, fields, is_dataclass
from functools import cache, lru_cache
from typing import Any

import orjson

from boxoffice.money import Money
from chat import facts, messages
from chat.messages import Words

READ_MAX = 512
"""Texts kept read: when a sale opens, everybody is shown the same event and the same buttons."""

_NESTED = (dict, list)

_CLASSES: dict[str, type[Any]] = {
    name: cls
    for module in (facts, messages)
    for name, cls in vars(module).items()
    if isinstance(cls, type) and is_dataclass(cls)
} | {"Money": Money}


def to_json(message: object) -> str:
    """Write one message of the vocabulary as JSON text."""
    return orjson.dumps(message, _plain, orjson.OPT_PASSTHROUGH_DATACLASS).decode()


@lru_cache(maxsize=READ_MAX)
def from_json(text: str) -> Any:  # noqa: ANN401 (the class is named in the text)
    """Read what `to_json` wrote; the same text gives the same object, which nobody changes.

    Raises:
        ValueError: it is not JSON, or names a class or field that is not ours.
    """
    try:
        plain = orjson.loads(text)
        return _made(plain) if type(plain) in _NESTED else plain
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a message of ours: {error}") from error


def _plain(value: Any) -> dict[str, object]:  # noqa: ANN401 (any class of the vocabulary)
    """Write one object; the JSON library comes back for what is inside."""
    if type(value) is Words:
        return {"_w": value.key, "f": value.facts} if value.facts else {"_w": value.key}
    name = type(value).__name__
    plain: dict[str, object] = {"_": name}
    for field, default in _fields(name):
        item = getattr(value, field)
        # Most fields are the very object that is their default: asked first, it is far quicker.
        if item is not default and item != default:
            plain[field] = item
    return plain


def _made(plain: Any) -> Any:  # noqa: ANN401 (the class is named inside)
    """Make the objects that a JSON object or list stands for, from the inside out."""
    if type(plain) is list:
        return tuple([_made(item) if type(item) in _NESTED else item for item in plain])
    if "_w" in plain:
        facts = plain.get("f")
        return Words(plain["_w"]) if facts is None else Words(plain["_w"], _made(facts))
    name = plain.pop("_", None)
    made = {key: _made(item) if type(item) in _NESTED else item for key, item in plain.items()}
    return made if name is None else _CLASSES[name](**made)


@cache
def _fields(name: str) -> tuple[tuple[str, Any], ...]:
    def default(one: Any) -> Any:  # noqa: ANN401 (dataclasses.Field of any type)
        if one.default is not MISSING:
            return one.default
        return one.default_factory() if one.default_factory is not MISSING else MISSING

    return tuple((one.name, default(one)) for one in fields(_CLASSES[name]))

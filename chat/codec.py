"""Messages as JSON text and back, for the inbox and the outbox.

A dataclass becomes an object that names its class under `_`; defaults are left out. Words, most of
what is written, are `{"_w": key, "f": facts}`. Lists come back
as tuples, because every sequence in our vocabulary is one.
"""

import json
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any

from boxoffice.money import Money
from chat import facts, messages
from chat.messages import Words

_CLASSES: dict[str, type[Any]] = {
    name: cls
    for module in (facts, messages)
    for name, cls in vars(module).items()
    if isinstance(cls, type) and is_dataclass(cls)
} | {"Money": Money}


def to_json(message: object) -> str:
    """Write one message of the vocabulary as JSON text."""
    return _ENCODER.encode(message)


def from_json(text: str) -> Any:  # noqa: ANN401 (the class is named in the text)
    """Read what `to_json` wrote.

    Raises:
        ValueError: it is not JSON, or names a class or field that is not ours.
    """
    try:
        read = _DECODER.decode(text)
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a message of ours: {error}") from error
    return tuple(read) if isinstance(read, list) else read


def _plain(value: Any) -> dict[str, object]:  # noqa: ANN401 (any class of the vocabulary)
    """Write one object; the JSON library comes back for what is inside."""
    if type(value) is Words:
        return {"_w": value.key, "f": value.facts} if value.facts else {"_w": value.key}
    name = type(value).__name__
    plain: dict[str, object] = {"_": name}
    for field, default in _fields(name):
        item = getattr(value, field)
        if item != default or default is MISSING:
            plain[field] = item
    return plain


def _object(plain: dict[str, Any]) -> Any:  # noqa: ANN401 (the class is named inside)
    """Read one object; what is inside it was read before."""
    if "_w" in plain:
        facts = plain.get("f")
        return Words(plain["_w"]) if facts is None else Words(plain["_w"], facts)
    for key, item in plain.items():
        if type(item) is list:
            plain[key] = tuple(item)
    name = plain.pop("_", None)
    return plain if name is None else _CLASSES[name](**plain)


@cache
def _fields(name: str) -> tuple[tuple[str, Any], ...]:
    def default(one: Any) -> Any:  # noqa: ANN401 (dataclasses.Field of any type)
        if one.default is not MISSING:
            return one.default
        return one.default_factory() if one.default_factory is not MISSING else MISSING

    return tuple((one.name, default(one)) for one in fields(_CLASSES[name]))


# Made once: the functions of the library make them anew for every message.
_ENCODER = json.JSONEncoder(default=_plain, ensure_ascii=False, separators=(",", ":"))
_DECODER = json.JSONDecoder(object_hook=_object)

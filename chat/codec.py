"""Messages as JSON text and back, for the inbox and the outbox.

A dataclass becomes an object that names its class under `_`; defaults are left out. Lists come back as
tuples, because every sequence in our vocabulary is one.
"""

import json
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any

from boxoffice.money import Money
from chat import messages

_CLASSES: dict[str, type[Any]] = {
    name: cls for name, cls in vars(messages).items() if isinstance(cls, type) and is_dataclass(cls)
} | {"Money": Money}


def to_json(message: object) -> str:
    """Write one message of the vocabulary as JSON text."""
    return json.dumps(_plain(message), ensure_ascii=False, separators=(",", ":"))


def from_json(text: str) -> Any:
    """Read what `to_json` wrote.

    Raises:
        ValueError: it is not JSON, or names a class or field that is not ours.
    """
    try:
        return _object(json.loads(text))
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a message of ours: {error}") from error


def _plain(value: object) -> object:
    if isinstance(value, str | int | None):
        return value
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    kind = type(value)
    plain: dict[str, object] = {"_": kind.__name__}
    for name, default in _fields(kind.__name__):
        item = getattr(value, name)
        if item != default or default is MISSING:
            plain[name] = _plain(item)
    return plain


def _object(plain: Any) -> Any:
    if isinstance(plain, list):
        return tuple(_object(item) for item in plain)
    if not isinstance(plain, dict):
        return plain
    name = plain.pop("_", None)
    values = {key: _object(item) for key, item in plain.items()}
    return values if name is None else _CLASSES[name](**values)


@cache
def _fields(name: str) -> tuple[tuple[str, Any], ...]:
    def default(one: Any) -> Any:
        if one.default is not MISSING:
            return one.default
        return one.default_factory() if one.default_factory is not MISSING else MISSING

    return tuple((one.name, default(one)) for one in fields(_CLASSES[name]))

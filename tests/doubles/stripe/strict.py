"""Checks what we send by the request types that the library has from Stripe's description.

The generated types let any text stand where an enumeration is meant; here it may not. Numbers
arrive as text in a form, and are read as such.
"""

import importlib.util
import re
import typing
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError
from typing_extensions import TypedDict

TYPES = {
    "POST /v1/checkout/sessions": (
        "stripe.params.checkout._session_create_params",
        "SessionCreateParams",
    ),
    "POST /v1/refunds": ("stripe.params._refund_create_params", "RefundCreateParams"),
    "GET /v1/checkout/sessions/{id}": (
        "stripe.params.checkout._session_retrieve_params",
        "SessionRetrieveParams",
    ),
    "GET /v1/balance_transactions": (
        "stripe.params._balance_transaction_list_params",
        "BalanceTransactionListParams",
    ),
}

_KEY = re.compile(r"[^\[\]]+")


def faults_of(call: str, params: dict[str, Any]) -> list[str]:
    """Name everything in a call's parameters that the vendor's types do not allow."""
    try:
        _adapter(*TYPES[call]).validate_python(params)
    except ValidationError as error:
        return [
            f"{call} {'.'.join(str(part) for part in one['loc'])}: {one['msg']}"
            for one in error.errors()
        ]
    return []


def nested(form: list[tuple[str, str]]) -> dict[str, Any]:
    """Read `a[b][0][c]=d` as the objects and lists it means."""
    found: dict[str, Any] = {}
    for name, value in form:
        *path, last = _KEY.findall(name)
        place = found
        for key in path:
            place = place.setdefault(key, {})
        place[last] = value
    return typing.cast("dict[str, Any]", _lists(found))


def _lists(thing: object) -> object:
    if not isinstance(thing, dict):
        return thing
    if thing and all(key.isdecimal() for key in thing):
        return [_lists(thing[key]) for key in sorted(thing, key=int)]
    return {key: _lists(value) for key, value in thing.items()}


@cache
def _adapter(module: str, name: str) -> TypeAdapter[Any]:
    spec = importlib.util.find_spec(module)
    assert spec is not None, f"the library has no {module} any more"
    assert spec.origin is not None, module
    source = Path(spec.origin).read_text(encoding="utf-8")
    source = re.sub(r"(Literal\[[^\]]*\])\s*\|\s*str\b", r"\1", source)
    source = source.replace("(RequestOptions)", "(TypedDict)")
    source = re.sub(r"\bUntypedStripeObject\[", "Dict[str, ", source)
    names = {
        "__name__": f"strict_{name}",
        "TypedDict": TypedDict,
        **{one: getattr(typing, one) for one in ("Dict", "List", "Union", "Optional", "Any")},
    }
    exec(compile(source, module, "exec"), names)  # noqa: S102 (the pinned library's own file)
    for value in list(names.values()):
        if hasattr(value, "__required_keys__"):
            value.__pydantic_config__ = ConfigDict(extra="forbid")
    adapter: TypeAdapter[Any] = TypeAdapter(names[name])
    adapter.rebuild(_types_namespace=names, force=True, raise_errors=True)
    return adapter

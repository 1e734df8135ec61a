"""``:name`` parameters, turned into what each engine binds.

The house writes one SQL text with ``:name``. SQLite is given ``?`` and PostgreSQL ``$n``, with the
values in order. (SQLite knows ``:name`` too, but Python's binding by name gives up the interpreter
lock once a parameter, and in order both engines refuse the same mistakes.)
A ``:name`` inside a literal, a quoted identifier or a comment is text, and ``::`` is a cast.
"""

from __future__ import annotations

import re
from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from storage.database import StatementFailed, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

TEXTS_MAX = 1024
"""SQL texts kept translated: the house has a few hundred, and no loop can fill memory."""

_TOKEN = re.compile(
    r"""
    (?P<text> '(?:[^']|'')*' | "(?:[^"]|"")*" | --[^\n]* | /\*.*?\*/ | :: )
  | (?P<stranger> \? | \$\d+ | [@$]\w+ )
  | :(?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<end>;)
    """,
    re.VERBOSE | re.DOTALL,
)


_ENDS_A_TRANSACTION = re.compile(
    r"(?:\s|--[^\n]*\n|/\*.*?\*/)*"
    r"(?:BEGIN|START|COMMIT|END|ROLLBACK|ABORT|SAVEPOINT|RELEASE|PREPARE|PRAGMA)\b",
    re.IGNORECASE | re.DOTALL,
)


class Bound(NamedTuple):
    """A text as its engine reads it, and how to put the named values in its order."""

    text: str
    values: Callable[[Mapping[str, Value]], tuple[Value, ...]]
    names: frozenset[str]


@lru_cache(maxsize=TEXTS_MAX)
def positional(sql: str) -> Bound:
    """The text for SQLite: each ``:name`` a ``?``. Raises ``StatementFailed`` on a foreign mark."""
    names: list[str] = []

    def place(name: str) -> str:
        names.append(name)
        return "?"

    return _bound(_translated(sql, place), names)


@lru_cache(maxsize=TEXTS_MAX)
def numbered(sql: str) -> Bound:
    """The text for PostgreSQL: each ``:name`` a ``$n``. Raises ``StatementFailed`` likewise."""
    names: list[str] = []

    def place(name: str) -> str:
        if name not in names:
            names.append(name)
        return f"${names.index(name) + 1}"

    return _bound(_translated(sql, place), names)


def ordered(bound: Bound, params: Mapping[str, Value]) -> tuple[Value, ...]:
    """The values in the order of the text; raises ``StatementFailed`` if the names do not fit."""
    if len(params) == len(bound.names):
        try:
            return bound.values(params)
        except KeyError:
            pass  # as many names, but not the same: said below
    missing, extra = bound.names - params.keys(), params.keys() - bound.names
    raise StatementFailed(
        f"The parameters do not fit the statement (missing {sorted(missing)}, "
        f"unknown {sorted(extra)}): {bound.text}"
    )


def statements(script: str) -> Iterator[str]:
    """The statements of a script, split at each ``;`` outside literals and comments, none empty."""
    start = 0
    for token in _TOKEN.finditer(script):
        if token["end"]:
            yield from _unless_empty(script[start : token.start()])
            start = token.end()
    yield from _unless_empty(script[start:])


def outside_text(sql: str, change: Callable[[str], str]) -> str:
    """The SQL with ``change`` applied to everything but its literals and comments."""
    parts: list[str] = []
    start = 0
    for token in _TOKEN.finditer(sql):
        if token["text"]:
            parts += [change(sql[start : token.start()]), token[0]]
            start = token.end()
    return "".join([*parts, change(sql[start:])])


def _unless_empty(statement: str) -> Iterator[str]:
    if _TOKEN.sub(
        lambda token: "" if token[0].startswith(("--", "/*")) else token[0], statement
    ).strip():
        yield statement.strip()


def _translated(sql: str, place: Callable[[str], str]) -> str:
    if _ENDS_A_TRANSACTION.match(sql):
        raise StatementFailed(f"A transaction begins and ends with its function, not by: {sql}")

    def replaced(token: re.Match[str]) -> str:
        if token["stranger"]:
            raise StatementFailed(f"Parameters are written :name, not {token[0]}: {sql}")
        return place(token["name"]) if token["name"] else token[0]

    return _TOKEN.sub(replaced, sql)


def _bound(text: str, names: list[str]) -> Bound:
    return Bound(text, _picker(names), frozenset(names))


def _picker(names: list[str]) -> Callable[[Mapping[str, Value]], tuple[Value, ...]]:
    match names:
        case []:
            return lambda _params: ()
        case [only]:
            return lambda params: (params[only],)
        case _:
            return itemgetter(*names)

"""``:name`` is a parameter exactly where SQL says it is one."""

from __future__ import annotations

import re
import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.database import StatementFailed
from storage.parameters import numbered, ordered, positional, statements

names = st.from_regex(r"[a-z_][a-z0-9_]{0,6}", fullmatch=True)
inside = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
literals = inside.map(lambda text: "'" + text.replace("'", "''") + "'")
quoted = inside.map(lambda text: '"' + text.replace('"', '""') + '"')
comments = st.one_of(
    inside.map(lambda text: "--" + text.replace("\n", " ").replace("\r", " ") + "\n"),
    inside.map(lambda text: "/*" + text.replace("*", "+") + "*/"),
)
plain = st.sampled_from(
    ["SELECT", "x", ",", "(", ")", "=", "::bigint", "1", "-", "/", "*", "x::text"]
)
pieces = st.lists(
    st.one_of(
        st.tuples(st.just("text"), st.one_of(literals, quoted, comments, plain)),
        st.tuples(st.just("name"), names),
    ),
    max_size=20,
)


@given(pieces)
def test_only_parameters_are_translated(made: list[tuple[str, str]]) -> None:
    """Literals, quoted identifiers, comments and casts are left as written, each name is placed."""
    order = list(dict.fromkeys(text for kind, text in made if kind == "name"))
    sql = " ".join(f":{text}" if kind == "name" else text for kind, text in made)
    values = {name: f"value of {name}" for name in order}

    for_sqlite = positional(sql)
    assert for_sqlite.text == " ".join("?" if k == "name" else t for k, t in made)
    assert ordered(for_sqlite, values) == tuple(values[t] for k, t in made if k == "name")

    for_postgres = numbered(sql)
    assert for_postgres.text == " ".join(
        f"${order.index(t) + 1}" if k == "name" else t for k, t in made
    )
    assert ordered(for_postgres, values) == tuple(values.values())


@given(st.lists(st.one_of(literals, quoted, comments), max_size=5))
def test_a_script_is_split_where_sqlite_splits_it(parts: list[str]) -> None:
    """No semicolon inside a literal or a comment ends a statement."""
    script = "; ".join(f"SELECT {part} AS x" for part in parts) + ";"
    found = list(statements(script))
    assert [re.sub(r"\s", "", one) for one in found] == [
        re.sub(r"\s", "", f"SELECT {part} AS x") for part in parts
    ]
    assert all(sqlite3.complete_statement(one + "\n;") for one in found)


def test_a_script_has_no_empty_statement() -> None:
    """Blank lines and comments alone are no statement."""
    assert list(statements("; -- nothing ;\n ;; /* ; */ ; SELECT 1 ; \n--end")) == ["SELECT 1"]


@pytest.mark.parametrize("mark", ["?", "?1", "$1", "$name", "@name"])
def test_foreign_marks_are_refused(mark: str) -> None:
    """The engines' own marks would work on one engine alone."""
    for translated in (positional, numbered):
        with pytest.raises(StatementFailed, match="written :name"):
            translated(f"SELECT {mark}")
        assert translated(f"SELECT '{mark}'").text == f"SELECT '{mark}'"


@pytest.mark.parametrize("params", [{}, {"a": 1}, {"a": 1, "c": 2}, {"a": 1, "b": 2, "c": 3}])
def test_names_must_fit(params: dict[str, int]) -> None:
    """A missing or an extra name is said by name."""
    for translated in (positional, numbered):
        with pytest.raises(StatementFailed, match="do not fit"):
            ordered(translated("SELECT :a, :b, :a"), params)

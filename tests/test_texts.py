"""Every sentence: said in both languages, used by the code, and set as French is set."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po

from boxoffice.verdicts import Verdict

ROOT = Path(__file__).parents[1]
FOLDERS = ("bot/texts", "gate_scanner/texts", "gate_scanner/live_texts", "chat/words")
CODE = ("bot", "gate_scanner", "chat")

Message = Any
"""Babel's message: it has no types."""


def messages(language: str) -> dict[tuple[str, str], Message]:
    """Read every message of a language, by its folder and key."""
    found = {}
    for folder in FOLDERS:
        for file in sorted((ROOT / folder / language).glob("*.po")):
            with file.open("rb") as source:
                catalogue = read_po(source)
            for one in catalogue:
                if one.id:
                    key = str(one.id[0] if isinstance(one.id, tuple) else one.id)
                    assert (folder, key) not in found, f"{file}: {key} stands twice"
                    found[folder, key] = one
    return found


def forms(message: Message) -> tuple[str, ...]:
    """Give every form of a message: two if it has a plural."""
    return tuple(message.string) if isinstance(message.string, (list, tuple)) else (message.string,)


def facts(text: str) -> set[str]:
    """Name the facts a sentence speaks of, without their styles."""
    return {name.partition(":")[0] for name in re.findall(r"{([^}]*)}", text)}


def trees() -> Iterator[tuple[Path, ast.Module]]:
    """Parse the code that speaks."""
    for folder in CODE:
        for file in sorted((ROOT / folder).rglob("*.py")):
            yield file, ast.parse(file.read_text(encoding="utf-8"))


def patterns(node: ast.AST) -> Iterator[str]:
    """Give the strings below a node as patterns: an f-string's values may be anything."""
    inside = set()
    for one in ast.walk(node):
        if isinstance(one, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else None for part in one.values]
            inside |= {id(below) for below in ast.walk(one)}
            if any(part and re.search(r"[a-z]", str(part)) for part in parts):
                yield "".join(".+" if part is None else re.escape(str(part)) for part in parts)
    for one in ast.walk(node):
        if isinstance(one, ast.Constant) and isinstance(one.value, str) and id(one) not in inside:
            yield re.escape(one.value)


def test_both_languages_say_the_same_keys() -> None:
    """No sentence is missing in a language."""
    assert messages("fr").keys() == messages("en").keys()


def test_both_languages_speak_of_the_same_facts() -> None:
    """A singular may say its number in a word; else each form speaks of what the others do."""
    english = messages("en")
    for place, french in messages("fr").items():
        said = [facts(one) for one in (*forms(french), *forms(english[place]))]
        if len(forms(french)) > 1 or len(forms(english[place])) > 1:
            said = [one - {"n"} for one in said]
        assert all(one == said[0] for one in said), place


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_form_is_written(language: str) -> None:
    """A sentence is never empty, and one with a plural has both forms."""
    for place, one in messages(language).items():
        assert all(text.strip() for text in forms(one)), place
        if isinstance(one.id, tuple):
            assert len(forms(one)) == 2, place


def test_every_key_in_the_code_exists() -> None:
    """`words("...")` never names a sentence that nobody wrote."""
    keys = {key for _, key in messages("fr")} | {""}
    for file, tree in trees():
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "words"):
                continue
            tested = [one.test for one in ast.walk(node.args[0]) if isinstance(one, ast.IfExp)]
            unasked = {pattern for test in tested for pattern in patterns(test)}
            for pattern in set(patterns(node.args[0])) - unasked:
                where = f"{file.relative_to(ROOT)}:{node.lineno}"
                assert any(re.fullmatch(pattern, key) for key in keys), f"{where}: {pattern}"


def page_patterns() -> set[str]:
    """The keys that the terminal's page says: `"page.x"`, `page.x_${...}` and {{page_x}}."""
    said: set[str] = set()
    for file in (ROOT / "gate_scanner/terminal/page").iterdir():
        if file.suffix not in {".js", ".html"}:
            continue
        text = file.read_text(encoding="utf-8")
        said |= {re.escape(key) for key in re.findall(r'"(page\.[a-z_]+)"', text)}
        said |= {re.escape(key) + ".+" for key in re.findall(r"`(page\.[a-z_]+)\$\{", text)}
        said |= {re.escape(f"page.{key}") for key in re.findall(r"\{\{page_([a-z_]+)\}\}", text)}
    return said


def test_no_key_is_unused() -> None:
    """A sentence that nothing says is one that nobody reads: it goes."""
    said = {pattern for _, tree in trees() for pattern in patterns(tree)} | page_patterns()
    plain = {pattern for pattern in said if ".+" not in pattern}
    open_ones = [re.compile(one) for one in said if ".+" in one]
    unused = [
        key
        for _, key in messages("fr")
        if re.escape(key) not in plain and not any(one.fullmatch(key) for one in open_ones)
    ]
    assert not unused


def test_every_verdict_has_its_words() -> None:
    """The judge may answer anything of its list: each has a title, a light and what to do."""
    keys = {key for folder, key in messages("fr") if folder == "gate_scanner/texts"}
    for verdict in Verdict:
        wanted = {f"title.{verdict}", f"do.{verdict}", f"headline.{verdict.light}"}
        assert wanted <= keys, wanted - keys


BADLY_SET = {
    "a straight apostrophe": r"\w'\w",
    "three points instead of one sign": r"\.\.\.",
    "no narrow no-break space before ; ! ?": r"[^\u202f\s;!?][;!?]|[ \u00a0\n][;!?]",
    "no no-break space before a colon": r"[^\u00a0\d/s]:(?=\s|$)|[ \u202f\n]:",
    "no no-break space inside « »": r"«[^\u00a0]|[^\u00a0]»",
    "a space that breaks after n°": r"[nN]°[^\u00a0]",
    "another space than a narrow no-break one before %": r"[ \u00a0]%",
    "straight quotation marks": r'"',
}


@pytest.mark.parametrize("fault", BADLY_SET)
def test_french_is_set_as_french(fault: str) -> None:
    """Lines never break before a sign, and apostrophes are typographic."""
    for place, one in messages("fr").items():
        for text in forms(one):
            shown = re.sub(r"{[^}]*}", "X", text)
            found = re.search(BADLY_SET[fault], shown)
            assert found is None, f"{place}: {fault} in {text!r}"

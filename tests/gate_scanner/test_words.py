"""The gate's words: one for every verdict, and both languages say the same."""

from pathlib import Path
from string import Formatter

import pytest
from babel.messages.pofile import read_po

from boxoffice.verdicts import Light, Verdict
from chat.messages import words
from chat.texts import LANGUAGES
from gate_scanner import talk
from tests.gate_scanner.door import TALK


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_verdict_has_its_words(language: str) -> None:
    """Each verdict has a title in capitals and says what to do; each light has its two sizes."""
    for verdict in Verdict:
        title = TALK.texts.render(words(f"title.{verdict}"), language)
        assert title == title.upper()
        assert TALK.texts.render(words(f"do.{verdict}"), language).endswith(".")
    for light in Light:
        valid = words("title.admitted")
        assert TALK.texts.render(words(f"headline.{light}", verdict=valid), language)
        assert TALK.texts.render(words(f"line.{light}", rank=1, verdict=valid), language)


@pytest.mark.parametrize("name", sorted(path.name for path in (talk.TEXTS / "fr").glob("*.po")))
def test_the_languages_say_the_same(name: str) -> None:
    """Same keys, same facts, nothing empty, in French and in English."""
    said = {language: _catalogue(talk.TEXTS / language / name) for language in LANGUAGES}
    assert said["fr"] == said["en"]


def _catalogue(path: Path) -> dict[str, set[str | None]]:
    """Read the facts of every key; a key without words fails."""
    with path.open("rb") as source:
        messages = [message for message in read_po(source) if message.id]
    keys: dict[str, set[str | None]] = {}
    for message in messages:
        key = message.id if isinstance(message.id, str) else message.id[0]
        forms = [message.string] if isinstance(message.string, str) else message.string or [""]
        assert all(forms), key
        keys[key] = {fact for form in forms for _, fact, _, _ in Formatter().parse(str(form))}
    return keys

"""The seller's words: every language says everything, with the same facts."""

import re
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po

TEXTS = Path(__file__).parents[2] / "bot" / "texts"
NAMES = sorted(path.stem for path in (TEXTS / "fr").glob("*.po"))


def facts(message: Any) -> set[str]:  # noqa: ANN401 (babel's Message has no types)
    """Name the facts a message speaks of, without their styles."""
    said = message.string if isinstance(message.string, tuple) else (message.string,)
    return {name.partition(":")[0] for one in said for name in re.findall(r"{([^}]*)}", one)}


def catalogue(language: str, name: str) -> dict[str, set[str]]:
    """Read the keys of a catalogue and their facts."""
    with (TEXTS / language / f"{name}.po").open("rb") as file:
        messages = [message for message in read_po(file) if message.id]
    for one in messages:
        said = one.string if isinstance(one.string, tuple) else (one.string,)
        assert all(said), one.id
    return {one.id[0] if isinstance(one.id, tuple) else str(one.id): facts(one) for one in messages}


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_have_the_same_keys_and_facts(name: str) -> None:
    """A sentence that exists in one language exists in the other, about the same facts."""
    assert catalogue("fr", name) == catalogue("en", name)

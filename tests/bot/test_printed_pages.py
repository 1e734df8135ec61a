"""The pages that people print: every word they tell somebody to write is one the program knows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.flows.seller import seller_talk
from boxoffice.codes import Keyring, Mode
from chat.understanding import fold
from gate_scanner.talk import scanner_talk
from tests.flows.talking import DEMO
from tests.transcripts.stage import TEST_KEY

DOCS = Path(__file__).parents[2] / "docs"
SELLER = seller_talk(DEMO)
SCANNER = scanner_talk(Keyring.parse(TEST_KEY), Mode.DEMO)
PAGES = {
    "organisateurs": SELLER,
    "organisers": SELLER,
    "portiers": SCANNER,
    "gate-staff": SCANNER,
}
WORD = re.compile(r"`([a-zà-ÿ ]+)`")


@pytest.mark.parametrize("page", PAGES)
def test_every_word_of_a_printed_page_is_understood(page: str) -> None:
    """A page on a wall that names a word which nothing answers is worse than none."""
    text = (DOCS / f"{page}.md").read_text(encoding="utf-8")
    named = {fold(word) for word in WORD.findall(text)}
    assert len(named) > 5
    assert named <= PAGES[page].commands.keys() | PAGES[page].openings.keys()

"""Every answer of the gate is reached by a conversation that people can read."""

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from boxoffice.admission import Verdict
from gate_scanner.talk import TEXTS
from tests.transcripts.script import FOLDER

ELSEWHERE = {
    Verdict.ERROR: "tests/gate_scanner/test_our_error.py",
    Verdict.OFFLINE_UNVERIFIED: "tests/browser/test_terminal.py",
    Verdict.SEVERAL_CODES: "tests/transcripts/porte_plusieurs_billets.chat",
}
"""Answers without a title in a chat: our own fault, a page without network, a list with a total."""


def titles() -> dict[str, str]:
    """Read what each verdict is called at the door, in French."""
    with (TEXTS / "fr" / "verdicts.po").open("rb") as source:
        return {str(one.id): str(one.string) for one in read_po(source) if one.id}


@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_is_reached_by_a_transcript(verdict: Verdict) -> None:
    """Its title is heard in a transcript, or the file named here reaches it."""
    if verdict in ELSEWHERE:
        assert (Path(__file__).parents[2] / ELSEWHERE[verdict]).exists()
        return
    title = re.compile(rf"^\S* <.*\b{re.escape(titles()[f'title.{verdict}'])}\b", re.MULTILINE)
    heard = [path.stem for path in FOLDER.glob("*.chat") if title.search(flat(path))]
    assert heard, verdict


def flat(path: Path) -> str:
    """Read a transcript with plain spaces."""
    return path.read_text(encoding="utf-8").replace("\u00a0", " ").replace("\u202f", " ")

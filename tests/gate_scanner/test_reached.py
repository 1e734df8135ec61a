"""Every answer of the gate is heard in a conversation that people can read, in each language."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from boxoffice.verdicts import Verdict
from gate_scanner.talk import TEXTS
from tests.transcripts.script import Hears, scripts

LANGUAGES = ("fr", "en")

ON_A_PAGE = Path(__file__).parents[1] / "browser" / "test_terminal_offline.py"
"""Without network nobody chats: what the page says then is read off its screen there."""


def wanted(verdict: Verdict, say: dict[str, str]) -> tuple[str, ...]:
    """Say what a steward must read of an answer: its light with its name, then what to do."""
    name, to_do = say[f"title.{verdict}"], say[f"do.{verdict}"]
    match verdict:
        case Verdict.SEVERAL_CODES:  # a line for each, which are verdicts of their own, and a total
            return (say["line.green"].format(rank=2, verdict=say["title.admitted"]), total(say))
        case Verdict.CONFLICT:  # told to the supervisor afterwards, with both gates and times
            return (say["alarm.conflict"].splitlines()[0],)
        case Verdict.ERROR:  # the turn failed: the engine says sorry instead of the talk
            return tuple(one.partition(" (")[0] for one in say["sorry.gate"].splitlines())
        case Verdict.TOO_EARLY | Verdict.TOO_LATE | Verdict.WRONG_DAY:
            when = say[f"story.{verdict}"].partition("{")[0]
            return (say[f"headline.{verdict.light}"].format(verdict=name), when, to_do)
        case _:
            return (say[f"headline.{verdict.light}"].format(verdict=name), to_do)


def total(say: dict[str, str]) -> str:
    """The beginning of the total under several answers."""
    return say["total"].partition("{")[0]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_is_reached_by_a_transcript(verdict: Verdict, language: str) -> None:
    """Its light, its name and what to do are heard together, in French and in English."""
    say = sentences(language)
    if verdict is Verdict.OFFLINE_UNVERIFIED:
        assert flat(say[f"title.{verdict}"]) in flat(ON_A_PAGE.read_text(encoding="utf-8"))
        return
    lines = [flat(one) for one in wanted(verdict, say)]
    said = [
        script
        for script, heard in all_heard()
        if all(any(line in one for one in heard) for line in lines)
    ]
    assert said, f"no transcript says, in one message: {lines}"


def test_each_language_has_evenings_of_its_own() -> None:
    """What is heard in one language is not taken for the other's: no two answers are the same."""
    french, english = (sentences(language) for language in LANGUAGES)
    for verdict in Verdict:
        assert french[f"title.{verdict}"] != english[f"title.{verdict}"]


@cache
def sentences(language: str) -> dict[str, str]:
    """Read what the gate says."""
    said: dict[str, str] = {}
    for name in ("verdicts", "terminal"):
        with (TEXTS / language / f"{name}.po").open("rb") as source:
            said |= {str(one.id): str(one.string) for one in read_po(source) if one.id}
    return said


@cache
def all_heard() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Read every message of every transcript."""
    return tuple(_heard())


def _heard() -> Iterator[tuple[str, tuple[str, ...]]]:
    for script in scripts():
        for move in script.moves:
            if isinstance(move, Hears):
                yield script.name, tuple(flat(line) for line in move.lines)


def flat(text: str) -> str:
    """Read words with plain spaces."""
    return " ".join(text.split())

"""What typed words mean, given what was offered: `1`, `J'ACCEPTE` and `acepte` are taps.

Pure: text and labels in, an action or nothing out.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

TEXT_CHARS_MAX = 4096
"""The longest message any channel carries; what is longer is cut before it is looked at."""

RANK_DIGITS_MAX = 3
"""Nobody is offered a thousand choices."""

CONTAINED_CHARS_MIN = 3
"""Shorter words say too little to be found inside a label."""

TYPO_RATIO_MIN = 0.82
"""Two folded phrases this alike are one with a slip: a letter in five or six."""

TYPO_CHARS_MIN = 5
"""Shorter words differ by one letter and mean another thing."""


_COMBINING = re.compile("[\u0300-\u036f]+")
_BETWEEN_WORDS = re.compile(r"[\W_]+")


def fold(text: str) -> str:
    """Fold case, accents, punctuation and spaces away, so that `J’ACCEPTE !` is `j accepte`.

    This is also how search columns are folded, so that both engines compare the same bytes.
    """
    plain = text[:TEXT_CHARS_MAX].casefold()
    if not plain.isascii():
        plain = _COMBINING.sub("", unicodedata.normalize("NFKD", plain))
    return _BETWEEN_WORDS.sub(" ", plain).strip()


def choose(
    text: str,
    offered: Sequence[tuple[str, str]],
    commands: Mapping[str, str],
    *,
    numbers_choose: bool,
) -> str | None:
    """Find the action a person means by typing, or None.

    Args:
        text: what was typed.
        offered: the (label, action) pairs last shown, in order.
        commands: words that work everywhere, folded, with their action.
        numbers_choose: whether `2` means the second choice; false where a number is asked for.
    """
    folded = fold(text)
    if not folded:
        return None
    if (command := commands.get(folded)) is not None:
        return command
    labels = [(fold(label), action) for label, action in offered]
    for label, action in labels:
        if label == folded:
            return action
    if numbers_choose:
        if (
            folded.isdecimal()
            and len(folded) <= RANK_DIGITS_MAX
            and 1 <= int(folded) <= len(labels)
        ):
            return labels[int(folded) - 1][1]
        return _alike(folded, labels)
    return None


def _alike(folded: str, labels: Sequence[tuple[str, str]]) -> str | None:
    """Find the one label that contains the words, or is them but for a slip; two are no answer."""
    if len(folded) >= CONTAINED_CHARS_MIN:
        inside = {action for label, action in labels if f" {folded} " in f" {label} "}
        if len(inside) == 1:
            return inside.pop()
    if len(folded) >= TYPO_CHARS_MIN:
        close = {action for label, action in labels if _slip(folded, label)}
        if len(close) == 1:
            return close.pop()
    return None


def _slip(folded: str, label: str) -> bool:
    """Say whether the words are the label, or a run of its words, with a letter or two astray.

    A number is never a slip: `standard 3` is not the button `Standard · 5 000 F CFA`.
    """
    words, wanted = label.split(), len(folded.split())
    runs = (" ".join(words[at : at + wanted]) for at in range(max(1, len(words) - wanted + 1)))
    return any(_numbers(run) == _numbers(folded) and _are_alike(folded, run) for run in runs)


def _are_alike(one: str, other: str) -> bool:
    """Say whether two phrases differ by a slip; most pairs are told apart by their lengths alone.

    The matcher takes milliseconds over a long text, and a gate's every typed code comes by here:
    its two upper bounds are asked first.
    """
    matcher = SequenceMatcher(None, one, other)
    return (
        matcher.real_quick_ratio() >= TYPO_RATIO_MIN
        and matcher.quick_ratio() >= TYPO_RATIO_MIN
        and matcher.ratio() >= TYPO_RATIO_MIN
    )


def _numbers(text: str) -> list[str]:
    return [word for word in text.split() if word.isdecimal()]

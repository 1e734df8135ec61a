"""Reading what buyers type and what buttons carry: ids, numbers, `2 VIP`."""

import re
from collections.abc import Sequence

from boxoffice.model import Kind
from chat.understanding import fold
from storage.ids import from_text

NUMBER_DIGITS_MAX = 6
"""No button of ours carries a larger number."""


def quantity_and_kind(text: str, kinds: Sequence[Kind]) -> tuple[int | None, Kind] | None:
    """Read `2 VIP`, `VIP 2` or `VIP`; of one kind, a number beyond the buttons is enough."""
    folded = fold(text)
    counts = re.findall(r"\b\d{1,3}\b", folded)
    count = int(counts[0]) if len(counts) == 1 else None
    rest = " ".join(word for word in folded.split() if not word.isdecimal())
    named = [kind for kind in kinds if rest and fold(kind.name) == rest]
    if not named:
        named = [kind for kind in kinds if rest and f" {rest} " in f" {fold(kind.name)} "]
    if not named and len(kinds) == 1 and count and not rest:
        named = list(kinds)
    return (count or None, named[0]) if len(named) == 1 else None


def id_at(action: str, place: int) -> int | None:
    """Read an id written in base32 at a place of an action; None if it is not one."""
    parts = action.split(":")
    return from_text(parts[place]) if len(parts) > place else None


def number_at(action: str, place: int) -> int | None:
    """Read a small decimal number at a place of an action; None if it is not one."""
    parts = action.split(":")
    fits = len(parts) > place and parts[place].isascii() and parts[place].isdecimal()
    return int(parts[place]) if fits and len(parts[place]) <= NUMBER_DIGITS_MAX else None


def counted(text: str) -> int | None:
    """Read a typed number of tickets: `3`, `trois`, `three`."""
    found = re.search(r"\d{1,4}", text)
    return int(found[0]) if found else _WORD_NUMBERS.get(fold(text))


_WORD_NUMBERS = {
    word: number
    for number, variants in enumerate(
        (
            ("un", "une", "one"),
            ("deux", "two"),
            ("trois", "three"),
            ("quatre", "four"),
            ("cinq", "five"),
            ("six",),
            ("sept", "seven"),
            ("huit", "eight"),
            ("neuf", "nine"),
            ("dix", "ten"),
        ),
        start=1,
    )
    for word in variants
}

"""How codes are spelt: characters that nobody confuses, and what people do to them undone."""

import re
import secrets
from enum import Enum

from boxoffice.values import value

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base32: no I, L, O or U, because people confuse the first three."""

RAW_TEXT_LENGTH_MAX = 100
"""A code typed with a space after every character has 57; a longer text is not a code."""

BASE32 = re.compile(f"[{ALPHABET}]+")
"""Whole texts of these characters alone; `fullmatch` asks it."""

_NOTHING_MEANT = (
    " \t\r\n\u00a0\u2007\u2009\u202f\u200b\u2060\ufeff-\u2010\u2011\u2012\u2013\u2014\u2212"
)
_SPELLING = str.maketrans(
    {
        **{letter: letter.upper() for letter in "abcdefghijklmnopqrstuvwxyz"},
        **dict.fromkeys("oO", "0"),
        **dict.fromkeys("iIlL", "1"),
        **dict.fromkeys(_NOTHING_MEANT, ""),
    }
)


class WhyNot(Enum):
    """Why a text is not a code."""

    LENGTH = "length"
    CHARACTERS = "characters"
    PREFIX = "prefix"
    MISTYPED = "mistyped"


@value
class NotACode:
    """A text that is not a code of ours."""

    why: WhyNot


def canonical(text: str) -> str:
    """Undo what people do to codes; a text too long to be one becomes empty."""
    if len(text) > RAW_TEXT_LENGTH_MAX:
        return ""
    # What a camera read, or a hand typed well, needs nothing undone.
    return text if BASE32.fullmatch(text) else text.translate(_SPELLING)


def random_text(length: int) -> str:
    """Make so many characters of five random bits each."""
    number = secrets.randbits(5 * length)
    return "".join(ALPHABET[(number >> shift) & 31] for shift in range(0, 5 * length, 5))

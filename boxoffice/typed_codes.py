"""Codes that people type or read aloud: a ticket's short code, and the word that takes one over."""

from collections.abc import Iterable

from boxoffice.codes import CODE_LENGTH
from boxoffice.spelling import ALPHABET, BASE32, NotACode, WhyNot, canonical, random_text
from boxoffice.values import value

SHORT_CODE_LENGTH = 8
SLIPS_MAX = 2
"""Characters forgotten or typed twice in what is still meant as a code."""

CODE_END_LENGTH = 4
"""How much of a short code tells one ticket from another aloud, and lets nobody in."""
CLAIM_LENGTH = 12
"""The word that takes over a ticket: 60 random bits, a few offers open at a time, typed by hand."""


@value
class ShortCode:
    """A typed code whose check character is right, in its canonical spelling (no dash)."""

    text: str

    def __str__(self) -> str:
        """Return the code as it is printed on a ticket, `ABCD-EFG7`."""
        half = SHORT_CODE_LENGTH // 2
        return f"{self.text[:half]}-{self.text[half:]}"


def make_short_code() -> str:
    """Make a code to type when the camera fails: seven random characters and a check character.

    Its 35 bits are good only in the hands of the event's staff, whose failures are counted.
    """
    random = random_text(SHORT_CODE_LENGTH - 1)
    return random + _short_check(random)


def read_short_code(text: str) -> ShortCode | NotACode:
    """Read a typed code; one character wrong, missing or too many, or two swapped: `MISTYPED`."""
    spelt = canonical(text)
    if abs(len(spelt) - SHORT_CODE_LENGTH) > 1:
        return NotACode(WhyNot.LENGTH)
    if not BASE32.fullmatch(spelt):
        return NotACode(WhyNot.CHARACTERS)
    if len(spelt) != SHORT_CODE_LENGTH or _short_check(spelt[:-1]) != spelt[-1]:
        return NotACode(WhyNot.MISTYPED)
    return ShortCode(spelt)


def is_slip(text: str) -> bool:
    """Tell whether a text that is no code was meant as one: a slip of the hand."""
    if read_short_code(text) == NotACode(WhyNot.MISTYPED):
        return True
    spelt = canonical(text)
    near = any(abs(len(spelt) - meant) <= SLIPS_MAX for meant in (SHORT_CODE_LENGTH, CODE_LENGTH))
    return near and spelt.isascii() and spelt.isalnum() and any(map(str.isdigit, text))


def read_code_end(text: str) -> str | None:
    """Read a short code, or its end as we say it aloud; None if it has the shape of neither.

    The end alone tells tickets apart for staff, and lets nobody in.
    """
    if isinstance(short := read_short_code(text), ShortCode):
        return short.text
    spelt = canonical(text.removeprefix("…"))
    fits = len(spelt) == CODE_END_LENGTH and BASE32.fullmatch(spelt)
    return spelt if fits else None


def make_claim() -> str:
    """Make the word of a link by which somebody takes over a ticket."""
    return random_text(CLAIM_LENGTH)


def read_claim(text: str) -> str | None:
    """Read such a word as people type it; None if it has not its shape."""
    spelt = canonical(text)
    fits = len(spelt) == CLAIM_LENGTH and BASE32.fullmatch(spelt)
    return spelt if fits else None


def spaced_claim(claim: str) -> str:
    """Write such a word to be read out: `7K2P-9XQM-4T1A`."""
    return "-".join(claim[at : at + 4] for at in range(0, CLAIM_LENGTH, 4))


# The short code is a word of a linear code over the field of 32 elements, as ISBN's check digit is
# over 11: character number i weighs alpha**i. Weights are not zero, so one wrong character is seen;
# neighbours weigh differently, so their swap is seen.
_FIELD_POLYNOMIAL = 0b100101  # x**5 + x**2 + 1 is irreducible over two elements, and x generates
_FIELD_SIZE = 32


def _weights(length: int) -> tuple[int, ...]:
    """Return the first powers of alpha."""
    powers = [1]
    while len(powers) < length:
        doubled = powers[-1] << 1
        powers.append(doubled ^ _FIELD_POLYNOMIAL if doubled >= _FIELD_SIZE else doubled)
    return tuple(powers)


def _times(left: int, right: int) -> int:
    """Multiply two elements of the field."""
    product = 0
    while right:
        if right & 1:
            product ^= left
        left <<= 1
        if left >= _FIELD_SIZE:
            left ^= _FIELD_POLYNOMIAL
        right >>= 1
    return product


# The check character is last and weighs 1, so it is simply the sum of the others.
_SHORT_WEIGHTS: Iterable[int] = _weights(SHORT_CODE_LENGTH)[:0:-1]


def _short_check(random: str) -> str:
    total = 0
    for weight, character in zip(_SHORT_WEIGHTS, random, strict=True):
        total ^= _times(weight, ALPHABET.index(character))
    return ALPHABET[total]

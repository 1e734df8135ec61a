"""Ids that are ours: known before the row is written, in the order of time, short on a button."""

from __future__ import annotations

import secrets
import threading
from functools import lru_cache
from typing import Final

EPOCH_MS: Final = 1_735_689_600_000
"""2025-01-01T00:00:00Z: 41 bits of milliseconds from here last until 2094."""

COUNTER_BITS: Final = 22
ID_BITS: Final = 63
"""What a BIGINT holds above zero."""

TEXT_LENGTH_MAX: Final = 13
"""63 bits at 5 a letter."""

TEXTS_KEPT_MAX: Final = 4096
"""Ids kept written: those of the events and kinds on sale stand on every button."""

_LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base32 (crockford.com/base32.html): no I, L, O or U."""

_VALUES: Final = {
    **{letter: value for value, letter in enumerate(_LETTERS)},
    **{letter.lower(): value for value, letter in enumerate(_LETTERS)},
    **dict.fromkeys("oO", 0),
    **dict.fromkeys("iIlL", 1),
}


class _Ids:
    """The counter of this process: it starts anywhere, and never gives an id twice."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # the loop's thread and the writer's both ask
        self._counter = secrets.randbits(COUNTER_BITS)
        self._last = 0

    def next(self, now_ms: int) -> int:
        since_ms = max(now_ms - EPOCH_MS, 0)  # a clock that lost its battery still gives ids
        if since_ms >> (ID_BITS - COUNTER_BITS):
            raise ValueError(f"The clock says {now_ms} ms, after the year 2094.")
        with self._lock:
            self._counter = (self._counter + 1) % (1 << COUNTER_BITS)
            made = since_ms << COUNTER_BITS | self._counter
            # The counter wrapped or the clock went back: go on from the last, which stays rising.
            self._last = made if made > self._last else self._last + 1
            return self._last


_ids = _Ids()


def new_id(now_ms: int) -> int:
    """A new id of 63 bits, larger than every id this process made before.

    Two processes make the same one only in the same millisecond and with counters that started at
    the same of four million points; the primary key then refuses the second, and its turn is tried
    again. Raises ``ValueError`` for a clock after 2094.
    """
    return _ids.next(now_ms)


def first_id(at_ms: int) -> int:
    """Below this is every id that was made before a time: old rows are found by their key."""
    return max(at_ms - EPOCH_MS, 0) << COUNTER_BITS


@lru_cache(maxsize=TEXTS_KEPT_MAX)
def to_text(number: int) -> str:
    """The id in Crockford's base32, at most 13 letters and digits, for buttons and links."""
    if number < 0 or number >> ID_BITS:
        raise ValueError(f"{number} is not an id: 0 to 2**63 - 1.")
    letters = ""
    while number or not letters:
        letters = _LETTERS[number & 31] + letters
        number >>= 5
    return letters


@lru_cache(maxsize=TEXTS_KEPT_MAX)
def from_text(text: str) -> int | None:
    """The id written in this text (either case; O is 0, I and L are 1), ``None`` if it is none."""
    if not 0 < len(text) <= TEXT_LENGTH_MAX:
        return None
    number = 0
    for letter in text:
        value = _VALUES.get(letter)
        if value is None:
            return None
        number = number << 5 | value
    return number if number < 1 << ID_BITS else None

"""Ticket codes: 29 characters that nobody can guess and that show a forgery by themselves.

A code is upper-case Crockford base32, so that it fits a version 2 QR at level Q exactly
(alphanumeric mode, ISO/IEC 18004 table 7: 29 characters) and survives being read aloud:

    G  7  3KQ9  0123456789ABCDEF  XY12345
    |  |  |     |                 check: 35 bits of HMAC-SHA256 over everything before it
    |  |  |     random: 80 bits
    |  |  event tag: 20 bits, which key signed is derived per event from it
    |  key id: which of our keys may have signed
    mode: G at a live box office, D in a demo

A forged code is told from an unknown ticket without touching any table. The check does not have to
resist a patient forger alone: an authentic code must still be found in the tickets, and every
forgery is journalled.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Self

from boxoffice.errors import KeyringError
from boxoffice.values import value

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base32: no I, L, O or U, because people confuse the first three."""

EVENT_TAG_LENGTH = 4
RANDOM_LENGTH = 16
CHECK_LENGTH = 7
SIGNED_LENGTH = 2 + EVENT_TAG_LENGTH + RANDOM_LENGTH
CODE_LENGTH = SIGNED_LENGTH + CHECK_LENGTH
SHORT_CODE_LENGTH = 8
CODE_END_LENGTH = 4
"""How much of a short code tells one ticket from another aloud, and lets nobody in."""
CLAIM_LENGTH = 12
"""The word that takes over a ticket: 60 random bits, a few offers open at a time, typed by hand."""

RAW_TEXT_LENGTH_MAX = 100
"""A code typed with a space after every character has 57; a longer text is not a code."""

KEY_BYTES = 32
KEYS_MAX = 16
"""A key a year for longer than a box office lives; more is a mistake in the setting."""

DERIVED_KEYS_MAX = 1024
"""Forged codes carry any event tag: without a limit they would fill the memory."""

_CHECK_PURPOSE = b"guichet ticket check 1|"
_FINGERPRINT_PURPOSE = b"guichet key fingerprint 1"
_FINGERPRINT_LENGTH = 16


class Mode(StrEnum):
    """Whether a ticket was really sold, or is one of a demo's."""

    LIVE = "live"
    DEMO = "demo"


_PREFIX_OF_MODE = {Mode.LIVE: "G", Mode.DEMO: "D"}
_MODE_OF_PREFIX = {prefix: mode for mode, prefix in _PREFIX_OF_MODE.items()}


@value
class Code:
    """A text that has the shape of our ticket codes, in its canonical spelling."""

    text: str

    @property
    def mode(self) -> Mode:
        """The mode that the first character claims."""
        return _MODE_OF_PREFIX[self.text[0]]

    @property
    def key_id(self) -> str:
        """The character that says which keys may have signed."""
        return self.text[1]

    @property
    def event_tag(self) -> str:
        """The tag of the event that the code claims to open."""
        return self.text[2 : 2 + EVENT_TAG_LENGTH]

    @property
    def signed(self) -> str:
        """Everything the check is made over."""
        return self.text[:SIGNED_LENGTH]

    @property
    def check(self) -> str:
        """The check characters, true or forged."""
        return self.text[SIGNED_LENGTH:]


@value
class ShortCode:
    """A typed code whose check character is right, in its canonical spelling (no dash)."""

    text: str

    def __str__(self) -> str:
        """Return the code as it is printed on a ticket, `ABCD-EFG7`."""
        half = SHORT_CODE_LENGTH // 2
        return f"{self.text[:half]}-{self.text[half:]}"


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


@dataclass(frozen=True, slots=True, eq=False)
class Keyring:
    """The keys that sign ticket codes, newest first; showing it never shows a key.

    The newest signs. The older ones stay, so that a rotation never turns a sold ticket into a
    forgery.
    """

    _keys: tuple[bytes, ...]
    _by_id: dict[str, list[bytes]] = field(default_factory=dict, init=False)
    _derived: dict[tuple[bytes, str], bytes] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        for key in self._keys:
            self._by_id.setdefault(_key_id(key), []).append(key)

    @classmethod
    def parse(cls, setting: str) -> Self:
        """Read the `TICKET_KEYS` setting: urlsafe base64 keys of 32 bytes, comma-separated.

        Raises `KeyringError` naming every wrong key by its position.
        """
        texts = [text.strip() for text in setting.split(",")]
        if texts == [""]:
            raise KeyringError("TICKET_KEYS is empty: it needs at least one key.")
        if len(texts) > KEYS_MAX:
            raise KeyringError(f"TICKET_KEYS has {len(texts)} keys, {KEYS_MAX} at most.")
        keys: list[bytes] = []
        problems: list[str] = []
        for position, text in enumerate(texts, start=1):
            key = _key_bytes(text)
            if isinstance(key, str):
                problems.append(f"key {position} of {len(texts)} {key}")
            elif key in keys:
                problems.append(f"key {position} of {len(texts)} repeats an earlier one")
            else:
                keys.append(key)
        if problems:
            raise KeyringError(f"TICKET_KEYS: {'; '.join(problems)}.")
        return cls(tuple(keys))

    def __repr__(self) -> str:
        return f"Keyring({', '.join(self.fingerprints())})"

    def fingerprints(self) -> tuple[str, ...]:
        """Return what may be shown and stored of each key, newest first."""
        return tuple(_fingerprint(key) for key in self._keys)

    @property
    def newest(self) -> bytes:
        """The key that signs."""
        return self._keys[0]

    def all(self) -> tuple[bytes, ...]:
        """Every key, newest first."""
        return self._keys

    def with_id(self, key_id: str) -> list[bytes]:
        """Return every key that has this id: rarely more than one, and never by design."""
        return self._by_id.get(key_id, [])

    def derived(self, key: bytes, event_tag: str) -> bytes:
        """Return the key that checks one event's codes, derived from one of ours."""
        place = (key, event_tag)
        found = self._derived.get(place)
        if found is None:
            if len(self._derived) >= DERIVED_KEYS_MAX:
                self._derived.clear()
            found = hmac.digest(key, _CHECK_PURPOSE + event_tag.encode(), "sha256")
            self._derived[place] = found
        return found


def new_key() -> str:
    """Make a key as the `TICKET_KEYS` setting spells it."""
    return base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def new_event_tag() -> str:
    """Make a random tag for an event; the caller refuses one that is taken."""
    return _random_text(EVENT_TAG_LENGTH)


def make_code(keyring: Keyring, mode: Mode, event_tag: str) -> str:
    """Make a new code for a ticket of the event, signed with the newest key."""
    if len(event_tag) != EVENT_TAG_LENGTH or not set(event_tag) <= set(ALPHABET):
        raise ValueError(f"an event tag is {EVENT_TAG_LENGTH} characters of base32: {event_tag!r}")
    key = keyring.newest
    signed = f"{_PREFIX_OF_MODE[mode]}{_key_id(key)}{event_tag}{_random_text(RANDOM_LENGTH)}"
    return signed + _check(keyring.derived(key, event_tag), signed)


def read_code(text: str) -> Code | NotACode:
    """Read a code as people and cameras give it: any case, spaces, dashes, O for 0, I or L for 1.

    Only the shape is judged here; `authentic` judges the check.
    """
    canonical = _canonical(text)
    if len(canonical) != CODE_LENGTH:
        return NotACode(WhyNot.LENGTH)
    if not _BASE32.fullmatch(canonical):
        return NotACode(WhyNot.CHARACTERS)
    if canonical[0] not in _MODE_OF_PREFIX:
        return NotACode(WhyNot.PREFIX)
    return Code(canonical)


def is_printed(text: str) -> bool:
    """Tell whether a text is a whole code as it stands in the QR, letter by letter."""
    return isinstance(code := read_code(text), Code) and code.text == text


def authentic(keyring: Keyring, code: Code) -> bool:
    """Tell whether one of our keys made the code, in constant time and without any table."""
    check = code.check.encode()
    found = False
    for key in keyring.with_id(code.key_id):
        expected = _check(keyring.derived(key, code.event_tag), code.signed)
        found |= hmac.compare_digest(expected.encode(), check)
    return found


def event_check_key(keyring: Keyring, event_tag: str) -> bytes:
    """Return the newest key that checks this event's codes, and no other event's, offline."""
    return keyring.derived(keyring.newest, event_tag)


def event_check_keys(keyring: Keyring, event_tag: str) -> list[tuple[str, bytes]]:
    """Return every key that may have signed this event's codes, by key id, newest first.

    They check the codes of this event and of no other: what a terminal without network is given.
    """
    return [(_key_id(key), keyring.derived(key, event_tag)) for key in keyring.all()]


def code_hash(text: str) -> str:
    """Hash a canonical code, or any text a camera read, for the journal: 64 hexadecimal digits."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def make_short_code() -> str:
    """Make a code to type when the camera fails: seven random characters and a check character.

    Its 35 bits are good only in the hands of the event's staff, whose failures are counted.
    """
    random = _random_text(SHORT_CODE_LENGTH - 1)
    return random + _short_check(random)


def read_short_code(text: str) -> ShortCode | NotACode:
    """Read a typed code; one wrong character, or two neighbours swapped, is `MISTYPED`."""
    canonical = _canonical(text)
    if len(canonical) != SHORT_CODE_LENGTH:
        return NotACode(WhyNot.LENGTH)
    if not _BASE32.fullmatch(canonical):
        return NotACode(WhyNot.CHARACTERS)
    if _short_check(canonical[:-1]) != canonical[-1]:
        return NotACode(WhyNot.MISTYPED)
    return ShortCode(canonical)


def read_code_end(text: str) -> str | None:
    """Read a short code, or its end as we say it aloud; None if it has the shape of neither.

    The end alone tells tickets apart for staff, and lets nobody in.
    """
    if isinstance(short := read_short_code(text), ShortCode):
        return short.text
    canonical = _canonical(text.removeprefix("…"))
    fits = len(canonical) == CODE_END_LENGTH and _BASE32.fullmatch(canonical)
    return canonical if fits else None


def make_claim() -> str:
    """Make the word of a link by which somebody takes over a ticket."""
    return _random_text(CLAIM_LENGTH)


def read_claim(text: str) -> str | None:
    """Read such a word as people type it; None if it has not its shape."""
    canonical = _canonical(text)
    fits = len(canonical) == CLAIM_LENGTH and _BASE32.fullmatch(canonical)
    return canonical if fits else None


def spaced_claim(claim: str) -> str:
    """Write such a word to be read out: `7K2P-9XQM-4T1A`."""
    return "-".join(claim[at : at + 4] for at in range(0, CLAIM_LENGTH, 4))


def _key_bytes(text: str) -> bytes | str:
    """Return a key, or what is wrong with it in words that do not show it."""
    if not text:
        return "is empty"
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return "is not urlsafe base64"
    if len(key) != KEY_BYTES:
        return f"has {len(key)} bytes instead of {KEY_BYTES}"
    if len(set(key)) == 1:
        return "is one byte repeated: a placeholder, not a key"
    return key


def _fingerprint(key: bytes) -> str:
    return hmac.digest(key, _FINGERPRINT_PURPOSE, "sha256").hex()[:_FINGERPRINT_LENGTH]


def _key_id(key: bytes) -> str:
    """Return the character of the key's fingerprint that a code carries."""
    return ALPHABET[int(_fingerprint(key)[:2], 16) % len(ALPHABET)]


def _check(event_key: bytes, signed: str) -> str:
    """Return the first 35 bits of the signature, seven characters of five bits."""
    number = int.from_bytes(hmac.digest(event_key, signed.encode(), "sha256")[:5]) >> 5
    return "".join([ALPHABET[(number >> shift) & 31] for shift in range(30, -1, -5)])


def _random_text(length: int) -> str:
    number = secrets.randbits(5 * length)
    return "".join(ALPHABET[(number >> shift) & 31] for shift in range(0, 5 * length, 5))


_BASE32 = re.compile(f"[{ALPHABET}]+")
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


def _canonical(text: str) -> str:
    """Undo what people do to codes; a text too long to be one becomes empty."""
    if len(text) > RAW_TEXT_LENGTH_MAX:
        return ""
    # What a camera read, or a hand typed well, needs nothing undone.
    return text if _BASE32.fullmatch(text) else text.translate(_SPELLING)


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

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
import secrets
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Self

from boxoffice.errors import KeyringError
from boxoffice.spelling import ALPHABET, BASE32, NotACode, WhyNot, canonical, random_text
from boxoffice.tokens import looks_secret
from boxoffice.values import value

CODES_READ_MAX = 64
"""Texts kept read: from its shape to its verdict a turn asks for the same one three times."""

EVENT_KEYS_MAX = 256
"""Events whose signatures are begun and kept: those at whose doors people stand."""

EVENT_TAG_LENGTH = 4
RANDOM_LENGTH = 16
CHECK_LENGTH = 7
SIGNED_LENGTH = 2 + EVENT_TAG_LENGTH + RANDOM_LENGTH
CODE_LENGTH = SIGNED_LENGTH + CHECK_LENGTH
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
    """Make a key as the `TICKET_KEYS` setting spells it, in a shape that the logs mask."""
    while True:
        key = base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode()
        if looks_secret(key):
            return key


def new_event_tag() -> str:
    """Make a random tag for an event; the caller refuses one that is taken."""
    return random_text(EVENT_TAG_LENGTH)


def make_code(keyring: Keyring, mode: Mode, event_tag: str) -> str:
    """Make a new code for a ticket of the event, signed with the newest key."""
    if len(event_tag) != EVENT_TAG_LENGTH or not set(event_tag) <= set(ALPHABET):
        raise ValueError(f"an event tag is {EVENT_TAG_LENGTH} characters of base32: {event_tag!r}")
    key = keyring.newest
    signed = f"{_PREFIX_OF_MODE[mode]}{_key_id(key)}{event_tag}{random_text(RANDOM_LENGTH)}"
    return signed + _check(keyring.derived(key, event_tag), signed)


@lru_cache(maxsize=CODES_READ_MAX)
def read_code(text: str) -> Code | NotACode:
    """Read a code as people and cameras give it: any case, spaces, dashes, O for 0, I or L for 1.

    Only the shape is judged here; `authentic` judges the check.
    """
    spelt = canonical(text)
    if len(spelt) != CODE_LENGTH:
        return NotACode(WhyNot.LENGTH)
    if not BASE32.fullmatch(spelt):
        return NotACode(WhyNot.CHARACTERS)
    if spelt[0] not in _MODE_OF_PREFIX:
        return NotACode(WhyNot.PREFIX)
    return Code(spelt)


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
    signature = _begun(event_key).copy()
    signature.update(signed.encode())
    number = int.from_bytes(signature.digest()[:5]) >> 5
    return "".join([ALPHABET[(number >> shift) & 31] for shift in range(30, -1, -5)])


@lru_cache(maxsize=EVENT_KEYS_MAX)
def _begun(event_key: bytes) -> hmac.HMAC:
    """Begin a signature with a key, to be copied: half the work is the same for every code."""
    return hmac.new(event_key, digestmod="sha256")

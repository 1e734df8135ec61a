"""One-time codes that are sent: derived from our keys, so that nobody keeps them anywhere.

Made again for the same occasion it is the same code: sending it twice is harmless. What it opens
counts the tries, ends after a time and works once; the code itself only has to be unguessable.
"""

import hashlib
import hmac

from boxoffice.codes import Keyring

DIGITS = 8
"""Typed on any phone; one in a hundred million at each of a handful of tries."""

_PURPOSE = b"guichet one-time 1|"


def one_time_code(keyring: Keyring, occasion: str) -> str:
    """Make the code of an occasion, `recovery:123`, with the newest key."""
    return _digits(keyring.newest, occasion)


def is_one_time_code(keyring: Keyring, occasion: str, typed: str) -> bool:
    """Say whether typed digits are an occasion's code, by any of our keys, in constant time."""
    found = False
    for key in keyring.all():
        found |= hmac.compare_digest(_digits(key, occasion).encode(), typed.encode())
    return found


def _digits(key: bytes, occasion: str) -> str:
    made = hmac.new(key, _PURPOSE + occasion.encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(made[:16]) % 10**DIGITS:0{DIGITS}d}"

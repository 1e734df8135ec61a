"""What makes an address of ours unguessable: a code under the ticket keys, so nothing is kept."""

import base64
import hashlib
import hmac

from boxoffice.codes import Keyring

_MARK_BYTES = 15
"""120 bits: nobody finds another address by trying."""


def mark(key: bytes, purpose: bytes, told: str) -> str:
    """Write the code of what an address tells; `purpose` keeps one sort of address from another."""
    digest = hmac.new(key, purpose + told.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:_MARK_BYTES]).decode()


def is_ours(keyring: Keyring, purpose: bytes, told: str, shown: str) -> bool:
    """Say whether an address was written under any of our keys."""
    marks = (mark(key, purpose, told) for key in keyring.all())
    return shown.isascii() and any(hmac.compare_digest(one, shown) for one in marks)

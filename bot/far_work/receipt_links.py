"""The address of the page that thanks whoever paid: unguessable, and the same however often asked.

It is made of the payment's id and a code under the ticket keys, so that nothing more is kept; a
repeated start of a payment names the very same address, as providers want of a repeat.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass

from boxoffice.codes import Keyring
from storage.ids import from_text, to_text

_PURPOSE = b"guichet receipt page 1|"
_MARK_BYTES = 15
"""120 bits: nobody finds another payment's page by trying."""


@dataclass(frozen=True, slots=True)
class ReceiptLinks:
    """Writes and reads these addresses."""

    keyring: Keyring
    base_url: str

    def url(self, payment_id: int) -> str:
        """Write the address of a payment's page."""
        return f"{self.base_url}/receipt/{self.token(payment_id)}"

    def token(self, payment_id: int) -> str:
        """Write the part of the address that names the payment."""
        return f"{to_text(payment_id)}.{_mark(self.keyring.newest, payment_id)}"

    def read(self, token: str) -> int | None:
        """Read the payment of an address that we wrote under any of our keys, else None."""
        number, _, mark = token.partition(".")
        payment_id = from_text(number)
        if payment_id is None or not mark.isascii():
            return None
        marks = (_mark(key, payment_id) for key in self.keyring.all())
        return payment_id if any(hmac.compare_digest(one, mark) for one in marks) else None


def _mark(key: bytes, payment_id: int) -> str:
    digest = hmac.new(key, _PURPOSE + str(payment_id).encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:_MARK_BYTES]).decode()

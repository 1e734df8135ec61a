"""The address of the page that thanks whoever paid: unguessable, and the same however often asked.

It is made of the payment's id and a code under the ticket keys, so that nothing more is kept; a
repeated start of a payment names the very same address, as providers want of a repeat.
"""

from dataclasses import dataclass

from bot.address_marks import is_ours, mark
from boxoffice.codes import Keyring
from storage.ids import from_text, to_text

_PURPOSE = b"guichet receipt page 1|"


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
        return f"{to_text(payment_id)}.{mark(self.keyring.newest, _PURPOSE, str(payment_id))}"

    def read(self, token: str) -> int | None:
        """Read the payment of an address that we wrote under any of our keys, else None."""
        number, _, shown = token.partition(".")
        payment_id = from_text(number)
        if payment_id is None or not is_ours(self.keyring, _PURPOSE, str(payment_id), shown):
            return None
        return payment_id

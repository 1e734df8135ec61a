"""The address of a ticket's picture, for a phone that the picture itself did not reach.

It names the ticket's row and its hour of death, signed; never the ticket's code.
"""

from dataclasses import dataclass

from bot.address_marks import is_ours, mark
from boxoffice.codes import Keyring
from boxoffice.rules import DAY_MS
from storage.ids import from_text, to_text

OPEN_MS = 7 * DAY_MS
"""People open a link when they have the network for it; after a week they ask for the ticket."""

_PURPOSE = b"guichet ticket picture 1|"


@dataclass(frozen=True, slots=True)
class TicketLinks:
    """Writes and reads these addresses."""

    keyring: Keyring
    base_url: str

    def url(self, ticket_id: int, now_ms: int) -> str:
        """Write the address where a ticket's picture can be opened for a week."""
        told = f"{to_text(ticket_id)}.{to_text(now_ms + OPEN_MS)}"
        return f"{self.base_url}/ticket/{told}.{mark(self.keyring.newest, _PURPOSE, told)}"

    def read(self, token: str, now_ms: int) -> int | None:
        """Read the ticket of an address of ours that is still open, else None."""
        told, _, shown = token.rpartition(".")
        if not is_ours(self.keyring, _PURPOSE, told, shown):
            return None
        ticket_text, _, until_text = told.partition(".")
        return from_text(ticket_text) if now_ms < (from_text(until_text) or 0) else None

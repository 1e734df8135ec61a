"""Why something was done at the door over the rules: kept in the journal, and for the owner."""

from boxoffice.codes import code_hash
from boxoffice.verdicts import Verdict
from chat.messages import Chat, words
from gate_scanner.noting import note
from gate_scanner.standing import Stand
from storage import scans
from storage.database import Tx
from storage.scans import Hand
from storage.supervision import FoundTicket

LENGTH_MAX = 200
"""A sentence: it is read aloud when the night is counted."""

REASONS = {
    "force": ("mistake", "known", "desk"),
    "annul": ("mistake", "known", "desk"),
    "block": ("stolen", "fraud", "desk"),
    "free": ("mistake", "found", "desk"),
}
"""Reasons for a thumb, by what is done; any other is typed."""

OWN_SCAN = "own scan"
"""The reason kept in the journal, where nobody has to give one."""

_OURS = frozenset({OWN_SCAN, *(one for ones in REASONS.values() for one in ones)})
"""What is kept as a word of ours, and read in the reader's language."""


async def tell_owner(
    tx: Tx, chat: Chat, stand: Stand, ticket: FoundTicket, key: str, reason: str
) -> None:
    """Write it for the event's owner, who reads order and kind, and the reason given."""
    await note(
        tx,
        chat,
        stand.post.event_id,
        key,
        reference=ticket.reference,
        kind=ticket.kind,
        why=words(f"journal.why_{reason.replace(' ', '_')}") if reason in _OURS else reason,
    )


async def journal(
    tx: Tx,
    hand: Hand,
    verdict: Verdict,
    ticket_id: int,
    reason: str,
    *,
    moved: int,
    undoes: int | None = None,
) -> None:
    """Keep a forced entry, or a passage taken back, with its reason."""
    await scans.journal(
        tx,
        hand,
        verdict,
        raw_hash=code_hash(f"ticket {ticket_id}"),
        typed=False,
        ticket_id=ticket_id,
        note=reason,
        moved=moved,
        undoes=undoes,
    )

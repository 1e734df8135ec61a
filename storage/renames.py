"""Correcting a beneficiary's name: a new code for the same seat, the old one dead at once."""

from datetime import date

from boxoffice.codes import Keyring
from storage.database import Tx
from storage.successors import succeed

NOTE = "renamed"
"""Why an old ticket of a corrected name is revoked."""


async def rename(
    tx: Tx, ticket_id: int, holder: str, *, keyring: Keyring, now_ms: int
) -> int | None:
    """Give a ticket's seat a new ticket with this name; None if it cannot be renamed now.

    One conditional statement kills the old code: a living, nominative ticket that never opened a
    gate, before its event's cut-off. Then the seat, which never was free, gets its new ticket: the
    index `tickets_one_living` holds that there is one at a time.
    """
    old = await tx.row(
        "UPDATE tickets SET status = 'revoked', status_ms = :now_ms, status_note = :note"
        " WHERE id = :id AND status = 'valid' AND naming = 'nominative'"
        " AND scanned_at_ms IS NULL AND entries = 0 AND EXISTS (SELECT 1 FROM events"
        "  WHERE events.id = tickets.event_id AND events.status = 'published'"
        "  AND :now_ms < events.doors_ms - events.renaming_ends_ms)"
        " RETURNING owner_id, birth_date",
        id=ticket_id,
        note=NOTE,
        now_ms=now_ms,
    )
    if old is None:
        return None
    renamed_id = await succeed(
        tx,
        ticket_id,
        owner_id=old["owner_id"],
        holder=holder,
        birth_date=date.fromisoformat(old["birth_date"]) if old["birth_date"] else None,
        keyring=keyring,
        now_ms=now_ms,
    )
    await tx.run(
        "UPDATE seats SET holder = :holder WHERE order_id ="
        " (SELECT order_id FROM tickets WHERE id = :id)"
        " AND number = (SELECT number FROM tickets WHERE id = :id)",
        id=renamed_id,
        holder=holder,
    )
    return renamed_id


async def corrections_of(tx: Tx, order_id: int, number: int) -> int:
    """Count how often the name of a seat was corrected."""
    row = await tx.row(
        "SELECT COUNT(*) AS n FROM tickets WHERE order_id = :order_id AND number = :number"
        " AND status = 'revoked' AND status_note = :note",
        order_id=order_id,
        number=number,
        note=NOTE,
    )
    return int(row["n"]) if row else 0


async def first_name(tx: Tx, order_id: int, number: int) -> str:
    """Read the name a seat was sold under: corrections are measured against it, not each other."""
    row = await tx.row(
        "SELECT holder FROM tickets WHERE order_id = :order_id AND number = :number"
        " ORDER BY id LIMIT 1",
        order_id=order_id,
        number=number,
    )
    return str(row["holder"] or "") if row else ""

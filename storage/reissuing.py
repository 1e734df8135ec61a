"""New codes for the tickets of an order that changes hands: the old ones die at once."""

from dataclasses import dataclass
from datetime import date

from boxoffice.codes import Keyring
from storage import transfers
from storage.database import Row, Tx
from storage.successors import succeed


@dataclass(frozen=True, slots=True)
class Hands:
    """From whom to whom, and why the old codes are revoked."""

    from_id: int
    to_id: int
    note: str


async def reissue(
    tx: Tx, order_id: int, hands: Hands, *, keyring: Keyring, now_ms: int
) -> list[int]:
    """Give what one person holds of an order to another under new codes; answers what can be shown.

    A pass that was used keeps its history. A once-only ticket that was used changes hands without
    a new code, which would open the gate again; so does a blocked one, which opens nothing.
    """
    old_ones = await tx.rows(
        "UPDATE tickets SET status = 'revoked', status_ms = :now_ms, status_note = :note"
        " WHERE order_id = :order_id AND owner_id = :from_id AND status = 'valid'"
        " AND NOT (entry = 'once' AND entries > 0) RETURNING id, number, holder, birth_date",
        order_id=order_id,
        from_id=hands.from_id,
        note=hands.note,
        now_ms=now_ms,
    )
    made = [
        await _made_again(tx, old, hands.to_id, keyring, now_ms)
        for old in sorted(old_ones, key=lambda row: row["number"])
    ]
    moved = await tx.rows(
        "UPDATE tickets SET owner_id = :to_id WHERE order_id = :order_id AND owner_id = :from_id"
        " AND status IN ('valid', 'blocked') RETURNING id, status",
        order_id=order_id,
        from_id=hands.from_id,
        to_id=hands.to_id,
    )
    for row in moved:
        # Whoever signed for it is the same person, in another conversation now.
        await tx.run(
            "UPDATE transfers SET to_id = :to_id WHERE successor_id = :id AND to_id = :from_id",
            id=row["id"],
            from_id=hands.from_id,
            to_id=hands.to_id,
        )
    return [*made, *(row["id"] for row in moved if row["status"] == "valid")]


async def _made_again(tx: Tx, old: Row, owner_id: int, keyring: Keyring, now_ms: int) -> int:
    born = date.fromisoformat(old["birth_date"]) if old["birth_date"] else None
    ticket_id = await succeed(
        tx,
        old["id"],
        owner_id=owner_id,
        holder=old["holder"],
        birth_date=born,
        keyring=keyring,
        now_ms=now_ms,
    )
    await tx.run(
        "UPDATE tickets SET scanned_at_ms = old.scanned_at_ms,"
        " scanned_gate_id = old.scanned_gate_id, scanned_staff_id = old.scanned_staff_id,"
        " entries = old.entries, inside = old.inside, entered_day = old.entered_day,"
        " passed_ms = old.passed_ms, passed_gate_id = old.passed_gate_id,"
        " passed_staff_id = old.passed_staff_id"
        " FROM tickets AS old WHERE old.id = :old_id AND tickets.id = :id",
        id=ticket_id,
        old_id=old["id"],
    )
    # An offer of the dead ticket has nothing to give any more.
    await transfers.void(tx, old["id"], now_ms)
    return ticket_id

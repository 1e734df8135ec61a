"""New codes for the tickets of an order that changes hands: the old ones die at once."""

from dataclasses import dataclass

from boxoffice.codes import Keyring, Mode, make_code, make_short_code
from storage.database import Row, Tx
from storage.ids import new_id


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
        " AND NOT (entry = 'once' AND entries > 0) RETURNING id, event_id, mode, number",
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
    return [*made, *(row["id"] for row in moved if row["status"] == "valid")]


async def _made_again(tx: Tx, old: Row, owner_id: int, keyring: Keyring, now_ms: int) -> int:
    event = await tx.row("SELECT tag FROM events WHERE id = :id", id=old["event_id"])
    assert event is not None  # noqa: S101 (a ticket's event is held by a foreign key)
    ticket_id = new_id(now_ms)
    row = None
    while row is None:
        # A short code is drawn again when this event has it already; the long one never repeats.
        row = await tx.row(
            "INSERT INTO tickets (id, order_id, number, event_id, kind_id, owner_id, mode, code,"
            " short_code, holder, naming, status, status_ms, valid_from_ms, valid_until_ms,"
            " scanned_at_ms, scanned_gate_id, scanned_staff_id, delivery, created_ms, birth_date,"
            " place_id, entry, party_size, entries, inside, entered_day, passed_ms,"
            " passed_gate_id, passed_staff_id)"
            " SELECT CAST(:new_id AS BIGINT), order_id, number, event_id, kind_id,"
            "  CAST(:owner_id AS BIGINT), mode, CAST(:code AS TEXT), CAST(:short_code AS TEXT),"
            "  holder, naming, 'valid', CAST(:now_ms AS BIGINT), valid_from_ms, valid_until_ms,"
            "  scanned_at_ms, scanned_gate_id, scanned_staff_id, 'queued',"
            "  CAST(:now_ms AS BIGINT), birth_date, place_id, entry, party_size, entries, inside,"
            "  entered_day, passed_ms, passed_gate_id, passed_staff_id"
            " FROM tickets WHERE tickets.id = :id"
            " ON CONFLICT (event_id, short_code) DO NOTHING RETURNING id",
            id=old["id"],
            new_id=ticket_id,
            owner_id=owner_id,
            code=make_code(keyring, Mode(old["mode"]), event["tag"]),
            short_code=make_short_code(),
            now_ms=now_ms,
        )
    await tx.run(
        "UPDATE tickets SET successor_id = :new_id WHERE id = :id", id=old["id"], new_id=ticket_id
    )
    return ticket_id

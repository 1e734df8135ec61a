"""Correcting a beneficiary's name: a new code for the same seat, the old one dead at once."""

from boxoffice.codes import Keyring, Mode, make_code, make_short_code
from storage.database import Tx
from storage.ids import new_id

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
        " RETURNING event_id, mode",
        id=ticket_id,
        note=NOTE,
        now_ms=now_ms,
    )
    if old is None:
        return None
    event = await tx.row("SELECT tag FROM events WHERE id = :id", id=old["event_id"])
    assert event is not None  # noqa: S101 (a ticket's event is held by a foreign key)
    renamed_id = new_id(now_ms)
    while True:
        row = await tx.row(
            "INSERT INTO tickets (id, order_id, number, event_id, kind_id, owner_id, mode, code,"
            " short_code, holder, naming, status, status_ms, valid_from_ms, valid_until_ms,"
            " delivery, created_ms, birth_date, place_id, entry, party_size)"
            " SELECT CAST(:renamed_id AS BIGINT), order_id, number, event_id, kind_id, owner_id,"
            "  mode, CAST(:code AS TEXT), CAST(:short_code AS TEXT), CAST(:holder AS TEXT), naming,"
            "  'valid', CAST(:now_ms AS BIGINT), valid_from_ms, valid_until_ms, 'queued',"
            "  CAST(:now_ms AS BIGINT), birth_date, place_id, entry, party_size"
            " FROM tickets WHERE tickets.id = :id"
            " ON CONFLICT (event_id, short_code) DO NOTHING RETURNING id",
            id=ticket_id,
            renamed_id=renamed_id,
            code=make_code(keyring, Mode(old["mode"]), event["tag"]),
            short_code=make_short_code(),
            holder=holder,
            now_ms=now_ms,
        )
        if row is not None:
            break
    await tx.run(
        "UPDATE tickets SET successor_id = :renamed_id WHERE id = :id",
        id=ticket_id,
        renamed_id=renamed_id,
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

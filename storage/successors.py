"""A new ticket for a seat whose old one is dead: the seat was never free in between."""

from datetime import date

from boxoffice.codes import Keyring, Mode, make_code
from boxoffice.typed_codes import make_short_code
from storage.database import Tx
from storage.ids import new_id


async def succeed(
    tx: Tx,
    ticket_id: int,
    *,
    owner_id: int,
    holder: str | None,
    birth_date: date | None,
    keyring: Keyring,
    now_ms: int,
) -> int:
    """Make the ticket that takes a dead one's seat, with codes of its own; answers its id.

    The caller has just killed the old one by its conditional statement: the index
    `tickets_one_living` refuses a second living ticket of a seat, whatever the caller thinks.
    """
    old = await tx.row(
        "SELECT tickets.mode, events.tag FROM tickets"
        " JOIN events ON events.id = tickets.event_id WHERE tickets.id = :id",
        id=ticket_id,
    )
    if old is None:
        raise LookupError(f"no ticket {ticket_id} to follow")
    successor_id = new_id(now_ms)
    while True:
        # A short code is drawn again when this event has it already; the long one never repeats.
        row = await tx.row(
            "INSERT INTO tickets (id, order_id, number, event_id, kind_id, owner_id, mode, code,"
            " short_code, holder, naming, status, status_ms, valid_from_ms, valid_until_ms,"
            " delivery, created_ms, birth_date, place_id, entry, party_size)"
            " SELECT CAST(:successor_id AS BIGINT), order_id, number, event_id, kind_id,"
            "  CAST(:owner_id AS BIGINT), mode, CAST(:code AS TEXT), CAST(:short_code AS TEXT),"
            "  CAST(:holder AS TEXT), naming, 'valid', CAST(:now_ms AS BIGINT), valid_from_ms,"
            "  valid_until_ms, 'queued', CAST(:now_ms AS BIGINT), CAST(:birth_date AS TEXT),"
            "  place_id, entry, party_size FROM tickets WHERE tickets.id = :id"
            " ON CONFLICT (event_id, short_code) DO NOTHING RETURNING id",
            id=ticket_id,
            successor_id=successor_id,
            owner_id=owner_id,
            code=make_code(keyring, Mode(old["mode"]), old["tag"]),
            short_code=make_short_code(),
            holder=holder,
            birth_date=birth_date.isoformat() if birth_date else None,
            now_ms=now_ms,
        )
        if row is not None:
            break
    await tx.run(
        "UPDATE tickets SET successor_id = :successor_id WHERE id = :id",
        id=ticket_id,
        successor_id=successor_id,
    )
    return successor_id

"""The rules of an event that its organiser sets: when it sells, how it lets in, where it is.

What a buyer has accepted is not changed behind their back: how often a ticket opens a gate and
whether a birth date is asked are settled before the first order; the conditions get a new version.
"""

from collections.abc import Sequence

from boxoffice.model import Equipment
from boxoffice.scan_facts import Entry
from storage.database import Tx

_UNSOLD = " AND NOT EXISTS (SELECT 1 FROM orders WHERE orders.event_id = events.id)"


async def halt_sales(tx: Tx, event_id: int, now_ms: int) -> bool:
    """Stop the sale until it is resumed; false if it was stopped, or the event is not for sale."""
    row = await tx.row(
        "UPDATE events SET halted_ms = :now_ms WHERE id = :id AND status = 'published'"
        " AND halted_ms IS NULL AND ends_ms > :now_ms RETURNING id",
        id=event_id,
        now_ms=now_ms,
    )
    return row is not None


async def resume_sales(tx: Tx, event_id: int, now_ms: int) -> bool:
    """Sell again what was stopped, or whose time to be sold in is over; false if it was neither."""
    row = await tx.row(
        "UPDATE events SET halted_ms = NULL,"
        " sales_until_ms = CASE WHEN sales_until_ms > :now_ms THEN sales_until_ms END"
        " WHERE id = :id AND status = 'published' AND ends_ms > :now_ms"
        " AND (halted_ms IS NOT NULL OR sales_until_ms <= :now_ms) RETURNING id",
        id=event_id,
        now_ms=now_ms,
    )
    return row is not None


async def set_entry(tx: Tx, event_id: int, entry: Entry) -> bool:
    """Say how often a ticket opens a gate; false once somebody has ordered."""
    row = await tx.row(
        "UPDATE events SET entry = :entry, conditions_version = conditions_version + 1"
        f" WHERE id = :id{_UNSOLD} RETURNING id",
        id=event_id,
        entry=entry.value,
    )
    return row is not None


async def set_party(tx: Tx, kind_id: int, size: int) -> bool:
    """Let so many people in on one ticket of a kind; false once any of it is taken."""
    row = await tx.row(
        "UPDATE kinds SET party_size = :size WHERE id = :id AND taken = 0 RETURNING id",
        id=kind_id,
        size=size,
    )
    return row is not None


async def change_room(tx: Tx, event_id: int, old: int | None, new: int | None) -> bool:
    """Limit how many are inside at a time; None is no limit. False if more are inside already."""
    match old, new:
        case int(), None:
            sql = (
                "DELETE FROM occupancy WHERE event_id = :id AND inside_max = :old"
                " RETURNING event_id"
            )
        case int(), _:
            sql = (
                "UPDATE occupancy SET inside_max = :new WHERE event_id = :id"
                " AND inside_max = :old AND inside <= :new RETURNING event_id"
            )
        case _:
            sql = (
                "INSERT INTO occupancy (event_id, inside, inside_max) SELECT CAST(:id AS BIGINT),"
                " (SELECT CAST(COALESCE(SUM(tickets.inside), 0) AS BIGINT) FROM tickets"
                "  WHERE tickets.event_id = :id), CAST(:new AS BIGINT) WHERE"
                " (SELECT COALESCE(SUM(tickets.inside), 0) FROM tickets"
                "  WHERE tickets.event_id = :id) <= :new"
                " ON CONFLICT (event_id) DO NOTHING RETURNING event_id"
            )
    facts = {"old": old, "new": new}
    row = await tx.row(sql, id=event_id, **{name: n for name, n in facts.items() if n is not None})
    return row is not None


async def inside(tx: Tx, event_id: int) -> int:
    """Count who is inside an event now."""
    row = await tx.row(
        "SELECT COALESCE(SUM(inside), 0) AS inside FROM tickets WHERE event_id = :id", id=event_id
    )
    return int(row["inside"]) if row else 0


async def inside_max(tx: Tx, event_id: int) -> int | None:
    """Read how many may be inside at a time, if that is limited."""
    row = await tx.row("SELECT inside_max FROM occupancy WHERE event_id = :id", id=event_id)
    return row["inside_max"] if row else None


async def share(tx: Tx, event_id: int, kind_ids: Sequence[int], quota: int, shared_id: int) -> bool:
    """Let kinds share so many seats; false if more of them are taken, or one shares already."""
    taken = 0
    for kind_id in sorted(kind_ids):
        # The kinds' rows are locked by this update: what is counted stays so until the end.
        row = await tx.row(
            "UPDATE kinds SET taken = taken WHERE id = :id AND event_id = :event_id"
            " AND shared_id IS NULL RETURNING taken",
            id=kind_id,
            event_id=event_id,
        )
        if row is None:
            return False
        taken += row["taken"]
    if taken > quota or not kind_ids:
        return False
    await tx.run(
        "INSERT INTO shared_quotas (id, event_id, quota, taken)"
        " VALUES (:id, :event_id, :quota, :taken)",
        id=shared_id,
        event_id=event_id,
        quota=quota,
        taken=taken,
    )
    for kind_id in kind_ids:
        await tx.run(
            "UPDATE kinds SET shared_id = :shared_id WHERE id = :id",
            shared_id=shared_id,
            id=kind_id,
        )
    return True


async def unshare(tx: Tx, shared_id: int, quota: int) -> bool:
    """Let kinds share no more, each bounded by its own quota; false if the pot is another now."""
    count = await tx.run(
        "UPDATE kinds SET shared_id = NULL WHERE shared_id = :id"
        " AND EXISTS (SELECT 1 FROM shared_quotas WHERE id = :id AND quota = :quota)",
        id=shared_id,
        quota=quota,
    )
    await tx.run(
        "DELETE FROM shared_quotas WHERE id = :id"
        " AND NOT EXISTS (SELECT 1 FROM kinds WHERE kinds.shared_id = shared_quotas.id)",
        id=shared_id,
    )
    return count > 0


async def shared_quota_of(tx: Tx, event_id: int) -> list[tuple[int, str]]:
    """Read what kinds share: the quota, and the kinds by name."""
    rows = await tx.rows(
        "SELECT shared_quotas.quota, kinds.name FROM kinds"
        " JOIN shared_quotas ON shared_quotas.id = kinds.shared_id"
        " WHERE kinds.event_id = :id ORDER BY shared_quotas.id, kinds.position",
        id=event_id,
    )
    return [(row["quota"], row["name"]) for row in rows]


async def pots_of(tx: Tx, event_id: int) -> dict[int, tuple[int, list[int]]]:
    """Read each pot of shared seats: its quota, and the kinds that share it, by their ids."""
    rows = await tx.rows(
        "SELECT shared_quotas.id AS pot, shared_quotas.quota, kinds.id FROM kinds"
        " JOIN shared_quotas ON shared_quotas.id = kinds.shared_id"
        " WHERE kinds.event_id = :id ORDER BY shared_quotas.id, kinds.position",
        id=event_id,
    )
    pots: dict[int, tuple[int, list[int]]] = {}
    for row in rows:
        pots.setdefault(row["pot"], (row["quota"], []))[1].append(row["id"])
    return pots


async def set_equipment(tx: Tx, event_id: int, equipment: Equipment) -> None:
    """Keep whether the venue can scan."""
    await tx.run(
        "UPDATE events SET equipment = :equipment WHERE id = :id",
        id=event_id,
        equipment=equipment.value,
    )

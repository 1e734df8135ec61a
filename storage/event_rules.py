"""The rules of an event that its organiser sets: when it sells, how it lets in, where it is.

What a buyer has accepted is not changed behind their back: how often a ticket opens a gate and
whether a birth date is asked are settled before the first order; the conditions get a new version.
"""

from collections.abc import Sequence

from boxoffice.admission import Entry
from boxoffice.model import Equipment, Pin
from boxoffice.refund_terms import RefundTerms
from storage.database import Tx
from storage.ids import new_id

_UNSOLD = " AND NOT EXISTS (SELECT 1 FROM orders WHERE orders.event_id = events.id)"


async def set_pin(tx: Tx, event_id: int, pin: Pin | None) -> None:
    """Put the venue on the map, or take it off."""
    await tx.run(
        "UPDATE events SET latitude_e6 = :latitude, longitude_e6 = :longitude WHERE id = :id",
        id=event_id,
        latitude=pin.latitude_e6 if pin else None,
        longitude=pin.longitude_e6 if pin else None,
    )


async def set_sales(tx: Tx, event_id: int, from_ms: int | None, until_ms: int | None) -> None:
    """Sell from one time to another; None is open at that end."""
    await tx.run(
        "UPDATE events SET sales_from_ms = :from_ms, sales_until_ms = :until_ms WHERE id = :id",
        id=event_id,
        from_ms=from_ms,
        until_ms=until_ms,
    )


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


async def set_age_check(tx: Tx, event_id: int, checks: int) -> bool:
    """Ask a birth date of every holder (1) or none (0); false once somebody has ordered."""
    row = await tx.row(
        "UPDATE events SET checks_age = :checks, conditions_version = conditions_version + 1"
        f" WHERE id = :id{_UNSOLD} RETURNING id",
        id=event_id,
        checks=checks,
    )
    return row is not None


async def set_renaming_end(tx: Tx, event_id: int, before_doors_ms: int) -> None:
    """Say until how long before the doors a beneficiary's name can be corrected."""
    await tx.run(
        "UPDATE events SET renaming_ends_ms = :ends_ms WHERE id = :id",
        id=event_id,
        ends_ms=before_doors_ms,
    )


async def set_window(tx: Tx, kind_id: int, from_ms: int, until_ms: int) -> bool:
    """Say when a kind's tickets open a gate; false once somebody has ordered of the event."""
    row = await tx.row(
        "UPDATE kinds SET valid_from_ms = :from_ms, valid_until_ms = :until_ms WHERE id = :id"
        " AND NOT EXISTS (SELECT 1 FROM orders WHERE orders.event_id = kinds.event_id)"
        " RETURNING event_id",
        id=kind_id,
        from_ms=from_ms,
        until_ms=until_ms,
    )
    if row is None:
        return False
    await tx.run(
        "UPDATE events SET conditions_version = conditions_version + 1 WHERE id = :id",
        id=row["event_id"],
    )
    return True


async def set_refund_terms(tx: Tx, event_id: int, terms: RefundTerms) -> bool:
    """Say what comes back to who gives tickets back; who has accepted other terms keeps those."""
    row = await tx.row(
        "UPDATE events SET refund_percent = :percent, refund_before_ms = :before_ms,"
        " conditions_version = conditions_version + 1 WHERE id = :id RETURNING id",
        id=event_id,
        percent=terms.percent,
        before_ms=terms.before_ms,
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


async def limit_inside(tx: Tx, event_id: int, inside_max: int) -> bool:
    """Limit how many people are inside at a time; false if more are inside already."""
    row = await tx.row(
        "INSERT INTO occupancy (event_id, inside, inside_max) SELECT CAST(:id AS BIGINT),"
        " (SELECT CAST(COALESCE(SUM(tickets.inside), 0) AS BIGINT) FROM tickets"
        "  WHERE tickets.event_id = :id), CAST(:inside_max AS BIGINT) WHERE"
        " (SELECT COALESCE(SUM(tickets.inside), 0) FROM tickets"
        "  WHERE tickets.event_id = :id) <= :inside_max"
        " ON CONFLICT (event_id) DO UPDATE SET inside_max = :inside_max"
        " WHERE occupancy.inside <= :inside_max RETURNING event_id",
        id=event_id,
        inside_max=inside_max,
    )
    return row is not None


async def inside_max(tx: Tx, event_id: int) -> int | None:
    """Read how many may be inside at a time, if that is limited."""
    row = await tx.row("SELECT inside_max FROM occupancy WHERE event_id = :id", id=event_id)
    return row["inside_max"] if row else None


async def share(tx: Tx, event_id: int, kind_ids: Sequence[int], quota: int, now_ms: int) -> bool:
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
    shared_id = new_id(now_ms)
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


async def shared_quota_of(tx: Tx, event_id: int) -> list[tuple[int, str]]:
    """Read what kinds share: the quota, and the kinds by name."""
    rows = await tx.rows(
        "SELECT shared_quotas.quota, kinds.name FROM kinds"
        " JOIN shared_quotas ON shared_quotas.id = kinds.shared_id"
        " WHERE kinds.event_id = :id ORDER BY shared_quotas.id, kinds.position",
        id=event_id,
    )
    return [(row["quota"], row["name"]) for row in rows]


async def set_equipment(tx: Tx, event_id: int, equipment: Equipment) -> None:
    """Keep whether the venue can scan."""
    await tx.run(
        "UPDATE events SET equipment = :equipment WHERE id = :id",
        id=event_id,
        equipment=equipment.value,
    )

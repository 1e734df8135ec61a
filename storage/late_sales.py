"""Selling to money that came late: the seats of an order whose hold is over, or others."""

from storage import places, promos, seat_counts
from storage.database import Tx
from storage.orders import wanted_of


async def take_again(tx: Tx, order_id: int, now_ms: int) -> bool:
    """Sell the seats of an order whose hold is over to its late money, if all are still free.

    True if the order is paid now; false if it was not over, or its event is not on sale any more,
    or a kind is sold out.
    """
    row = await tx.row(
        "UPDATE orders SET status = 'paid', closed_ms = :now_ms WHERE id = :id"
        " AND status IN ('expired', 'cancelled') AND EXISTS (SELECT 1 FROM events"
        "  WHERE events.id = orders.event_id AND events.status = 'published'"
        "  AND events.ends_ms > :now_ms) RETURNING status",
        id=order_id,
        now_ms=now_ms,
    )
    if row is None:
        return False
    taken: list[tuple[int, int]] = []
    for kind_id, count in await wanted_of(tx, order_id):
        # Who has paid comes before who waits.
        if not await seat_counts.take(tx, kind_id, count, past_line=True):
            for taken_id, taken_count in taken:
                await seat_counts.give_back(tx, taken_id, taken_count)
            await tx.run("UPDATE orders SET status = 'expired' WHERE id = :id", id=order_id)
            return False
        taken.append((kind_id, count))
    if await places.take(tx, order_id):
        if await promos.take_again(tx, order_id, now_ms):
            return True
        await places.free(tx, order_id)
    for taken_id, taken_count in taken:
        await seat_counts.give_back(tx, taken_id, taken_count)
    await tx.run("UPDATE orders SET status = 'expired' WHERE id = :id", id=order_id)
    return False


async def sell_other_kind(
    tx: Tx, order_id: int, kind_id: int, price_minor: int, now_ms: int
) -> bool:
    """Sell seats of another kind to late money whose own kind is gone, all of them or none."""
    row = await tx.row(
        "UPDATE orders SET status = 'paid', closed_ms = :now_ms,"
        " total_minor = quantity * :price_minor WHERE id = :id"
        " AND status IN ('expired', 'cancelled') AND EXISTS (SELECT 1 FROM events JOIN kinds"
        "  ON kinds.event_id = events.id WHERE events.id = orders.event_id"
        "  AND kinds.id = :kind_id AND kinds.taken + orders.quantity <= kinds.quota"
        "  AND events.status = 'published' AND events.ends_ms > :now_ms)"
        # Seats with numbers are chosen by who sits on them: late money takes none.
        " AND NOT EXISTS (SELECT 1 FROM places WHERE places.kind_id = :kind_id)"
        " RETURNING quantity",
        id=order_id,
        kind_id=kind_id,
        price_minor=price_minor,
        now_ms=now_ms,
    )
    if row is None:
        return False
    if not await seat_counts.take(tx, kind_id, row["quantity"]):
        # Somebody came between on PostgreSQL: what was there goes back as it was.
        await tx.run(
            "UPDATE orders SET status = 'expired', total_minor = (SELECT SUM(price_minor)"
            " FROM seats WHERE order_id = :id) WHERE id = :id",
            id=order_id,
        )
        return False
    await tx.run(
        "UPDATE seats SET kind_id = :kind_id, price_minor = :price_minor, place_id = NULL"
        " WHERE order_id = :order_id",
        order_id=order_id,
        kind_id=kind_id,
        price_minor=price_minor,
    )
    await promos.forget(tx, order_id)
    return True

"""Orders: holding seats, selling them, and letting them go exactly once."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from boxoffice.model import Order, OrderStatus, Seat
from boxoffice.money import Money
from boxoffice.refund_terms import NO_REFUND, RefundTerms
from boxoffice.rules import HOLD_EXTENSIONS_MAX
from storage import places, promos, seat_counts, sellers
from storage.database import Row, Tx
from storage.ids import new_id


@dataclass(frozen=True, slots=True)
class NewOrder:
    """What a buyer wants of one event: every seat with its kind, price and perhaps a name."""

    reference: str
    event_id: int
    buyer_id: int
    chat_id: int
    seats: Sequence[Seat]
    currency: str
    hold_until_ms: int
    refund_terms: RefundTerms = NO_REFUND
    promo_id: int | None = None
    promo_code: str = ""
    """The code that made its prices; used up with the seats, or nothing is held."""
    source: str = "chat"
    """`counter` and `invitation` are sold at once, by `sold_by`, and wait to be handed over."""
    sold_by: int | None = None


async def hold(tx: Tx, new: NewOrder, now_ms: int, *, past_line: bool = False) -> Order | None:
    """Hold every seat of an order, or none: None when too few are left of a kind, or of a code.

    One conditional update a kind, in the order of their ids; what was taken before a refusal is
    given back in the same transaction. The buyer's active hold of this event, if any, must be let
    go before (the index `orders_one_hold` says so).
    """
    wanted: dict[int, int] = {}
    for seat in new.seats:
        wanted[seat.kind_id] = wanted.get(seat.kind_id, 0) + 1
    held: list[tuple[int, int]] = []
    for kind_id, count in sorted(wanted.items()):
        if not await seat_counts.take(tx, kind_id, count, past_line=past_line):
            for held_id, held_count in held:
                await seat_counts.give_back(tx, held_id, held_count)
            return None
        held.append((kind_id, count))
    order_id = new_id(now_ms)
    row = await tx.row(
        "INSERT INTO orders (id, reference, event_id, buyer_id, chat_id, status, quantity,"
        " total_minor, currency, held_ms, hold_until_ms, refund_percent, refund_before_ms,"
        " closed_ms, source, sold_by, handed, promo_id, promo_code, promo_by)"
        " VALUES (:id, :reference, :event_id, :buyer_id, :chat_id, :status, :quantity,"
        " :total_minor, :currency, :now_ms, :hold_until_ms,"
        " :refund_percent, :refund_before_ms, :closed_ms, :source, :sold_by, :handed,"
        " :promo_id, :promo_code, :promo_by) RETURNING *",
        id=order_id,
        reference=new.reference,
        event_id=new.event_id,
        buyer_id=new.buyer_id,
        chat_id=new.chat_id,
        quantity=len(new.seats),
        total_minor=sum(seat.price_minor for seat in new.seats),
        currency=new.currency,
        now_ms=now_ms,
        hold_until_ms=new.hold_until_ms,
        refund_percent=new.refund_terms.percent,
        refund_before_ms=new.refund_terms.before_ms,
        promo_id=new.promo_id,
        promo_code=new.promo_code,
        promo_by=new.buyer_id if new.promo_id is not None else None,
        status="held" if new.sold_by is None else "paid",
        closed_ms=None if new.sold_by is None else now_ms,
        source=new.source,
        sold_by=new.sold_by,
        handed="buyer" if new.sold_by is None else "waiting",
    )
    for seat in new.seats:
        await tx.run(
            "INSERT INTO seats (order_id, number, kind_id, price_minor, holder, birth_date,"
            " place_id) VALUES (:order_id, :number, :kind_id, :price_minor, :holder, :birth_date,"
            " :place_id)",
            order_id=order_id,
            number=seat.number,
            kind_id=seat.kind_id,
            price_minor=seat.price_minor,
            holder=seat.holder,
            birth_date=seat.birth_date.isoformat() if seat.birth_date else None,
            place_id=seat.place_id,
        )
    numbered = any(seat.place_id is not None for seat in new.seats)
    if numbered and not await places.take(tx, order_id):
        await _give_up(tx, order_id)
        return None
    if new.promo_id is not None and not await promos.take_again(tx, order_id, now_ms):
        await places.free(tx, order_id)
        await _give_up(tx, order_id)
        return None
    return order_of(row) if row else None


async def _give_up(tx: Tx, order_id: int) -> None:
    """Undo a hold that was just made: one of its numbered seats had gone."""
    for kind_id, count in await wanted_of(tx, order_id):
        await seat_counts.give_back(tx, kind_id, count)
    await tx.run("DELETE FROM seats WHERE order_id = :id", id=order_id)
    await tx.run("DELETE FROM orders WHERE id = :id", id=order_id)


async def change_hold(
    tx: Tx, old_id: int, new: NewOrder, now_ms: int, *, past_line: bool = False
) -> Order | None:
    """Let a hold go and hold these seats instead; if there are not enough, the old one stays.

    What was given back is taken again in the same transaction, which holds the kinds' rows, so
    nobody can have come between.
    """
    if not await end_hold(tx, old_id, OrderStatus.CANCELLED, now_ms):
        return await hold(tx, new, now_ms, past_line=past_line)
    had = dict(await wanted_of(tx, old_id))
    wanted = Counter(seat.kind_id for seat in new.seats)
    # Seats that were theirs a moment ago are nobody else's turn.
    theirs = all(count <= had.get(kind_id, 0) for kind_id, count in wanted.items())
    order = await hold(tx, new, now_ms, past_line=past_line or theirs)
    if order is None:
        await tx.run(
            "UPDATE orders SET status = 'held', closed_ms = NULL WHERE id = :id", id=old_id
        )
        for kind_id, count in await wanted_of(tx, old_id):
            await seat_counts.take(tx, kind_id, count, past_line=True)
        await places.take(tx, old_id)
        await promos.restore(tx, old_id)
    return order


async def end_hold(tx: Tx, order_id: int, status: OrderStatus, now_ms: int) -> bool:
    """End a hold as `expired` or `cancelled` and give its seats back; true exactly once."""
    row = await tx.row(
        "UPDATE orders SET status = :status, closed_ms = :now_ms"
        " WHERE id = :id AND status = 'held' RETURNING id",
        id=order_id,
        status=status.value,
        now_ms=now_ms,
    )
    if row is None:
        return False
    await _free(tx, order_id)
    return True


async def extend_hold(tx: Tx, order_id: int, until_ms: int) -> bool:
    """Hold seats longer for a provider that needs more time: at most twice an order.

    True also if they are held that long already. The reminder is due again.
    """
    changed = await tx.run(
        "UPDATE orders SET extensions = extensions +"
        "  CASE WHEN hold_until_ms < :until_ms THEN 1 ELSE 0 END,"
        " reminded_ms = CASE WHEN hold_until_ms < :until_ms THEN NULL ELSE reminded_ms END,"
        " hold_until_ms = CASE WHEN hold_until_ms < :until_ms THEN :until_ms ELSE hold_until_ms END"
        " WHERE id = :id AND status = 'held'"
        " AND (hold_until_ms >= :until_ms OR extensions < :extensions_max)",
        id=order_id,
        until_ms=until_ms,
        extensions_max=HOLD_EXTENSIONS_MAX,
    )
    return changed == 1


async def mark_paid(tx: Tx, order_id: int, now_ms: int) -> bool:
    """Turn held seats into sold ones; true once, false if the hold is over or already paid."""
    changed = await tx.run(
        "UPDATE orders SET status = 'paid', closed_ms = :now_ms WHERE id = :id AND status = 'held'",
        id=order_id,
        now_ms=now_ms,
    )
    return changed == 1


async def return_seat(
    tx: Tx,
    order_id: int,
    number: int,
    now_ms: int,
    status: OrderStatus = OrderStatus.REFUNDED,
) -> Seat | None:
    """Give one sold seat back, once; the order whose last seat went back is over.

    It is refunded then, or what `status` says; cancelled if it never cost anything.
    """
    row = await tx.row(
        "UPDATE seats SET returned_ms = :now_ms WHERE order_id = :order_id AND number = :number"
        " AND returned_ms IS NULL RETURNING *",
        order_id=order_id,
        number=number,
        now_ms=now_ms,
    )
    if row is None:
        return None
    await seat_counts.give_back(tx, row["kind_id"], 1)
    await places.free_one(tx, order_id, number)
    await promos.give_back(tx, order_id, 1)
    await sellers.give_back(tx, order_id, 1)
    await tx.run(
        "UPDATE orders SET status = CASE WHEN total_minor = 0 THEN 'cancelled' ELSE :status END,"
        " closed_ms = :now_ms WHERE id = :order_id"
        " AND status = 'paid' AND NOT EXISTS (SELECT 1 FROM seats"
        "  WHERE seats.order_id = orders.id AND returned_ms IS NULL)",
        order_id=order_id,
        status=status.value,
        now_ms=now_ms,
    )
    return Seat(row["number"], row["kind_id"], row["price_minor"], row["holder"])


async def paid_orders(tx: Tx, event_id: int, limit: int) -> list[Order]:
    """Read some paid orders of an event, oldest first: to be refunded a few at a time.

    One none of whose tickets lives, because a bank took the money back, has nothing to refund.
    """
    rows = await tx.rows(
        "SELECT * FROM orders WHERE event_id = :event_id AND status = 'paid'"
        " AND EXISTS (SELECT 1 FROM tickets WHERE tickets.order_id = orders.id"
        "  AND tickets.status IN ('valid', 'blocked'))"
        " ORDER BY held_ms, id LIMIT :limit",
        event_id=event_id,
        limit=limit,
    )
    return [order_of(row) for row in rows]


async def order_by_id(tx: Tx, order_id: int) -> Order | None:
    """Read one order."""
    row = await tx.row("SELECT * FROM orders WHERE id = :id", id=order_id)
    return order_of(row) if row else None


async def order_by_reference(tx: Tx, reference: str) -> Order | None:
    """Read one order by the reference people read out."""
    row = await tx.row("SELECT * FROM orders WHERE reference = :reference", reference=reference)
    return order_of(row) if row else None


async def active_hold(tx: Tx, event_id: int, buyer_id: int) -> Order | None:
    """Read a buyer's one active hold of an event."""
    row = await tx.row(
        "SELECT * FROM orders WHERE event_id = :event_id AND buyer_id = :buyer_id"
        " AND status = 'held'",
        event_id=event_id,
        buyer_id=buyer_id,
    )
    return order_of(row) if row else None


async def holds_of(tx: Tx, buyer_id: int) -> list[Order]:
    """Read a buyer's active holds, oldest first."""
    rows = await tx.rows(
        "SELECT * FROM orders WHERE buyer_id = :buyer_id AND status = 'held' ORDER BY held_ms",
        buyer_id=buyer_id,
    )
    return [order_of(row) for row in rows]


async def bought(tx: Tx, event_id: int, buyer_id: int, kind_id: int, count: int) -> Order | None:
    """Read the newest paid order of so many tickets of a kind that a buyer made themselves."""
    row = await tx.row(
        "SELECT * FROM orders WHERE event_id = :event_id AND buyer_id = :buyer_id"
        " AND status = 'paid' AND handed = 'buyer' AND quantity = :count AND EXISTS (SELECT 1"
        "  FROM seats WHERE seats.order_id = orders.id AND seats.kind_id = :kind_id)"
        " ORDER BY held_ms DESC LIMIT 1",
        event_id=event_id,
        buyer_id=buyer_id,
        kind_id=kind_id,
        count=count,
    )
    return order_of(row) if row else None


async def seats_of(tx: Tx, order_id: int) -> list[Seat]:
    """Read the seats of an order, by rank."""
    rows = await tx.rows(
        "SELECT * FROM seats WHERE order_id = :order_id ORDER BY number", order_id=order_id
    )
    return [
        Seat(
            row["number"],
            row["kind_id"],
            row["price_minor"],
            row["holder"],
            date.fromisoformat(row["birth_date"]) if row["birth_date"] else None,
            row["place_id"],
        )
        for row in rows
    ]


async def held_count(tx: Tx, event_id: int, person_id: int) -> int:
    """Count what a person holds of an event: seats held unpaid, and tickets, bought or received.

    A ticket given away counts for whoever has it now; one whose money a bank took back counts too.
    """
    row = await tx.row(
        "SELECT (SELECT COUNT(*) FROM seats JOIN orders ON orders.id = seats.order_id"
        "  WHERE orders.event_id = :event_id AND orders.buyer_id = :person_id"
        "  AND orders.status = 'held')"
        " + (SELECT COUNT(*) FROM tickets JOIN orders ON orders.id = tickets.order_id"
        "  WHERE tickets.event_id = :event_id AND tickets.owner_id = :person_id"
        "  AND orders.handed IN ('buyer', 'claimed')"
        "  AND tickets.status IN ('valid', 'blocked', 'charged_back')) AS held",
        event_id=event_id,
        person_id=person_id,
    )
    return int(row["held"]) if row else 0


async def unpaid_ends(tx: Tx, buyer_id: int, since_ms: int) -> list[int]:
    """Read when the buyer's holds ended unpaid by themselves since a time."""
    rows = await tx.rows(
        "SELECT closed_ms FROM orders WHERE buyer_id = :buyer_id AND status = 'expired'"
        " AND closed_ms > :since_ms",
        buyer_id=buyer_id,
        since_ms=since_ms,
    )
    return [row["closed_ms"] for row in rows]


async def _free(tx: Tx, order_id: int) -> None:
    """Give back all that an order holds or has: counted seats and numbered ones."""
    for kind_id, count in await wanted_of(tx, order_id):
        await seat_counts.give_back(tx, kind_id, count)
    await places.free(tx, order_id)
    await promos.give_back(tx, order_id)


async def wanted_of(tx: Tx, order_id: int) -> list[tuple[int, int]]:
    """Count an order's seats by kind, in the order in which kinds are locked."""
    rows = await tx.rows(
        "SELECT kind_id, COUNT(*) AS count FROM seats WHERE order_id = :order_id"
        " GROUP BY kind_id ORDER BY kind_id",
        order_id=order_id,
    )
    return [(row["kind_id"], row["count"]) for row in rows]


def order_of(row: Row) -> Order:
    """Make an Order of a row of the orders table."""
    return Order(
        id=row["id"],
        reference=row["reference"],
        event_id=row["event_id"],
        buyer_id=row["buyer_id"],
        chat_id=row["chat_id"],
        status=OrderStatus(row["status"]),
        quantity=row["quantity"],
        total=Money(row["total_minor"], row["currency"]),
        held_ms=row["held_ms"],
        hold_until_ms=row["hold_until_ms"],
        promo=row["promo_code"],
        refund_terms=RefundTerms(row["refund_percent"], row["refund_before_ms"]),
        source=row["source"],
        sold_by=row["sold_by"],
        handed=row["handed"],
    )

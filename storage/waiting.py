"""Waiting lists: joining, offers that hold seats without an order, passing on, leaving.

An offer takes its seats from the kind by the same conditional update as an order, and ends exactly
once: taken, refused, or over. Only who takes it accepts conditions; only then is there an order.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from storage import seat_counts
from storage.database import Row, Tx
from storage.ids import new_id


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody's place in the line for a kind."""

    id: int
    event_id: int
    kind_id: int
    person_id: int
    chat_id: int
    quantity: int
    payment_id: int | None
    status: str


@dataclass(frozen=True, slots=True)
class Offer:
    """Seats that are kept for one person who waited."""

    id: int
    waiting_id: int
    event_id: int
    kind_id: int
    person_id: int
    quantity: int
    until_ms: int


@dataclass(frozen=True, slots=True)
class Line:
    """How many stand in the line of a kind, and how many places they want."""

    kind: str
    people: int
    places: int


# ---- The line ------------------------------------------------------------------------------------


async def join(
    tx: Tx,
    *,
    event_id: int,
    kind_id: int,
    person_id: int,
    chat_id: int,
    quantity: int,
    now_ms: int,
    payment_id: int | None = None,
) -> Waiting | None:
    """Join the line of a kind; late money goes to its front. None for who stands there already."""
    row = await tx.row(
        "INSERT INTO waiting (id, event_id, kind_id, person_id, chat_id, quantity, rank,"
        " payment_id, status, joined_ms) VALUES (:id, :event_id, :kind_id, :person_id, :chat_id,"
        " :quantity, :rank, :payment_id, 'waiting', :now_ms) ON CONFLICT DO NOTHING RETURNING *",
        id=new_id(now_ms),
        event_id=event_id,
        kind_id=kind_id,
        person_id=person_id,
        chat_id=chat_id,
        quantity=quantity,
        rank=1 if payment_id is None else 0,
        payment_id=payment_id,
        now_ms=now_ms,
    )
    return _waiting(row) if row else None


async def place_of(tx: Tx, kind_id: int, person_id: int) -> Waiting | None:
    """Read somebody's own place in the line of a kind."""
    row = await tx.row(
        "SELECT * FROM waiting WHERE kind_id = :kind_id AND person_id = :person_id"
        " AND status IN ('waiting', 'offered') AND payment_id IS NULL",
        kind_id=kind_id,
        person_id=person_id,
    )
    return _waiting(row) if row else None


async def by_id(tx: Tx, waiting_id: int) -> Waiting | None:
    """Read one place in a line."""
    row = await tx.row("SELECT * FROM waiting WHERE id = :id", id=waiting_id)
    return _waiting(row) if row else None


async def places_of(tx: Tx, person_id: int, limit: int) -> list[Waiting]:
    """Read every line a person stands in, the oldest first."""
    rows = await tx.rows(
        "SELECT * FROM waiting WHERE person_id = :person_id AND status IN ('waiting', 'offered')"
        " ORDER BY id LIMIT :limit",
        person_id=person_id,
        limit=limit,
    )
    return [_waiting(row) for row in rows]


async def lines_of(tx: Tx, event_id: int) -> list[Line]:
    """Count who waits for what, by kind; a kind that nobody waits for is left out."""
    rows = await tx.rows(
        "SELECT kinds.name, COUNT(*) AS people, SUM(waiting.quantity) AS places FROM waiting"
        " JOIN kinds ON kinds.id = waiting.kind_id WHERE waiting.event_id = :event_id"
        " AND waiting.status IN ('waiting', 'offered')"
        " GROUP BY kinds.id, kinds.name, kinds.position ORDER BY kinds.position",
        event_id=event_id,
    )
    return [Line(row["name"], int(row["people"]), int(row["places"])) for row in rows]


async def position(tx: Tx, place: Waiting) -> int:
    """Count who is served before somebody, themselves included."""
    row = await tx.row(
        "SELECT COUNT(*) AS place FROM waiting JOIN waiting AS mine ON mine.id = :id"
        " WHERE waiting.kind_id = mine.kind_id AND waiting.status IN ('waiting', 'offered')"
        " AND (waiting.rank < mine.rank OR (waiting.rank = mine.rank AND waiting.id <= mine.id))",
        id=place.id,
    )
    return int(row["place"]) if row else 1


async def leave(tx: Tx, waiting_id: int, now_ms: int) -> bool:
    """Leave a line; what was offered goes back, to the next. True once."""
    row = await tx.row(
        "UPDATE waiting SET status = 'left', closed_ms = :now_ms"
        " WHERE id = :id AND status IN ('waiting', 'offered') RETURNING id",
        id=waiting_id,
        now_ms=now_ms,
    )
    if row is None:
        return False
    await _end_offer_of(tx, waiting_id, "refused", now_ms)
    return True


async def leave_with_money(tx: Tx, payment_id: int, now_ms: int) -> None:
    """Take late money out of the line: somebody chose something else for it."""
    row = await tx.row(
        "SELECT id FROM waiting WHERE payment_id = :payment_id", payment_id=payment_id
    )
    if row is not None:
        await leave(tx, row["id"], now_ms)


async def waits_with(tx: Tx, payment_id: int) -> bool:
    """Say whether late money was put in a line before."""
    row = await tx.row(
        "SELECT 1 AS yes FROM waiting WHERE payment_id = :payment_id", payment_id=payment_id
    )
    return row is not None


async def close_lines(tx: Tx, now_ms: int, limit: int) -> list[Waiting]:
    """End the lines of events that are cancelled or over; answers who waited in vain."""
    rows = await tx.rows(
        "UPDATE waiting SET status = 'closed', closed_ms = :now_ms WHERE id IN (SELECT line.id"
        " FROM waiting AS line JOIN events ON events.id = line.event_id"
        " WHERE line.status IN ('waiting', 'offered')"
        " AND (events.status = 'cancelled' OR events.ends_ms <= :now_ms) LIMIT :limit)"
        " AND status IN ('waiting', 'offered') RETURNING *",
        now_ms=now_ms,
        limit=limit,
    )
    for row in rows:
        await _end_offer_of(tx, row["id"], "ended", now_ms)
    return [_waiting(row) for row in rows]


# ---- Offers --------------------------------------------------------------------------------------


async def kinds_to_offer(tx: Tx, now_ms: int) -> list[int]:
    """Read the kinds of which something is left that somebody waits for, on sale now."""
    rows = await tx.rows(
        "SELECT DISTINCT waiting.kind_id FROM waiting JOIN kinds ON kinds.id = waiting.kind_id"
        f" WHERE waiting.status = 'waiting' AND {_FITS} AND {_ON_SALE} ORDER BY waiting.kind_id",
        now_ms=now_ms,
    )
    return [row["kind_id"] for row in rows]


async def offer_next(
    tx: Tx, kind_id: int, until_ms: Mapping[int, int], now_ms: int
) -> Offer | None:
    """Keep seats for the first in the line whom what is left is enough for; None when nobody is.

    `until_ms` says, by event, how long an offer of now holds.
    """
    row = await tx.row(
        "UPDATE waiting SET status = 'offered' WHERE id = (SELECT line.id FROM waiting AS line"
        " JOIN kinds ON kinds.id = line.kind_id WHERE line.kind_id = :kind_id"
        f" AND line.status = 'waiting' AND {_FITS.replace('waiting.', 'line.')}"
        f" AND {_ON_SALE} ORDER BY line.rank, line.id LIMIT 1)"
        " AND status = 'waiting' RETURNING *",
        kind_id=kind_id,
        now_ms=now_ms,
    )
    if row is None:
        return None
    place = _waiting(row)
    if not await seat_counts.take(tx, kind_id, place.quantity, past_line=True):
        await tx.run("UPDATE waiting SET status = 'waiting' WHERE id = :id", id=place.id)
        return None
    made = await tx.row(
        "INSERT INTO offers (id, waiting_id, event_id, kind_id, person_id, quantity, status,"
        " made_ms, until_ms) VALUES (:id, :waiting_id, :event_id, :kind_id, :person_id, :quantity,"
        " 'open', :now_ms, :until_ms) RETURNING *",
        id=new_id(now_ms),
        waiting_id=place.id,
        event_id=place.event_id,
        kind_id=kind_id,
        person_id=place.person_id,
        quantity=place.quantity,
        now_ms=now_ms,
        until_ms=until_ms[place.event_id],
    )
    return _offer(made) if made else None


async def offer_by_id(tx: Tx, offer_id: int) -> Offer | None:
    """Read an offer that is open."""
    row = await tx.row("SELECT * FROM offers WHERE id = :id AND status = 'open'", id=offer_id)
    return _offer(row) if row else None


async def offered_to(tx: Tx, person_id: int, kind_id: int, now_ms: int) -> int:
    """Count the seats of a kind that are kept for somebody now."""
    row = await tx.row(
        "SELECT MAX(quantity) AS kept FROM offers WHERE person_id = :person_id"
        " AND kind_id = :kind_id AND status = 'open' AND until_ms > :now_ms"
        " AND NOT EXISTS (SELECT 1 FROM waiting WHERE waiting.id = offers.waiting_id"
        "  AND waiting.payment_id IS NOT NULL)",
        person_id=person_id,
        kind_id=kind_id,
        now_ms=now_ms,
    )
    return int(row["kept"] or 0) if row else 0


async def take_offer(tx: Tx, person_id: int, kind_id: int, count: int, now_ms: int) -> Offer | None:
    """Take what is offered to somebody, in the transaction that holds its seats for their order.

    Its seats are free from here on: whoever calls takes them again at once, past the line.
    """
    row = await tx.row(
        "UPDATE offers SET status = 'taken', closed_ms = :now_ms WHERE id = (SELECT mine.id"
        " FROM offers AS mine WHERE mine.person_id = :person_id AND mine.kind_id = :kind_id"
        " AND mine.status = 'open' AND mine.until_ms > :now_ms AND mine.quantity >= :count"
        " AND NOT EXISTS (SELECT 1 FROM waiting WHERE waiting.id = mine.waiting_id"
        "  AND waiting.payment_id IS NOT NULL)"
        " ORDER BY mine.id LIMIT 1) AND status = 'open' RETURNING *",
        person_id=person_id,
        kind_id=kind_id,
        count=count,
        now_ms=now_ms,
    )
    return await _taken(tx, row, now_ms)


async def take_this_offer(tx: Tx, offer_id: int, now_ms: int) -> Offer | None:
    """Take one offer, as late money does, in the transaction that sells its seats."""
    row = await tx.row(
        "UPDATE offers SET status = 'taken', closed_ms = :now_ms"
        " WHERE id = :id AND status = 'open' RETURNING *",
        id=offer_id,
        now_ms=now_ms,
    )
    return await _taken(tx, row, now_ms)


async def put_back(tx: Tx, offer: Offer) -> None:
    """Undo taking an offer, in the same transaction: nothing could be held for it after all."""
    await tx.run("UPDATE offers SET status = 'open', closed_ms = NULL WHERE id = :id", id=offer.id)
    await tx.run(
        "UPDATE waiting SET status = 'offered', closed_ms = NULL WHERE id = :id",
        id=offer.waiting_id,
    )
    await seat_counts.take(tx, offer.kind_id, offer.quantity, past_line=True)


async def end_offers(tx: Tx, now_ms: int, limit: int) -> list[Offer]:
    """End the offers whose time is over: their seats go to the next in the line."""
    rows = await tx.rows(
        "UPDATE offers SET status = 'ended', closed_ms = :now_ms WHERE id IN (SELECT late.id"
        " FROM offers AS late WHERE late.status = 'open' AND late.until_ms <= :now_ms"
        " ORDER BY late.until_ms LIMIT :limit) AND status = 'open' RETURNING *",
        now_ms=now_ms,
        limit=limit,
    )
    for row in sorted(rows, key=lambda row: int(row["kind_id"])):
        await _pass_on(tx, row, now_ms)
    return [_offer(row) for row in rows]


async def end_offer(tx: Tx, offer_id: int, now_ms: int) -> bool:
    """End one offer before its time, because its message cannot reach anybody; true once."""
    row = await tx.row(
        "UPDATE offers SET status = 'ended', closed_ms = :now_ms"
        " WHERE id = :id AND status = 'open' RETURNING *",
        id=offer_id,
        now_ms=now_ms,
    )
    if row is not None:
        await _pass_on(tx, row, now_ms)
    return row is not None


async def _pass_on(tx: Tx, row: Row, now_ms: int) -> None:
    await tx.run(
        "UPDATE waiting SET status = 'passed', closed_ms = :now_ms"
        " WHERE id = :id AND status = 'offered'",
        id=row["waiting_id"],
        now_ms=now_ms,
    )
    await seat_counts.give_back(tx, row["kind_id"], row["quantity"])


async def _end_offer_of(tx: Tx, waiting_id: int, status: str, now_ms: int) -> None:
    row = await tx.row(
        "UPDATE offers SET status = :status, closed_ms = :now_ms"
        " WHERE waiting_id = :id AND status = 'open' RETURNING *",
        id=waiting_id,
        status=status,
        now_ms=now_ms,
    )
    if row is not None:
        await seat_counts.give_back(tx, row["kind_id"], row["quantity"])


async def _taken(tx: Tx, row: Row | None, now_ms: int) -> Offer | None:
    if row is None:
        return None
    await tx.run(
        "UPDATE waiting SET status = 'taken', closed_ms = :now_ms WHERE id = :id",
        id=row["waiting_id"],
        now_ms=now_ms,
    )
    await seat_counts.give_back(tx, row["kind_id"], row["quantity"])
    return _offer(row)


_FITS = (
    "waiting.quantity <= kinds.quota - kinds.taken AND (kinds.shared_id IS NULL"
    " OR waiting.quantity <= (SELECT pot.quota - pot.taken FROM shared_quotas AS pot"
    "  WHERE pot.id = kinds.shared_id))"
)

_ON_SALE = (
    "EXISTS (SELECT 1 FROM events WHERE events.id = kinds.event_id"
    " AND events.status = 'published' AND events.ends_ms > :now_ms"
    " AND (events.sales_from_ms IS NULL OR events.sales_from_ms <= :now_ms)"
    " AND (events.sales_until_ms IS NULL OR events.sales_until_ms > :now_ms)"
    " AND events.halted_ms IS NULL)"
)


def _waiting(row: Row) -> Waiting:
    return Waiting(
        row["id"],
        row["event_id"],
        row["kind_id"],
        row["person_id"],
        row["chat_id"],
        row["quantity"],
        row["payment_id"],
        row["status"],
    )


def _offer(row: Row) -> Offer:
    return Offer(
        row["id"],
        row["waiting_id"],
        row["event_id"],
        row["kind_id"],
        row["person_id"],
        row["quantity"],
        row["until_ms"],
    )

"""What an organiser announces of a whole event, what becomes of it, and what holders answer."""

from dataclasses import dataclass
from typing import Literal

from boxoffice.model import Order
from storage.database import Row, Tx
from storage.ids import new_id
from storage.orders import order_of

What = Literal["postponed", "cancelled", "maintained"]
Said = Literal["keep", "refund", "give"]


@dataclass(frozen=True, slots=True)
class Announcement:
    """One announcement, as holders are told of it."""

    id: int
    event_id: int
    what: What
    old_starts_ms: int
    starts_ms: int | None
    broadcast_id: int | None
    asked_ms: int
    answer_until_ms: int | None

    def is_open(self, now_ms: int) -> bool:
        """Say whether answers still count."""
        return self.answer_until_ms is None or now_ms < self.answer_until_ms


@dataclass(frozen=True, slots=True)
class Tally:
    """How many people an announcement concerns, were told, and answered what."""

    people: int
    told: int
    failed: int
    kept: int
    refunds: int
    given: int

    @property
    def silent(self) -> int:
        """How many said nothing so far."""
        return max(0, self.people - self.kept - self.refunds - self.given)


# ---- What becomes of the event -------------------------------------------------------------------


async def put_off(tx: Tx, event_id: int) -> bool:
    """Take an event off sale until its new date is known; the gate says that it is postponed."""
    row = await tx.row(
        "UPDATE events SET status = 'postponed', conditions_version = conditions_version + 1"
        " WHERE id = :id AND status = 'published' RETURNING id",
        id=event_id,
    )
    return row is not None


async def move_around(tx: Tx, event_id: int, moved_ms: int) -> None:
    """Move what an event's times carry with them, its date being known: hours of gates and staff.

    It is on sale again, for as long after as it was.
    """
    await tx.run(
        "UPDATE events SET status = 'published', sales_until_ms = sales_until_ms + :moved_ms"
        " WHERE id = :id AND status IN ('published', 'postponed')",
        id=event_id,
        moved_ms=moved_ms,
    )
    for table, begins, ends in (
        ("gates", "opens_ms", "closes_ms"),
        ("staff", "from_ms", "until_ms"),
    ):
        await tx.run(
            f"UPDATE {table} SET {begins} = {begins} + :moved_ms, {ends} = {ends} + :moved_ms"
            " WHERE event_id = :id",
            id=event_id,
            moved_ms=moved_ms,
        )


async def call_off(tx: Tx, event_id: int) -> bool:
    """Cancel an event: nobody buys or comes in any more; true once."""
    row = await tx.row(
        "UPDATE events SET status = 'cancelled'"
        " WHERE id = :id AND status IN ('published', 'postponed') RETURNING id",
        id=event_id,
    )
    return row is not None


async def maintain(tx: Tx, event_id: int) -> bool:
    """Take a cancellation back, as long as no money went back or was given for it."""
    row = await tx.row(
        "UPDATE events SET status = 'published', conditions_version = conditions_version + 1"
        f" WHERE id = :id AND status = 'cancelled' AND {_UNDONE} RETURNING id",
        id=event_id,
    )
    return row is not None


async def can_maintain(tx: Tx, event_id: int) -> bool:
    """Say whether a cancellation may still be taken back."""
    row = await tx.row(
        f"SELECT id FROM events WHERE id = :id AND status = 'cancelled' AND {_UNDONE}", id=event_id
    )
    return row is not None


_UNDONE = (
    "NOT EXISTS (SELECT 1 FROM orders JOIN payments ON payments.order_id = orders.id"
    "  JOIN refunds ON refunds.payment_id = payments.id"
    "  WHERE orders.event_id = events.id AND refunds.reason = 'event')"
    " AND NOT EXISTS (SELECT 1 FROM announcements JOIN answers"
    "  ON answers.announcement_id = announcements.id"
    "  WHERE announcements.event_id = events.id AND announcements.what = 'cancelled'"
    "  AND answers.answer <> 'keep')"
    " AND NOT EXISTS (SELECT 1 FROM announcements WHERE announcements.event_id = events.id"
    "  AND announcements.what = 'cancelled' AND announcements.ended_ms IS NOT NULL)"
)


async def unmove(tx: Tx, event_id: int, now_ms: int) -> bool:
    """Let a postponement go while its first date is to come and nothing is sold for another."""
    row = await tx.row(
        "UPDATE events SET status = 'published', conditions_version = conditions_version + 1"
        f" WHERE id = :id AND {_UNMOVED} RETURNING id",
        id=event_id,
        now_ms=now_ms,
    )
    return row is not None


async def can_unmove(tx: Tx, event_id: int, now_ms: int) -> bool:
    """Say whether the postponement announced last may still be taken back."""
    row = await tx.row(
        f"SELECT id FROM events WHERE id = :id AND {_UNMOVED}", id=event_id, now_ms=now_ms
    )
    return row is not None


_SOLD_SINCE = (
    "SELECT 1 FROM orders WHERE orders.event_id = announcements.event_id"
    " AND orders.held_ms > announcements.asked_ms AND orders.status IN ('held', 'paid')"
)

_UNMOVED = (
    "EXISTS (SELECT 1 FROM announcements WHERE announcements.event_id = events.id"
    "  AND announcements.what = 'postponed' AND announcements.old_starts_ms > :now_ms"
    "  AND ((announcements.starts_ms IS NULL AND events.status = 'postponed')"
    "   OR (announcements.starts_ms = events.starts_ms AND events.status = 'published'))"
    "  AND NOT EXISTS (SELECT 1 FROM announcements AS later"
    "   WHERE later.event_id = announcements.event_id AND later.id > announcements.id)"
    f"  AND NOT EXISTS ({_SOLD_SINCE}))"
)


async def sold_since(tx: Tx, announcement: Announcement) -> bool:
    """Say whether anything was sold, or is held, since something was announced."""
    row = await tx.row(
        f"SELECT id FROM announcements WHERE id = :id AND EXISTS ({_SOLD_SINCE})",
        id=announcement.id,
    )
    return row is not None


# ---- Announcing ----------------------------------------------------------------------------------


async def announce(
    tx: Tx,
    *,
    event_id: int,
    what: What,
    old_starts_ms: int,
    starts_ms: int | None,
    person_id: int,
    now_ms: int,
    answer_until_ms: int | None,
) -> Announcement:
    """Keep what is announced; its message is added once it is made, since it names this row."""
    row = await tx.row(
        "INSERT INTO announcements (id, event_id, what, old_starts_ms, starts_ms, asked_by,"
        " asked_ms, answer_until_ms) VALUES (:id, :event_id, :what, :old_starts_ms, :starts_ms,"
        " :person_id, :now_ms, :answer_until_ms) RETURNING *",
        id=new_id(now_ms),
        event_id=event_id,
        what=what,
        old_starts_ms=old_starts_ms,
        starts_ms=starts_ms,
        person_id=person_id,
        now_ms=now_ms,
        answer_until_ms=answer_until_ms,
    )
    assert row is not None  # noqa: S101 (an insert returns its row)
    return _announcement(row)


async def told_by(tx: Tx, announcement_id: int, broadcast_id: int) -> None:
    """Keep which message tells the holders."""
    await tx.run(
        "UPDATE announcements SET broadcast_id = :broadcast_id WHERE id = :id",
        id=announcement_id,
        broadcast_id=broadcast_id,
    )


async def by_id(tx: Tx, announcement_id: int) -> Announcement | None:
    """Read one announcement."""
    row = await tx.row("SELECT * FROM announcements WHERE id = :id", id=announcement_id)
    return _announcement(row) if row else None


async def newest(tx: Tx, event_id: int) -> Announcement | None:
    """Read what was announced of an event last: the one that holds."""
    row = await tx.row(
        "SELECT * FROM announcements WHERE event_id = :event_id ORDER BY id DESC LIMIT 1",
        event_id=event_id,
    )
    return _announcement(row) if row else None


async def took_back(tx: Tx, announcement: Announcement) -> What | None:
    """Read what an announcement took back, if it is one of those: the one before it."""
    if announcement.what != "maintained":
        return None
    row = await tx.row(
        "SELECT what FROM announcements WHERE event_id = :event_id AND id < :id"
        " ORDER BY id DESC LIMIT 1",
        event_id=announcement.event_id,
        id=announcement.id,
    )
    what: What | None = row["what"] if row else None
    return what


async def end_answers(tx: Tx, postponed: Announcement, now_ms: int) -> None:
    """Let nobody be refunded any more for a postponement, with or without its date."""
    await tx.run(
        "UPDATE announcements SET answer_until_ms = :now_ms WHERE event_id = :event_id"
        " AND what = 'postponed' AND old_starts_ms = :old_starts_ms"
        " AND (answer_until_ms IS NULL OR answer_until_ms > :now_ms)",
        event_id=postponed.event_id,
        old_starts_ms=postponed.old_starts_ms,
        now_ms=now_ms,
    )


async def of_broadcast(tx: Tx, broadcast_id: int) -> Announcement | None:
    """Read the announcement that a message tells, if it tells one."""
    row = await tx.row(
        "SELECT * FROM announcements WHERE broadcast_id = :id LIMIT 1", id=broadcast_id
    )
    return _announcement(row) if row else None


async def full_refund_of(tx: Tx, order_id: int, now_ms: int) -> Announcement | None:
    """Read the postponement for which an order of before it may be refunded in full, now."""
    row = await tx.row(
        "SELECT announcements.* FROM announcements JOIN orders"
        " ON orders.event_id = announcements.event_id WHERE orders.id = :order_id"
        " AND announcements.what = 'postponed' AND orders.held_ms <= announcements.asked_ms"
        " AND (announcements.answer_until_ms > :now_ms OR (announcements.answer_until_ms IS NULL"
        "  AND NOT EXISTS (SELECT 1 FROM announcements AS later"
        "   WHERE later.event_id = announcements.event_id AND later.id > announcements.id)))"
        " ORDER BY announcements.id DESC LIMIT 1",
        order_id=order_id,
        now_ms=now_ms,
    )
    return _announcement(row) if row else None


# ---- Answers -------------------------------------------------------------------------------------


async def answer(tx: Tx, announcement_id: int, person_id: int, said: Said, now_ms: int) -> bool:
    """Keep what somebody answers; who asked for money or gave it has decided for good."""
    row = await tx.row(
        "INSERT INTO answers (announcement_id, person_id, answer, answered_ms)"
        " VALUES (:announcement_id, :person_id, :said, :now_ms)"
        " ON CONFLICT (announcement_id, person_id) DO UPDATE SET answer = excluded.answer,"
        " answered_ms = excluded.answered_ms WHERE answers.answer = 'keep' RETURNING answer",
        announcement_id=announcement_id,
        person_id=person_id,
        said=said,
        now_ms=now_ms,
    )
    return row is not None


async def tally(tx: Tx, announcement: Announcement) -> Tally:
    """Count whom an announcement concerns and what they answered."""
    row = await tx.row(
        "SELECT COALESCE((SELECT people FROM broadcasts WHERE id = :broadcast_id), 0) AS people,"
        " COALESCE((SELECT sent FROM broadcasts WHERE id = :broadcast_id), 0) AS told,"
        " COALESCE((SELECT failed FROM broadcasts WHERE id = :broadcast_id), 0) AS failed,"
        " (SELECT COUNT(*) FROM answers WHERE announcement_id = :id AND answer = 'keep') AS kept,"
        " (SELECT COUNT(*) FROM answers WHERE announcement_id = :id AND answer = 'refund')"
        "  AS refunds,"
        " (SELECT COUNT(*) FROM answers WHERE announcement_id = :id AND answer = 'give') AS given",
        id=announcement.id,
        broadcast_id=announcement.broadcast_id,
    )
    if row is None:
        return Tally(0, 0, 0, 0, 0, 0)
    return Tally(
        row["people"], row["told"], row["failed"], row["kept"], row["refunds"], row["given"]
    )


# ---- Whom it concerns ----------------------------------------------------------------------------


async def concerned(tx: Tx, event_id: int) -> tuple[int, int, int]:
    """Count whom an announcement concerns: people with tickets, their tickets, unpaid holds."""
    row = await tx.row(
        "SELECT COUNT(DISTINCT owner_id) AS people, COUNT(*) AS tickets,"
        " (SELECT COUNT(*) FROM orders WHERE orders.event_id = :event_id"
        "  AND orders.status = 'held') AS holds FROM tickets WHERE tickets.event_id = :event_id"
        " AND tickets.status IN ('valid', 'blocked')",
        event_id=event_id,
    )
    return (row["people"], row["tickets"], row["holds"]) if row else (0, 0, 0)


async def paid_orders_of(tx: Tx, event_id: int, buyer_id: int) -> list[Order]:
    """Read a buyer's paid orders of an event, oldest first."""
    rows = await tx.rows(
        "SELECT * FROM orders WHERE event_id = :event_id AND buyer_id = :buyer_id"
        " AND status = 'paid' ORDER BY id",
        event_id=event_id,
        buyer_id=buyer_id,
    )
    return [order_of(row) for row in rows]


async def holds_of_event(tx: Tx, event_id: int, limit: int) -> list[Order]:
    """Read the orders of an event that are held unpaid, oldest first."""
    rows = await tx.rows(
        "SELECT * FROM orders WHERE event_id = :event_id AND status = 'held' ORDER BY id"
        " LIMIT :limit",
        event_id=event_id,
        limit=limit,
    )
    return [order_of(row) for row in rows]


async def holds_of_cancelled(tx: Tx, limit: int) -> list[Order]:
    """Read the orders held unpaid of events that are cancelled."""
    rows = await tx.rows(
        # Held orders are few, and have an index by their end; every one of them has one.
        "SELECT orders.* FROM orders JOIN events ON events.id = orders.event_id"
        " WHERE orders.status = 'held' AND orders.hold_until_ms > 0"
        " AND events.status = 'cancelled' ORDER BY orders.hold_until_ms LIMIT :limit",
        limit=limit,
    )
    return [order_of(row) for row in rows]


async def end_overdue(tx: Tx, now_ms: int) -> int:
    """Let every cancelled event be refunded whose time to answer is over; answers how many."""
    rows = await tx.rows(
        "UPDATE announcements SET ended_ms = :now_ms WHERE what = 'cancelled'"
        " AND ended_ms IS NULL AND answer_until_ms <= :now_ms AND EXISTS (SELECT 1 FROM events"
        "  WHERE events.id = announcements.event_id AND events.status = 'cancelled')"
        " RETURNING event_id, asked_by",
        now_ms=now_ms,
    )
    for row in rows:
        # What was refunded as a whole before is looked through once more: some may be left.
        await tx.run(
            "INSERT INTO event_refunds (event_id, asked_by, asked_ms)"
            " VALUES (:event_id, :asked_by, :now_ms)"
            " ON CONFLICT (event_id) DO UPDATE SET done_ms = NULL",
            event_id=row["event_id"],
            asked_by=row["asked_by"],
            now_ms=now_ms,
        )
    return len(rows)


def _announcement(row: Row) -> Announcement:
    return Announcement(
        row["id"],
        row["event_id"],
        row["what"],
        row["old_starts_ms"],
        row["starts_ms"],
        row["broadcast_id"],
        row["asked_ms"],
        row["answer_until_ms"],
    )

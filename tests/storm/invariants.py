"""What must hold in the database at every moment, whatever was killed, repeated or lost.

Each invariant is one query that finds its breaches: no row is well.
"""

from dataclasses import dataclass

from storage.database import Tx


@dataclass(frozen=True, slots=True)
class Invariant:
    """One promise, and the query whose every row breaks it; `what` of a row says where."""

    promise: str
    breaches: str


INVARIANTS = (
    Invariant(
        "no kind has more taken than its quota",
        "SELECT id AS what FROM kinds WHERE taken > quota OR taken < 0",
    ),
    Invariant(
        "the seats taken of a kind are those of its held and paid orders",
        "SELECT kinds.id AS what FROM kinds WHERE taken <> (SELECT COUNT(*) FROM seats"
        " JOIN orders ON orders.id = seats.order_id"
        " WHERE seats.kind_id = kinds.id AND orders.status IN ('held', 'paid'))",
    ),
    Invariant(
        "an order has as many seats as it says, and costs what they cost",
        "SELECT orders.id AS what FROM orders WHERE quantity <> (SELECT COUNT(*) FROM seats"
        "  WHERE seats.order_id = orders.id)"
        " OR total_minor <> (SELECT SUM(price_minor) FROM seats WHERE seats.order_id = orders.id)",
    ),
    Invariant(
        "a paid order has a living ticket for each of its seats",
        "SELECT orders.id AS what FROM orders WHERE status = 'paid' AND quantity <>"
        " (SELECT COUNT(*) FROM tickets JOIN seats ON seats.order_id = tickets.order_id"
        "   AND seats.number = tickets.number AND seats.kind_id = tickets.kind_id"
        "  WHERE tickets.order_id = orders.id AND tickets.status IN ('valid', 'blocked'))",
    ),
    Invariant(
        "a living ticket belongs to a paid order",
        "SELECT tickets.id AS what FROM tickets JOIN orders ON orders.id = tickets.order_id"
        " WHERE tickets.status IN ('valid', 'blocked') AND orders.status <> 'paid'",
    ),
    Invariant(
        "a seat has one living ticket at most",
        "SELECT order_id AS what FROM tickets WHERE status IN ('valid', 'blocked')"
        " GROUP BY order_id, number HAVING COUNT(*) > 1",
    ),
    Invariant(
        "a paid order was paid for once, in full",
        "SELECT orders.id AS what FROM orders WHERE status = 'paid' AND total_minor > 0 AND"
        " (SELECT COUNT(*) FROM payments WHERE payments.order_id = orders.id"
        "  AND payments.status = 'paid' AND payments.amount_minor = orders.total_minor"
        "  AND payments.currency = orders.currency) <> 1",
    ),
    Invariant(
        "money that was kept bought an order; all other money is going back or went back",
        "SELECT payments.id AS what FROM payments JOIN orders ON orders.id = payments.order_id"
        " WHERE payments.status = 'paid' AND orders.status <> 'paid'",
    ),
    Invariant(
        "the money that came in is the value of paid orders, and what is going or went back",
        "SELECT 'all' AS what WHERE (SELECT COALESCE(SUM(amount_minor), 0) FROM payments"
        "  WHERE status IN ('paid', 'refunding', 'refunded')) <>"
        " (SELECT COALESCE(SUM(total_minor), 0) FROM orders WHERE status = 'paid') +"
        " (SELECT COALESCE(SUM(amount_minor), 0) FROM payments"
        "  WHERE status IN ('refunding', 'refunded'))",
    ),
    Invariant(
        "money on its way back has a refund that is queued, told of, or given up with an alert",
        "SELECT payments.id AS what FROM payments WHERE status = 'refunding' AND NOT EXISTS"
        " (SELECT 1 FROM outbox WHERE kind = 'payment.refund'"
        "   AND payload = '{\"payment\": ' || payments.id || '}')",
    ),
    Invariant(
        "a held order has one payment page at most",
        "SELECT orders.id AS what FROM orders WHERE status = 'held' AND (SELECT COUNT(*)"
        "  FROM payments WHERE payments.order_id = orders.id"
        "  AND payments.status IN ('starting', 'open')) > 1",
    ),
    Invariant(
        "the journal admits a ticket once",
        "SELECT ticket_id AS what FROM scans WHERE verdict = 'admitted'"
        " GROUP BY ticket_id HAVING COUNT(*) > 1",
    ),
    Invariant(
        "a ticket is used if, and only if, the journal admitted it",
        "SELECT tickets.id AS what FROM tickets WHERE (scanned_at_ms IS NOT NULL) <> EXISTS"
        " (SELECT 1 FROM scans WHERE scans.ticket_id = tickets.id AND verdict = 'admitted'"
        "  AND scans.judged_ms = tickets.scanned_at_ms)"
        " AND (scanned_at_ms IS NOT NULL OR EXISTS (SELECT 1 FROM scans"
        "  WHERE scans.ticket_id = tickets.id AND verdict = 'admitted'))",
    ),
    Invariant(
        "no message about a ticket, and no far work, is given up without an alert",
        "SELECT outbox.id AS what FROM outbox WHERE state = 'failed'"
        " AND (about LIKE 'ticket:%' OR kind <> 'say') AND NOT EXISTS (SELECT 1 FROM inbox"
        "  WHERE inbox.message_id = 'given-up:' || outbox.id)",
    ),
    Invariant(
        "a message that failed left a sorry with its reference",
        "SELECT inbox.id AS what FROM inbox WHERE state = 'failed' AND NOT EXISTS"
        " (SELECT 1 FROM outbox JOIN chats ON chats.id = outbox.chat_id"
        "  WHERE chats.channel = inbox.channel AND chats.ref = inbox.ref"
        "  AND chats.talk = inbox.talk AND outbox.payload LIKE '%\"sorry\"%')",
    ),
    Invariant(
        "a message that was worked is done at a time, one that waits is not",
        "SELECT id AS what FROM inbox WHERE (state = 'new') <> (done_ms IS NULL)",
    ),
    Invariant(
        "an order has its acceptance",
        "SELECT orders.id AS what FROM orders WHERE NOT EXISTS (SELECT 1 FROM acceptances"
        " WHERE acceptances.order_id = orders.id AND acceptances.person_id = orders.buyer_id)",
    ),
)

AT_REST = (
    Invariant("every message was worked", "SELECT id AS what FROM inbox WHERE state = 'new'"),
    Invariant(
        "everything that was to be said or done was",
        "SELECT id AS what FROM outbox WHERE state = 'new'",
    ),
    Invariant(
        "every living ticket reached its owner, as an image or in words",
        "SELECT id AS what FROM tickets"
        " WHERE status IN ('valid', 'blocked') AND delivery = 'queued'",
    ),
)
"""What holds besides, once the world is calm and everything due was done."""


async def breaches(tx: Tx, invariants: tuple[Invariant, ...] = INVARIANTS) -> list[str]:
    """List what is broken now, in one snapshot: a line a breach, with the promise and where."""
    found = []
    for invariant in invariants:
        rows = await tx.rows(invariant.breaches)
        found += [f"{invariant.promise}: {row['what']}" for row in rows]
    return found

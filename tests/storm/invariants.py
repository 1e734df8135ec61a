"""What must hold in the database at every moment, whatever was killed, repeated or lost.

Each invariant is one query that finds its breaches: no row is well.
"""

from functools import cache

from storage.database import Tx
from tests.storm.money_invariants import MONEY
from tests.storm.promises import Invariant

INVARIANTS = (
    *MONEY,
    Invariant(
        "no kind has more taken than its quota",
        "SELECT id AS what FROM kinds WHERE taken > quota OR taken < 0",
    ),
    Invariant(
        "the seats taken of a kind are those of its held and paid orders, and of its open offers",
        "SELECT kinds.id AS what FROM kinds WHERE taken <> (SELECT COUNT(*) FROM seats"
        " JOIN orders ON orders.id = seats.order_id"
        " WHERE seats.kind_id = kinds.id AND orders.status IN ('held', 'paid')"
        " AND seats.returned_ms IS NULL) + (SELECT COALESCE(SUM(offers.quantity), 0) FROM offers"
        "  WHERE offers.kind_id = kinds.id AND offers.status = 'open')",
    ),
    Invariant(
        "a promo code counts the tickets held and sold with it, in all and by buyer",
        "SELECT promos.id AS what FROM promos WHERE taken > tickets_max OR taken <>"
        " (SELECT COUNT(*) FROM seats JOIN orders ON orders.id = seats.order_id"
        "  WHERE orders.promo_id = promos.id AND orders.status IN ('held', 'paid')"
        "  AND seats.returned_ms IS NULL)"
        " OR taken <> (SELECT COALESCE(SUM(promo_buyers.taken), 0) FROM promo_buyers"
        "  WHERE promo_buyers.promo_id = promos.id)"
        " OR EXISTS (SELECT 1 FROM promo_buyers WHERE promo_buyers.promo_id = promos.id"
        "  AND promo_buyers.taken > promos.per_buyer_max)",
    ),
    Invariant(
        "a seller's quota counts the tickets they sold that still stand",
        "SELECT sellers.id AS what FROM sellers WHERE sold <> (SELECT COUNT(*) FROM seats"
        " JOIN orders ON orders.id = seats.order_id WHERE orders.event_id = sellers.event_id"
        "  AND orders.sold_by = sellers.person_id AND orders.source = 'counter'"
        "  AND seats.returned_ms IS NULL)",
    ),
    Invariant(
        "an order has as many seats as it says, and costs what they cost",
        "SELECT orders.id AS what FROM orders WHERE quantity <> (SELECT COUNT(*) FROM seats"
        "  WHERE seats.order_id = orders.id)"
        " OR total_minor <> (SELECT SUM(price_minor) FROM seats WHERE seats.order_id = orders.id)",
    ),
    Invariant(
        "a paid order has a ticket for each of its seats, living or taken back by a bank",
        "SELECT orders.id AS what FROM orders WHERE status = 'paid' AND (SELECT COUNT(*) FROM seats"
        "  WHERE seats.order_id = orders.id AND returned_ms IS NULL) <>"
        " (SELECT COUNT(*) FROM tickets JOIN seats ON seats.order_id = tickets.order_id"
        "   AND seats.number = tickets.number AND seats.kind_id = tickets.kind_id"
        "  WHERE tickets.order_id = orders.id"
        "  AND tickets.status IN ('valid', 'blocked', 'charged_back'))",
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
        "a ticket given away is dead, and its successor is the new owner's own, in the same seat",
        "SELECT transfers.id AS what FROM transfers JOIN tickets AS old"
        " ON old.id = transfers.ticket_id LEFT JOIN tickets AS fresh"
        " ON fresh.id = transfers.successor_id WHERE transfers.status = 'accepted' AND NOT ("
        "  old.status = 'revoked' AND old.successor_id = fresh.id AND old.owner_id = from_id"
        "  AND fresh.owner_id = to_id AND fresh.order_id = old.order_id"
        "  AND fresh.number = old.number AND fresh.code <> old.code)",
    ),
    Invariant(
        "tickets given together end together, in the same hands, under one agreement",
        "SELECT part.id AS what FROM transfers AS part JOIN transfers AS lead"
        " ON lead.id = part.lead_id WHERE part.status <> lead.status OR lead.lead_id IS NOT NULL"
        " OR part.from_id <> lead.from_id OR COALESCE(part.to_id, 0) <> COALESCE(lead.to_id, 0)"
        " OR COALESCE(part.ended_ms, 0) <> COALESCE(lead.ended_ms, 0)"
        " OR (SELECT order_id FROM tickets WHERE tickets.id = part.ticket_id)"
        "  <> (SELECT order_id FROM tickets WHERE tickets.id = lead.ticket_id)",
    ),
    Invariant(
        "whoever has a living ticket bought it, recovered it, or is the last it was given to",
        "SELECT tickets.id AS what FROM tickets JOIN orders ON orders.id = tickets.order_id"
        " WHERE tickets.status IN ('valid', 'blocked') AND tickets.owner_id <> COALESCE((SELECT"
        "  transfers.to_id FROM transfers JOIN tickets AS old ON old.id = transfers.ticket_id"
        "  WHERE transfers.status = 'accepted' AND old.order_id = tickets.order_id"
        "  AND old.number = tickets.number ORDER BY transfers.ended_ms DESC, transfers.id DESC"
        "  LIMIT 1), orders.buyer_id)"
        # Or it was given back to its buyer, and the order recovered since.
        " AND NOT EXISTS (SELECT 1 FROM recoveries JOIN chats"
        "  ON chats.id IN (recoveries.chat_id, recoveries.old_chat_id)"
        "  WHERE recoveries.order_id = tickets.order_id AND chats.person_id = tickets.owner_id)",
    ),
    Invariant(
        "a ticket that was given away was never used before",
        "SELECT transfers.id AS what FROM transfers JOIN tickets ON tickets.id = ticket_id"
        " WHERE transfers.status = 'accepted' AND (scanned_at_ms IS NOT NULL OR entries > 0)",
    ),
    Invariant(
        "a seat that was given back has no living ticket",
        "SELECT seats.order_id AS what FROM seats JOIN tickets ON tickets.order_id = seats.order_id"
        " AND tickets.number = seats.number WHERE tickets.status IN ('valid', 'blocked')"
        " AND seats.returned_ms IS NOT NULL",
    ),
    Invariant(
        "a numbered seat is held by an order that has it, and has not given it back",
        "SELECT places.id AS what FROM places WHERE order_id IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM seats JOIN orders ON orders.id = seats.order_id"
        "  WHERE seats.order_id = places.order_id AND seats.place_id = places.id"
        "  AND seats.returned_ms IS NULL AND orders.status IN ('held', 'paid'))",
    ),
    Invariant(
        "tickets that wait for somebody are in the hands of who sold them; a link is used once",
        "SELECT orders.id AS what FROM orders WHERE (handed <> 'buyer') <> (sold_by IS NOT NULL)"
        " OR (handed IN ('waiting', 'shown') AND buyer_id <> sold_by)"
        " OR (handed = 'claimed') <> ((SELECT COUNT(*) FROM claims WHERE order_id = orders.id"
        "  AND claimed_by IS NOT NULL) = 1)",
    ),
    Invariant(
        "an offer is open for whoever stands in the line as offered, and for nobody else",
        "SELECT waiting.id AS what FROM waiting WHERE (status = 'offered') <> EXISTS"
        " (SELECT 1 FROM offers WHERE offers.waiting_id = waiting.id AND offers.status = 'open')",
    ),
    Invariant(
        "late money stands in a line only while it is under review",
        "SELECT waiting.id AS what FROM waiting WHERE payment_id IS NOT NULL"
        " AND status IN ('waiting', 'offered') AND NOT EXISTS (SELECT 1 FROM reviews"
        "  WHERE reviews.payment_id = waiting.payment_id AND reviews.status = 'open')",
    ),
    Invariant(
        "an offer goes past nobody who came before and whom it would have been enough for",
        "SELECT offers.id AS what FROM offers JOIN waiting AS served"
        " ON served.id = offers.waiting_id JOIN waiting AS passed"
        " ON passed.kind_id = served.kind_id AND passed.quantity <= served.quantity"
        " WHERE offers.status = 'open' AND passed.status = 'waiting'"
        " AND (passed.rank < served.rank OR (passed.rank = served.rank AND passed.id < served.id))"
        " AND passed.joined_ms < offers.made_ms",
    ),
    Invariant(
        "a refund that was asked is queued, or was given up with an alert",
        "SELECT refunds.id AS what FROM refunds WHERE status = 'asked' AND NOT EXISTS"
        " (SELECT 1 FROM outbox WHERE kind = 'payment.refund'"
        "   AND payload LIKE '{\"refund\": ' || refunds.id || ',%')",
    ),
    Invariant(
        "a held order has one payment page at most",
        "SELECT orders.id AS what FROM orders WHERE status = 'held' AND (SELECT COUNT(*)"
        "  FROM payments WHERE payments.order_id = orders.id"
        "  AND payments.status IN ('starting', 'open')) > 1",
    ),
    Invariant(
        "the journal admits a once-only ticket once, and again only after it was undone, or"
        " found to be the second of two without network",
        "SELECT scans.ticket_id AS what FROM scans JOIN tickets ON tickets.id = scans.ticket_id"
        " WHERE tickets.entry = 'once' AND verdict IN ('admitted', 'annulled', 'conflict')"
        " GROUP BY scans.ticket_id"
        " HAVING SUM(CASE WHEN verdict = 'admitted' THEN 1 ELSE -1 END) > 1",
    ),
    Invariant(
        "a once-only ticket is used if, and only if, the journal let it in and did not undo it",
        "SELECT tickets.id AS what FROM tickets WHERE entry = 'once'"
        " AND (scanned_at_ms IS NOT NULL) <> (COALESCE((SELECT SUM(CASE"
        "  WHEN verdict IN ('admitted', 'forced') THEN 1 WHEN verdict = 'annulled' THEN -1"
        "  ELSE 0 END) FROM scans WHERE scans.ticket_id = tickets.id), 0) > 0)",
    ),
    Invariant(
        "a ticket counts whom the journal let in, less whom it took back",
        "SELECT tickets.id AS what FROM tickets WHERE entries <> COALESCE((SELECT SUM(CASE"
        "  WHEN verdict IN ('admitted', 'forced') AND moved > 0 THEN moved"
        "  WHEN verdict IN ('annulled', 'conflict') AND moved < 0 THEN moved ELSE 0 END)"
        "  FROM scans WHERE scans.ticket_id = tickets.id), 0)",
    ),
    Invariant(
        "no more of a party come in than its ticket is for, but by force",
        "SELECT tickets.id AS what FROM tickets WHERE entry = 'party' AND entries > party_size"
        " AND NOT EXISTS (SELECT 1 FROM scans WHERE scans.ticket_id = tickets.id"
        "  AND scans.verdict = 'forced')",
    ),
    Invariant(
        "no message about a ticket or a recovery, and no far work, is given up without an alert"
        " or another way in its stead",
        "SELECT outbox.id AS what FROM outbox WHERE state = 'failed'"
        " AND (about LIKE 'ticket:%' OR about LIKE 'recovery:%' OR kind <> 'say')"
        " AND NOT EXISTS (SELECT 1 FROM inbox"
        "  WHERE inbox.message_id = 'given-up:' || outbox.id)"
        " AND NOT EXISTS (SELECT 1 FROM outbox AS next"
        "  WHERE next.about = outbox.about AND next.id > outbox.id)",
    ),
    Invariant(
        "nobody stays untold of a postponed or cancelled event without an alert",
        "SELECT outbox.id AS what FROM outbox JOIN announcements"
        " ON outbox.about IS NOT NULL AND announcements.broadcast_id IS NOT NULL"
        " JOIN events ON events.id = announcements.event_id"
        " WHERE outbox.state = 'failed' AND outbox.about LIKE 'cast:%'"
        " AND outbox.queued_ms >= announcements.asked_ms"
        " AND NOT EXISTS (SELECT 1 FROM inbox"
        "  WHERE inbox.message_id LIKE 'unreached:%')",
    ),
    Invariant(
        "what a buyer gave of a cancelled event is kept, and none of it goes back",
        "SELECT payments.id AS what FROM payments JOIN ledger ON ledger.payment_id = payments.id"
        " WHERE ledger.key = 'kept:given:' || payments.id"
        " AND payments.kept_minor < ledger.amount_minor",
    ),
    Invariant(
        "a message that failed left a sorry with its reference",
        "SELECT inbox.id AS what FROM inbox WHERE state = 'failed' AND NOT EXISTS"
        " (SELECT 1 FROM outbox JOIN chats ON chats.id = outbox.chat_id"
        "  WHERE chats.channel = inbox.channel AND chats.ref = inbox.ref"
        "  AND chats.talk = inbox.talk AND outbox.payload LIKE '%\"sorry%')",
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
    Invariant(
        "a living ticket's owner can be reached: they have a conversation",
        "SELECT id AS what FROM tickets WHERE status IN ('valid', 'blocked') AND NOT EXISTS"
        " (SELECT 1 FROM chats WHERE chats.person_id = tickets.owner_id)",
    ),
    Invariant(
        "who was joined to another by a link has nothing of their own until it is undone",
        "SELECT links.id AS what FROM links WHERE undone_ms IS NULL AND (EXISTS"
        " (SELECT 1 FROM orders WHERE buyer_id = joined_id)"
        " OR EXISTS (SELECT 1 FROM tickets WHERE owner_id = joined_id)"
        " OR EXISTS (SELECT 1 FROM chats WHERE person_id = joined_id))",
    ),
    Invariant(
        "an event's poster is kept for as long as it is shown",
        "SELECT events.id AS what FROM events JOIN media ON media.id = events.poster_id"
        " WHERE media.expires_ms IS NOT NULL",
    ),
)

AT_REST = (
    Invariant("every message was worked", "SELECT id AS what FROM inbox WHERE state = 'new'"),
    Invariant("all that was due was done", "SELECT id AS what FROM outbox WHERE state = 'new'"),
    Invariant(
        "every valid ticket reached its owner, as an image or in words",
        "SELECT id AS what FROM tickets WHERE status = 'valid' AND delivery = 'queued'"
        " AND NOT EXISTS (SELECT 1 FROM orders WHERE orders.id = tickets.order_id"
        "  AND orders.handed = 'waiting')",
    ),
)
"""What holds besides, once the world is calm and everything due was done."""


IN_CALM = (
    Invariant(
        "in calm weather no message's turn fails",
        "SELECT id AS what FROM inbox WHERE state = 'failed'",
    ),
)
"""What only a storm excuses."""


async def breaches(tx: Tx, invariants: tuple[Invariant, ...] = INVARIANTS) -> list[str]:
    """List what is broken now, in one snapshot: a line a breach, with the promise and where."""
    rows = await tx.rows(_asked_together(invariants))
    return [f"{invariants[row['place']].promise}: {row['what']}" for row in rows]


@cache
def _asked_together(invariants: tuple[Invariant, ...]) -> str:
    """One statement for all: a storm asks them a hundred times a play."""
    each = "SELECT {} AS place, CAST(what AS TEXT) AS what FROM ({}) AS breach"
    return " UNION ALL ".join(each.format(at, one.breaches) for at, one in enumerate(invariants))

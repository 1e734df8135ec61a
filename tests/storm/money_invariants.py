"""What must hold of money at every moment: payments, the ledger, tills, fees and payouts."""

from tests.storm.promises import Invariant


def _whole(account: str, of: str = "") -> str:
    """Sum one account of the ledger, every line of it."""
    return (
        f"(SELECT COALESCE(SUM(CASE WHEN to_account = '{account}' THEN amount_minor"  # noqa: S608 (the same)
        f" WHEN from_account = '{account}' THEN -amount_minor ELSE 0 END), 0) FROM ledger{of})"
    )


def _balance(account: str) -> str:
    """Leave out what was handed over and kept as fees: it left the account rightly."""
    of = " WHERE kind NOT IN ('fee', 'paid_out', 'paid_back', 'service_fee', 'service_fee_back')"
    return _whole(account, of)


MONEY = (
    Invariant(
        "a paid order of a price was paid for",
        "SELECT orders.id AS what FROM orders WHERE status = 'paid' AND total_minor > 0"
        " AND NOT EXISTS (SELECT 1 FROM payments WHERE payments.order_id = orders.id"
        "  AND paid_minor > 0)",
    ),
    Invariant(
        "money that is kept bought an order or is under review; the rest is going or went back",
        "SELECT payments.id AS what FROM payments JOIN orders ON orders.id = payments.order_id"
        " WHERE paid_minor > back_minor + kept_minor AND orders.status <> 'paid' AND NOT EXISTS"
        " (SELECT 1 FROM reviews WHERE reviews.payment_id = payments.id"
        "  AND reviews.status = 'open')",
    ),
    Invariant(
        "the ledger holds what came in and has not gone back",
        "SELECT 'all' AS what WHERE (SELECT COALESCE(SUM("
        "  CASE WHEN to_account IN ('review', 'organiser', 'refunds') THEN amount_minor ELSE 0 END"
        "  - CASE WHEN from_account IN ('review', 'organiser', 'refunds') THEN amount_minor"
        "   ELSE 0 END), 0) FROM ledger WHERE kind NOT IN"
        "   ('fee', 'paid_out', 'paid_back', 'service_fee', 'service_fee_back')) <>"
        " (SELECT COALESCE(SUM(paid_minor - returned_minor), 0) FROM payments)",
    ),
    Invariant(
        "what left beyond what was left of a payment is booked as a loss, no more and no less",
        "SELECT payments.id AS what FROM payments WHERE lost_minor <> (SELECT COALESCE(SUM("
        "  CASE WHEN from_account = 'losses' THEN amount_minor"
        "   WHEN to_account = 'losses' THEN -amount_minor ELSE 0 END), 0)"
        "  FROM ledger WHERE ledger.payment_id = payments.id)",
    ),
    Invariant(
        "all that a bank took, or somebody sent at the desk, stands in the ledger",
        "SELECT payment_id AS what FROM taken_away JOIN payments ON payments.id = payment_id"
        " WHERE counted_ms IS NOT NULL AND taken_away.currency = paid_currency"
        " GROUP BY payment_id HAVING SUM(taken_away.amount_minor) > (SELECT"
        "  COALESCE(SUM(ledger.amount_minor), 0) FROM ledger"
        "  WHERE ledger.payment_id = taken_away.payment_id AND to_account = 'buyer')",
    ),
    Invariant(
        "what left of a payment is counted as soon as its money is known to have come in",
        "SELECT payments.id AS what FROM payments JOIN taken_away"
        " ON taken_away.payment_id = payments.id WHERE counted_ms IS NULL AND paid_minor > 0"
        " AND COALESCE(outcome, '') <> 'won'",
    ),
    Invariant(
        "what is owed to buyers is what was asked to go back and has not",
        f"SELECT 'all' AS what WHERE {_balance('refunds')} <>"  # noqa: S608 (a query of our own)
        " (SELECT COALESCE(SUM(amount_minor), 0) FROM refunds WHERE status <> 'done')",
    ),
    Invariant(
        "money is nobody's only while it is under review",
        f"SELECT 'all' AS what WHERE {_balance('review')} <>"  # noqa: S608 (a query of our own)
        " (SELECT COALESCE(SUM(paid_minor - back_minor), 0) FROM payments JOIN reviews"
        "  ON reviews.payment_id = payments.id WHERE reviews.status = 'open')",
    ),
    Invariant(
        "of each payment the organiser has, with what is under review, what is not going back",
        "SELECT payments.id AS what FROM payments WHERE paid_minor - back_minor <> (SELECT"
        "  COALESCE(SUM(CASE WHEN to_account IN ('review', 'organiser') THEN amount_minor"
        "    ELSE 0 END - CASE WHEN from_account IN ('review', 'organiser') THEN amount_minor"
        "    ELSE 0 END), 0)"
        "  FROM ledger WHERE ledger.payment_id = payments.id"
        "  AND kind NOT IN ('fee', 'service_fee', 'service_fee_back'))",
    ),
    Invariant(
        "money taken is tickets living, what was kept, refunds, and money under review: what a paid"
        " order's payments have left is the price of its living tickets",
        "SELECT orders.id AS what FROM orders WHERE status = 'paid'"
        # A part that left by itself, or that the organiser took for the whole, leaves no such sum.
        " AND NOT EXISTS (SELECT 1 FROM taken_away JOIN payments"
        "  ON payments.id = taken_away.payment_id WHERE payments.order_id = orders.id)"
        " AND NOT EXISTS (SELECT 1 FROM reviews WHERE reviews.order_id = orders.id"
        "  AND (reviews.status = 'open' OR reviews.choice = 'accepted'))"
        " AND (SELECT COALESCE(SUM(paid_minor - back_minor - kept_minor), 0) FROM payments"
        "  WHERE payments.order_id = orders.id) <>"
        " (SELECT COALESCE(SUM(seats.price_minor), 0) FROM tickets JOIN seats"
        "  ON seats.order_id = tickets.order_id AND seats.number = tickets.number"
        "  WHERE tickets.order_id = orders.id AND tickets.status IN ('valid', 'blocked'))",
    ),
    Invariant(
        "once a bank keeps money of tickets that it killed, what is left of theirs goes back: but"
        " what was paid for those that had served, and what their payer has beyond what they paid",
        "SELECT orders.id AS what FROM orders WHERE EXISTS (SELECT 1 FROM tickets"
        "  WHERE tickets.order_id = orders.id AND tickets.status = 'charged_back')"
        " AND NOT EXISTS (SELECT 1 FROM tickets"
        "  WHERE tickets.order_id = orders.id AND tickets.status IN ('valid', 'blocked'))"
        " AND 'lost' = (SELECT MAX(COALESCE(outcome, 'open')) FROM taken_away JOIN payments"
        "  ON payments.id = taken_away.payment_id WHERE payments.order_id = orders.id"
        "  AND who = 'bank' AND counted_ms IS NOT NULL AND COALESCE(outcome, '') <> 'won')"
        " AND (SELECT SUM(paid_minor - back_minor - kept_minor - lost_minor) FROM payments"
        "  WHERE payments.order_id = orders.id AND NOT EXISTS (SELECT 1 FROM reviews"
        "   WHERE reviews.payment_id = payments.id AND reviews.status = 'open')) >"
        " (SELECT COALESCE(SUM(seats.price_minor), 0) FROM tickets JOIN seats"
        "  ON seats.order_id = tickets.order_id AND seats.number = tickets.number"
        "  WHERE tickets.order_id = orders.id AND tickets.status = 'charged_back'"
        "  AND seats.returned_ms IS NULL AND (entries > 0 OR valid_until_ms <= status_ms))",
    ),
    Invariant(
        "what an organiser keeps of tickets given back stands in the ledger as kept",
        "SELECT payments.id AS what FROM payments WHERE kept_minor > (SELECT"
        "  COALESCE(SUM(ledger.amount_minor), 0) FROM ledger"
        "  WHERE ledger.payment_id = payments.id AND ledger.kind = 'kept')",
    ),
    Invariant(
        "the tills hold what the ledger says of cash: taken, not handed back, not handed over",
        "SELECT 'cash' AS what WHERE (SELECT COALESCE(SUM("
        "  CASE WHEN to_account IN ('review', 'organiser', 'refunds', 'platform')"
        "   THEN amount_minor ELSE 0 END"
        "  - CASE WHEN from_account IN ('review', 'organiser', 'refunds', 'platform')"
        "   THEN amount_minor ELSE 0 END), 0) FROM ledger WHERE provider = 'cash') <>"
        " (SELECT COALESCE(SUM(paid_minor), 0) FROM payments WHERE taken_by IS NOT NULL)"
        " - (SELECT COALESCE(SUM(amount_minor), 0) FROM refunds WHERE handed_by IS NOT NULL)"
        " - (SELECT COALESCE(SUM(counted_minor), 0) FROM cash_closings)",
    ),
    Invariant(
        "the box office has the fees of living tickets, and of no other",
        f"SELECT 'all' AS what WHERE {_whole('platform')} <>"  # noqa: S608 (a query of our own)
        " (SELECT COALESCE(SUM(seats.fee_minor), 0) FROM tickets JOIN seats"
        "  ON seats.order_id = tickets.order_id AND seats.number = tickets.number"
        "  WHERE tickets.status IN ('valid', 'blocked'))",
    ),
    Invariant(
        "what was handed to organisers is what was recorded and not undone, and what tills gave",
        f"SELECT 'all' AS what WHERE {_whole('payouts')} <>"  # noqa: S608 (a query of our own)
        " (SELECT COALESCE(SUM(amount_minor), 0) FROM payouts WHERE undone_ms IS NULL)"
        " + (SELECT COALESCE(SUM(counted_minor), 0) FROM cash_closings)",
    ),
    Invariant(
        "what was sold over the counter was paid there, by whoever sold it; a gift never was",
        "SELECT orders.id AS what FROM orders WHERE (source = 'invitation' AND (total_minor > 0"
        "  OR EXISTS (SELECT 1 FROM payments WHERE payments.order_id = orders.id)))"
        " OR (source = 'counter' AND total_minor <> (SELECT COALESCE(SUM(paid_minor), 0)"
        "  FROM payments WHERE payments.order_id = orders.id AND provider = 'cash'"
        "  AND taken_by = orders.sold_by))",
    ),
)

-- Tickets that buyers give back: the event's refund terms, those that an order was accepted under, and
-- what an organiser keeps of a price by them.

-- A part of the price (0: none) until so long before the event begins.
ALTER TABLE events ADD COLUMN refund_percent BIGINT NOT NULL DEFAULT 0
  CHECK (refund_percent BETWEEN 0 AND 100);
ALTER TABLE events ADD COLUMN refund_before_ms BIGINT NOT NULL DEFAULT 0
  CHECK (refund_before_ms >= 0);
-- Terms in an organiser's own words bind nobody's till: they stay to be read among the conditions.
UPDATE events SET conditions = TRIM(conditions || ' ' || refund_terms) WHERE refund_terms <> '';
ALTER TABLE events DROP COLUMN refund_terms;

-- What its buyer accepted with the conditions: changing the event's terms later does not touch it.
ALTER TABLE orders ADD COLUMN refund_percent BIGINT NOT NULL DEFAULT 0
  CHECK (refund_percent BETWEEN 0 AND 100);
ALTER TABLE orders ADD COLUMN refund_before_ms BIGINT NOT NULL DEFAULT 0
  CHECK (refund_before_ms >= 0);

-- Of a payment: what the organiser keeps of tickets that were given back, or given away.
ALTER TABLE payments ADD COLUMN kept_minor BIGINT NOT NULL DEFAULT 0
  CHECK (kept_minor >= 0 AND back_minor + kept_minor <= paid_minor);

-- The ledger learns one more kind of line, `kept`: owed to a buyer, and by the terms the organiser's
-- after all. Neither engine changes a CHECK that stands in a table on both, so the table is made again.
CREATE TABLE ledger_again (
  id BIGINT PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN
    ('taken', 'sold', 'owed', 'kept', 'returned', 'charged_back', 'fee', 'paid_out')),
  organiser_id BIGINT NOT NULL REFERENCES organisers (id),
  event_id BIGINT REFERENCES events (id),
  provider TEXT NOT NULL,
  payment_id BIGINT REFERENCES payments (id),
  refund_id BIGINT REFERENCES refunds (id),
  person_id BIGINT REFERENCES people (id),
  from_account TEXT NOT NULL CHECK (from_account IN
    ('buyer', 'review', 'organiser', 'refunds', 'fees', 'payouts')),
  to_account TEXT NOT NULL CHECK (to_account IN
    ('buyer', 'review', 'organiser', 'refunds', 'fees', 'payouts')),
  amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
  currency TEXT NOT NULL,
  at_ms BIGINT NOT NULL,
  CHECK (from_account <> to_account)
);
INSERT INTO ledger_again (id, key, kind, organiser_id, event_id, provider, payment_id, refund_id,
  person_id, from_account, to_account, amount_minor, currency, at_ms)
  SELECT id, key, kind, organiser_id, event_id, provider, payment_id, refund_id,
  person_id, from_account, to_account, amount_minor, currency, at_ms FROM ledger;
DROP TABLE ledger;
ALTER TABLE ledger_again RENAME TO ledger;
CREATE INDEX ledger_of_event ON ledger (event_id, provider, id);
CREATE INDEX ledger_of_organiser ON ledger (organiser_id, currency);
CREATE INDEX ledger_of_payment ON ledger (payment_id);
CREATE INDEX ledger_at ON ledger (provider, at_ms);

-- Money that left at the provider without our asking: a bank that takes it back, somebody at the provider's
-- desk. Each is counted once; one that is told of before the money itself waits for it (`counted_ms`).
CREATE TABLE taken_away (
  payment_id BIGINT NOT NULL REFERENCES payments (id),
  ref TEXT NOT NULL,
  who TEXT NOT NULL CHECK (who IN ('bank', 'desk')),
  amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
  currency TEXT NOT NULL,
  told_ms BIGINT NOT NULL,
  counted_ms BIGINT,
  PRIMARY KEY (payment_id, ref)
);
INSERT INTO taken_away (payment_id, ref, who, amount_minor, currency, told_ms, counted_ms)
  SELECT payment_id, provider_ref, 'desk', amount_minor, currency, asked_ms, closed_ms
  FROM refunds WHERE reason = 'provider' AND provider_ref IS NOT NULL;

-- What left beyond what was left of a payment, less what a refund that failed need not send any more.
ALTER TABLE payments ADD COLUMN lost_minor BIGINT NOT NULL DEFAULT 0 CHECK (lost_minor >= 0);

-- The ledger learns an account, `losses`, and lines into it and out of it.
CREATE TABLE ledger_again (
  id BIGINT PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN
    ('taken', 'sold', 'owed', 'kept', 'returned', 'charged_back', 'fee', 'paid_out', 'paid_back',
     'service_fee', 'service_fee_back', 'lost', 'recovered')),
  organiser_id BIGINT NOT NULL REFERENCES organisers (id),
  event_id BIGINT REFERENCES events (id),
  provider TEXT NOT NULL,
  payment_id BIGINT REFERENCES payments (id),
  refund_id BIGINT REFERENCES refunds (id),
  person_id BIGINT REFERENCES people (id),
  from_account TEXT NOT NULL CHECK (from_account IN
    ('buyer', 'review', 'organiser', 'refunds', 'fees', 'payouts', 'platform', 'losses')),
  to_account TEXT NOT NULL CHECK (to_account IN
    ('buyer', 'review', 'organiser', 'refunds', 'fees', 'payouts', 'platform', 'losses')),
  amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
  currency TEXT NOT NULL,
  at_ms BIGINT NOT NULL,
  CHECK (from_account <> to_account)
);
INSERT INTO ledger_again (id, key, kind, organiser_id, event_id, provider, payment_id, refund_id,
  person_id, from_account, to_account, amount_minor, currency, at_ms)
  SELECT id, key, kind, organiser_id, event_id, provider, payment_id, refund_id,
  person_id, from_account, to_account, amount_minor, currency, at_ms FROM ledger;
-- A charge-back's key named the payment and the bank's own name for it: known once, it stays known.
INSERT INTO taken_away (payment_id, ref, who, amount_minor, currency, told_ms, counted_ms)
  SELECT payment_id, MIN(REPLACE(REPLACE(REPLACE(key, 'charged_back:' || payment_id || ':', ''),
    ':review', ''), ':organiser', '')), 'bank', SUM(amount_minor), MIN(currency), MIN(at_ms), MIN(at_ms)
  FROM ledger WHERE kind = 'charged_back' GROUP BY payment_id,
    REPLACE(REPLACE(key, ':review', ''), ':organiser', '');
DROP TABLE ledger;
ALTER TABLE ledger_again RENAME TO ledger;
CREATE INDEX ledger_of_event ON ledger (event_id, provider, id);
CREATE INDEX ledger_of_organiser ON ledger (organiser_id, currency);
CREATE INDEX ledger_of_payment ON ledger (payment_id);
CREATE INDEX ledger_at ON ledger (provider, at_ms);

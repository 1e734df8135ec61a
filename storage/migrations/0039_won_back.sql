-- How a bank's taking ended: the money came back, or is gone for good. One that is told won before it was
-- told of at all is kept here uncounted, and never counted.
ALTER TABLE taken_away ADD COLUMN outcome TEXT CHECK (outcome IN ('won', 'lost'));
ALTER TABLE taken_away ADD COLUMN ended_ms BIGINT;

-- The ledger learns a line: money that a bank gave back.
CREATE TABLE ledger_again (
  id BIGINT PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN
    ('taken', 'sold', 'owed', 'kept', 'returned', 'charged_back', 'fee', 'paid_out', 'paid_back',
     'service_fee', 'service_fee_back', 'lost', 'recovered', 'won_back')),
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
DROP TABLE ledger;
ALTER TABLE ledger_again RENAME TO ledger;
CREATE INDEX ledger_of_event ON ledger (event_id, provider, id);
CREATE INDEX ledger_of_organiser ON ledger (organiser_id, currency);
CREATE INDEX ledger_of_payment ON ledger (payment_id);
CREATE INDEX ledger_at ON ledger (provider, at_ms);

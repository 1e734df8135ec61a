-- What organisers are handed of the money that is held for them: each payout once, undone by another line.
CREATE TABLE payouts (
  id BIGINT PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  organiser_id BIGINT NOT NULL REFERENCES organisers (id),
  provider TEXT NOT NULL,
  amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
  currency TEXT NOT NULL,
  way TEXT NOT NULL,
  paid_on TEXT NOT NULL,
  recorded_by BIGINT REFERENCES people (id),
  recorded_ms BIGINT NOT NULL,
  undone_by BIGINT REFERENCES people (id),
  undone_ms BIGINT
);
CREATE INDEX payouts_of_organiser ON payouts (organiser_id, id);

-- What this box office asks a ticket: for everybody (organiser 0), or for one organiser instead.
CREATE TABLE service_fees (
  organiser_id BIGINT NOT NULL,
  currency TEXT NOT NULL,
  per_ticket_minor BIGINT NOT NULL CHECK (per_ticket_minor >= 0),
  set_by BIGINT REFERENCES people (id),
  set_ms BIGINT NOT NULL,
  PRIMARY KEY (organiser_id, currency)
);
ALTER TABLE seats ADD COLUMN fee_minor BIGINT NOT NULL DEFAULT 0 CHECK (fee_minor >= 0);

-- The ledger learns an account, `platform`, and lines for it and for a payout that is undone.
CREATE TABLE ledger_again (
  id BIGINT PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN
    ('taken', 'sold', 'owed', 'kept', 'returned', 'charged_back', 'fee', 'paid_out', 'paid_back',
     'service_fee', 'service_fee_back')),
  organiser_id BIGINT NOT NULL REFERENCES organisers (id),
  event_id BIGINT REFERENCES events (id),
  provider TEXT NOT NULL,
  payment_id BIGINT REFERENCES payments (id),
  refund_id BIGINT REFERENCES refunds (id),
  person_id BIGINT REFERENCES people (id),
  from_account TEXT NOT NULL CHECK (from_account IN
    ('buyer', 'review', 'organiser', 'refunds', 'fees', 'payouts', 'platform')),
  to_account TEXT NOT NULL CHECK (to_account IN
    ('buyer', 'review', 'organiser', 'refunds', 'fees', 'payouts', 'platform')),
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

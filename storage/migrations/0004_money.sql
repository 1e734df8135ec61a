-- Real money: what came in and what goes back, to the minor unit; late money; refunds; the ledger.

-- What came in of an attempt, and of that: what was asked back, and what went back. `page_until_ms` is
-- kept so that a start that is repeated asks the provider for the very same page.
ALTER TABLE payments ADD COLUMN paid_minor BIGINT NOT NULL DEFAULT 0 CHECK (paid_minor >= 0);
ALTER TABLE payments ADD COLUMN paid_currency TEXT;
ALTER TABLE payments ADD COLUMN paid_ms BIGINT;
ALTER TABLE payments ADD COLUMN page_until_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE payments ADD COLUMN back_minor BIGINT NOT NULL DEFAULT 0
  CHECK (back_minor >= 0 AND back_minor <= paid_minor);
ALTER TABLE payments ADD COLUMN returned_minor BIGINT NOT NULL DEFAULT 0
  CHECK (returned_minor >= 0 AND returned_minor <= back_minor);
UPDATE payments SET paid_minor = amount_minor, paid_currency = currency, paid_ms = closed_ms
  WHERE status IN ('paid', 'refunding', 'refunded');
UPDATE payments SET back_minor = paid_minor WHERE status IN ('refunding', 'refunded');
UPDATE payments SET returned_minor = paid_minor WHERE status = 'refunded';

-- How often a hold was made longer for a provider that needs more time; and which seats went back.
ALTER TABLE orders ADD COLUMN extensions BIGINT NOT NULL DEFAULT 0
  CHECK (extensions >= 0 AND extensions <= 2);
ALTER TABLE seats ADD COLUMN returned_ms BIGINT;

-- Money on its way back. The id (with the attempt) is our idempotency key at the provider.
CREATE TABLE refunds (
  id BIGINT PRIMARY KEY,
  payment_id BIGINT NOT NULL REFERENCES payments (id),
  ticket_id BIGINT REFERENCES tickets (id),
  reason TEXT NOT NULL CHECK (reason IN
    ('late', 'twice', 'surplus', 'underpaid', 'order', 'ticket', 'event', 'provider')),
  status TEXT NOT NULL CHECK (status IN ('asked', 'accepted', 'done', 'failed')),
  amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
  currency TEXT NOT NULL,
  attempt BIGINT NOT NULL,
  provider_ref TEXT,
  fault TEXT,
  asked_ms BIGINT NOT NULL,
  looked_ms BIGINT,
  closed_ms BIGINT
);
CREATE INDEX refunds_of_payment ON refunds (payment_id);
CREATE INDEX refunds_accepted ON refunds (asked_ms) WHERE status = 'accepted';
-- One refund a ticket, and what somebody sent back at the provider's own desk counts once.
CREATE UNIQUE INDEX refunds_one_a_ticket ON refunds (ticket_id) WHERE ticket_id IS NOT NULL;
CREATE UNIQUE INDEX refunds_by_provider ON refunds (payment_id, provider_ref)
  WHERE provider_ref IS NOT NULL;

-- Money that nobody may call theirs yet: late for seats that are gone, or too little.
CREATE TABLE reviews (
  payment_id BIGINT PRIMARY KEY REFERENCES payments (id),
  order_id BIGINT NOT NULL REFERENCES orders (id),
  why TEXT NOT NULL CHECK (why IN ('late', 'underpaid')),
  status TEXT NOT NULL CHECK (status IN ('open', 'settled')),
  choice TEXT CHECK (choice IN ('other_kind', 'waiting', 'refund', 'accepted', 'unanswered')),
  until_ms BIGINT NOT NULL,
  opened_ms BIGINT NOT NULL,
  settled_ms BIGINT,
  CHECK ((status = 'open') = (choice IS NULL))
);
CREATE INDEX reviews_open ON reviews (until_ms) WHERE status = 'open';
CREATE INDEX reviews_of_order ON reviews (order_id);

-- The refund of a whole event: worked a few orders at a time.
CREATE TABLE event_refunds (
  event_id BIGINT PRIMARY KEY REFERENCES events (id),
  asked_by BIGINT REFERENCES people (id),
  asked_ms BIGINT NOT NULL,
  done_ms BIGINT
);

-- Every movement of money, for ever: from one account to another, so that the sum is always nought.
-- 'buyer', 'fees' and 'payouts' stand outside; what the provider holds for us is the other three.
CREATE TABLE ledger (
  id BIGINT PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN
    ('taken', 'sold', 'owed', 'returned', 'charged_back', 'fee', 'paid_out')),
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
CREATE INDEX ledger_of_event ON ledger (event_id, provider, id);
CREATE INDEX ledger_of_organiser ON ledger (organiser_id, currency);
CREATE INDEX ledger_of_payment ON ledger (payment_id);
CREATE INDEX ledger_at ON ledger (provider, at_ms);

-- What a provider's own list and ours did not say alike, found once.
CREATE TABLE differences (
  key TEXT PRIMARY KEY,
  provider TEXT NOT NULL,
  payment_id BIGINT REFERENCES payments (id),
  what TEXT NOT NULL,
  ours_minor BIGINT,
  theirs_minor BIGINT,
  currency TEXT,
  found_ms BIGINT NOT NULL
);

-- The sandbox sends parts of a payment back, each once.
CREATE TABLE sandbox_refunds (
  key TEXT PRIMARY KEY,
  token TEXT NOT NULL REFERENCES sandbox_payments (token),
  amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
  made_ms BIGINT NOT NULL
);

-- Tickets that are sold over the counter or given away: by whom, and whose hands they are in meanwhile.
-- handed: 'buyer' bought by chat; 'waiting' nobody has them yet; 'shown' the seller showed or printed them;
-- 'claimed' somebody took them over by a link.
ALTER TABLE orders ADD COLUMN source TEXT NOT NULL DEFAULT 'chat'
  CHECK (source IN ('chat', 'counter', 'invitation'));
ALTER TABLE orders ADD COLUMN sold_by BIGINT REFERENCES people (id);
ALTER TABLE orders ADD COLUMN handed TEXT NOT NULL DEFAULT 'buyer'
  CHECK (handed IN ('buyer', 'waiting', 'shown', 'claimed'));
CREATE INDEX orders_of_seller ON orders (event_id, sold_by) WHERE sold_by IS NOT NULL;

-- Cash: who took it, and who handed it back.
ALTER TABLE payments ADD COLUMN taken_by BIGINT REFERENCES people (id);
CREATE INDEX payments_in_cash ON payments (taken_by) WHERE taken_by IS NOT NULL;
ALTER TABLE refunds ADD COLUMN handed_by BIGINT REFERENCES people (id);

-- Who sells an event's tickets for cash, at the door or around town, and how many at most.
CREATE TABLE sellers (
  id BIGINT PRIMARY KEY,
  event_id BIGINT NOT NULL REFERENCES events (id),
  person_id BIGINT NOT NULL REFERENCES people (id),
  kind TEXT NOT NULL CHECK (kind IN ('door', 'reseller')),
  quota BIGINT NOT NULL CHECK (quota >= 0),
  sold BIGINT NOT NULL CHECK (sold >= 0),
  joined_ms BIGINT NOT NULL,
  revoked_ms BIGINT,
  UNIQUE (event_id, person_id),
  CHECK (sold <= quota OR revoked_ms IS NOT NULL)
);
CREATE INDEX sellers_of_person ON sellers (person_id);

-- One-use links that make somebody a seller. Only the token's hash is kept.
CREATE TABLE seller_links (
  token_hash TEXT PRIMARY KEY,
  event_id BIGINT NOT NULL REFERENCES events (id),
  kind TEXT NOT NULL CHECK (kind IN ('door', 'reseller')),
  quota BIGINT NOT NULL CHECK (quota >= 1),
  invited_by BIGINT NOT NULL REFERENCES people (id),
  made_ms BIGINT NOT NULL,
  expires_ms BIGINT NOT NULL,
  used_ms BIGINT,
  used_by BIGINT REFERENCES people (id)
);
CREATE INDEX seller_links_of_event ON seller_links (event_id);

-- One-use links by which somebody takes over the tickets of an order that waits for them.
CREATE TABLE claims (
  token_hash TEXT PRIMARY KEY,
  order_id BIGINT NOT NULL REFERENCES orders (id),
  made_by BIGINT NOT NULL REFERENCES people (id),
  made_ms BIGINT NOT NULL,
  expires_ms BIGINT NOT NULL,
  revoked_ms BIGINT,
  claimed_ms BIGINT,
  claimed_by BIGINT REFERENCES people (id),
  CHECK ((claimed_ms IS NULL) = (claimed_by IS NULL))
);
CREATE INDEX claims_of_order ON claims (order_id);

-- A till counted and emptied: what should have been in it, and what was.
CREATE TABLE cash_closings (
  id BIGINT PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  event_id BIGINT NOT NULL REFERENCES events (id),
  person_id BIGINT NOT NULL REFERENCES people (id),
  closed_by BIGINT NOT NULL REFERENCES people (id),
  expected_minor BIGINT NOT NULL,
  counted_minor BIGINT NOT NULL CHECK (counted_minor >= 0),
  currency TEXT NOT NULL,
  closed_ms BIGINT NOT NULL
);
CREATE INDEX cash_closings_of_event ON cash_closings (event_id, person_id);

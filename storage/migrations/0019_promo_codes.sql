-- Promo codes: what is taken off, whom a code shows, how often it may be used. `taken` counts tickets held
-- and sold with it; a code with a kind is for that kind alone, and shows it where it is hidden.
CREATE TABLE promos (
  id BIGINT PRIMARY KEY,
  event_id BIGINT NOT NULL REFERENCES events (id),
  code TEXT NOT NULL,
  percent BIGINT NOT NULL CHECK (percent BETWEEN 0 AND 100),
  amount_minor BIGINT NOT NULL CHECK (amount_minor >= 0),
  kind_id BIGINT REFERENCES kinds (id),
  tickets_max BIGINT NOT NULL,
  per_buyer_max BIGINT NOT NULL CHECK (per_buyer_max >= 1),
  from_ms BIGINT,
  until_ms BIGINT,
  taken BIGINT NOT NULL CHECK (taken >= 0),
  made_by BIGINT NOT NULL REFERENCES people (id),
  made_ms BIGINT NOT NULL,
  revoked_ms BIGINT,
  CHECK (taken <= tickets_max)
);
CREATE UNIQUE INDEX promos_one_living ON promos (event_id, code) WHERE revoked_ms IS NULL;
CREATE INDEX promos_of_kind ON promos (kind_id) WHERE kind_id IS NOT NULL;

-- How many tickets one buyer holds or has with a code: a rule over many orders is a counter row.
CREATE TABLE promo_buyers (
  promo_id BIGINT NOT NULL REFERENCES promos (id),
  person_id BIGINT NOT NULL REFERENCES people (id),
  taken BIGINT NOT NULL CHECK (taken >= 0),
  PRIMARY KEY (promo_id, person_id)
);

-- The code somebody typed at an event: it counts for what they buy there until they type another.
CREATE TABLE promo_claims (
  event_id BIGINT NOT NULL REFERENCES events (id),
  person_id BIGINT NOT NULL REFERENCES people (id),
  promo_id BIGINT NOT NULL REFERENCES promos (id),
  claimed_ms BIGINT NOT NULL,
  PRIMARY KEY (event_id, person_id)
);
CREATE INDEX promo_claims_of_promo ON promo_claims (promo_id);

-- A kind that only a code shows.
ALTER TABLE kinds ADD COLUMN hidden BIGINT NOT NULL DEFAULT 0 CHECK (hidden IN (0, 1));

-- What an order was bought with; its seats have the price that was paid.
ALTER TABLE orders ADD COLUMN promo_id BIGINT REFERENCES promos (id);
ALTER TABLE orders ADD COLUMN promo_code TEXT NOT NULL DEFAULT '';
-- Who used the code: its counter stays theirs, whoever the order belongs to later.
ALTER TABLE orders ADD COLUMN promo_by BIGINT REFERENCES people (id);
CREATE INDEX orders_of_promo ON orders (promo_id) WHERE promo_id IS NOT NULL;

-- The tables of the box office. Times are _ms since 1970 UTC, ids are ours (storage/ids.py), money is in
-- minor units, JSON is TEXT. Every rule the code decides by one statement is said again by a CHECK or an index.

-- What this installation is: its mode ('demo' or 'live'), once and for ever.
CREATE TABLE installation (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
);

-- The fingerprint of every key that ever signed a ticket here; a start without one of them is refused.
CREATE TABLE key_fingerprints (
  fingerprint TEXT PRIMARY KEY,
  first_seen_ms BIGINT NOT NULL
);

-- Somebody, on however many channels.
CREATE TABLE people (
  id BIGINT PRIMARY KEY,
  name TEXT NOT NULL,
  created_ms BIGINT NOT NULL
);

-- One conversation: a person with one of the two talks on one channel. `turn` rises with every turn: the lock.
CREATE TABLE chats (
  id BIGINT PRIMARY KEY,
  channel TEXT NOT NULL,
  talk TEXT NOT NULL CHECK (talk IN ('seller', 'scanner')),
  ref TEXT NOT NULL,
  person_id BIGINT NOT NULL REFERENCES people (id),
  language TEXT NOT NULL,
  step TEXT NOT NULL,
  memory TEXT NOT NULL,
  offered TEXT NOT NULL,
  turn BIGINT NOT NULL,
  heard_ms BIGINT NOT NULL,
  created_ms BIGINT NOT NULL,
  UNIQUE (channel, talk, ref)
);
CREATE INDEX chats_of_person ON chats (person_id);

-- What came in, kept before it is acknowledged. form: 'raw' is the channel's own payload, 'heard' is ours.
CREATE TABLE inbox (
  id BIGINT PRIMARY KEY,
  channel TEXT NOT NULL,
  talk TEXT NOT NULL,
  ref TEXT NOT NULL,
  message_id TEXT NOT NULL,
  form TEXT NOT NULL CHECK (form IN ('raw', 'heard')),
  payload TEXT,
  state TEXT NOT NULL CHECK (state IN ('new', 'done', 'failed')),
  attempts BIGINT NOT NULL,
  received_ms BIGINT NOT NULL,
  done_ms BIGINT,
  UNIQUE (channel, talk, message_id)
);
CREATE INDEX inbox_new ON inbox (channel, talk, ref, id) WHERE state = 'new';

-- What must go out: words to a chat (kind 'say') or far work (any other kind). A lane is worked in order.
CREATE TABLE outbox (
  id BIGINT PRIMARY KEY,
  lane BIGINT NOT NULL,
  chat_id BIGINT REFERENCES chats (id),
  kind TEXT NOT NULL,
  payload TEXT NOT NULL,
  about TEXT,
  priority BIGINT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('new', 'done', 'failed')),
  attempts BIGINT NOT NULL,
  due_ms BIGINT NOT NULL,
  lease_until_ms BIGINT NOT NULL,
  queued_ms BIGINT NOT NULL,
  done_ms BIGINT,
  fault TEXT
);
CREATE INDEX outbox_new ON outbox (priority, id) WHERE state = 'new';
CREATE INDEX outbox_lane ON outbox (lane, id) WHERE state = 'new';
CREATE INDEX outbox_failed ON outbox (done_ms) WHERE state = 'failed';

-- Bytes that a conversation needs later: an uploaded photo, a poster.
CREATE TABLE media (
  id BIGINT PRIMARY KEY,
  mime TEXT NOT NULL,
  body BYTEA NOT NULL,
  created_ms BIGINT NOT NULL,
  expires_ms BIGINT
);

CREATE TABLE organisers (
  id BIGINT PRIMARY KEY,
  name TEXT NOT NULL,
  created_ms BIGINT NOT NULL
);

-- Who runs an organiser's events.
CREATE TABLE memberships (
  organiser_id BIGINT NOT NULL REFERENCES organisers (id),
  person_id BIGINT NOT NULL REFERENCES people (id),
  role TEXT NOT NULL CHECK (role IN ('owner', 'manager')),
  since_ms BIGINT NOT NULL,
  revoked_ms BIGINT,
  PRIMARY KEY (organiser_id, person_id)
);
CREATE INDEX memberships_of_person ON memberships (person_id);

CREATE TABLE events (
  id BIGINT PRIMARY KEY,
  organiser_id BIGINT NOT NULL REFERENCES organisers (id),
  tag TEXT NOT NULL UNIQUE,
  mode TEXT NOT NULL CHECK (mode IN ('demo', 'live')),
  status TEXT NOT NULL CHECK (status IN ('draft', 'published', 'postponed', 'cancelled')),
  title TEXT NOT NULL,
  description TEXT NOT NULL,
  venue TEXT NOT NULL,
  city TEXT NOT NULL,
  folded TEXT NOT NULL,
  zone TEXT NOT NULL,
  doors_ms BIGINT NOT NULL,
  starts_ms BIGINT NOT NULL,
  ends_ms BIGINT NOT NULL,
  currency TEXT NOT NULL,
  age_min BIGINT NOT NULL CHECK (age_min >= 0 AND age_min <= 99),
  naming TEXT NOT NULL CHECK (naming IN ('transferable', 'nominative')),
  refund_terms TEXT NOT NULL,
  conditions TEXT NOT NULL,
  conditions_version BIGINT NOT NULL,
  per_buyer_max BIGINT NOT NULL CHECK (per_buyer_max >= 1),
  hold_ms BIGINT NOT NULL CHECK (hold_ms > 0),
  accent TEXT NOT NULL,
  poster_id BIGINT REFERENCES media (id),
  created_ms BIGINT NOT NULL,
  published_ms BIGINT,
  CHECK (doors_ms <= starts_ms AND starts_ms < ends_ms)
);
CREATE INDEX events_published ON events (ends_ms) WHERE status = 'published';
CREATE INDEX events_of_organiser ON events (organiser_id);

-- A kind of ticket (tarif). taken = held + sold; the window is when its tickets open a gate.
CREATE TABLE kinds (
  id BIGINT PRIMARY KEY,
  event_id BIGINT NOT NULL REFERENCES events (id),
  position BIGINT NOT NULL,
  name TEXT NOT NULL,
  price_minor BIGINT NOT NULL CHECK (price_minor >= 0),
  quota BIGINT NOT NULL,
  taken BIGINT NOT NULL CHECK (taken >= 0),
  valid_from_ms BIGINT NOT NULL,
  valid_until_ms BIGINT NOT NULL,
  CHECK (taken <= quota),
  CHECK (valid_from_ms < valid_until_ms)
);
CREATE INDEX kinds_of_event ON kinds (event_id, position);

-- A buyer's order. Held seats expire; sold seats do not.
CREATE TABLE orders (
  id BIGINT PRIMARY KEY,
  reference TEXT NOT NULL UNIQUE,
  event_id BIGINT NOT NULL REFERENCES events (id),
  buyer_id BIGINT NOT NULL REFERENCES people (id),
  chat_id BIGINT NOT NULL REFERENCES chats (id),
  status TEXT NOT NULL CHECK (status IN ('held', 'paid', 'expired', 'cancelled', 'refunded')),
  quantity BIGINT NOT NULL CHECK (quantity >= 1),
  total_minor BIGINT NOT NULL CHECK (total_minor >= 0),
  currency TEXT NOT NULL,
  held_ms BIGINT NOT NULL,
  hold_until_ms BIGINT NOT NULL,
  reminded_ms BIGINT,
  closed_ms BIGINT
);
CREATE UNIQUE INDEX orders_one_hold ON orders (event_id, buyer_id) WHERE status = 'held';
CREATE INDEX orders_held ON orders (hold_until_ms) WHERE status = 'held';
CREATE INDEX orders_of_buyer ON orders (buyer_id, held_ms);
CREATE INDEX orders_of_event ON orders (event_id, held_ms);

-- One row a ticket to be: what the order asks for, and for whom.
CREATE TABLE seats (
  order_id BIGINT NOT NULL REFERENCES orders (id),
  number BIGINT NOT NULL,
  kind_id BIGINT NOT NULL REFERENCES kinds (id),
  price_minor BIGINT NOT NULL,
  holder TEXT,
  PRIMARY KEY (order_id, number)
);

-- The text a buyer accepted, whole, so that it can be shown to anyone years later.
CREATE TABLE condition_texts (
  digest TEXT PRIMARY KEY,
  event_id BIGINT NOT NULL REFERENCES events (id),
  version BIGINT NOT NULL,
  language TEXT NOT NULL,
  body TEXT NOT NULL,
  first_shown_ms BIGINT NOT NULL
);
CREATE TABLE acceptances (
  order_id BIGINT PRIMARY KEY REFERENCES orders (id),
  person_id BIGINT NOT NULL REFERENCES people (id),
  digest TEXT NOT NULL REFERENCES condition_texts (digest),
  age_min BIGINT NOT NULL,
  accepted_ms BIGINT NOT NULL
);

-- One attempt at taking the money of an order.
CREATE TABLE payments (
  id BIGINT PRIMARY KEY,
  order_id BIGINT NOT NULL REFERENCES orders (id),
  provider TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN
    ('starting', 'open', 'paid', 'declined', 'failed', 'refunding', 'refunded')),
  amount_minor BIGINT NOT NULL,
  currency TEXT NOT NULL,
  provider_ref TEXT,
  url TEXT,
  started_ms BIGINT NOT NULL,
  asked_ms BIGINT,
  closed_ms BIGINT,
  UNIQUE (provider, provider_ref)
);
CREATE INDEX payments_of_order ON payments (order_id);
CREATE INDEX payments_open ON payments (started_ms) WHERE status IN ('starting', 'open');

-- A ticket. A new code is a new row: the old one is revoked and names its successor.
CREATE TABLE tickets (
  id BIGINT PRIMARY KEY,
  order_id BIGINT NOT NULL REFERENCES orders (id),
  number BIGINT NOT NULL,
  event_id BIGINT NOT NULL REFERENCES events (id),
  kind_id BIGINT NOT NULL REFERENCES kinds (id),
  owner_id BIGINT NOT NULL REFERENCES people (id),
  mode TEXT NOT NULL CHECK (mode IN ('demo', 'live')),
  code TEXT NOT NULL UNIQUE,
  short_code TEXT NOT NULL,
  holder TEXT,
  naming TEXT NOT NULL CHECK (naming IN ('transferable', 'nominative')),
  status TEXT NOT NULL CHECK (status IN
    ('valid', 'revoked', 'cancelled', 'refunded', 'charged_back', 'blocked')),
  status_ms BIGINT NOT NULL,
  status_note TEXT,
  successor_id BIGINT REFERENCES tickets (id),
  valid_from_ms BIGINT NOT NULL,
  valid_until_ms BIGINT NOT NULL,
  scanned_at_ms BIGINT,
  scanned_gate_id BIGINT,
  scanned_staff_id BIGINT,
  delivery TEXT NOT NULL CHECK (delivery IN ('queued', 'sent', 'text_only', 'failed')),
  delivered_ms BIGINT,
  created_ms BIGINT NOT NULL,
  UNIQUE (event_id, short_code),
  CHECK ((scanned_at_ms IS NULL) = (scanned_staff_id IS NULL))
);
CREATE UNIQUE INDEX tickets_one_living ON tickets (order_id, number)
  WHERE status IN ('valid', 'blocked');
CREATE INDEX tickets_of_owner ON tickets (owner_id);
CREATE INDEX tickets_of_event ON tickets (event_id, kind_id);

CREATE TABLE gates (
  id BIGINT PRIMARY KEY,
  event_id BIGINT NOT NULL REFERENCES events (id),
  name TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('open', 'paused', 'closed')),
  opens_ms BIGINT,
  closes_ms BIGINT
);
CREATE INDEX gates_of_event ON gates (event_id);

-- A gate without a row here admits every kind; with rows, these kinds alone.
CREATE TABLE gate_kinds (
  gate_id BIGINT NOT NULL REFERENCES gates (id),
  kind_id BIGINT NOT NULL REFERENCES kinds (id),
  PRIMARY KEY (gate_id, kind_id)
);

-- Who may scan: bound to an event, perhaps to one gate and to hours. gate_id is where they stand now.
CREATE TABLE staff (
  id BIGINT PRIMARY KEY,
  event_id BIGINT NOT NULL REFERENCES events (id),
  person_id BIGINT NOT NULL REFERENCES people (id),
  role TEXT NOT NULL CHECK (role IN ('steward', 'supervisor')),
  name TEXT NOT NULL,
  bound_gate_id BIGINT REFERENCES gates (id),
  from_ms BIGINT,
  until_ms BIGINT,
  revoked_ms BIGINT,
  joined_ms BIGINT NOT NULL,
  UNIQUE (event_id, person_id)
);
CREATE INDEX staff_of_person ON staff (person_id);

-- One-use links. Only the token's hash is kept; opening changes nothing, the button behind it does.
CREATE TABLE invitations (
  token_hash TEXT PRIMARY KEY,
  purpose TEXT NOT NULL CHECK (purpose IN ('owner', 'staff')),
  event_id BIGINT REFERENCES events (id),
  gate_id BIGINT REFERENCES gates (id),
  role TEXT,
  invited_by BIGINT REFERENCES people (id),
  created_ms BIGINT NOT NULL,
  expires_ms BIGINT NOT NULL,
  used_ms BIGINT,
  used_by BIGINT REFERENCES people (id)
);

-- The gate's journal: every judgement, refusals included, never the code itself.
CREATE TABLE scans (
  id BIGINT PRIMARY KEY,
  event_id BIGINT,
  gate_id BIGINT,
  staff_id BIGINT,
  person_id BIGINT NOT NULL,
  ticket_id BIGINT,
  raw_hash TEXT NOT NULL,
  channel TEXT NOT NULL,
  typed BIGINT NOT NULL CHECK (typed IN (0, 1)),
  verdict TEXT NOT NULL,
  received_ms BIGINT NOT NULL,
  judged_ms BIGINT NOT NULL,
  note TEXT
);
CREATE INDEX scans_of_ticket ON scans (ticket_id, judged_ms);
CREATE INDEX scans_of_event ON scans (event_id, judged_ms);

-- Wrong short codes in a row, per person: typing at random is slowed, then stopped.
CREATE TABLE typing_failures (
  person_id BIGINT PRIMARY KEY REFERENCES people (id),
  failures BIGINT NOT NULL,
  since_ms BIGINT NOT NULL
);

-- A buyer's question, its reference, and the chat its answer goes back to.
CREATE TABLE questions (
  id BIGINT PRIMARY KEY,
  reference TEXT NOT NULL UNIQUE,
  chat_id BIGINT NOT NULL REFERENCES chats (id),
  organiser_id BIGINT REFERENCES organisers (id),
  event_id BIGINT REFERENCES events (id),
  body TEXT NOT NULL,
  asked_ms BIGINT NOT NULL,
  answered_ms BIGINT
);

-- The sandbox provider's own books: it plays a provider that stands outside.
CREATE TABLE sandbox_payments (
  token TEXT PRIMARY KEY,
  idempotency_key TEXT NOT NULL UNIQUE,
  merchant_ref TEXT NOT NULL,
  amount_minor BIGINT NOT NULL,
  currency TEXT NOT NULL,
  description TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('open', 'paid', 'declined', 'expired', 'refunded')),
  return_url TEXT NOT NULL,
  created_ms BIGINT NOT NULL,
  changed_ms BIGINT NOT NULL
);

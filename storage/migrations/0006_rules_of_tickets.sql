-- What a ticket may do and where it is: rules per event, seats with numbers, reminders, lent terminals.

-- Where the venue stands on a map, in millionths of a degree; when tickets are sold; how often a ticket
-- opens a gate; whether a birth date is asked; until how long before the doors a name may be corrected;
-- whether the venue can scan.
ALTER TABLE events ADD COLUMN latitude_e6 BIGINT CHECK (latitude_e6 BETWEEN -90000000 AND 90000000);
ALTER TABLE events ADD COLUMN longitude_e6 BIGINT
  CHECK (longitude_e6 BETWEEN -180000000 AND 180000000);
ALTER TABLE events ADD COLUMN sales_from_ms BIGINT;
ALTER TABLE events ADD COLUMN sales_until_ms BIGINT;
ALTER TABLE events ADD COLUMN entry TEXT NOT NULL DEFAULT 'once'
  CHECK (entry IN ('once', 'daily', 'reentry', 'party'));
ALTER TABLE events ADD COLUMN checks_age BIGINT NOT NULL DEFAULT 0 CHECK (checks_age IN (0, 1));
ALTER TABLE events ADD COLUMN renaming_ends_ms BIGINT NOT NULL DEFAULT 86400000
  CHECK (renaming_ends_ms >= 0);
ALTER TABLE events ADD COLUMN equipment TEXT NOT NULL DEFAULT 'equipped'
  CHECK (equipment IN ('unknown', 'equipped', 'lent'));

-- How many are inside now, where that is limited: a counter row, because a rule over many tickets is one.
CREATE TABLE occupancy (
  event_id BIGINT PRIMARY KEY REFERENCES events (id),
  inside BIGINT NOT NULL CHECK (inside >= 0),
  inside_max BIGINT NOT NULL CHECK (inside_max >= 1)
);

-- Seats that several kinds share: a kind is then bounded by its own quota and by this one.
CREATE TABLE shared_quotas (
  id BIGINT PRIMARY KEY,
  event_id BIGINT NOT NULL REFERENCES events (id),
  quota BIGINT NOT NULL,
  taken BIGINT NOT NULL CHECK (taken >= 0),
  CHECK (taken <= quota)
);
ALTER TABLE kinds ADD COLUMN shared_id BIGINT REFERENCES shared_quotas (id);
ALTER TABLE kinds ADD COLUMN party_size BIGINT NOT NULL DEFAULT 1
  CHECK (party_size BETWEEN 1 AND 50);

-- Seats with numbers. order_id says who holds or has one; free seats have none.
CREATE TABLE places (
  id BIGINT PRIMARY KEY,
  event_id BIGINT NOT NULL REFERENCES events (id),
  kind_id BIGINT NOT NULL REFERENCES kinds (id),
  row_name TEXT NOT NULL,
  number BIGINT NOT NULL,
  row_rank BIGINT NOT NULL,
  order_id BIGINT REFERENCES orders (id),
  UNIQUE (kind_id, row_name, number)
);
CREATE INDEX places_of_event ON places (event_id);
CREATE INDEX places_of_order ON places (order_id) WHERE order_id IS NOT NULL;

ALTER TABLE seats ADD COLUMN birth_date TEXT;
ALTER TABLE seats ADD COLUMN place_id BIGINT REFERENCES places (id);

-- entry and party_size are the event's when the ticket was made; the rest is its history at the gates.
-- scanned_* is the last entry, passed_* the last passage, in or out.
ALTER TABLE tickets ADD COLUMN birth_date TEXT;
ALTER TABLE tickets ADD COLUMN place_id BIGINT REFERENCES places (id);
ALTER TABLE tickets ADD COLUMN entry TEXT NOT NULL DEFAULT 'once'
  CHECK (entry IN ('once', 'daily', 'reentry', 'party'));
ALTER TABLE tickets ADD COLUMN party_size BIGINT NOT NULL DEFAULT 1 CHECK (party_size >= 1);
ALTER TABLE tickets ADD COLUMN entries BIGINT NOT NULL DEFAULT 0 CHECK (entries >= 0);
ALTER TABLE tickets ADD COLUMN inside BIGINT NOT NULL DEFAULT 0 CHECK (inside >= 0);
ALTER TABLE tickets ADD COLUMN entered_day TEXT;
ALTER TABLE tickets ADD COLUMN passed_ms BIGINT;
ALTER TABLE tickets ADD COLUMN passed_gate_id BIGINT;
ALTER TABLE tickets ADD COLUMN passed_staff_id BIGINT;
UPDATE tickets SET entries = 1, inside = 1 WHERE scanned_at_ms IS NOT NULL;
-- One seat never has two living tickets, whatever the code does.
CREATE UNIQUE INDEX tickets_one_place ON tickets (place_id) WHERE status IN ('valid', 'blocked');

CREATE INDEX tickets_of_holder ON tickets (event_id, owner_id);

ALTER TABLE gates ADD COLUMN direction TEXT NOT NULL DEFAULT 'in' CHECK (direction IN ('in', 'out'));

-- What a person is told before an event, once each: on the eve, and earlier to who prints at home.
CREATE TABLE reminders (
  event_id BIGINT NOT NULL REFERENCES events (id),
  person_id BIGINT NOT NULL REFERENCES people (id),
  what TEXT NOT NULL CHECK (what IN ('eve', 'print')),
  asked_ms BIGINT NOT NULL,
  queued_ms BIGINT,
  PRIMARY KEY (event_id, person_id, what)
);

-- Terminals that Guichet lends: asked for, accepted with how many and when, handed over, returned.
CREATE TABLE terminal_loans (
  event_id BIGINT PRIMARY KEY REFERENCES events (id),
  status TEXT NOT NULL
    CHECK (status IN ('asked', 'accepted', 'refused', 'handed_over', 'returned')),
  asked_by BIGINT NOT NULL REFERENCES people (id),
  asked_chat_id BIGINT NOT NULL REFERENCES chats (id),
  asked_ms BIGINT NOT NULL,
  terminals BIGINT CHECK (terminals BETWEEN 1 AND 500),
  from_ms BIGINT,
  until_ms BIGINT,
  answered_ms BIGINT,
  handed_over_ms BIGINT,
  returned_ms BIGINT,
  CHECK (from_ms < until_ms),
  CHECK (status IN ('asked', 'refused') OR terminals IS NOT NULL)
);

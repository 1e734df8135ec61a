-- Tickets that change hands: offered by a link, accepted by one person, for ever. The chain of custody of a
-- ticket is its accepted transfers, each from one row of `tickets` to the one that took its place.
CREATE TABLE transfers (
  id BIGINT PRIMARY KEY,
  ticket_id BIGINT NOT NULL REFERENCES tickets (id),
  from_id BIGINT NOT NULL REFERENCES people (id),
  from_chat_id BIGINT NOT NULL REFERENCES chats (id),
  -- What both call themselves in the written agreement; only the hash of the link's word is kept.
  from_name TEXT NOT NULL,
  claim_hash TEXT NOT NULL UNIQUE,
  status TEXT NOT NULL CHECK (status IN ('offered', 'accepted', 'withdrawn', 'expired', 'void')),
  offered_ms BIGINT NOT NULL,
  expires_ms BIGINT NOT NULL,
  ended_ms BIGINT,
  to_id BIGINT REFERENCES people (id),
  to_chat_id BIGINT REFERENCES chats (id),
  to_name TEXT,
  successor_id BIGINT REFERENCES tickets (id),
  -- What the new owner accepted, and the age they declared.
  digest TEXT REFERENCES condition_texts (digest),
  age_min BIGINT,
  CHECK ((status = 'offered') = (ended_ms IS NULL)),
  CHECK ((status = 'accepted') = (successor_id IS NOT NULL)),
  CHECK ((status = 'accepted') = (to_id IS NOT NULL AND to_chat_id IS NOT NULL
    AND to_name IS NOT NULL AND digest IS NOT NULL AND age_min IS NOT NULL))
);
-- One offer of a ticket at a time, and a ticket is given once: its new owner gives another row.
CREATE UNIQUE INDEX transfers_one_offer ON transfers (ticket_id) WHERE status = 'offered';
CREATE UNIQUE INDEX transfers_one_taker ON transfers (ticket_id) WHERE status = 'accepted';
CREATE UNIQUE INDEX transfers_of_successor ON transfers (successor_id)
  WHERE successor_id IS NOT NULL;
CREATE INDEX transfers_ending ON transfers (expires_ms) WHERE status = 'offered';

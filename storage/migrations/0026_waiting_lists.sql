-- Who waits for seats of a kind that is sold out, first come first served; and the seats offered to them.

-- rank 0 comes before rank 1: money that came too late for its seats and waits for others (payment_id).
CREATE TABLE waiting (
  id BIGINT PRIMARY KEY,
  event_id BIGINT NOT NULL REFERENCES events (id),
  kind_id BIGINT NOT NULL REFERENCES kinds (id),
  person_id BIGINT NOT NULL REFERENCES people (id),
  chat_id BIGINT NOT NULL REFERENCES chats (id),
  quantity BIGINT NOT NULL CHECK (quantity BETWEEN 1 AND 50),
  rank BIGINT NOT NULL CHECK (rank IN (0, 1)),
  payment_id BIGINT REFERENCES payments (id),
  status TEXT NOT NULL CHECK (status IN ('waiting', 'offered', 'taken', 'left', 'passed', 'closed')),
  joined_ms BIGINT NOT NULL,
  closed_ms BIGINT,
  CHECK ((rank = 0) = (payment_id IS NOT NULL))
);
CREATE UNIQUE INDEX waiting_once ON waiting (kind_id, person_id)
  WHERE status IN ('waiting', 'offered') AND payment_id IS NULL;
CREATE UNIQUE INDEX waiting_money ON waiting (payment_id) WHERE payment_id IS NOT NULL;
CREATE INDEX waiting_line ON waiting (event_id, kind_id, rank, id) WHERE status = 'waiting';
CREATE INDEX waiting_of_person ON waiting (person_id) WHERE status IN ('waiting', 'offered');

-- Seats taken of a kind for one person, without an order: nothing is accepted until they take them.
CREATE TABLE offers (
  id BIGINT PRIMARY KEY,
  waiting_id BIGINT NOT NULL REFERENCES waiting (id),
  event_id BIGINT NOT NULL REFERENCES events (id),
  kind_id BIGINT NOT NULL REFERENCES kinds (id),
  person_id BIGINT NOT NULL REFERENCES people (id),
  quantity BIGINT NOT NULL CHECK (quantity BETWEEN 1 AND 50),
  status TEXT NOT NULL CHECK (status IN ('open', 'taken', 'refused', 'ended')),
  made_ms BIGINT NOT NULL,
  until_ms BIGINT NOT NULL,
  closed_ms BIGINT
);
CREATE UNIQUE INDEX offers_one_open ON offers (waiting_id) WHERE status = 'open';
CREATE INDEX offers_open ON offers (until_ms) WHERE status = 'open';
CREATE INDEX offers_of_person ON offers (person_id, kind_id) WHERE status = 'open';

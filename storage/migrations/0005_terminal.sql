-- The terminal: a page at the door, opened by a one-use link or from the scanner bot.

-- One-use links that open a terminal at one gate, for one place in a team. Only the token's hash is kept.
CREATE TABLE terminal_links (
  token_hash TEXT PRIMARY KEY,
  staff_id BIGINT NOT NULL REFERENCES staff (id),
  gate_id BIGINT NOT NULL REFERENCES gates (id),
  language TEXT NOT NULL,
  created_ms BIGINT NOT NULL,
  expires_ms BIGINT NOT NULL,
  used_ms BIGINT
);

-- An opened terminal. Only the hash of its cookie's token is kept. pack_key seals what it keeps for the time
-- without network. It may be closed; whether its staff may still scan is asked at every scan.
CREATE TABLE terminals (
  id BIGINT PRIMARY KEY,
  token_hash TEXT NOT NULL UNIQUE,
  staff_id BIGINT NOT NULL REFERENCES staff (id),
  person_id BIGINT NOT NULL REFERENCES people (id),
  event_id BIGINT NOT NULL REFERENCES events (id),
  gate_id BIGINT NOT NULL REFERENCES gates (id),
  language TEXT NOT NULL,
  pack_key BYTEA NOT NULL,
  opened_ms BIGINT NOT NULL,
  expires_ms BIGINT NOT NULL,
  closed_ms BIGINT
);
CREATE INDEX terminals_of_staff ON terminals (staff_id);

-- What each request of a terminal was answered: the same request gets the same answer for ever.
CREATE TABLE terminal_answers (
  terminal_id BIGINT NOT NULL REFERENCES terminals (id),
  request_id TEXT NOT NULL,
  verdict TEXT NOT NULL,
  answer TEXT NOT NULL,
  made_ms BIGINT NOT NULL,
  PRIMARY KEY (terminal_id, request_id)
);

-- What was admitted without network, as it was uploaded, and what became of it.
CREATE TABLE offline_entries (
  id TEXT PRIMARY KEY,
  terminal_id BIGINT NOT NULL REFERENCES terminals (id),
  ticket_id BIGINT,
  at_ms BIGINT NOT NULL,
  outcome TEXT NOT NULL,
  uploaded_ms BIGINT NOT NULL
);

-- What an organiser decided for the gates of an event. Without a row: what was sold after the copy is refused.
CREATE TABLE gate_rules (
  event_id BIGINT PRIMARY KEY REFERENCES events (id),
  offline_unlisted TEXT NOT NULL CHECK (offline_unlisted IN ('refuse', 'admit'))
);

-- A ticket shown twice: the supervisor asked its owner, in the owner's own chat, whether they are there.
CREATE TABLE contests (
  id BIGINT PRIMARY KEY,
  ticket_id BIGINT NOT NULL REFERENCES tickets (id),
  owner_id BIGINT NOT NULL REFERENCES people (id),
  gate_name TEXT NOT NULL,
  asked_chat_id BIGINT NOT NULL REFERENCES chats (id),
  asked_ms BIGINT NOT NULL,
  answer TEXT CHECK (answer IN ('yes', 'no')),
  answered_ms BIGINT
);

-- Which alarm of an event was told last when, so that it is told once and not every half minute.
CREATE TABLE gate_alarms (
  event_id BIGINT NOT NULL REFERENCES events (id),
  about TEXT NOT NULL,
  told_ms BIGINT NOT NULL,
  PRIMARY KEY (event_id, about)
);

-- The demo's world: the web chat, and what the sandbox provider needs beyond its books.

-- A visitor of the web chat, who owns three phones. Only the hash of the cookie's token is kept.
-- `messages` numbers what is said on all three, without a hole a reader could miss: the lock of a visitor.
CREATE TABLE web_visitors (
  id BIGINT PRIMARY KEY,
  token_hash TEXT NOT NULL UNIQUE,
  messages BIGINT NOT NULL,
  created_ms BIGINT NOT NULL
);

-- A phone: one chat with one talk. `ref` is the chat's key on this channel.
CREATE TABLE web_phones (
  ref TEXT PRIMARY KEY,
  visitor_id BIGINT NOT NULL REFERENCES web_visitors (id),
  name TEXT NOT NULL CHECK (name IN ('buyer', 'gate', 'organiser')),
  talk TEXT NOT NULL CHECK (talk IN ('seller', 'scanner')),
  UNIQUE (visitor_id, name)
);

-- What was said on a phone, kept so that a reload or a restart shows the conversation again.
-- client_id is the name a phone gave its own message; payload is kept until the engine has taken it.
CREATE TABLE web_messages (
  visitor_id BIGINT NOT NULL REFERENCES web_visitors (id),
  number BIGINT NOT NULL,
  ref TEXT NOT NULL REFERENCES web_phones (ref),
  kind TEXT NOT NULL CHECK (kind IN ('bot', 'text', 'tap', 'start', 'photos')),
  client_id TEXT,
  body TEXT NOT NULL,
  buttons TEXT NOT NULL,
  files TEXT NOT NULL,
  payload TEXT,
  at_ms BIGINT NOT NULL,
  PRIMARY KEY (visitor_id, number),
  UNIQUE (ref, client_id),
  CHECK ((kind = 'bot') = (client_id IS NULL))
);
CREATE INDEX web_messages_untaken ON web_messages (at_ms) WHERE payload IS NOT NULL;

-- Who may see which bytes: the address of a file is unguessable, and its visitor's alone.
CREATE TABLE web_files (
  token TEXT PRIMARY KEY,
  visitor_id BIGINT NOT NULL REFERENCES web_visitors (id),
  media_id BIGINT NOT NULL REFERENCES media (id) ON DELETE CASCADE,
  name TEXT NOT NULL
);
CREATE INDEX web_files_of_media ON web_files (media_id);

-- What the sandbox's page speaks, when it closes, and what of the money went back.
ALTER TABLE sandbox_payments ADD COLUMN language TEXT NOT NULL DEFAULT 'fr';
ALTER TABLE sandbox_payments ADD COLUMN page_until_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sandbox_payments ADD COLUMN refunded_minor BIGINT NOT NULL DEFAULT 0;

-- The notices the sandbox owes its merchant: one an outcome, told in order, again after a failure.
CREATE TABLE sandbox_notices (
  id BIGINT PRIMARY KEY,
  token TEXT NOT NULL REFERENCES sandbox_payments (token),
  outcome TEXT NOT NULL CHECK (outcome IN ('paid', 'declined', 'expired')),
  state TEXT NOT NULL CHECK (state IN ('new', 'done', 'failed')),
  attempts BIGINT NOT NULL,
  due_ms BIGINT NOT NULL,
  UNIQUE (token, outcome)
);
CREATE INDEX sandbox_notices_new ON sandbox_notices (due_ms) WHERE state = 'new';

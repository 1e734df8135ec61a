-- One person on several apps, who may come back after losing a phone, and who may ask to be forgotten.

-- How often something was tried since a time: by one person, or at one order (the key says which).
CREATE TABLE attempts (
  key TEXT PRIMARY KEY,
  tries BIGINT NOT NULL CHECK (tries >= 1),
  since_ms BIGINT NOT NULL
);
CREATE INDEX attempts_by_age ON attempts (since_ms);

-- The code that a chat shows to be typed in another app; a new one replaces it. Only its hash is kept.
CREATE TABLE link_codes (
  chat_id BIGINT PRIMARY KEY REFERENCES chats (id),
  code_hash TEXT NOT NULL UNIQUE,
  expires_ms BIGINT NOT NULL,
  used_ms BIGINT
);

-- Two people who turned out to be one: what was joined_id's is kept_id's, until the link is undone.
CREATE TABLE links (
  id BIGINT PRIMARY KEY,
  kept_id BIGINT NOT NULL REFERENCES people (id),
  joined_id BIGINT NOT NULL REFERENCES people (id),
  asked_chat_id BIGINT NOT NULL REFERENCES chats (id),
  typed_chat_id BIGINT NOT NULL REFERENCES chats (id),
  made_ms BIGINT NOT NULL,
  undone_ms BIGINT,
  CHECK (kept_id <> joined_id)
);
CREATE INDEX links_of_kept ON links (kept_id);
CREATE INDEX links_of_joined ON links (joined_id);

-- Each row that changed hands by a link, so that undoing it gives back exactly that.
-- was: for a post that both had, what it was before the link.
CREATE TABLE link_moves (
  link_id BIGINT NOT NULL REFERENCES links (id),
  what TEXT NOT NULL,
  key TEXT NOT NULL,
  was TEXT,
  PRIMARY KEY (link_id, what, key)
);

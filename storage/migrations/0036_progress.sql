-- Long work that shows in one message of a chat how far it has come: a message to many, a long list,
-- an event's refunds. `message` is how the app calls that message, where it can be edited.
CREATE TABLE progress (
  id BIGINT PRIMARY KEY,
  what TEXT NOT NULL,
  chat_id BIGINT NOT NULL REFERENCES chats (id),
  message TEXT,
  said TEXT NOT NULL,
  begun_ms BIGINT NOT NULL,
  done BIGINT NOT NULL DEFAULT 0,
  total BIGINT NOT NULL DEFAULT 0,
  stopped_ms BIGINT,
  finished_ms BIGINT,
  ended_ms BIGINT,
  UNIQUE (what, chat_id)
);
CREATE INDEX progress_open ON progress (id) WHERE ended_ms IS NULL;

-- An event's refunds may rest, and go on.
ALTER TABLE event_refunds ADD COLUMN paused_ms BIGINT;
ALTER TABLE event_refunds ADD COLUMN shown_ms BIGINT;

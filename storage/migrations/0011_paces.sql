-- Who sends what waits: `channel:talk`, one number or bot of an app; empty for far work. Each has a
-- pace of its own, and the first of its rows must be found at once however many wait.

ALTER TABLE outbox ADD COLUMN sender TEXT NOT NULL DEFAULT '';
UPDATE outbox SET sender = (SELECT channel || ':' || talk FROM chats WHERE chats.id = outbox.chat_id)
  WHERE kind = 'say' AND state = 'new';
DROP INDEX outbox_new;
CREATE INDEX outbox_new ON outbox (sender, priority, id) WHERE state = 'new';

-- How much each paced sender may send now, in thousandths of a message, and when that was so.
CREATE TABLE paces (
  sender TEXT NOT NULL PRIMARY KEY,
  left_milli BIGINT NOT NULL CHECK (left_milli >= 0),
  at_ms BIGINT NOT NULL
);

-- When a chat was last told that answers take a while.
ALTER TABLE chats ADD COLUMN noted_ms BIGINT NOT NULL DEFAULT 0;

-- What a typed number means: the choices shown last in a conversation, whoever they came from. The
-- ones before them stay known, for words, and for a number that may have been meant for those.
ALTER TABLE chats ADD COLUMN offered_before TEXT NOT NULL DEFAULT '[]';
ALTER TABLE chats ADD COLUMN offered_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE chats ADD COLUMN unasked BIGINT NOT NULL DEFAULT 0 CHECK (unasked IN (0, 1));
-- The choices that a message shows as JSON, and whether nobody in its chat had asked for it.
ALTER TABLE outbox ADD COLUMN offers TEXT;
ALTER TABLE outbox ADD COLUMN unasked BIGINT NOT NULL DEFAULT 0 CHECK (unasked IN (0, 1));

-- How many turns a conversation had in the minute that began at burst_ms: who floods is not answered.
ALTER TABLE chats ADD COLUMN burst BIGINT NOT NULL DEFAULT 0 CHECK (burst >= 0);
ALTER TABLE chats ADD COLUMN burst_ms BIGINT NOT NULL DEFAULT 0;

-- When somebody was told that their message was given up: once, though the world's news is tried again.
ALTER TABLE inbox ADD COLUMN sorry_ms BIGINT;
UPDATE inbox SET sorry_ms = done_ms WHERE state = 'failed';

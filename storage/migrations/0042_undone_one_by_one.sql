-- What a judgement changed, so that it can be taken back: how many it let in, or -1 for an exit.
ALTER TABLE scans ADD COLUMN moved BIGINT;
-- Several codes of one answer (an album, the rest of an order) share it; a code alone has none.
ALTER TABLE scans ADD COLUMN answer_id BIGINT;
-- The judgement that this one takes back: once, whoever asks at the same time.
ALTER TABLE scans ADD COLUMN undoes BIGINT;
CREATE UNIQUE INDEX scans_undone ON scans (undoes) WHERE undoes IS NOT NULL;

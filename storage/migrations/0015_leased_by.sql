-- Which process has leased a row: one that starts again takes back what it left.

ALTER TABLE outbox ADD COLUMN leased_by TEXT NOT NULL DEFAULT '';

-- Changes typed in one message are asked for, made and undone together: each names the first of them.
ALTER TABLE event_changes ADD COLUMN first_id BIGINT;
CREATE INDEX event_changes_together ON event_changes (first_id) WHERE first_id IS NOT NULL;

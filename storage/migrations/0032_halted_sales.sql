-- Sales stopped by their organiser until they resume them: apart from the times between which an event sells,
-- so that resuming brings those back as they were.
ALTER TABLE events ADD COLUMN halted_ms BIGINT;

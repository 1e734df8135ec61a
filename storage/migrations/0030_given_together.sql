-- Several tickets given to one person in one go: one word, one acceptance, one agreement. The rows
-- behind the first point at it, and all of them end alike.
ALTER TABLE transfers ADD COLUMN lead_id BIGINT REFERENCES transfers (id);
CREATE INDEX transfers_together ON transfers (lead_id) WHERE lead_id IS NOT NULL;

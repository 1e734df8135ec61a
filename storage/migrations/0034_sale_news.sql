-- What an organiser's people hear of by themselves: the first sale of an event, and a kind that is sold out.
-- Each is told once; a kind whose quota changes may be sold out again.
ALTER TABLE memberships ADD COLUMN hears_sales BIGINT NOT NULL DEFAULT 1 CHECK (hears_sales IN (0, 1));
ALTER TABLE events ADD COLUMN first_sale_told_ms BIGINT;
ALTER TABLE kinds ADD COLUMN full_told_quota BIGINT;
-- What was sold before is no news.
UPDATE events SET first_sale_told_ms = 0 WHERE EXISTS (SELECT 1 FROM tickets WHERE tickets.event_id = events.id);
UPDATE kinds SET full_told_quota = quota WHERE taken >= quota;

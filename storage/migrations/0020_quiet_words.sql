-- Reminders and broadcasts wait for their time by the thousand: found by it, they cost dialogue nothing.

CREATE INDEX outbox_quiet ON outbox (sender, due_ms) WHERE state = 'new' AND priority > 20;

-- When somebody invited to a gate works there, chosen with the invitation; none means all hours.
ALTER TABLE invitations ADD COLUMN from_ms BIGINT;
ALTER TABLE invitations ADD COLUMN until_ms BIGINT;

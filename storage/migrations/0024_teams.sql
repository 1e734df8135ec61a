-- Who may publish, how large, and one-use links that make somebody part of an organiser's team.

-- 'asked' waits for the platform's owner: drafts can be made, nothing can be published.
ALTER TABLE organisers ADD COLUMN status TEXT NOT NULL DEFAULT 'approved'
  CHECK (status IN ('asked', 'approved', 'refused', 'suspended'));
-- The most seats one event may have; none is no limit.
ALTER TABLE organisers ADD COLUMN seats_max BIGINT CHECK (seats_max >= 1);

CREATE TABLE team_links (
  token_hash TEXT PRIMARY KEY,
  organiser_id BIGINT NOT NULL REFERENCES organisers (id),
  role TEXT NOT NULL CHECK (role IN ('owner', 'manager')),
  invited_by BIGINT NOT NULL REFERENCES people (id),
  created_ms BIGINT NOT NULL,
  expires_ms BIGINT NOT NULL,
  used_ms BIGINT,
  used_by BIGINT REFERENCES people (id)
);
CREATE INDEX team_links_open ON team_links (organiser_id) WHERE used_ms IS NULL;

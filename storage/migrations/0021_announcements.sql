-- What an organiser announces of a whole event, and what each holder answers.

-- Postponed (starts_ms is the new start, none as long as the date is not known), cancelled, or maintained after
-- all. Answers count until answer_until_ms; without one, until the next announcement. ended_ms: from then on
-- whoever did not answer a cancellation is refunded. broadcast_id: the message that tells the holders.
CREATE TABLE announcements (
  id BIGINT PRIMARY KEY,
  event_id BIGINT NOT NULL REFERENCES events (id),
  what TEXT NOT NULL CHECK (what IN ('postponed', 'cancelled', 'maintained')),
  old_starts_ms BIGINT NOT NULL,
  starts_ms BIGINT,
  broadcast_id BIGINT REFERENCES broadcasts (id),
  asked_by BIGINT NOT NULL REFERENCES people (id),
  asked_ms BIGINT NOT NULL,
  answer_until_ms BIGINT,
  ended_ms BIGINT
);
CREATE INDEX announcements_of_event ON announcements (event_id, id);
CREATE INDEX announcements_of_broadcast ON announcements (broadcast_id);
CREATE INDEX announcements_open ON announcements (answer_until_ms)
  WHERE what = 'cancelled' AND ended_ms IS NULL;

CREATE TABLE answers (
  announcement_id BIGINT NOT NULL REFERENCES announcements (id),
  person_id BIGINT NOT NULL REFERENCES people (id),
  answer TEXT NOT NULL CHECK (answer IN ('keep', 'refund', 'give')),
  answered_ms BIGINT NOT NULL,
  PRIMARY KEY (announcement_id, person_id)
);

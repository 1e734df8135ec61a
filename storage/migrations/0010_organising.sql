-- What organisers change later, whom it is told, and the journal of it.

-- Everything that changed money or access, as it is told to the owner: written once, never changed.
-- event_id refers to nothing: a draft may be forgotten, what was done with it stays.
CREATE TABLE journal (
  id BIGINT PRIMARY KEY,
  organiser_id BIGINT NOT NULL REFERENCES organisers (id),
  event_id BIGINT,
  person_id BIGINT REFERENCES people (id),
  said TEXT NOT NULL,
  at_ms BIGINT NOT NULL
);
CREATE INDEX journal_of_organiser ON journal (organiser_id, id);
CREATE INDEX journal_of_event ON journal (event_id, id);

-- A change of an event or of one of its kinds: asked for and shown with its effect, then made, perhaps
-- undone. The values are JSON, column by column: a change is made only while the old ones stand.
CREATE TABLE event_changes (
  id BIGINT PRIMARY KEY,
  event_id BIGINT NOT NULL REFERENCES events (id),
  kind_id BIGINT,
  field TEXT NOT NULL,
  old_values TEXT NOT NULL,
  new_values TEXT NOT NULL,
  asked_by BIGINT NOT NULL REFERENCES people (id),
  asked_ms BIGINT NOT NULL,
  made_ms BIGINT,
  undone_ms BIGINT
);
CREATE INDEX event_changes_of_event ON event_changes (event_id, id);

-- A message to many people, queued a few at a time. after_id is the last person queued; due_ms when the
-- next may be sent; people, sent and failed make the tally.
CREATE TABLE broadcasts (
  id BIGINT PRIMARY KEY,
  organiser_id BIGINT NOT NULL REFERENCES organisers (id),
  event_id BIGINT REFERENCES events (id),
  audience TEXT NOT NULL CHECK (audience IN ('holders', 'past')),
  say TEXT NOT NULL,
  offered TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('asked', 'running', 'queued', 'stopped')),
  made_by BIGINT NOT NULL REFERENCES people (id),
  made_ms BIGINT NOT NULL,
  after_id BIGINT NOT NULL,
  due_ms BIGINT NOT NULL,
  people BIGINT NOT NULL,
  queued BIGINT NOT NULL,
  sent BIGINT NOT NULL,
  failed BIGINT NOT NULL,
  withdrawn BIGINT NOT NULL,
  CHECK (sent + failed + withdrawn <= queued)
);
CREATE INDEX broadcasts_running ON broadcasts (id) WHERE state = 'running';
CREATE INDEX broadcasts_of_organiser ON broadcasts (organiser_id, id);

-- Whether somebody wants to hear of an organiser's next events: asked once, kindly, and kept.
CREATE TABLE consents (
  organiser_id BIGINT NOT NULL REFERENCES organisers (id),
  person_id BIGINT NOT NULL REFERENCES people (id),
  asked_ms BIGINT NOT NULL,
  agreed BIGINT CHECK (agreed IN (0, 1)),
  answered_ms BIGINT,
  PRIMARY KEY (organiser_id, person_id)
);

-- What sort of evening an event is, for who browses: 'concert', 'theatre', ... ; '' is any other.
ALTER TABLE events ADD COLUMN category TEXT NOT NULL DEFAULT '';

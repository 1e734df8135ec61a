-- Where somebody who loses their phone wants the code sent that gives their tickets back: an
-- e-mail, a number, or both.
CREATE TABLE rescue_contacts (
  person_id BIGINT NOT NULL REFERENCES people (id),
  kind TEXT NOT NULL CHECK (kind IN ('email', 'phone')),
  address TEXT NOT NULL,
  left_ms BIGINT NOT NULL,
  PRIMARY KEY (person_id, kind)
);
-- Whose part of the order is asked for, where it was received from somebody; else it is the buyer's.
ALTER TABLE recoveries ADD COLUMN holder_id BIGINT REFERENCES people (id);

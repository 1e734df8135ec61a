-- Work that the program itself could not do, told to the owners once and tried again from time to time.
CREATE TABLE faults (
  key TEXT PRIMARY KEY,
  why TEXT NOT NULL,
  times BIGINT NOT NULL,
  first_ms BIGINT NOT NULL,
  last_ms BIGINT NOT NULL
);

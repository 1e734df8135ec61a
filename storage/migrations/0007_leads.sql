-- What one process alone may do at a time, of all that share a database: a lease a name.

CREATE TABLE leads (
    name TEXT NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    until_ms BIGINT NOT NULL CHECK (until_ms >= 0)
);

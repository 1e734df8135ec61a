-- What the world told of and no turn could take is found, to be tried again.
CREATE INDEX inbox_failed ON inbox (done_ms) WHERE state = 'failed';

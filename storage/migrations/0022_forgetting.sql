-- Who asked to be forgotten. The names on their tickets go once the event is over: the gate needs them.
ALTER TABLE people ADD COLUMN forgotten_ms BIGINT;
CREATE INDEX people_forgotten ON people (forgotten_ms) WHERE forgotten_ms IS NOT NULL;

-- Conversations opened only to say goodbye in; dropped a day later, unless somebody writes there again.
CREATE TABLE farewells (
  chat_id BIGINT PRIMARY KEY REFERENCES chats (id),
  made_ms BIGINT NOT NULL
);

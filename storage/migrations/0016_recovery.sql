-- Who lost a phone asks for an order from another conversation. order_id is empty where the reference
-- names nothing that could be recovered: whoever asks is answered alike.
-- open: a code may be typed; asked: the organiser decides too; done: handed over; contested: whose it was
-- says no, and its tickets are blocked; kept, returned: what the organiser decided then.
CREATE TABLE recoveries (
  id BIGINT PRIMARY KEY,
  chat_id BIGINT NOT NULL REFERENCES chats (id),
  order_id BIGINT REFERENCES orders (id),
  old_chat_id BIGINT REFERENCES chats (id),
  status TEXT NOT NULL CHECK (status IN
    ('open', 'asked', 'refused', 'done', 'contested', 'kept', 'returned')),
  tries BIGINT NOT NULL CHECK (tries >= 0),
  made_ms BIGINT NOT NULL,
  expires_ms BIGINT NOT NULL,
  sent_ms BIGINT,
  closed_ms BIGINT,
  CHECK (old_chat_id IS NULL OR order_id IS NOT NULL)
);
CREATE INDEX recoveries_of_order ON recoveries (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX recoveries_of_chat ON recoveries (chat_id);

-- What WhatsApp through Twilio needs beyond chats, inbox and outbox.

-- Somebody and one of our numbers: when they wrote last (the 24-hour window), since when an approved
-- template asks them to write, and, where one number carries both talks, which of them they are in.
CREATE TABLE whatsapp_people (
  number TEXT NOT NULL,
  ref TEXT NOT NULL,
  heard_ms BIGINT NOT NULL,
  called_ms BIGINT,
  talk TEXT NOT NULL CHECK (talk IN ('seller', 'scanner')),
  talk_ms BIGINT NOT NULL,
  PRIMARY KEY (number, ref)
);

-- The talk a message was given to: when it comes again after its sender changed talks, it is known.
CREATE TABLE whatsapp_heard (
  message_sid TEXT PRIMARY KEY,
  talk TEXT NOT NULL CHECK (talk IN ('seller', 'scanner')),
  heard_ms BIGINT NOT NULL
);
CREATE INDEX whatsapp_heard_by_age ON whatsapp_heard (heard_ms);

-- What people sent and Twilio still keeps; deleted there once its message is worked.
CREATE TABLE whatsapp_media (
  url TEXT PRIMARY KEY,
  message_sid TEXT NOT NULL,
  heard_ms BIGINT NOT NULL,
  due_ms BIGINT NOT NULL
);
CREATE INDEX whatsapp_media_due ON whatsapp_media (due_ms);

-- Shapes of messages (buttons, lists, templates) made at Twilio once, by the digest of their definition.
CREATE TABLE whatsapp_contents (
  digest TEXT PRIMARY KEY,
  sid TEXT NOT NULL,
  made_ms BIGINT NOT NULL
);

-- What became of each message we sent; a status counts only if it is further on than the one before.
-- outbox_id is empty while Twilio tells of a message whose sending we have not noted yet.
CREATE TABLE whatsapp_messages (
  sid TEXT PRIMARY KEY,
  outbox_id BIGINT,
  rank BIGINT NOT NULL,
  status TEXT NOT NULL,
  error BIGINT,
  changed_ms BIGINT NOT NULL
);
CREATE INDEX whatsapp_messages_by_age ON whatsapp_messages (changed_ms);

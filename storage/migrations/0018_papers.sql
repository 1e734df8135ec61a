-- A photo of an identity document on its way from one side of a transfer to the other: where it lies in the
-- app it was sent in, for the minutes that delivery takes. The picture itself is never kept.
CREATE TABLE papers (
  id BIGINT PRIMARY KEY,
  transfer_id BIGINT NOT NULL REFERENCES transfers (id),
  from_chat_id BIGINT NOT NULL REFERENCES chats (id),
  photo_ref TEXT,
  sent_ms BIGINT NOT NULL,
  expires_ms BIGINT NOT NULL,
  passed_ms BIGINT,
  CHECK (passed_ms IS NULL OR photo_ref IS NULL)
);
CREATE INDEX papers_on_their_way ON papers (expires_ms) WHERE photo_ref IS NOT NULL;

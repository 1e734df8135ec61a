-- Ways to what was found by reading a whole table: with a million tickets a turn costs what it did with a
-- thousand. Each is read by a statement that names what is in its WHERE in the same words.

-- The same account in both talks is one person.
CREATE INDEX chats_by_ref ON chats (channel, ref);

-- The tickets of an order, living or dead, by rank; and what a member of the staff let in last.
CREATE INDEX tickets_of_order ON tickets (order_id, number);
CREATE INDEX tickets_by_staff ON tickets (scanned_staff_id, scanned_at_ms)
  WHERE scanned_staff_id IS NOT NULL;

-- A forgery raises one alarm: was this text shown before?
CREATE INDEX scans_forged ON scans (event_id, raw_hash) WHERE verdict = 'forged';

-- What may be forgotten. Ids rise with time, so a new row is put at the end.
CREATE INDEX inbox_payloads ON inbox (id) WHERE payload IS NOT NULL;
CREATE INDEX media_expiring ON media (expires_ms) WHERE expires_ms IS NOT NULL;

CREATE INDEX questions_of_chat ON questions (chat_id);
CREATE INDEX invitations_of_event ON invitations (event_id);

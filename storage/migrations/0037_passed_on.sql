-- Who passed a ticket on, and to whom, is found by the person: to forget one, not to read every agreement.
CREATE INDEX transfers_of_giver ON transfers (from_id);
CREATE INDEX transfers_of_taker ON transfers (to_id) WHERE to_id IS NOT NULL;

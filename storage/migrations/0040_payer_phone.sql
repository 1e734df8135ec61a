-- The wallet that paid, digits alone, where the provider says it: an order is found by it. It goes with
-- the buyer who is forgotten.
ALTER TABLE payments ADD COLUMN payer_phone TEXT NOT NULL DEFAULT '';

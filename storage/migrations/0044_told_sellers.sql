-- What is told instead to who has only tickets sold to others: the money is their buyers'.
ALTER TABLE broadcasts ADD COLUMN sold_say TEXT;
ALTER TABLE broadcasts ADD COLUMN sold_offered TEXT;

-- What is told instead to whose tickets have all been used at the door: they have nothing to give back.
ALTER TABLE broadcasts ADD COLUMN used_say TEXT;
ALTER TABLE broadcasts ADD COLUMN used_offered TEXT;

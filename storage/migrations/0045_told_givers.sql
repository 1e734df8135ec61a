-- What is told instead to who has only invitations that nobody has opened: there is no money in it.
ALTER TABLE broadcasts ADD COLUMN given_say TEXT;
ALTER TABLE broadcasts ADD COLUMN given_offered TEXT;

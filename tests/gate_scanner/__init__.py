"""The scanner: reading photos, the statement and the judge, the talk with the people at the door."""

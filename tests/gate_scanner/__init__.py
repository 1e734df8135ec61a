"""The scanner: reading photos, judging codes, talking with the people at the door."""

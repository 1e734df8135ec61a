"""The scanner: reading codes, judging them, and the talk with the people at the door."""

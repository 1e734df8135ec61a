"""What an organiser does with an event: make it, change it, sell it, move it, look at it."""

"""What a ticket looks like, and that gates read it."""

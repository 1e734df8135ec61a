"""What a ticket looks like."""

"""What a buyer is shown and asked on the way: events, seats, names, codes, a place in a line."""

"""The three phones in a real browser."""

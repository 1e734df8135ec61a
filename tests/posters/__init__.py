"""Posters: from whatever is sent to a small plain picture."""

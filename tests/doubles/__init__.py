"""Doubles of the vendors' servers: they speak HTTP, keep state, and check every call they get."""

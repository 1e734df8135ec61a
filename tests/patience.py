"""How long a test waits for what must come."""

WAIT_MAX_S = 30.0
"""Whoever has waited longer has failed. It comes within milliseconds; a busy machine takes seconds,
and what never comes is told by this instead of by the bound of the whole test."""

"""Documents for organisers."""

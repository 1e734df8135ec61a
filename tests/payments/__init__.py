"""What every payment provider promises, and each provider against it."""

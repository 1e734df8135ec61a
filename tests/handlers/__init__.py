"""One test file per channel."""

"""What the demo starts and what the real world starts, each whole: no setting mixes the two."""

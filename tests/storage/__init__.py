"""The memory's promises, on both engines."""

"""Tests, a folder a package, and the transcripts."""

"""Tests of the seller's own frame: settings, worlds, words."""

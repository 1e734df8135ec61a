"""Tests of what a conversation is made of."""

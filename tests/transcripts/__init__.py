"""Conversations people can read, played for real: see README of this folder in script.py."""

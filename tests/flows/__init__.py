"""The conversations, driven through real turns."""

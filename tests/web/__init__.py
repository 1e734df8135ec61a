"""The web chat, its guards and its page, over real HTTP."""

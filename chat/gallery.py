"""Where pictures and files come from: made or read when they are sent, never before."""

from typing import Protocol

from chat.messages import Link, Media


class Gallery(Protocol):
    """Where pictures and files come from when they are sent."""

    async def fetch(self, ref: str, language: str) -> Media:
        """Make or read `ticket:ID`, `poster:ID`, ...; raises SendRefused if it does not exist."""
        ...

    def link(self, ref: str) -> Link | None:
        """Name where people open a picture themselves for a while, if they can."""
        ...

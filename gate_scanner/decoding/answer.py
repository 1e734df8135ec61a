"""What a photo can be asked for and what it can answer; light, for both sides of the pipe."""

import enum
import re
from dataclasses import dataclass
from typing import Final

TICKET_SHAPE: Final = re.compile(r"[GD][0-9A-HJKMNP-TV-Z]{28}", re.ASCII)
"""A ticket code: 29 characters of Crockford's base32, upper case, first G (live) or D (demo)."""

PHOTO_MAX_BYTES: Final = 20 * 1024 * 1024
"""Telegram hands bots files up to 20 MB; a phone's photo has 2 to 12."""


class Shape(enum.Enum):
    """Which texts count as found."""

    TICKET = "ticket"
    ANY = "any"

    def takes(self, text: str) -> bool:
        """Say whether a text has this shape."""
        return self is Shape.ANY or TICKET_SHAPE.fullmatch(text) is not None


class Fault(enum.Enum):
    """Why a photo gave no text of the accepted shape, as far as it can be told."""

    NOT_AN_IMAGE = "not_an_image"
    TOO_LARGE = "too_large"
    INCOMPLETE = "incomplete"
    """The file stops in the middle: it has to be sent again."""
    DARK = "dark"
    BLURRED = "blurred"
    TOO_SMALL = "too_small"
    """A code is seen, from too far away."""
    CUT = "cut"
    """A code is seen, and the edge of the frame cuts it."""
    DAMAGED = "damaged"
    """A code is seen whole and large enough, and still cannot be read."""
    NONE = "none"
    """No code is seen at all."""
    OTHER_SHAPE = "other_shape"
    """Codes were read, none of the accepted shape: they are in `others`."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a photo holds: texts of the accepted shape, and texts of other shapes.

    Both in reading order (top left to bottom right), each text once. `fault` is None exactly
    when there are texts.
    """

    texts: tuple[str, ...]
    others: tuple[str, ...]
    fault: Fault | None

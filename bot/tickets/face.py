"""What stands on a ticket: exactly the strings and values that are drawn, already in words."""

import zlib
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class FaceWords:
    """The small words above the values, in the ticket's language."""

    place: str
    kind: str
    price: str
    holder: str
    order: str
    code: str


@dataclass(frozen=True, slots=True)
class TicketFace:
    """One ticket as it is drawn, localised beforehand, so that drawing knows no language.

    `date_lines` stand below the title (one line, or one a day of a festival, or a span), and
    `place_lines` are the venue and, smaller, its address. `price` is the text a buyer reads
    ("5 000 F CFA", "Gratuit"). `code` is what the QR says; `short_code` is what a person reads
    aloud. `accent` is "#rrggbb", one of `ACCENTS`. A ticket worth nothing (the demo, a sample)
    carries `watermark`, the words that say so.
    """

    title: str
    date_lines: tuple[str, ...]
    place_lines: tuple[str, ...]
    kind: str
    price: str
    code: str
    short_code: str
    rules: str
    order_reference: str
    words: FaceWords
    holder: str | None = None
    rank: str = ""
    """Which of its order's tickets it is, `1/2`; empty where it is the only one."""
    age: str = ""
    """From what age it admits, `21+`; empty for all ages."""
    accent: str = field(default="#1f4e5f")
    watermark: str | None = None


# Calm colours, each dark enough that white letters on it keep a contrast of at least 7 to 1
# (WCAG 2.2, 1.4.6), so that the ticket also reads in a black and white print.
ACCENTS = (
    "#1f4e5f",  # lagoon
    "#14532d",  # palm
    "#7a2e1d",  # laterite
    "#4c2a6b",  # aubergine
    "#1e3a70",  # indigo
    "#6e1f3f",  # bissap
    "#5c4108",  # raffia
    "#27434a",  # slate
)


def accent_of(event_id: str) -> str:
    """Give the event's colour: always the same for one event, spread evenly over events."""
    return ACCENTS[zlib.crc32(event_id.encode()) % len(ACCENTS)]

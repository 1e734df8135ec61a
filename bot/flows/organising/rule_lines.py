"""The rules an organiser types, a line each: `salle 800`, `ventes du 2 juin 8h au 10 juin 20h`.

Pure: text in, values out. What is not understood stays unread, and the question is asked again.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.flows.organising.answers import LINE_CHARS_MAX, clean, read_quota
from bot.flows.organising.dates import When, read_when
from boxoffice.model import Pin
from boxoffice.refund_terms import NO_REFUND, PERCENT_FULL, RefundTerms
from boxoffice.rules import HOUR_MS
from boxoffice.seating import Zone, read_zone
from chat.understanding import fold

PARTY_MAX = 50
"""A table, a class, a coach; more is an event of its own."""

RENAMING_HOURS_MAX = 30 * 24

REFUND_HOURS_MAX = 365 * 24
"""A season ticket may end its refunds long before; a year is a slip of the hand."""


@dataclass(frozen=True, slots=True)
class Sales:
    """From when until when tickets are sold; None is open at that end."""

    from_ms: int | None
    until_ms: int | None


@dataclass(frozen=True, slots=True)
class Room:
    """How many may be inside at a time."""

    inside_max: int


@dataclass(frozen=True, slots=True)
class Shared:
    """Seats that the named kinds share."""

    quota: int
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Party:
    """Persons on one ticket of the named kind."""

    kind: str
    size: int


@dataclass(frozen=True, slots=True)
class DayOf:
    """A kind and its one day, as typed: `Samedi 5 juin`."""

    text: str


@dataclass(frozen=True, slots=True)
class Renaming:
    """Until how long before the doors a name can be corrected."""

    before_doors_ms: int


Rule = Sales | Room | Shared | Party | DayOf | Renaming | RefundTerms | Pin | Zone

_PIN = re.compile(r"(-?\d{1,2}[.]\d{2,})\s*[,;/ ]\s*(-?\d{1,3}[.]\d{2,})")
_FROM = r"(?:du|des|dès|depuis|from)\s+(?P<start>.+?)"
_UNTIL = r"(?:jusqu\s*['’]?\s*au|au|à|until|to)\s+(?P<end>.+)"


def read_rule(line: str, zone: ZoneInfo, now_ms: int) -> Rule | None:
    """Read one rule; None if it is none."""
    said = clean(line)
    if len(said) > LINE_CHARS_MAX * 4:
        return None
    first, _, rest = said.partition(" ")
    word = fold(first)
    if word in {"ventes", "vente", "sales"}:
        return _sales(rest, zone, now_ms)
    reader = _READERS.get(word)
    if reader is not None:
        return reader(rest)
    return read_pin(said) if said.startswith("http") else read_zone(said)


def read_pin(text: str) -> Pin | None:
    """Read `6.3654, 2.4183`, or the first such pair in a link of a map."""
    found = _PIN.search(text)
    if found is None:
        return None
    latitude, longitude = (round(float(one) * 1_000_000) for one in found.groups())
    fits = abs(latitude) <= 90_000_000 and abs(longitude) <= 180_000_000  # noqa: PLR2004 (degrees of a globe)
    return Pin(latitude, longitude) if fits else None


def _sales(text: str, zone: ZoneInfo, now_ms: int) -> Sales | None:
    for pattern in (rf"{_FROM}\s+{_UNTIL}", _FROM, _UNTIL):
        found = re.fullmatch(pattern, text.strip(), re.IGNORECASE)
        if found is None:
            continue
        known = found.groupdict()
        moments: dict[str, int | None] = {"start": None, "end": None}
        for name, said in known.items():
            when = read_when(said, zone, now_ms)
            if not isinstance(when, When) or not when.is_hour_given:
                break
            moments[name] = when.starts_ms
        else:
            from_ms, until_ms = moments["start"], moments["end"]
            backwards = from_ms is not None and until_ms is not None and until_ms <= from_ms
            return None if backwards else Sales(from_ms, until_ms)
    return None


def _shared(text: str) -> Shared | None:
    """Read `300 Standard, VIP`."""
    quota_text, _, names = text.strip().partition(" ")
    quota = read_quota(quota_text)
    kinds = tuple(part.strip() for part in re.split(r"[,+&]|\bet\b|\band\b", names) if part.strip())
    return Shared(quota, kinds) if quota is not None and len(kinds) > 1 else None


def _room(text: str) -> Room | None:
    inside_max = read_quota(text.strip())
    return None if inside_max is None else Room(inside_max)


def _renaming(text: str) -> Renaming | None:
    """Read `24 h` or `2 jours`."""
    found = re.fullmatch(r"(\d{1,3})\s*(h|heures?|hours?|j|jours?|d|days?)", fold(text))
    hours = int(found[1]) * (24 if found[2][0] in "jd" else 1) if found else None
    fits = hours is not None and hours <= RENAMING_HOURS_MAX
    return Renaming(hours * HOUR_MS) if hours is not None and fits else None


def read_refund(text: str) -> RefundTerms | None:
    """Read `80 % 3 jours`, `2 jours`, `48 h` or `non`: how much comes back, until when before."""
    said = text.casefold()
    if fold(said) in {"non", "aucun", "no", "none"}:
        return NO_REFUND
    part = re.search(r"(\d{1,3})\s*(?:%|pour\s*cent|percent)", said)
    before = re.search(r"(\d{1,3})\s*(h|heures?|hours?|j|jours?|d|days?)\b", said)
    percent = int(part[1]) if part else PERCENT_FULL
    hours = int(before[1]) * (24 if before[2][0] in "jd" else 1) if before else 0
    fits = 1 <= percent <= PERCENT_FULL and hours <= REFUND_HOURS_MAX
    return RefundTerms(percent, hours * HOUR_MS) if fits and (part or before) else None


def _party(text: str) -> Party | None:
    """Read `Table VIP 4 personnes`."""
    found = re.fullmatch(r"(.+?)\s+(\d{1,2})\s*(?:pers(?:onnes?|ons?)?|people)?", text.strip())
    if found is None or not 1 <= int(found[2]) <= PARTY_MAX:
        return None
    return Party(found[1], int(found[2]))


_READERS: Mapping[str, Callable[[str], Rule | None]] = {
    **dict.fromkeys(("salle", "room", "capacite", "capacity"), _room),
    **dict.fromkeys(("partage", "share", "shared"), _shared),
    **dict.fromkeys(("groupe", "party", "table"), _party),
    **dict.fromkeys(("jour", "journee", "day"), DayOf),
    **dict.fromkeys(("corrections", "correction", "renaming"), _renaming),
    **dict.fromkeys(("remboursement", "remboursements", "refund", "refunds"), read_refund),
    **dict.fromkeys(("position", "plan", "map"), read_pin),
}
"""What reads a line, by its first word."""

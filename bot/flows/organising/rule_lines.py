"""The rules an organiser types, a line each: `salle 800`, `ventes du 2 juin 8h au 10 juin 20h`.

Pure: text in, values out. What is not understood stays unread, and the question is asked again.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.flows.organising.answers import LINE_CHARS_MAX, clean, read_quota
from bot.flows.organising.party_names import PARTY_MAX
from bot.flows.organising.refund_lines import NONE_WORDS, Refund, read_refund
from bot.flows.organising.sale_window import SALES_WORDS, Sales, read_sales
from boxoffice.model import Pin
from boxoffice.rules import HOUR_MS
from boxoffice.scan_facts import Entry
from boxoffice.seating import Zone, read_zone
from chat.messages import Words
from chat.understanding import fold

RENAMING_HOURS_MAX = 30 * 24


@dataclass(frozen=True, slots=True)
class Room:
    """How many may be inside at a time; None is no limit."""

    inside_max: int | None


@dataclass(frozen=True, slots=True)
class Shared:
    """Seats that the named kinds share; without a quota they share no more."""

    quota: int | None
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Free:
    """Seats without numbers again, of the named kind or of the only one that has them."""

    kind: str


@dataclass(frozen=True, slots=True)
class Checks:
    """Whether a birth date is asked of every holder."""

    is_asked: bool


@dataclass(frozen=True, slots=True)
class NoPin:
    """No place on the map any more."""


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


Rule = (
    Sales
    | Room
    | Shared
    | Party
    | DayOf
    | Renaming
    | Refund
    | Pin
    | NoPin
    | Zone
    | Free
    | Entry
    | Checks
)

_PIN = re.compile(r"(-?\d{1,2}[.]\d{2,})\s*[,;/ ]\s*(-?\d{1,3}[.]\d{2,})")
_FREE = re.compile(r"(?P<kind>.*?)\s*(?:\d+\s+)?(?:places?\s+libres?|free\s+(?:seats?|seating))")


def read_rule(line: str, zone: ZoneInfo, now_ms: int) -> Rule | Words | None:
    """Read one rule, as it is typed or as the screen shows it; why not, or None if it is none."""
    said = clean(line).lstrip("• ")
    if len(said) > LINE_CHARS_MAX * 4:
        return None
    word, rest = _named(said)
    if word in SALES_WORDS:
        return read_sales(rest, zone, now_ms)
    if word in _REFUND_WORDS:
        return read_refund(rest, zone, now_ms)
    reader = _READERS.get(word)
    if reader is not None:
        return reader(rest)
    if (free := _FREE.fullmatch(said.casefold())) is not None:
        return Free(said[: free.end("kind")])
    if fold(said) in _NOT_ON_MAP:
        return NoPin()
    return read_pin(said) if said.startswith("http") else read_zone(said)


def _named(said: str) -> tuple[str, str]:
    """Part a line into the name of its rule, folded, and what is said of it."""
    label, colon, value = said.partition(":")
    if colon and fold(label) in _READERS.keys() | SALES_WORDS | _REFUND_WORDS:
        return fold(label), value.strip()
    first, _, rest = said.partition(" ")
    return fold(first), rest


def read_pin(text: str) -> Pin | None:
    """Read `6.3654, 2.4183`, or the first such pair in a link of a map."""
    found = _PIN.search(text)
    if found is None:
        return None
    latitude, longitude = (round(float(one) * 1_000_000) for one in found.groups())
    fits = abs(latitude) <= 90_000_000 and abs(longitude) <= 180_000_000  # noqa: PLR2004 (degrees of a globe)
    return Pin(latitude, longitude) if fits else None


def _shared(text: str) -> Shared | None:
    """Read `300 Standard, VIP`, `aucun`, or `aucun Standard, VIP`."""
    if fold(text) in _EACH_ITS_OWN:
        return Shared(None, ())
    quota_text, _, names = text.strip().partition(" ")
    quota = read_quota(quota_text)
    kinds = tuple(part.strip() for part in re.split(r"[,+&]|\bet\b|\band\b", names) if part.strip())
    if fold(quota_text) in NONE_WORDS:
        return Shared(None, kinds)
    return Shared(quota, kinds) if quota is not None and len(kinds) > 1 else None


def _room(text: str) -> Room | None:
    """Read `800`, or `sans limite`."""
    if fold(text) in _NO_LIMIT:
        return Room(None)
    inside_max = read_quota(text.strip())
    return None if inside_max is None else Room(inside_max)


def _pin(text: str) -> Pin | NoPin | None:
    is_none = fold(text) in NONE_WORDS | _NOT_ON_MAP
    return NoPin() if is_none else read_pin(text)


def _entry(text: str) -> Entry | None:
    return _ENTRIES.get(fold(text))


def _checks(text: str) -> Checks | None:
    is_asked = _CHECKS.get(fold(text))
    return None if is_asked is None else Checks(is_asked)


def _renaming(text: str) -> Renaming | None:
    """Read `24 h`, `2 jours`, or `jusqu’à 24 heures avant les portes`."""
    found = re.fullmatch(
        r"(?:jusqu a |until )?(\d{1,3})\s*(h|heures?|hours?|j|jours?|d|days?)"
        r"(?: avant les portes| before the doors)?",
        fold(text),
    )
    hours = int(found[1]) * (24 if found[2][0] in "jd" else 1) if found else None
    fits = hours is not None and hours <= RENAMING_HOURS_MAX
    return Renaming(hours * HOUR_MS) if hours is not None and fits else None


def _party(text: str) -> Party | None:
    """Read `Table VIP 4 personnes`, `Table de 4`."""
    found = re.fullmatch(
        r"(.+?)\s+(?:(?:de|of)\s+)?(\d{1,2})\s*(?:pers(?:onnes?|ons?)?|people)?", text.strip()
    )
    if found is None or not 1 <= int(found[2]) <= PARTY_MAX:
        return None
    return Party(found[1], int(found[2]))


_NO_LIMIT = NONE_WORDS | {
    *("sans limite", "pas de limite", "aucune limite", "illimitee", "illimite", "libre"),
    *("no limit", "without limit", "unlimited"),
}
_EACH_ITS_OWN = NONE_WORDS | {"aucune a chaque tarif sa jauge", "none each kind has its own"}
_NOT_ON_MAP = frozenset(
    {"lieu pas encore sur le plan", "le lieu n y est pas encore", "retirer"}
    | {"venue not on the map yet", "the venue is not on it yet", "remove"}
)
_ENTRIES: Mapping[str, Entry] = {
    **dict.fromkeys(("une seule fois", "une fois", "once", "only once"), Entry.ONCE),
    **dict.fromkeys(("une fois par jour", "once a day"), Entry.DAILY),
    **dict.fromkeys(
        (
            "sorties et retours scannes",
            "sorties et retours",
            "out and in again",
            "out and in again scanned",
        ),
        Entry.REENTRY,
    ),
}
_CHECKS: Mapping[str, bool] = {
    **dict.fromkeys(("declare par l acheteur", "declare", "non", "declared by the buyer"), False),
    **dict.fromkeys(("date de naissance demandee et verifiee", "verifie"), True),
    **dict.fromkeys(("date of birth asked and checked", "checked"), True),
}

_REFUND_WORDS = frozenset(
    {"remboursement", "remboursements", "conditions de remboursement"}
    | {"refund", "refunds", "refund terms"}
)

_READERS: Mapping[str, Callable[[str], Rule | None]] = {
    **dict.fromkeys(("salle", "room", "capacite", "capacity"), _room),
    **dict.fromkeys(("partage", "share", "shared", "places partagees", "shared seats"), _shared),
    **dict.fromkeys(("groupe", "party", "table"), _party),
    **dict.fromkeys(("jour", "journee", "day"), DayOf),
    **dict.fromkeys(("corrections", "correction", "renaming", "correction des noms"), _renaming),
    "correcting names": _renaming,
    **dict.fromkeys(("position", "plan", "map"), _pin),
    **dict.fromkeys(("passage", "passages", "entree", "entry"), _entry),
    **dict.fromkeys(("age", "ages"), _checks),
}
"""What reads a line, by its first word."""

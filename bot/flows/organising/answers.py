"""What organisers type when they make an event: names, places, kinds with prices, ages.

Pure: text in, values or the reason why not out. A price or a number of places that could be read in
two ways is refused; everything understood is repeated to the organiser before anything is sold.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum

from bot.flows.organising.party_names import may_be_party, read_party
from boxoffice.money import Money, WhyRefused, currency_exponent, parse_money
from chat.understanding import fold

TITLE_CHARS_MAX = 80
"""A title that still fits on a ticket, on two lines."""

PLACE_CHARS_MAX = 60
"""A venue or a city on one line of a ticket."""

DESCRIPTION_CHARS_MAX = 1200
"""A page of an event stays one message on every channel."""

KIND_NAME_CHARS_MAX = 40
"""A kind on a button, with its price."""

KINDS_MAX = 8
"""What a list picker holds, with a way back."""

QUOTA_MAX = 100_000
"""A stadium; more is a slip of the finger."""

LINE_CHARS_MAX = 120
"""A kind's longest name, price and quota in letters have about ninety."""

AGE_DIGITS_MAX = 2
"""Nobody asks for a hundred years."""

_NOTHING = frozenset({"aucun", "aucune", "rien", "non", "none", "nothing", "no", "sans", "vide"})
"""Folded words that say there is no text."""

_SMALL_PRICE = 100
"""Nobody sells a ticket under 100 francs: `15 500` is rather fifteen thousand five hundred."""


def clean(text: str, *, keep_lines: bool = False) -> str:
    """Drop what no screen and no database shows (controls, direction marks, halves of signs)."""
    kept = "".join(
        char
        for char in text
        if char in "\n\u200d" or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co")
    )
    if keep_lines:
        return "\n".join(" ".join(line.split()) for line in kept.split("\n")).strip()
    return " ".join(kept.split())


def read_text(text: str) -> str:
    """Read what is kept line by line; a word or a dash that says there is none is nothing."""
    said = clean(text, keep_lines=True)
    return "" if fold(said) in _NOTHING or set(said) <= set("-–—. ") else said


@dataclass(frozen=True, slots=True)
class Place:
    """Where an event is; the city may be unknown."""

    venue: str
    city: str


def read_place(text: str) -> Place | None:
    """Read `Palais des Congrès, Cotonou`; None if it is empty or too long."""
    parts = [part.strip() for part in re.split(r"[,;\n]", clean(text, keep_lines=True))]
    parts = [part for part in parts if part]
    if not parts:
        return None
    place = Place(", ".join(parts[:-1]) or parts[0], parts[-1] if len(parts) > 1 else "")
    if max(len(place.venue), len(place.city)) > PLACE_CHARS_MAX:
        return None
    return place


def read_age(text: str) -> int | None:
    """Read a minimum age: `18`, `18 ans`, `+18`; `tous publics` is 0."""
    folded = fold(text)
    numbers = re.findall(r"[0-9]+", folded)
    if len(numbers) == 1 and len(numbers[0]) <= AGE_DIGITS_MAX:
        return int(numbers[0])
    open_to_all = re.search(r"\b(tou[st]|toutes?|aucun|all|everyone|none|no)\b", folded)
    return 0 if open_to_all and not numbers else None


# ---- Kinds ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class KindLine:
    """A kind as it was typed."""

    name: str
    price: Money
    quota: int


class WhyNotKind(Enum):
    """Why a line is not a kind."""

    UNREADABLE = "unreadable"
    NO_QUOTA = "no_quota"
    QUOTA = "quota"
    NAME = "name"
    PRICE = "price"
    OTHER_CURRENCY = "other_currency"
    AMBIGUOUS = "ambiguous"
    PARTY = "party"
    PARTY_OR_PRICE = "party_or_price"


@dataclass(frozen=True, slots=True)
class NotAKind:
    """A line that is not a kind, as it was typed."""

    line: str
    why: WhyNotKind


_NUMBER = r"[0-9]{1,3}(?:[ ][0-9]{3})+(?:[.,][0-9]{1,2})?|[0-9][0-9.,'’]*"
_SEATS = r"(?:places?|pers|personnes?|billets?|tickets?|seats?|people)"
_TIMES = re.compile(
    rf"(?P<left>.*?)(?:(?<=[\s\d€$])|(?<=[\d\s]F))[x×*]\s*(?P<quota>[0-9][0-9 ]*)\s*{_SEATS}?",
    re.IGNORECASE,
)
_AFTER_MARK = re.compile(
    rf"(?P<left>.*?(?:{_NUMBER})\s?[^\W\d_€$]+(?:\s[^\W\d_]+)?|.*?(?:{_NUMBER})\s?[€$])"
    rf"\s+(?P<quota>[0-9][0-9 ]*)\s*{_SEATS}?",
    re.IGNORECASE,
)
_BARE = re.compile(
    rf"(?P<left>.*?\S)\s+(?P<quota>[1-9][0-9]*(?:\s000)*|[1-9][0-9]{{0,2}}(?:\s0[0-9]{{2}})+)"
    rf"\s*{_SEATS}?",
    re.IGNORECASE,
)
_PRICE = re.compile(
    rf"(?P<name>.*?)(?<!\S)(?P<price>(?:{_NUMBER})\s?(?:[^\d\s]+(?:\s[^\d\s]+)?)?)\s*"
)
_NO_SEAT = re.compile(rf".*[0-9]\s+0\s*{_SEATS}?", re.IGNORECASE)
"""`Standard 5000 0`: the number of places is there, and none."""

_PARTY = re.compile(r"\b(?:groupe|party)\s+(?:de|of)\s+[0-9]+$", re.IGNORECASE)
"""`Famille 12000 5 groupe de 4`: how many come in on one ticket is a rule, typed apart."""

_FREE = re.compile(r"(?P<name>.*?)\s*\b(?:gratuite?s?|free|offerte?s?)", re.IGNORECASE)
_QUOTA = re.compile(r"[0-9]{1,3}(?: [0-9]{3})+|[0-9]+")


_BETWEEN_KINDS = re.compile(
    r";|(?<=[0-9])\s*,(?=\s*[^\W\d])|(?<=[0-9])\s+(?:et|and)\s+(?=[^\W\d])", re.IGNORECASE
)
"""What may stand between two kinds of one line, if each side is a whole kind."""

_THOUSANDS = re.compile(r"(?<![\w.,])([0-9]{1,4})k(?=\s)", re.IGNORECASE)
"""`10k`, as prices are said."""


def kind_lines(text: str, currency: str) -> list[str]:
    """Part a message into kinds: a line each, or side by side: `Or 5000 300 et VIP 9000 50`."""
    lines: list[str] = []
    for line in text.splitlines():
        parts = [part for part in _BETWEEN_KINDS.split(line) if part.strip()]
        # `Standard ; 5000 ; 300` is one kind with its parts marked.
        is_several = all(isinstance(read_kind(part, currency), KindLine) for part in parts)
        lines += parts if is_several else [line]
    return [line for line in lines if line.strip()]


def read_kind(line: str, currency: str) -> KindLine | NotAKind:
    """Read one kind: `Standard 5000 300`, `VIP 15 000 F x 50`, `Gratuit 0 100`."""
    said = clean(line)
    if len(said) > LINE_CHARS_MAX:
        return NotAKind(said[:LINE_CHARS_MAX] + "…", WhyNotKind.UNREADABLE)
    if _PARTY.search(said):
        return NotAKind(said, WhyNotKind.PARTY)
    # `Standard : 5000, 300` and `VIP - 15000 - 50` have their parts marked, not their numbers.
    plain = re.sub(r"(?:\s*[:;|=]|,|\s[-–—])\s+(?=[0-9])", " ", said.lstrip("-–—•*· "))
    plain = _THOUSANDS.sub(r"\g<1>000", plain)
    for pattern in (_TIMES, _AFTER_MARK):
        found = pattern.fullmatch(plain)
        if found is not None:
            answer = _kind(said, found["left"].strip(), found["quota"].strip(), currency)
            if isinstance(answer, KindLine) or pattern is _TIMES:
                return answer
    if not any(char.isalpha() for char in plain):
        return NotAKind(said, WhyNotKind.NAME)
    found = _BARE.fullmatch(plain)
    if found is None and _NO_SEAT.fullmatch(plain):
        return NotAKind(said, WhyNotKind.QUOTA)
    if found is None:
        has_price = _PRICE.fullmatch(plain)
        return NotAKind(said, WhyNotKind.NO_QUOTA if has_price else WhyNotKind.UNREADABLE)
    return _bare_kind(said, found["left"].strip(), found["quota"], currency)


def _bare_kind(said: str, left: str, quota: str, currency: str) -> KindLine | NotAKind:
    """Read a line whose numbers stand side by side, if they can be told apart."""
    answer = _kind(said, left, quota, currency)
    if isinstance(answer, NotAKind):
        no_price = _PRICE.fullmatch(left) is None and answer.why is WhyNotKind.UNREADABLE
        return NotAKind(said, WhyNotKind.NO_QUOTA) if no_price else answer
    # `Table 10 5000 20`: is the table number ten, or the price?
    if re.search(r"[0-9]$", answer.name) and read_party(answer.name) == 1:
        return NotAKind(said, WhyNotKind.AMBIGUOUS)
    is_small = 0 < answer.price.amount_minor < _SMALL_PRICE and not currency_exponent(currency)
    if is_small and re.fullmatch(r"[0-9]{3}", quota):
        return NotAKind(said, WhyNotKind.AMBIGUOUS)
    return answer


def _kind(said: str, left: str, quota_text: str, currency: str) -> KindLine | NotAKind:
    """Read a name and a price at the end of `left`, and the quota."""
    free = _FREE.fullmatch(left)
    found = _PRICE.fullmatch(left)
    if free is not None:
        name, price_text = free["name"] or left, "0"
    elif found is not None:
        name, price_text = found["name"], found["price"]
    else:
        return NotAKind(said, WhyNotKind.UNREADABLE)
    if may_be_party(name, price_text):
        return NotAKind(said, WhyNotKind.PARTY_OR_PRICE)
    price = parse_money(price_text, currency)
    if not isinstance(price, Money):
        other = price.why is WhyRefused.OTHER_CURRENCY
        return NotAKind(said, WhyNotKind.OTHER_CURRENCY if other else WhyNotKind.PRICE)
    name = name.strip(" ,;:|=-–—(")
    if not any(char.isalpha() for char in name) or len(name) > KIND_NAME_CHARS_MAX:
        return NotAKind(said, WhyNotKind.NAME)
    quota = read_quota(quota_text)
    return NotAKind(said, WhyNotKind.QUOTA) if quota is None else KindLine(name, price, quota)


def read_quota(text: str) -> int | None:
    """Read a number of places, 1 to 100 000; None if it is not one."""
    if len(text) > LINE_CHARS_MAX or not _QUOTA.fullmatch(text):
        return None
    quota = int(text.replace(" ", ""))
    return quota if 1 <= quota <= QUOTA_MAX else None


@dataclass(frozen=True, slots=True)
class QuotaLine:
    """A kind's name as it was typed, perhaps empty, and its new quota."""

    name: str
    quota: int


def read_quota_line(text: str) -> QuotaLine | None:
    """Read `VIP 350`, `VIP : 350 places`, or `350` alone."""
    found = re.fullmatch(
        rf"(?P<name>.*?)\s*[:=]?\s*(?P<quota>(?<![0-9])(?:{_QUOTA.pattern}))\s*{_SEATS}?",
        clean(text)[:LINE_CHARS_MAX],
        re.IGNORECASE,
    )
    quota = read_quota(found["quota"]) if found else None
    return QuotaLine(found["name"].strip(), quota) if found and quota is not None else None

"""The words of dates: what people type about days and hours, token by token, in French and English.

Pure. `dates.py` makes moments of the parts found here.
"""

import re
from dataclasses import dataclass, field, replace
from datetime import time
from unicodedata import combining, normalize

TEXT_CHARS_MAX = 120
"""Two dates with their weekdays and hours in letters have about eighty."""

ENDS_MAX = 2
"""A day or an hour, or the two ends of a range."""

NOON = 12
CENTURY = 2000


@dataclass(frozen=True, slots=True)
class Day:
    """A day as far as it was said."""

    day: int | None = None
    month: int | None = None
    year: int | None = None
    weekday: int | None = None
    days_ahead: int | None = None


@dataclass(frozen=True, slots=True)
class Time:
    """An hour, and how many days had been said before it."""

    at: time
    after_days: int


@dataclass(slots=True)
class Parts:
    """What was found in the words, in order."""

    days: list[Day] = field(default_factory=list)
    times: list[Time] = field(default_factory=list)
    weekday: int | None = None
    """A weekday whose day may follow."""
    month: int | None = None
    """A month whose day may follow: `June 12`."""
    is_evening: bool = False
    """`demain soir 8h`: the hour that follows is one of the evening."""
    is_parted: bool = True
    """Whether another day may come: at the start, and after `au` or a dash."""
    is_pair: bool = False
    """`12 et 13 juin`: two days, not the ends of a range."""


MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "janvier january",
            "fevrier february",
            "mars march",
            "avril april",
            "mai may",
            "juin june",
            "juillet july",
            "aout august",
            "septembre september",
            "octobre october",
            "novembre november",
            "decembre december",
        ),
        1,
    )
    for name in names.split()
}
"""Folded names of months, whole."""

_SHORT = ["jan", "fev", "mar", "avr", "mai", "jun", "jul", "aou", "sep", "oct", "nov", "dec"]
_MONTHS = (
    MONTHS
    | {name: number for number, name in enumerate(_SHORT, 1)}
    | {"janv": 1, "fevr": 2, "feb": 2, "apr": 4, "juil": 7, "aug": 8, "sept": 9}
)
_WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            "lundi monday lun mon",
            "mardi tuesday tue tues",
            "mercredi wednesday mer wed",
            "jeudi thursday jeu thu thur thurs",
            "vendredi friday ven fri",
            "samedi saturday sam sat",
            "dimanche sunday dim sun",
        )
    )
    for name in names.split()
}
_DAYS_AHEAD = {
    "aujourd'hui": 0,
    "aujourdhui": 0,
    "today": 0,
    "tonight": 0,
    "demain": 1,
    "tomorrow": 1,
    "apres-demain": 2,
}
_HOURS = {"midi": time(12), "noon": time(12), "minuit": time(0), "midnight": time(0)}
_EVENING = frozenset({"soir", "soiree", "evening", "night", "apres-midi", "afternoon", "tonight"})
_PARTING = frozenset({"au", "a", "jusqu'au", "jusqu'a", "to", "until", "till", "through"})
_PAIRING = frozenset({"et", "and"})
_SILENT = frozenset(
    {"at", "le", "la", "les", "the", "du", "de", "des", "from", "on", "of", "en", "ce", "cet"}
    | {"this", "prochain", "prochaine", "next", "matin", "morning", "vers", "partir", "h"}
)

_TOKEN = re.compile(
    r"""
      (?P<iso>[0-9]{4}-[0-9]{1,2}-[0-9]{1,2})(?![0-9])
    | (?P<full>[0-9]{1,2}(?P<mark>[/.-])[0-9]{1,2}(?P=mark)(?:[0-9]{4}|[0-9]{2}))(?![0-9])
    | (?P<short>[0-9]{1,2}/[0-9]{1,2})(?![0-9/])
    | (?P<half>[0-9]{1,2}(?:[:.h][0-9]{2})?\s*[ap]\.?\s?m\b\.?)
    | (?P<hour>[0-9]{1,2}\s*(?:heures?|hrs?|h)(?![a-z])
        (?:[0-9]{2}(?![0-9h])
          |\s+[0-9]{2}(?![0-9h/]|-[0-9]|\s*(?:er|e|th|st|nd|rd|au|et|to|and)\b
            |\s*(?:jan|fev|feb|mar|avr|apr|mai|may|jui|jun|jul|aou|aug|sep|oct|nov|dec)))?)
    | (?P<at>at\s+[0-9]{1,2}(?:\s*o'clock)?(?![0-9:.h/]|\s*(?:h\b|[ap]\.?\s?m\b)))
    | (?P<clock>[0-9]{1,2}:[0-9]{2})(?![0-9:])
    | (?P<year>[0-9]{4})(?![0-9])
    | (?P<number>[0-9]{1,2})(?:er|e|st|nd|rd|th)?(?![0-9])
    | (?P<word>apres-demain|apres-midi|[a-z]+(?:'[a-z]+)*)
    | (?P<dash>-)
    | (?P<nothing>[\s,;.()]+)
    """,
    re.VERBOSE | re.ASCII,
)


def find_parts(text: str) -> Parts | None:
    """Find the days and hours in typed words; None if anything in them is not understood."""
    folded = _fold(text)
    names = re.findall("[a-z]+", folded)
    # `mar` is March, unless another month is named: then it is mardi.
    has_month = any(name in _MONTHS and name != "mar" for name in names) or "/" in folded
    parts = Parts()
    at = 0
    while at < len(folded):
        token = _TOKEN.match(folded, at)
        if token is None:
            return None
        at = token.end()
        said = token.group(token.lastgroup or 0)
        if said == "mar" and has_month:
            said = "mardi"
        if not _take(parts, token.lastgroup or "", said):
            return None
    if parts.month is not None:
        return None
    if parts.weekday is not None and not _add(parts, Day()):
        return None
    return parts


def _fold(text: str) -> str:
    """Fold case, accents and every dash and apostrophe to one; too long a text to nothing."""
    if len(text) > TEXT_CHARS_MAX:
        return ""
    plain = normalize("NFKD", text.casefold())
    plain = "".join(char for char in plain if not combining(char))
    plain = re.sub("[’‘ʼ`]", "'", re.sub("[\u2010-\u2015\u2212]", "-", plain))
    plain = re.sub(r"apres[\s-]+(demain|midi)", r"apres-\1", " ".join(plain.split()))
    return re.sub("\\b(ce soir|this evening)\\b", "tonight", plain)


def _take(parts: Parts, sort: str, said: str) -> bool:
    """Take one token in; false if it means nothing here."""
    match sort:
        case "nothing":
            return True
        case "dash":
            return _part(parts)
        case "iso":
            year, month, day = (int(number) for number in said.split("-"))
            return _add(parts, Day(day, month, year))
        case "full" | "short":
            numbers = [int(number) for number in re.split("[/.-]", said)]
            year_said = _whole_year(numbers[2]) if sort == "full" else None
            return _add(parts, Day(numbers[0], numbers[1], year_said))
        case "half" | "hour" | "at" | "clock":
            return _take_hour(parts, said)
        case "year":
            return _take_year(parts, int(said))
        case "number":
            month_said, parts.month = parts.month, None
            return _add(parts, Day(int(said), month_said))
        case _:
            return _take_word(parts, re.sub("^[dl]'", "", said))


def _whole_year(said: int) -> int:
    """Give the year meant by `27` or `2027`."""
    return said if said >= CENTURY else said + CENTURY


def _take_word(parts: Parts, word: str) -> bool:
    if word in _EVENING:
        _say_evening(parts)
    if word in _DAYS_AHEAD:
        return _add(parts, Day(days_ahead=_DAYS_AHEAD[word]))
    if word in _WEEKDAYS:
        return _take_weekday(parts, _WEEKDAYS[word])
    if word in _MONTHS:
        return _take_month(parts, _MONTHS[word])
    if word in _HOURS:
        return _add_time(parts, _HOURS[word])
    if word in _PARTING:
        return _part(parts)
    if word in _PAIRING:
        parts.is_pair = True
        return _part(parts)
    return word in _SILENT or word in _EVENING


def _part(parts: Parts) -> bool:
    """Say that what comes next may be another day."""
    if parts.weekday is not None and not _add(parts, Day()):
        return False
    parts.is_parted = True
    return True


def _add(parts: Parts, day: Day) -> bool:
    """Add a day under the weekday that came before it; two days stand apart."""
    if not parts.is_parted or len(parts.days) == ENDS_MAX:
        return False
    parts.days.append(replace(day, weekday=parts.weekday))
    parts.weekday, parts.is_parted = None, False
    return True


def _take_weekday(parts: Parts, weekday: int) -> bool:
    if parts.days and not parts.is_parted and parts.days[-1].weekday is None:
        parts.days[-1] = replace(parts.days[-1], weekday=weekday)
        return True
    if parts.weekday is not None:
        return False
    parts.weekday = weekday
    return True


def _take_month(parts: Parts, month: int) -> bool:
    if parts.days and parts.days[-1].day is not None and parts.days[-1].month is None:
        parts.days[-1] = replace(parts.days[-1], month=month)
        return True
    if parts.month is not None:
        return False
    parts.month = month
    return True


def _take_year(parts: Parts, year: int) -> bool:
    if not parts.days or parts.days[-1].day is None or parts.days[-1].year is not None:
        return False
    parts.days[-1] = replace(parts.days[-1], year=year)
    return True


def _take_hour(parts: Parts, said: str) -> bool:
    numbers = [int(number) for number in re.findall("[0-9]+", said)]
    hour, minute = numbers[0], numbers[1] if len(numbers) > 1 else 0
    if half := re.search("([ap])[.\\s]*m", said):
        if not 1 <= hour <= NOON:
            return False
        hour = hour % NOON + (NOON if half.group(1) == "p" else 0)
    if (hour, minute) == (24, 0):
        hour = 0
    try:
        at = time(hour, minute)
    except ValueError:
        return False
    return _add_time(parts, at)


def _add_time(parts: Parts, at: time) -> bool:
    if len(parts.times) == ENDS_MAX:
        return False
    if parts.is_evening:
        at, parts.is_evening = _in_the_evening(at), False
    parts.times.append(Time(at, len(parts.days)))
    return True


def _say_evening(parts: Parts) -> None:
    """Move the hour just said, or the one that follows, to the evening: `8h du soir`."""
    if parts.times:
        last = parts.times[-1]
        parts.times[-1] = replace(last, at=_in_the_evening(last.at))
    parts.is_evening = not parts.times


def _in_the_evening(at: time) -> time:
    return at.replace(hour=at.hour + NOON) if 1 <= at.hour < NOON else at

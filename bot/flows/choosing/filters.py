"""What people type to narrow the list: a sort of evening, a time, something free.

Pure: folded words in, a filter out. What holds another word is no filter, but a title or a town.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.flows.organising.date_words import MONTHS
from bot.flows.organising.dates import NotWhen, When, WhyNot, read_when
from boxoffice import rules
from boxoffice.rules import EVENT_DAY_TURNS_AT_HOUR
from chat.messages import Moment, Words, words
from storage.catalogue import Wanted

SORTS = {
    "concerts": "concert",
    "festivals": "festival",
    "theatre": "theatre",
    "cinema": "cinema",
    "sports": "sport",
    "conferences": "conference",
    "soirees": "party",
    "parties": "party",
}
"""Folded words for sorts of evenings; one of them in the singular is looked for in titles first."""

WEEKEND = ("ce week end", "ce weekend", "this weekend")

_TIMES: Mapping[str, str] = {
    **dict.fromkeys(WEEKEND, "weekend"),
    **dict.fromkeys(("week end", "weekend"), "weekend"),
    **dict.fromkeys(("aujourd hui", "ce soir", "today", "tonight"), "today"),
    **dict.fromkeys(("apres demain", "day after tomorrow"), "after"),
    **dict.fromkeys(("demain soir", "demain", "tomorrow night", "tomorrow"), "tomorrow"),
}
"""Folded words for when, the longer before what they begin with."""

_DAYS_AHEAD = {"today": 0, "tomorrow": 1, "after": 2}

_FREE = frozenset({"gratuit", "gratuits", "gratuite", "gratuites", "gratis", "free"})

_CHEAP = re.compile(
    r"\b(?:pas (?:trop |tres )?cher(?:e?s?)|moins cher(?:e?s?)|bon marche|petits? (?:prix|budgets?)"
    r"|cheap(?:er|est)?|low prices?|not (?:too )?expensive)\b"
)
"""Folded words for what costs little."""

CUT_CHARS_MIN = 4
"""So many letters of a sort of evening are enough: `concer`, `festi`."""

_EVERY = frozenset(
    {"liste", "lister", "tout", "tous", "toute", "toutes", "list", "all", "everything"}
)
"""What asks for the whole list."""

_SHOWING = frozenset({"voir", "montre", "montrez", "montrer", "moi", "see", "me"})
"""What people say before it."""

_MONTHLY = frozenset({"en", "au", "mois", "in", "month"})
"""What people say around a month."""

_AROUND = frozenset(
    {"evenement", "evenements", "spectacle", "spectacles", "entree", "entrees", "billet", "billets"}
    | {"event", "events", "show", "shows", "entry", "ticket", "tickets", "sorties", "sortie"}
    | {"le", "la", "les", "un", "une", "des", "de", "du", "d", "pour", "et", "a", "the", "for"}
    | {"quel", "quelle", "quels", "quelles", "est", "sont", "plus", "which", "are", "something"}
    | {"for", "on", "and", "quoi", "faire", "que", "what", "s", "is", "there", "qu", "y", "t", "il"}
)
"""What people say around it."""

FRIDAY, MONDAY = 4, 7
WEEKEND_BEGINS_AT_HOUR = 17
"""When a weekend begins for who goes out: on Friday after work."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What is wanted, and how it is called."""

    wanted: Wanted
    head: Words


def read_filter(folded: str, now_ms: int, zone: ZoneInfo) -> Filter | None:
    """Read what a text narrows the list to; None if it says anything else, or nothing."""
    rest, cheap = _CHEAP.subn(" ", folded)
    rest, time = _timed(rest)
    month, rest = _month(rest, now_ms, zone) if not time else (None, rest)
    sort, is_free = "", False
    for word in rest.split():
        if word in _FREE:
            is_free = True
        elif not sort and (found := _sort(word)):
            sort = found
        elif word not in _AROUND | _EVERY:
            return None
    if not (sort or time or month or is_free or cheap):
        return None
    from_ms, until_ms = window(time, now_ms, zone) if time else month or (None, None)
    said = [words(f"category.{sort}")] if sort else []
    said += [words(f"browsing.{time}")] if time else []
    said += [words("browsing.month", day=Moment(month[0], zone.key))] if month else []
    said += [words("browsing.free")] if is_free else []
    said += [words("browsing.cheap")] if cheap else []
    wanted = Wanted(sort, from_ms, until_ms, is_free, cheapest_first=bool(cheap))
    return Filter(wanted, head(*said))


def asks_for_all(folded: str) -> bool:
    """Say whether words ask for the whole list: `liste`, `tous les événements`, `all`."""
    said = set(folded.split())
    return bool(said & _EVERY) and said <= _EVERY | _SHOWING | _AROUND


def is_month(folded: str) -> bool:
    """Say whether words name a month and nothing else: `décembre`, `en mai`."""
    said = set(folded.split())
    return bool(said & MONTHS.keys()) and said <= MONTHS.keys() | _MONTHLY | _AROUND


def read_day(typed: str, now_ms: int, zone: ZoneInfo) -> Filter | None:
    """Read a day, or several: `samedi`, `vendredi prochain`, `28/11`, `12 au 14 juin`."""
    match read_when(typed, zone, now_ms):
        case When(starts_ms, ends_ms):
            window_ms = (starts_ms, ends_ms)
        case NotWhen(WhyNot.NO_HOUR, int(noon_ms)):
            day = datetime.fromtimestamp(noon_ms / 1000, UTC).astimezone(zone).date()
            window_ms = rules.day_window(day, zone)
        case _:
            return None
    said = words("browsing.on", day=Moment(window_ms[0], zone.key))
    return Filter(Wanted(from_ms=max(now_ms, window_ms[0]), until_ms=window_ms[1]), head(said))


def head(first: Words, *others: Words) -> Words:
    """Say what was looked for, above what is found."""
    said = first
    for other in others:
        said = words("browsing.both", first=said, second=other)
    return words("browsing.head", said=said)


def window(time: str, now_ms: int, zone: ZoneInfo) -> tuple[int, int]:
    """Say from when until when `weekend`, `today`, `tomorrow` or `after` is at a place."""
    if time == "weekend":
        return weekend(now_ms, zone)
    day = rules.event_day(now_ms, zone) + timedelta(days=_DAYS_AHEAD[time])
    begins_ms, ends_ms = rules.day_window(day, zone)
    return max(now_ms, begins_ms), ends_ms


def weekend(now_ms: int, zone: ZoneInfo) -> tuple[int, int]:
    """Say when this weekend is at a place: from Friday evening, or now, until Monday morning."""
    now = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(zone)
    # Early on Monday the night still belongs to the weekend.
    day = now - timedelta(hours=EVENT_DAY_TURNS_AT_HOUR)
    monday = (day + timedelta(days=MONDAY - day.weekday())).date()
    friday = monday - timedelta(days=MONDAY - FRIDAY)
    begins = datetime(friday.year, friday.month, friday.day, WEEKEND_BEGINS_AT_HOUR, tzinfo=zone)
    ends = datetime(monday.year, monday.month, monday.day, EVENT_DAY_TURNS_AT_HOUR, tzinfo=zone)
    return max(now_ms, int(begins.timestamp() * 1000)), int(ends.timestamp() * 1000)


def _timed(folded: str) -> tuple[str, str]:
    """Take the time out of the words: what is left, and which time it is."""
    for phrase, time in _TIMES.items():
        rest, count = re.subn(rf"\b{phrase}\b", " ", folded, count=1)
        if count:
            return rest, time
    return folded, ""


def _month(folded: str, now_ms: int, zone: ZoneInfo) -> tuple[tuple[int, int] | None, str]:
    """Take a month out of the words, the next of its name: from when until when, what is left."""
    said = folded.split()
    named = [word for word in said if word in MONTHS]
    if len(named) != 1:
        return None, folded
    month, today = MONTHS[named[0]], rules.event_day(now_ms, zone)
    first = date(today.year + (month < today.month), month, 1)
    after = date(first.year + month // 12, month % 12 + 1, 1)
    from_ms, until_ms = rules.day_window(first, zone)[0], rules.day_window(after, zone)[0]
    rest = (word for word in said if word not in {*named, *_MONTHLY})
    return (max(now_ms, from_ms), until_ms), " ".join(rest)


def _sort(word: str) -> str:
    """Read a sort of evening, its word cut short too."""
    if len(word) < CUT_CHARS_MIN:
        return ""
    return next((sort for name, sort in SORTS.items() if name.startswith(word)), "")

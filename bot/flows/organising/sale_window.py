"""When tickets are sold, as people type it: `du 2 juin 8h au 11 juin 20h`, `dès maintenant`.

Pure: text in, a window or the sentence why not out. `why_not` judges it beside its event.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.flows.organising.dates import When, WhyNot, read_when
from boxoffice.model import Event
from chat.messages import Moment, Words, words
from chat.understanding import fold

SALES_WORDS = frozenset({"ventes", "vente", "sales"})

OPEN_WORDS = frozenset(
    {"sans limite", "pas de limite", "toujours", "libres", "illimitees", "ouvertes"}
    | {"always", "no limit", "without limit", "unlimited", "open"}
)
"""A sale without a window, in a word."""

_AT_ONCE = frozenset(
    {"la publication", "publication", "maintenant", "tout de suite", "aujourd hui"}
    | {"publication on", "now", "now on", "today"}
)
_TO_THE_END = frozenset(
    {"la fin", "fin", "bout", "l evenement", "la fin de l evenement", "the end", "end"}
    | {"the event", "the end of the event"}
)
_FROM = re.compile(
    r"(?:(?:à\s+partir\s+)?(?:du|des|dès|de|depuis)|from|since|between)\s+", re.IGNORECASE
)
_UNTIL = re.compile(
    r"(?:^|\s+)(?:(?:jusqu\s*['’]?\s*(?:au|à)|au|à(?!\s+partir)|until|till|through|to|and)\s+|[-–]\s+)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Sales:
    """From when until when tickets are sold; None is open at that end."""

    from_ms: int | None
    until_ms: int | None


def read_sales(text: str, zone: ZoneInfo, now_ms: int) -> Sales | Words | None:
    """Read a window, or what is wrong with one of its ends; None if nothing was said."""
    if fold(text) in OPEN_WORDS:
        return Sales(None, None)
    wrong: Words | None = None
    for said_start, said_end in _partings(text.strip()):
        start = _moment(said_start, _AT_ONCE, zone, now_ms)
        end = _moment(said_end, _TO_THE_END, zone, now_ms)
        faults = [one for one in (start, end) if isinstance(one, Words)]
        if not faults:
            return Sales(_known(start), _known(end))
        wrong = wrong or faults[0]
    return wrong


def _partings(text: str) -> Iterator[tuple[str | None, str | None]]:
    """Part words at each `au`, `à` or dash: `2 juin à 8h` has an hour there, and no end."""
    for found in _UNTIL.finditer(text):
        start, end = text[: found.start()].strip(), text[found.end() :].strip()
        if end:
            yield (_begun(start) if start else None), end
    if text:
        yield _begun(text), None


def _begun(said: str) -> str:
    """Leave out the `du` or `from` before the start."""
    found = _FROM.match(said)
    return said[found.end() :] if found else said


def why_not(event: Event, sales: Sales, now_ms: int) -> Words | None:
    """Say why an event is not sold so: its window is over, backwards, or not before its end."""
    from_ms, until_ms = sales.from_ms, sales.until_ms
    ends = Moment(event.ends_ms, event.zone)
    late = next((ms for ms in (from_ms, until_ms) if ms is not None and ms > event.ends_ms), None)
    if late is not None:
        return words("ruling.sales_too_late", at=Moment(late, event.zone), ends=ends)
    if until_ms is not None and until_ms <= now_ms:
        return words("ruling.sales_past", at=Moment(until_ms, event.zone), ends=ends)
    if from_ms is not None and until_ms is not None and until_ms <= from_ms:
        start, end = (Moment(ms, event.zone) for ms in (from_ms, until_ms))
        return words("ruling.sales_backwards", start=start, end=end)
    return None


def _known(moment: int | Words | None) -> int | None:
    return moment if isinstance(moment, int) else None


def _moment(
    said: str | None, no_limit: frozenset[str], zone: ZoneInfo, now_ms: int
) -> int | Words | None:
    """Read an end of the window; a time that has gone is one too: the sale is on since then."""
    if said is None or fold(said) in no_limit:
        return None
    when = read_when(said, zone, now_ms)
    if isinstance(when, When) and not when.is_several_days:
        return when.starts_ms
    if isinstance(when, When):
        return words("ruling.sales_no_hour", at=Moment(when.starts_ms, zone.key))
    if when.why is WhyNot.PAST and when.at_ms is not None:
        return when.at_ms
    if when.why is WhyNot.NO_HOUR and when.at_ms is not None:
        return words("ruling.sales_no_hour", at=Moment(when.at_ms, zone.key))
    return words("ruling.sales_unread", said=" ".join(said.split())[:60])

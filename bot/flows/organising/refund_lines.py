"""Refund terms as people type them: `80 % 3 jours`, or as they are shown, until a day and an hour.

Pure: text in, terms out, or why not.
"""

import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.flows.organising.dates import When, WhyNot, read_when
from boxoffice.model import Event
from boxoffice.refund_terms import NO_REFUND, PERCENT_FULL, RefundTerms
from boxoffice.rules import DAY_MS, HOUR_MS, MINUTE_MS
from chat.messages import Moment, Words, words
from chat.understanding import fold

REFUND_HOURS_MAX = 365 * 24
"""A season ticket may end its refunds long before; a year is a slip of the hand."""

NONE_WORDS = frozenset({"aucun", "aucune", "non", "sans", "rien", "0", "no", "none", "off"})
"""What takes a rule away, whichever it is."""

_NEVER_BACK = NONE_WORDS | {
    *("seulement si l evenement est annule", "0 %", "jamais", "pas de remboursement"),
    *("only if the event is cancelled", "never", "no refund"),
}
_PERCENT = re.compile(r"(\d{1,3})\s*(?:%|pour\s*cent|percent)")
_UNIT = r"min|minutes?|h|heures?|hours?|j|jours?|d|days?"
_BEFORE = re.compile(rf"(\d{{1,3}})\s*({_UNIT})\b")
_LAST = re.compile(r"(?:jusqu\s*['’]?\s*(?:au|à|a)|until|till)\s+(?P<end>.+)")
_AHEAD = re.compile(rf"\d{{1,3}}\s*(?:{_UNIT})\b(?:\s+(?:avant|before)\b.*)?")
_START = frozenset({"debut", "the start", "start"})
_MS_OF = {"m": MINUTE_MS, "h": HOUR_MS, "j": DAY_MS, "d": DAY_MS}
"""How long a unit lasts, by its first letter."""
_FULL = re.compile(r"\b(?:entier|full)\b")


@dataclass(frozen=True, slots=True)
class RefundUntil:
    """Money back until a moment, as the screen shows it; no percent leaves the one that stands."""

    percent: int | None
    until_ms: int

    def of(self, event: Event) -> RefundTerms | Words:
        """Give the terms that this makes of an event, or why it cannot."""
        before_ms = event.starts_ms - self.until_ms
        if not 0 <= before_ms <= REFUND_HOURS_MAX * HOUR_MS:
            return words("ruling.refund_after", starts=Moment(event.starts_ms, event.zone))
        return RefundTerms(self.percent or event.refund_terms.percent or PERCENT_FULL, before_ms)


Refund = RefundTerms | RefundUntil


def read_refund(text: str, zone: ZoneInfo, now_ms: int) -> Refund | Words | None:
    """Read `80 % 3 jours`, `48 h`, `non`, or `50 %, jusqu’au vendredi 11 juin 2027, 20 h 30`.

    What is no moment is said; None is no refund terms at all.
    """
    said = text.casefold()
    if fold(said) in _NEVER_BACK:
        return NO_REFUND
    part = _PERCENT.search(said)
    percent = int(part[1]) if part else PERCENT_FULL
    if not 1 <= percent <= PERCENT_FULL:
        return None
    last = _LAST.search(said)
    if last is not None and fold(last["end"]) in _START:
        return RefundTerms(percent, 0)
    if last is not None and not _AHEAD.fullmatch(last["end"]):
        is_said = part is not None or _FULL.search(said) is not None
        until = _moment(last["end"], zone, now_ms)
        return (
            until if isinstance(until, Words) else RefundUntil(percent if is_said else None, until)
        )
    before = _BEFORE.search(said)
    before_ms = int(before[1]) * _MS_OF[before[2][0]] if before else 0
    fits = before_ms <= REFUND_HOURS_MAX * HOUR_MS and (part is not None or before is not None)
    return RefundTerms(percent, before_ms) if fits else None


def _moment(said: str, zone: ZoneInfo, now_ms: int) -> int | Words:
    """Read the moment after which nothing comes back; one that has gone is judged by its event."""
    when = read_when(said, zone, now_ms)
    if isinstance(when, When) and when.is_hour_given:
        return when.starts_ms
    if not isinstance(when, When) and when.why is WhyNot.PAST and when.at_ms is not None:
        return when.at_ms
    at_ms = when.starts_ms if isinstance(when, When) else when.at_ms
    if at_ms is not None and (isinstance(when, When) or when.why is WhyNot.NO_HOUR):
        return words("ruling.refund_no_hour", at=Moment(at_ms, zone.key))
    return words("ruling.sales_unread", said=" ".join(said.split())[:60])

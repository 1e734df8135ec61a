"""The promo codes an organiser types: `JAZZ10 10% 50 fois, 2 par personne, jusqu'au 10 juin`.

Pure: text in, values out. What is not understood stays unread, and the question is asked again.
"""

import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.flows.organising.answers import LINE_CHARS_MAX, clean
from bot.flows.organising.dates import When, read_when
from boxoffice.money import Money, parse_money
from boxoffice.rules import DAY_MS
from chat.understanding import fold

CODE_CHARS_MIN, CODE_CHARS_MAX = 3, 20
"""Short enough to be read out on the radio, too long to be hit by chance."""

PERCENT_MAX = 100
USES_MAX = 100_000


@dataclass(frozen=True, slots=True)
class CodeLine:
    """A code as it was typed; `kind` is a kind's name, `shows` says that it is hidden without."""

    code: str
    percent: int = 0
    off: Money | None = None
    uses: int | None = None
    per_buyer: int | None = None
    from_ms: int | None = None
    until_ms: int | None = None
    kind: str = ""
    shows: bool = False


@dataclass(frozen=True, slots=True)
class DropCode:
    """A code that is to buy nothing more."""

    code: str


def code_of(text: str) -> str:
    """Give a code as it is kept and compared: capitals and digits, however it was typed."""
    return fold(text).replace(" ", "").upper()[: CODE_CHARS_MAX + 1]


_PARTS = {
    "percent": re.compile(r"-?\s*(\d{1,3})\s*%"),
    "uses": re.compile(
        r"(\d{1,6})\s*(?:fois|billets?|places?|times|tickets?|uses?)", re.IGNORECASE
    ),
    "per_buyer": re.compile(
        r"(\d{1,3})\s*(?:par|per|/)\s*(?:personne|acheteur|person|buyer)", re.IGNORECASE
    ),
    "until": re.compile(r"(?:jusqu\s*['’]?\s*au|jusqu\s*['’]\s*|until)\s*(.+)", re.IGNORECASE),
    "from": re.compile(r"(?:à partir du|dès le|from)\s+(.+)", re.IGNORECASE),
    "kind": re.compile(r"(?:pour|for)\s+(.+)", re.IGNORECASE),
    "shows": re.compile(r"(?:montre|ouvre|shows|opens)\s+(.+)", re.IGNORECASE),
}
"""What may follow a code, part by part; parts stand between commas."""


def read_code_line(
    text: str, currency: str, zone: ZoneInfo, now_ms: int
) -> CodeLine | DropCode | None:
    """Read one line; None if it is none."""
    said = clean(text)
    first, _, rest = said.partition(" ")
    if len(said) > LINE_CHARS_MAX * 2 or not rest:
        return None
    if fold(first) in {"retirer", "supprimer", "remove"}:
        return DropCode(code_of(rest))
    code = code_of(first)
    if not CODE_CHARS_MIN <= len(code) <= CODE_CHARS_MAX:
        return None
    found: dict[str, str] = {}
    for part in re.split(r"\s*[,;]\s*", rest):
        name, value = _part(part.strip())
        if name is None or name in found:
            return None
        found[name] = value
    return _line(code, found, currency, zone, now_ms)


def _part(part: str) -> tuple[str | None, str]:
    """Say which part of a code this is, and its value; an amount is what is none of the others."""
    for name, pattern in _PARTS.items():
        match = pattern.fullmatch(part)
        if match is not None:
            return name, match[1]
    return ("off", part.lstrip("-– ")) if re.match(r"-?\s*\d", part) else (None, "")


def _line(
    code: str, found: dict[str, str], currency: str, zone: ZoneInfo, now_ms: int
) -> CodeLine | None:
    """Put the parts together; None if one of them is out of its range."""
    percent = int(found.get("percent", "0"))
    off = parse_money(found["off"], currency) if "off" in found else None
    ends = {}
    for name in ("from", "until"):
        ends[name] = _moment(found[name], zone, now_ms, name) if name in found else None
        if name in found and ends[name] is None:
            return None
    uses, mine = (int(found[name]) if name in found else None for name in ("uses", "per_buyer"))
    fits = (
        percent <= PERCENT_MAX
        and (off is None or isinstance(off, Money))
        and not (percent and off)
        and (percent or off or "shows" in found)
        and all(one is None or 1 <= one <= USES_MAX for one in (uses, mine))
    )
    if not fits:
        return None
    return CodeLine(
        code,
        percent,
        off if isinstance(off, Money) else None,
        uses,
        mine,
        ends["from"],
        ends["until"],
        found.get("shows", found.get("kind", "")),
        "shows" in found,
    )


def _moment(text: str, zone: ZoneInfo, now_ms: int, name: str) -> int | None:
    """Read a day, with or without its hour: a code that ends on a day counts all of it."""
    when = read_when(text, zone, now_ms)
    if isinstance(when, When):
        return when.starts_ms
    when = read_when(f"{text} 0h", zone, now_ms)
    if not isinstance(when, When):
        return None
    return when.starts_ms + (DAY_MS if name == "until" else 0)
